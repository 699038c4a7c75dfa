#include "CKernels.h"

// Sums are fused where that is written, and nowhere else.
#pragma STDC FP_CONTRACT OFF

enum { CHAINS = 8 };

// Several at a time: one alone waits for each of its sums.
static inline __attribute__((always_inline)) void chains(const float *x, const float *y, size_t depth, const uint32_t *left, const uint32_t *right, size_t n,
                   const uint32_t *ends, size_t parts, float *out) {
  for (size_t i = 0; i < n; i += CHAINS) {
    const size_t count = n - i < CHAINS ? n - i : CHAINS;
    const float *a[CHAINS], *b[CHAINS];
    float total[CHAINS] = {0};
    for (size_t j = 0; j < CHAINS; j++) {
      const size_t pair = j < count ? i + j : i;
      a[j] = x + left[pair] * depth;
      b[j] = y + right[pair] * depth;
    }
    size_t k = 0;
    for (size_t part = 0; part < parts; part++) {
      float sum[CHAINS] = {0};
      for (; k < ends[part]; k++)
#pragma clang loop unroll(full)
        for (int j = 0; j < CHAINS; j++) sum[j] = __builtin_fmaf(a[j][k], b[j][k], sum[j]);
      for (int j = 0; j < CHAINS; j++) total[j] = part == 0 ? sum[j] : total[j] + sum[j];
    }
    for (size_t j = 0; j < count; j++) out[i + j] = total[j];
  }
}

#define CHAIN_PARAMETERS                                                                                           \
  const float *x, const float *y, size_t depth, const uint32_t *left, const uint32_t *right, size_t n,             \
      const uint32_t *ends, size_t parts, float *out
#define CHAIN_ARGUMENTS x, y, depth, left, right, n, ends, parts, out

static void chains_v1(CHAIN_PARAMETERS) { chains(CHAIN_ARGUMENTS); }

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void chains_v3(CHAIN_PARAMETERS) { chains(CHAIN_ARGUMENTS); }
#endif

void ck_chains_f32_at(int level, CHAIN_PARAMETERS) {
#if defined(__x86_64__)
  if (level >= 1) {
    chains_v3(CHAIN_ARGUMENTS);
    return;
  }
#endif
  (void)level;
  chains_v1(CHAIN_ARGUMENTS);
}

void ck_chains_f32(CHAIN_PARAMETERS) { ck_chains_f32_at(ck_screen_level(), CHAIN_ARGUMENTS); }
