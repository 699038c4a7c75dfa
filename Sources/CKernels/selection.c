#include "CKernels.h"

enum { BLOCK = 512 };

// Bits alone are looked at: no mode that flushes denormals can change a score.
static inline uint32_t key_of(uint32_t bits) {
  const uint32_t score = bits == 0x80000000u ? 0 : bits;
  return score ^ ((uint32_t)((int32_t)score >> 31) | 0x80000000u);
}

// The upper halves of the keys of n scores, at most BLOCK. Returns whether one of the scores is NaN.
static inline int find_halves(const float *x, size_t n, uint16_t *halves) {
  uint32_t bits[BLOCK];
  __builtin_memcpy(bits, x, n * sizeof *x);
  uint32_t nan = 0;
  for (size_t i = 0; i < n; i++) {
    nan |= (bits[i] & 0x7fffffffu) > 0x7f800000u;
    halves[i] = (uint16_t)(key_of(bits[i]) >> 16);
  }
  return nan != 0;
}

// The instructions of newer CPUs gain a tenth here, since the time goes into the counters: there is one variant for all.
size_t ck_count_keys_f32(const float *x, size_t n, uint32_t *counters) {
  uint16_t halves[BLOCK];
  for (size_t first = 0; first < n; first += BLOCK) {
    const size_t count = n - first < BLOCK ? n - first : BLOCK;
    if (find_halves(x + first, count, halves)) return first;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      uint64_t word;
      __builtin_memcpy(&word, halves + i, sizeof word);
      counters[(uint16_t)word]++;
      counters[CK_KEYS + (uint16_t)(word >> 16)]++;
      counters[(uint16_t)(word >> 32)]++;
      counters[CK_KEYS + (uint16_t)(word >> 48)]++;
    }
    for (; i < count; i++) counters[halves[i]]++;
  }
  return n;
}

size_t ck_select_keys_f32(const float *x, size_t n, const uint64_t *marks, float *selected) {
  uint16_t halves[BLOCK];
  size_t found = 0;
  for (size_t first = 0; first < n; first += BLOCK) {
    const size_t count = n - first < BLOCK ? n - first : BLOCK;
    find_halves(x + first, count, halves);
    // Written whether it is marked or not, and then stepped over or not: there is nothing to guess for the processor.
#pragma clang loop unroll_count(8)
    for (size_t i = 0; i < count; i++) {
      selected[found] = x[first + i];
      found += marks[halves[i] >> 6] >> (halves[i] & 63) & 1;
    }
  }
  return found;
}
