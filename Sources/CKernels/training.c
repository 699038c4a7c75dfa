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
#define DISPATCH(level, type, name, ...)            \
  switch (level) {                                  \
    case 2: type##_v4_##name(__VA_ARGS__); break;   \
    case 1: type##_v3_##name(__VA_ARGS__); break;   \
    default: type##_v1_##name(__VA_ARGS__); break;  \
  }
#else
#define DISPATCH(level, type, name, ...) \
  (void)level;                           \
  type##_v1_##name(__VA_ARGS__);
#endif

#define UNPACK(...) __VA_ARGS__
#define ENTRY(S, name, parameters, ...)                                    \
  void ck_##name##_##S##_at(int level, UNPACK parameters) {                \
    DISPATCH(level, S, name, __VA_ARGS__)                                  \
  }                                                                        \
  void ck_##name##_##S(UNPACK parameters) {                                \
    ck_##name##_##S##_at(ck_vector_level(), __VA_ARGS__);                  \
  }

#define ENTRIES(T, S)                                                                                      \
  ENTRY(S, fill_rows,                                                                                      \
        (T *y, size_t stride, size_t rows, size_t n, const T *row),                                        \
        y, stride, rows, n, row)                                                                           \
  ENTRY(S, column_sums,                                                                                    \
        (const T *x, size_t stride, size_t rows, size_t n, T *sum),                                        \
        x, stride, rows, n, sum)                                                                           \
  ENTRY(S, column_moments,                                                                                 \
        (const T *x, size_t stride, size_t rows, size_t n, T *mean, T *variance),                          \
        x, stride, rows, n, mean, variance)                                                                \
  ENTRY(S, standardise,                                                                                    \
        (const T *x, size_t stride, size_t rows, size_t n, const T *mean, const T *inverse, const T *gain, \
         const T *shift, T *unit, T *y),                                                                   \
        x, stride, rows, n, mean, inverse, gain, shift, unit, y)                                           \
  ENTRY(S, standardise_backward,                                                                           \
        (const T *g, const T *unit, size_t stride, size_t rows, size_t n, const T *inverse, const T *gain, \
         T *d_gain, T *d_shift, T *dx, T *sums),                                                           \
        g, unit, stride, rows, n, inverse, gain, d_gain, d_shift, dx, sums)                                \
  ENTRY(S, prelu,                                                                                          \
        (const T *x, size_t stride, size_t rows, size_t n, const T *slope, T *y),                          \
        x, stride, rows, n, slope, y)                                                                      \
  ENTRY(S, prelu_backward,                                                                                 \
        (const T *x, const T *g, size_t stride, size_t rows, size_t n, const T *slope, T *dx, T *d_slope), \
        x, g, stride, rows, n, slope, dx, d_slope)                                                         \
  ENTRY(S, multiply,                                                                                       \
        (const T *x, const T *mask, size_t n, T *y),                                                       \
        x, mask, n, y)                                                                                     \
  ENTRY(S, scale_by,                                                                                       \
        (T *y, const T *mask, size_t n, T factor),                                                         \
        y, mask, n, factor)                                                                                \
  ENTRY(S, add,                                                                                            \
        (const T *x, size_t n, T *y),                                                                      \
        x, n, y)                                                                                           \
  ENTRY(S, divide,                                                                                         \
        (const T *x, size_t n, T divisor, T *y),                                                           \
        x, n, divisor, y)                                                                                  \
  ENTRY(S, remove_radial,                                                                                  \
        (const T *u, size_t n, T radial, T divisor, T *g),                                                 \
        u, n, radial, divisor, g)                                                                          \
  ENTRY(S, dropout_mask,                                                                                   \
        (T *mask, size_t n, uint32_t key0, uint32_t key1, uint64_t first, uint32_t threshold, T kept),     \
        mask, n, key0, key1, first, threshold, kept)                                                       \
  ENTRY(S, sgd,                                                                                            \
        (T *w, const T *g, T *v, size_t n, T rate, T momentum, T decay, T scale, int nesterov),            \
        w, g, v, n, rate, momentum, decay, scale, nesterov)

ENTRIES(float, f32)
ENTRIES(double, f64)
