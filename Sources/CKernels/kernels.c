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
#define LOG2_E 1.44269504088896340736

// Minimax in relative error over |r| ≤ ln 2 / 2: 1.05e-7, less than an ulp.
#define EXP_SHORT_POLYNOMIAL_F32(r)                                                                     \
  (((((r) * 0.008312520218f + 0.041890157123f) * (r) + 0.166671146503f) * (r) + 0.499992314933f) * ((r) * (r)) + (r) + 1.0f)
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

// Lane by lane: `yes` where the comparison `mask` holds, else `no`.
#define SELECT(V, I, mask, yes, no) ((V)(((mask) & (I)(yes)) | (~(mask) & (I)(no))))

#define T float
#define TI int32_t
#define V v16f
#define I v16i
#define L 16
#define EXP_HIGH 88.7228317f
#define EXP_LOW -87.3365402f
#define EXP_ROUNDER 12582912.0f
#define EXP_ROUNDER_BITS 0x4B400000
#define LN2_HIGH 0.693145751953125f
#define LN2_LOW 1.42860677e-06f
#define EXP_BIAS 127
#define EXP_SHIFT 23
#define EXP_POLYNOMIAL EXP_POLYNOMIAL_F32
#define EXP_SHORT_POLYNOMIAL EXP_SHORT_POLYNOMIAL_F32
#define EXP2_SATURATED 127.0f
#define EXP2_LOW -126.0f
#define LOG_TERMS 7
#define TARGET ENTRY_V1
#define NAME(x) f32_v1_##x
#define WIDE 64
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f32_v3_##x
#define WIDE 128
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#define TARGET ENTRY_V4
#define NAME(x) f32_v4_##x
#define WIDE 256
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#endif
#undef T
#undef TI
#undef V
#undef I
#undef L
#undef EXP_HIGH
#undef EXP_LOW
#undef EXP_ROUNDER
#undef EXP_ROUNDER_BITS
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_BIAS
#undef EXP_SHIFT
#undef EXP_POLYNOMIAL
#undef EXP_SHORT_POLYNOMIAL
#undef EXP2_SATURATED
#undef EXP2_LOW
#undef LOG_TERMS

#define T double
#define TI int64_t
#define V v8d
#define I v8i
#define L 8
#define EXP_HIGH 709.782712893383973096
#define EXP_LOW -708.396418532264106224
#define EXP_ROUNDER 6755399441055744.0
#define EXP_ROUNDER_BITS 0x4338000000000000
#define LN2_HIGH 0.69314718036912381649
#define LN2_LOW 1.9082149292705877e-10
#define EXP_BIAS 1023
#define EXP_SHIFT 52
#define EXP_POLYNOMIAL EXP_POLYNOMIAL_F64
#define EXP_SHORT_POLYNOMIAL EXP_POLYNOMIAL_F64
#define EXP2_SATURATED 1023.0
#define EXP2_LOW -1022.0
#define LOG_TERMS 16
#define TARGET ENTRY_V1
#define NAME(x) f64_v1_##x
#define WIDE 64
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f64_v3_##x
#define WIDE 128
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#define TARGET ENTRY_V4
#define NAME(x) f64_v4_##x
#define WIDE 256
#include "kernels_body.h"
#include "losses_body.h"
#undef TARGET
#undef NAME
#undef WIDE
#endif
#undef T
#undef TI

#if defined(__x86_64__)
int ck_vector_level(void) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    return 2;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
}
#define AT(level, type, name, ...)                  \
  ((level) == 2   ? type##_v4_##name(__VA_ARGS__)    \
   : (level) == 1 ? type##_v3_##name(__VA_ARGS__)    \
                  : type##_v1_##name(__VA_ARGS__))
#else
int ck_vector_level(void) { return 0; }
#define AT(level, type, name, ...) ((void)(level), type##_v1_##name(__VA_ARGS__))
#endif

#define ENTRIES(type, t)                                                                                      \
  void ck_exp_##type##_at(int level, t *x, size_t n) { AT(level, type, exp, x, n); }                          \
  t ck_max_##type##_at(int level, const t *x, size_t n) { return AT(level, type, max, x, n); }                \
  t ck_exp_sum_##type##_at(int level, t *x, size_t n, t scale, t shift) {                                     \
    return AT(level, type, exp_sum, x, n, scale, shift);                                                      \
  }                                                                                                           \
  void ck_scale_##type##_at(int level, t *x, size_t n, t factor) { AT(level, type, scale, x, n, factor); }    \
  t ck_dot_##type##_at(int level, const t *x, const t *y, size_t n) { return AT(level, type, dot, x, y, n); } \
  void ck_exp_##type(t *x, size_t n) { ck_exp_##type##_at(ck_vector_level(), x, n); }                         \
  t ck_max_##type(const t *x, size_t n) { return ck_max_##type##_at(ck_vector_level(), x, n); }               \
  t ck_exp_sum_##type(t *x, size_t n, t scale, t shift) {                                                     \
    return ck_exp_sum_##type##_at(ck_vector_level(), x, n, scale, shift);                                     \
  }                                                                                                           \
  void ck_scale_##type(t *x, size_t n, t factor) { ck_scale_##type##_at(ck_vector_level(), x, n, factor); }   \
  t ck_dot_##type(const t *x, const t *y, size_t n) {                                                         \
    return ck_dot_##type##_at(ck_vector_level(), x, y, n);                                                    \
  }

ENTRIES(f32, float)
ENTRIES(f64, double)

#define MARGIN_UNPACK(...) __VA_ARGS__
#define MARGIN_ENTRY(result, type, name, parameters, ...)                                  \
  result ck_##name##_##type##_at(int level, MARGIN_UNPACK parameters) {                    \
    return AT(level, type, name, __VA_ARGS__);                                             \
  }                                                                                        \
  result ck_##name##_##type(MARGIN_UNPACK parameters) {                                    \
    return ck_##name##_##type##_at(ck_vector_level(), __VA_ARGS__);                        \
  }

#define MARGIN_ENTRIES(type, t)                                                                                  \
  MARGIN_ENTRY(t, type, exp_sum_moment, (t * x, size_t n, t scale, t shift, t *moment), x, n, scale, shift,      \
               moment)                                                                                           \
  MARGIN_ENTRY(void, type, limit, (t * x, size_t n, t bound), x, n, bound)                                       \
  MARGIN_ENTRY(void, type, limit_masked, (t * x, t * slope, size_t n, t bound), x, slope, n, bound)              \
  MARGIN_ENTRY(t, type, emphasise, (t * x, t * slope, size_t n, t centre, t factor, t rate), x, slope, n,     \
               centre, factor, rate)                                                                             \
  MARGIN_ENTRY(t, type, emphasise_exp, (t * x, size_t n, t centre, t factor, t rate, t scale, t shift), x, n,    \
               centre, factor, rate, scale, shift)                                                               \
  MARGIN_ENTRY(void, type, half_angle,                                                                           \
               (t * x, t * slope, size_t n, const t *value, const t *derivative, size_t terms, t least), x,      \
               slope, n, value, derivative, terms, least)                                                        \
  MARGIN_ENTRY(t, type, inverse_square_angle,                                                                    \
               (t * x, size_t n, t bound, t share, const t *arcsine, size_t terms), x, n, bound, share, arcsine, \
               terms)                                                                                            \
  MARGIN_ENTRY(void, type, pool, (const t *x, size_t classes, size_t k, t *y), x, classes, k, y)                 \
  MARGIN_ENTRY(void, type, spread, (t * x, size_t classes, size_t k, const t *g), x, classes, k, g)

MARGIN_ENTRIES(f32, float)
MARGIN_ENTRIES(f64, double)

#define UNPACK(...) __VA_ARGS__
#define LOSS_ENTRY(result, type, name, parameters, ...)                                    \
  result ck_##name##_##type##_at(int level, UNPACK parameters) {                           \
    return AT(level, type, name, __VA_ARGS__);                                             \
  }                                                                                        \
  result ck_##name##_##type(UNPACK parameters) {                                           \
    return ck_##name##_##type##_at(ck_vector_level(), __VA_ARGS__);                        \
  }

#define LOSS_ENTRIES(type, t)                                                                                    \
  LOSS_ENTRY(t, type, harden,                                                                                    \
             (t * x, t * slope, size_t n, t bound, t square, t factor, t shift, t *sum, t *count), x, slope, n,  \
             bound, square, factor, shift, sum, count)                                                           \
  LOSS_ENTRY(t, type, circle, (t * x, t * slope, size_t n, t margin), x, slope, n, margin)                       \
  LOSS_ENTRY(t, type, add_max, (const t *x, size_t n, t *y), x, n, y)                                            \
  LOSS_ENTRY(void, type, scale_add, (t * x, size_t n, t factor, t *y), x, n, factor, y)                          \
  LOSS_ENTRY(t, type, block_maxima, (const t *x, size_t n, size_t block, t bound, t *maxima, t *count), x, n,    \
             block, bound, maxima, count)                                                                        \
  LOSS_ENTRY(t, type, sum_of_exp, (const t *x, size_t n, t scale, t shift, t *largest), x, n, scale, shift,       \
             largest)                                                                                            \
  LOSS_ENTRY(t, type, softplus, (t * x, size_t n, t scale, t shift, t limit, t *logistics), x, n, scale, shift,  \
             limit, logistics)                                                                                   \
  LOSS_ENTRY(void, type, spread_power, (t * x, t * slope, size_t n, int power), x, slope, n, power)

LOSS_ENTRIES(f32, float)
LOSS_ENTRIES(f64, double)

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

// Peak measurement: twelve independent chains hide the latency of the multiply-add on every core since Haswell, and fit
// into the sixteen registers that AVX2 and SSE have. `V` is a register, FUSED one multiply-add of whole registers.
#define BURN(V, FUSED)                                                  \
  V a[12];                                                              \
  for (int j = 0; j < 12; j++) a[j] = (V){0} + (float)j;                \
  const V x = (V){0} + 0.999999f, y = (V){0} + 1e-7f;                   \
  for (uint64_t i = 0; i < iterations; i++)                             \
    for (int j = 0; j < 12; j++) a[j] = FUSED(a[j], x, y);              \
  V total = (V){0};                                                     \
  for (int j = 0; j < 12; j++) total = total + a[j];                    \
  *sink = total[0];                                                     \
  return iterations * 12 * (sizeof(V) / sizeof(float)) * 2;

typedef float v4f __attribute__((vector_size(16)));

#if defined(__x86_64__)
typedef float v8f __attribute__((vector_size(32)));
ENTRY_V4 static uint64_t burn_v4(uint64_t iterations, float *sink) { BURN(v16f, __builtin_elementwise_fma) }
ENTRY_V3 static uint64_t burn_v3(uint64_t iterations, float *sink) { BURN(v8f, __builtin_elementwise_fma) }
#define SEPARATE(a, b, c) ((a) * (b) + (c))
static uint64_t burn_v1(uint64_t iterations, float *sink) { BURN(v4f, SEPARATE) }
#else
static uint64_t burn_v1(uint64_t iterations, float *sink) { BURN(v4f, __builtin_elementwise_fma) }
#endif

uint64_t ck_fma_burn(uint64_t iterations, float *sink) {
#if defined(__x86_64__)
  if (ck_vector_level() == 2) return burn_v4(iterations, sink);
  if (ck_vector_level() == 1) return burn_v3(iterations, sink);
#endif
  return burn_v1(iterations, sink);
}
