#include "CKernels.h"

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#endif

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));

enum { LANES = 16, HALF = CK_BINS / 2 };

static inline __attribute__((always_inline)) size_t count_bins(const float *x, size_t n, float scale, int64_t *counters) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    v16f v;
    __builtin_memcpy(&v, x + i, sizeof v);
    const v16f place = v * scale;
    const v16i inside = (place >= (float)-HALF) & (place < (float)HALF);
    if (__builtin_reduce_and(inside) == 0) break;
    // Conversion is towards zero; where that is upwards, one less.
    const v16i whole = __builtin_convertvector(place, v16i);
    const v16i bin = whole + (__builtin_convertvector(whole, v16f) > place) + HALF;
    int32_t bins[LANES];
    __builtin_memcpy(bins, &bin, sizeof bin);
#pragma clang loop unroll(full)
    for (int lane = 0; lane < LANES; lane++) counters[lane % CK_BIN_COUNTERS * CK_BINS + bins[lane]]++;
  }
  for (; i < n; i++) {
    const float place = x[i] * scale;
    if (!(place >= (float)-HALF && place < (float)HALF)) break;
    const int32_t whole = (int32_t)place;
    counters[whole - ((float)whole > place) + HALF]++;
  }
  return i;
}

static size_t count_bins_v1(const float *x, size_t n, float scale, int64_t *counters) {
  return count_bins(x, n, scale, counters);
}

#if defined(__x86_64__)
ENTRY_V3 static size_t count_bins_v3(const float *x, size_t n, float scale, int64_t *counters) {
  return count_bins(x, n, scale, counters);
}

ENTRY_V4 static size_t count_bins_v4(const float *x, size_t n, float scale, int64_t *counters) {
  return count_bins(x, n, scale, counters);
}
#endif

size_t ck_count_bins_f32_at(int level, const float *x, size_t n, float scale, int64_t *counters) {
#if defined(__x86_64__)
  if (level >= 2) return count_bins_v4(x, n, scale, counters);
  if (level >= 1) return count_bins_v3(x, n, scale, counters);
#endif
  return count_bins_v1(x, n, scale, counters);
}

size_t ck_count_bins_f32(const float *x, size_t n, float scale, int64_t *counters) {
  return ck_count_bins_f32_at(ck_vector_level(), x, n, scale, counters);
}
