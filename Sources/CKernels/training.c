#include "CKernels.h"

// The same bits on every CPU: no contraction to fused multiply-add.
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#endif
#define ENTRY_V1

// Philox-4x32-10 (Salmon, Moraes, Dror and Shaw 2011): four words of one counter.
static inline void philox(uint64_t counter, uint32_t key0, uint32_t key1, uint32_t word[4]) {
  uint32_t x = (uint32_t)counter, y = (uint32_t)(counter >> 32), z = 0, w = 0;
  for (int round = 0; round < 10; round++) {
    if (round > 0) {
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    uint64_t a = (uint64_t)0xD2511F53u * x, b = (uint64_t)0xCD9E8D57u * z;
    x = (uint32_t)(b >> 32) ^ y ^ key0;
    z = (uint32_t)(a >> 32) ^ w ^ key1;
    y = (uint32_t)b;
    w = (uint32_t)a;
  }
  word[0] = x;
  word[1] = y;
  word[2] = z;
  word[3] = w;
}

#define T float
#define TARGET ENTRY_V1
#define NAME(x) f32_v1_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f32_v3_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#define TARGET ENTRY_V4
#define NAME(x) f32_v4_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#endif
#undef T

#define T double
#define TARGET ENTRY_V1
#define NAME(x) f64_v1_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f64_v3_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#define TARGET ENTRY_V4
#define NAME(x) f64_v4_##x
#include "training_body.h"
#undef TARGET
#undef NAME
#endif
#undef T

#if defined(__x86_64__)
#define DISPATCH(type, name, ...)                           \
  do {                                                      \
    switch (ck_vector_level()) {                            \
      case 2: type##_v4_##name(__VA_ARGS__); break;         \
      case 1: type##_v3_##name(__VA_ARGS__); break;         \
      default: type##_v1_##name(__VA_ARGS__); break;        \
    }                                                       \
  } while (0)
#else
#define DISPATCH(type, name, ...) type##_v1_##name(__VA_ARGS__)
#endif

#define ENTRIES(T, S)                                                                                                 \
  void ck_fill_rows_##S(T *y, size_t stride, size_t rows, size_t n, const T *row) {                                   \
    DISPATCH(S, fill_rows, y, stride, rows, n, row);                                                                  \
  }                                                                                                                   \
  void ck_column_sums_##S(const T *x, size_t stride, size_t rows, size_t n, T *sum) {                                 \
    DISPATCH(S, column_sums, x, stride, rows, n, sum);                                                                \
  }                                                                                                                   \
  void ck_column_moments_##S(const T *x, size_t stride, size_t rows, size_t n, T *mean, T *variance) {                \
    DISPATCH(S, column_moments, x, stride, rows, n, mean, variance);                                                  \
  }                                                                                                                   \
  void ck_standardise_##S(const T *x, size_t stride, size_t rows, size_t n, const T *mean, const T *inverse,          \
                          const T *gain, const T *shift, T *unit, T *y) {                                             \
    DISPATCH(S, standardise, x, stride, rows, n, mean, inverse, gain, shift, unit, y);                                \
  }                                                                                                                   \
  void ck_standardise_backward_##S(const T *g, const T *unit, size_t stride, size_t rows, size_t n,                   \
                                   const T *inverse, const T *gain, T *d_gain, T *d_shift, T *dx, T *sums) {          \
    DISPATCH(S, standardise_backward, g, unit, stride, rows, n, inverse, gain, d_gain, d_shift, dx, sums);            \
  }                                                                                                                   \
  void ck_prelu_##S(const T *x, size_t stride, size_t rows, size_t n, const T *slope, T *y) {                         \
    DISPATCH(S, prelu, x, stride, rows, n, slope, y);                                                                 \
  }                                                                                                                   \
  void ck_prelu_backward_##S(const T *x, const T *g, size_t stride, size_t rows, size_t n, const T *slope, T *dx,     \
                             T *d_slope) {                                                                            \
    DISPATCH(S, prelu_backward, x, g, stride, rows, n, slope, dx, d_slope);                                           \
  }                                                                                                                   \
  void ck_multiply_##S(const T *x, const T *mask, size_t n, T *y) { DISPATCH(S, multiply, x, mask, n, y); }           \
  void ck_scale_by_##S(T *y, const T *mask, size_t n, T factor) { DISPATCH(S, scale_by, y, mask, n, factor); }       \
  void ck_add_##S(const T *x, size_t n, T *y) { DISPATCH(S, add, x, n, y); }                                          \
  void ck_divide_##S(const T *x, size_t n, T divisor, T *y) { DISPATCH(S, divide, x, n, divisor, y); }                \
  void ck_remove_radial_##S(const T *u, size_t n, T radial, T divisor, T *g) {                                        \
    DISPATCH(S, remove_radial, u, n, radial, divisor, g);                                                             \
  }                                                                                                                   \
  void ck_dropout_mask_##S(T *mask, size_t n, uint32_t key0, uint32_t key1, uint64_t first, uint32_t threshold,       \
                           T kept) {                                                                                  \
    DISPATCH(S, dropout_mask, mask, n, key0, key1, first, threshold, kept);                                           \
  }                                                                                                                   \
  void ck_sgd_##S(T *w, const T *g, T *v, size_t n, T rate, T momentum, T decay, T scale, int nesterov) {             \
    DISPATCH(S, sgd, w, g, v, n, rate, momentum, decay, scale, nesterov);                                             \
  }

ENTRIES(float, f32)
ENTRIES(double, f64)
