#include "CKernels.h"

// The same bits on every CPU: no contraction to fused multiply-add. The vectors below are wider than the
// baseline's registers on purpose; nothing passes them through a real call, so the ABI note is moot.
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef double v8d __attribute__((vector_size(64)));
typedef int64_t v8i __attribute__((vector_size(64)));

// Polynomials for exp on |r| ≤ ln2/2: 1 + r + r²·q(r), Horner. Degree 7 (float) and 13 (double) of the Taylor
// series keep the truncation below a tenth of an ulp.
#define EXP_POLYNOMIAL_F32(r)                                                                          \
  (((((((r) * (T)(1.0 / 5040) + (T)(1.0 / 720)) * (r) + (T)(1.0 / 120)) * (r) + (T)(1.0 / 24)) * (r) + \
      (T)(1.0 / 6)) * (r) + (T)0.5) * ((r) * (r)) + (r) + (T)1)
#define EXP_POLYNOMIAL_F64(r)                                                                           \
  (((((((((((((r) * (T)(1.0 / 6227020800.0) + (T)(1.0 / 479001600.0)) * (r) + (T)(1.0 / 39916800.0)) * (r) + \
             (T)(1.0 / 3628800.0)) * (r) + (T)(1.0 / 362880.0)) * (r) + (T)(1.0 / 40320.0)) * (r) +       \
          (T)(1.0 / 5040.0)) * (r) + (T)(1.0 / 720.0)) * (r) + (T)(1.0 / 120.0)) * (r) +                  \
       (T)(1.0 / 24.0)) * (r) + (T)(1.0 / 6.0)) * (r) + (T)0.5) * ((r) * (r)) + (r) + (T)1)

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#else
#define ENTRY_V4
#define ENTRY_V3
#endif
#define ENTRY_V1

#define T float
#define V v16f
#define I v16i
#define L 16
#define EXP_HIGH 88.7228317f
#define EXP_LOW -87.3365402f
#define EXP_ROUNDER 12582912.0f
#define LN2_HIGH 0.693145751953125f
#define LN2_LOW 1.42860677e-06f
#define EXP_BIAS 127
#define EXP_SHIFT 23
#define EXP_POLYNOMIAL EXP_POLYNOMIAL_F32
#define TARGET ENTRY_V1
#define NAME(x) f32_v1_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f32_v3_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#define TARGET ENTRY_V4
#define NAME(x) f32_v4_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#endif
#undef T
#undef V
#undef I
#undef L
#undef EXP_HIGH
#undef EXP_LOW
#undef EXP_ROUNDER
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_BIAS
#undef EXP_SHIFT
#undef EXP_POLYNOMIAL

#define T double
#define V v8d
#define I v8i
#define L 8
#define EXP_HIGH 709.782712893383973096
#define EXP_LOW -708.396418532264106224
#define EXP_ROUNDER 6755399441055744.0
#define LN2_HIGH 0.69314718036912381649
#define LN2_LOW 1.9082149292705877e-10
#define EXP_BIAS 1023
#define EXP_SHIFT 52
#define EXP_POLYNOMIAL EXP_POLYNOMIAL_F64
#define TARGET ENTRY_V1
#define NAME(x) f64_v1_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f64_v3_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#define TARGET ENTRY_V4
#define NAME(x) f64_v4_##x
#include "kernels_body.h"
#undef TARGET
#undef NAME
#endif
#undef T

#if defined(__x86_64__)
int ck_vector_level(void) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    return 2;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
}
#define DISPATCH(type, name, ...)                              \
  (ck_vector_level() == 2   ? type##_v4_##name(__VA_ARGS__)    \
   : ck_vector_level() == 1 ? type##_v3_##name(__VA_ARGS__)    \
                            : type##_v1_##name(__VA_ARGS__))
#else
int ck_vector_level(void) { return 0; }
#define DISPATCH(type, name, ...) type##_v1_##name(__VA_ARGS__)
#endif

void ck_exp_f32(float *x, size_t n) { DISPATCH(f32, exp, x, n); }
void ck_exp_f64(double *x, size_t n) { DISPATCH(f64, exp, x, n); }
float ck_max_f32(const float *x, size_t n) { return DISPATCH(f32, max, x, n); }
double ck_max_f64(const double *x, size_t n) { return DISPATCH(f64, max, x, n); }
float ck_exp_sum_f32(float *x, size_t n, float scale, float shift) {
  return DISPATCH(f32, exp_sum, x, n, scale, shift);
}
double ck_exp_sum_f64(double *x, size_t n, double scale, double shift) {
  return DISPATCH(f64, exp_sum, x, n, scale, shift);
}
void ck_scale_f32(float *x, size_t n, float factor) { DISPATCH(f32, scale, x, n, factor); }
void ck_scale_f64(double *x, size_t n, double factor) { DISPATCH(f64, scale, x, n, factor); }
float ck_dot_f32(const float *x, const float *y, size_t n) { return DISPATCH(f32, dot, x, y, n); }
double ck_dot_f64(const double *x, const double *y, size_t n) { return DISPATCH(f64, dot, x, y, n); }

#if defined(__x86_64__)
#include <xmmintrin.h>
uint64_t ck_get_float_control(void) { return _mm_getcsr(); }
void ck_set_float_control(uint64_t value) { _mm_setcsr((unsigned)value); }
// Bit 15 flushes results to zero, bit 6 reads denormals as zero.
uint64_t ck_with_flushed_denormals(uint64_t value) { return value | 0x8040; }
#elif defined(__aarch64__)
uint64_t ck_get_float_control(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
void ck_set_float_control(uint64_t value) { __asm__ volatile("msr fpcr, %0" ::"r"(value)); }
uint64_t ck_with_flushed_denormals(uint64_t value) { return value | (1ull << 24); }
#else
uint64_t ck_get_float_control(void) { return 0; }
void ck_set_float_control(uint64_t value) { (void)value; }
uint64_t ck_with_flushed_denormals(uint64_t value) { return value; }
#endif

// Peak measurement: twelve independent chains hide the latency of the multiply-add on every core since Haswell.
#define BURN_BODY                                                        \
  v16f a[12];                                                                   \
  for (int j = 0; j < 12; j++) a[j] = (v16f){0} + (float)j;                     \
  v16f x = (v16f){0} + 0.999999f, y = (v16f){0} + 1e-7f;                        \
  for (uint64_t i = 0; i < iterations; i++)                                     \
    for (int j = 0; j < 12; j++) a[j] = FUSED(a[j], x, y);                      \
  v16f total = (v16f){0};                                                       \
  for (int j = 0; j < 12; j++) total = total + a[j];                            \
  *sink = total[0];                                                             \
  return iterations * 12 * 16 * 2;

#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#if defined(__x86_64__)
ENTRY_V4 static uint64_t burn_v4(uint64_t iterations, float *sink) { BURN_BODY }
// AVX2 has sixteen registers of eight lanes: twelve chains of eight.
ENTRY_V3 static uint64_t burn_v3(uint64_t iterations, float *sink) {
  typedef float v8f __attribute__((vector_size(32)));
  v8f a[12];
  for (int j = 0; j < 12; j++) a[j] = (v8f){0} + (float)j;
  v8f x = (v8f){0} + 0.999999f, y = (v8f){0} + 1e-7f;
  for (uint64_t i = 0; i < iterations; i++)
    for (int j = 0; j < 12; j++) a[j] = FUSED(a[j], x, y);
  v8f total = (v8f){0};
  for (int j = 0; j < 12; j++) total = total + a[j];
  *sink = total[0];
  return iterations * 12 * 8 * 2;
}
#endif
#undef FUSED
#define FUSED(a, b, c) ((a) * (b) + (c))
static uint64_t burn_v1(uint64_t iterations, float *sink) { BURN_BODY }

uint64_t ck_fma_burn(uint64_t iterations, float *sink) {
#if defined(__x86_64__)
  if (ck_vector_level() == 2) return burn_v4(iterations, sink);
  if (ck_vector_level() == 1) return burn_v3(iterations, sink);
#endif
  return burn_v1(iterations, sink);
}
