#include "CKernels.h"

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#endif

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));

typedef uint8_t v16b __attribute__((vector_size(16)));

enum { LANES = 16, HALF = CK_BINS / 2, BLOCK = 256 };

// The bins of as many scores from x on, at most BLOCK, as whole vectors hold and lie inside.
static inline __attribute__((always_inline)) size_t find_bins(const float *x, size_t n, float scale, uint8_t *bins) {
  size_t i = 0;
  for (; i + LANES <= n && i < BLOCK; i += LANES) {
    v16f v;
    __builtin_memcpy(&v, x + i, sizeof v);
    const v16f place = v * scale;
    const v16i inside = (place >= (float)-HALF) & (place < (float)HALF);
    if (__builtin_reduce_and(inside) == 0) break;
    // Conversion is towards zero; where that is upwards, one less.
    const v16i whole = __builtin_convertvector(place, v16i);
    const v16i bin = whole + (__builtin_convertvector(whole, v16f) > place) + HALF;
    const v16b narrow = __builtin_convertvector(bin, v16b);
    __builtin_memcpy(bins + i, &narrow, sizeof narrow);
  }
  return i;
}

// Bins are found for a block before they are counted, and counted from words of eight: taking them out of a vector one by one costs more than both.
static inline __attribute__((always_inline)) size_t count_bins(const float *x, size_t n, float scale, int64_t *counters) {
  size_t i = 0;
  uint8_t bins[BLOCK];
  for (size_t found = BLOCK; found == BLOCK; i += found) {
    found = find_bins(x + i, n - i, scale, bins);
    for (size_t first = 0; first < found; first += sizeof(uint64_t)) {
      uint64_t word;
      __builtin_memcpy(&word, bins + first, sizeof word);
#pragma clang loop unroll(full)
      for (int byte = 0; byte < 8; byte++) counters[byte % CK_BIN_COUNTERS * CK_BINS + (uint8_t)(word >> 8 * byte)]++;
    }
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
