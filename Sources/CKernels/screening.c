#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The same bits on every CPU: no contraction to fused multiply-add but where it is written.
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx512vnni,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#endif
#define ALWAYS static inline __attribute__((always_inline))

typedef float v8f __attribute__((vector_size(32)));
typedef int32_t v8i __attribute__((vector_size(32)));
typedef int8_t v8b __attribute__((vector_size(8)));
typedef double v8d __attribute__((vector_size(64)));
typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));

enum { LANES = 8, SHIFT = 128, LARGEST = 127 };

// A little more than any rounding of a sum of squares in double of as many terms as a row may have, and of what is computed from it.
#define UPWARDS (1 + 0x1p-20)
#define UNIT_ROUNDOFF 0x1p-24
// Rows whose largest element is smaller get codes of zero: a scale must be a normal number.
#define LEAST_CODED 0x1p-100f

ALWAYS double sum_of(v8d v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

// A float that is no smaller.
ALWAYS float upwards(double x) {
  const double y = x * UPWARDS;
  return y > 0 && y < 0x1p-126 ? 0x1p-126f : (float)y;
}

// The next LANES of `left` elements; zeros past the end.
ALWAYS v8f next(const float *x, size_t left) {
  v8f v = {0};
  if (left >= LANES) {
    __builtin_memcpy(&v, x, sizeof v);
  } else {
    __builtin_memcpy(&v, x, left * sizeof *x);
  }
  return v;
}

// `codes` has room for ck_coded_depth(n).
ALWAYS void code_row(const float *x, size_t n, int8_t *codes, ck_coded_row *coded) {
  v8f largest = {0};
  v8d square = {0};
  for (size_t i = 0; i < n; i += LANES) {
    const v8f v = next(x + i, n - i);
    const v8f magnitude = __builtin_elementwise_abs(v);
    largest = __builtin_elementwise_max(largest, magnitude);
    const v8d wide = __builtin_convertvector(v, v8d);
    square += wide * wide;
  }
  const double total = sum_of(square);
  float top = 0;
  for (int i = 0; i < LANES; i++) top = largest[i] > top ? largest[i] : top;
  *coded = (ck_coded_row){0, upwards(__builtin_sqrt(total)), upwards(__builtin_sqrt(total)), 0};
  __builtin_memset(codes, 0, ck_coded_depth(n));
  // NaN is in the sum, and an infinite element, too.
  if (!__builtin_isfinite(total)) coded->length = coded->error = __builtin_inff();
  if (!__builtin_isfinite(total) || top < LEAST_CODED) return;
  const float scale = top / LARGEST, inverse = LARGEST / top;
  v8d difference = {0}, coded_square = {0};
  v8i sum = {0};
  for (size_t i = 0; i < n; i += LANES) {
    const v8f v = next(x + i, n - i);
    v8f place = __builtin_elementwise_roundeven(v * inverse);
    place = __builtin_elementwise_min(__builtin_elementwise_max(place, (v8f){0} - LARGEST), (v8f){0} + LARGEST);
    const v8i code = __builtin_convertvector(place, v8i);
    const v8b narrow = __builtin_convertvector(code, v8b);
    if (n - i > LANES / 2) {
      __builtin_memcpy(codes + i, &narrow, sizeof narrow);
    } else {
      __builtin_memcpy(codes + i, &narrow, sizeof narrow / 2);
    }
    sum += code;
    const v8d approximate = __builtin_convertvector(place, v8d) * (double)scale;
    const v8d rest = __builtin_convertvector(v, v8d) - approximate;
    difference += rest * rest;
    coded_square += approximate * approximate;
  }
  const double other = sum_of(coded_square);
  coded->scale = scale;
  coded->error = upwards(__builtin_sqrt(sum_of(difference)));
  coded->length = upwards(__builtin_sqrt(other > total ? other : total));
  for (int i = 0; i < LANES; i++) coded->sum += sum[i];
}

ALWAYS void code_rows(const float *x, size_t rows, size_t depth, int8_t *codes, ck_coded_row *coded) {
  for (size_t row = 0; row < rows; row++)
    code_row(x + row * depth, depth, codes + row * ck_coded_depth(depth), coded + row);
}

ALWAYS void code_panel(const float *x, size_t rows, size_t depth, uint8_t *panel, float *bounds) {
  const size_t length = ck_coded_depth(depth);
  // Of a sum of depth products, each order of it, and of the bound itself, which takes a few operations more.
  const double rounding = (2 * (double)depth + 64) * UNIT_ROUNDOFF;
  int8_t codes[CK_SCREEN_DEPTH];
  for (size_t c = 0; c < CK_PANEL; c++) {
    ck_coded_row coded = {0, 0, 0, 0};
    if (c < rows) {
      code_row(x + c * depth, depth, codes, &coded);
    } else {
      __builtin_memset(codes, 0, length);
    }
    for (size_t k = 0; k < length; k += 4) {
      uint32_t four;
      __builtin_memcpy(&four, codes + k, sizeof four);
      // Plus 128, modulo 256, is the highest bit the other way round.
      four ^= 0x80808080u;
      __builtin_memcpy(panel + k * CK_PANEL + c * 4, &four, sizeof four);
    }
    bounds[c] = coded.scale;
    bounds[CK_PANEL + c] = upwards(coded.error + rounding * coded.length);
    bounds[2 * CK_PANEL + c] = coded.length;
  }
}

// What of a row enters each of its bounds.
typedef struct {
  float scale, length, error, floor;
} screened_row;

ALWAYS screened_row screened(const ck_coded_row *coded, float floor, size_t depth) {
  // What is lost where results underflow. A float that is no larger.
  const float lower = (float)((double)floor - (double)depth * 0x1p-110);
  return (screened_row){coded->scale, coded->length, coded->error, lower <= floor ? lower : floor};
}

// Which of 16 products, of which `sums` are those of the codes, may reach the floor: all whose bound is not certainly below it.
ALWAYS void reaches(const v16i *sums, const screened_row *row, const float *bounds, v16i *reached) {
  v16f scale, spread, length;
  __builtin_memcpy(&scale, bounds, sizeof scale);
  __builtin_memcpy(&spread, bounds + CK_PANEL, sizeof spread);
  __builtin_memcpy(&length, bounds + 2 * CK_PANEL, sizeof length);
  const v16f product = __builtin_convertvector(*sums, v16f) * (scale * row->scale);
  const v16f bound = (product + spread * row->length) + length * row->error;
  *reached = ~(bound < row->floor);
}

// One row with one panel; compilers make of this what the instruction set offers.
ALWAYS uint16_t screen_panel(const int8_t *codes, const ck_coded_row *coded, const screened_row *row, const uint8_t *panel,
                             const float *bounds, size_t depth) {
  int32_t sums[CK_PANEL];
  for (int c = 0; c < CK_PANEL; c++) sums[c] = -SHIFT * coded->sum;
  for (size_t k = 0; k < depth; k += 4) {
    for (int c = 0; c < CK_PANEL; c++) {
      const uint8_t *p = panel + k * CK_PANEL + c * 4;
      sums[c] += p[0] * codes[k] + p[1] * codes[k + 1] + p[2] * codes[k + 2] + p[3] * codes[k + 3];
    }
  }
  v16i all, reached;
  __builtin_memcpy(&all, sums, sizeof all);
  reaches(&all, row, bounds, &reached);
  uint16_t mask = 0;
  for (int c = 0; c < CK_PANEL; c++) mask |= (uint16_t)((reached[c] & 1) << c);
  return mask;
}

#define SCREEN_PARAMETERS                                                                                          \
  const int8_t *codes, const ck_coded_row *coded, const float *floors, size_t rows, const uint8_t *panels_codes,   \
      const float *bounds, size_t panels, size_t depth, uint16_t *masks
#define SCREEN_ARGUMENTS codes, coded, floors, rows, panels_codes, bounds, panels, depth, masks

ALWAYS void screen_plain(SCREEN_PARAMETERS) {
  const size_t length = ck_coded_depth(depth);
  for (size_t p = 0; p < panels; p++) {
    for (size_t r = 0; r < rows; r++) {
      const screened_row row = screened(coded + r, floors[r], depth);
      masks[r * panels + p] = screen_panel(codes + r * length, coded + r, &row, panels_codes + p * CK_PANEL * length,
                                           bounds + p * 3 * CK_PANEL, length);
    }
  }
}

#if defined(__x86_64__)
// Eight rows with two panels: sixteen sums in registers, which hide the latency of the instruction, and ten loads for sixteen of them. The two panels stay in
// the first cache while all rows go by.
ENTRY_V4 static void screen_v4(SCREEN_PARAMETERS) {
  const size_t length = ck_coded_depth(depth);
  for (size_t p = 0; p < panels; p += 2) {
    const uint8_t *first = panels_codes + p * CK_PANEL * length, *second = first + CK_PANEL * length;
    for (size_t r = 0; r < rows; r += CK_SCREEN_ROWS) {
      const int8_t *left = codes + r * length;
      __m512i sums[CK_SCREEN_ROWS][2];
#pragma clang loop unroll(full)
      for (int i = 0; i < CK_SCREEN_ROWS; i++) sums[i][0] = sums[i][1] = _mm512_set1_epi32(-SHIFT * coded[r + i].sum);
      for (size_t k = 0; k < length; k += 4) {
        const __m512i a = _mm512_loadu_si512(first + k * CK_PANEL), b = _mm512_loadu_si512(second + k * CK_PANEL);
#pragma clang loop unroll(full)
        for (int i = 0; i < CK_SCREEN_ROWS; i++) {
          int32_t four;
          __builtin_memcpy(&four, left + i * length + k, sizeof four);
          const __m512i all = _mm512_set1_epi32(four);
          sums[i][0] = _mm512_dpbusd_epi32(sums[i][0], a, all);
          sums[i][1] = _mm512_dpbusd_epi32(sums[i][1], b, all);
        }
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < CK_SCREEN_ROWS; i++) {
        const screened_row row = screened(coded + r + i, floors[r + i], depth);
#pragma clang loop unroll(full)
        for (size_t j = 0; j < 2; j++) {
          v16i reached;
          reaches((const v16i *)&sums[i][j], &row, bounds + (p + j) * 3 * CK_PANEL, &reached);
          masks[(r + i) * panels + p + j] = _mm512_movepi32_mask((__m512i)reached);
        }
      }
    }
  }
}

// Two rows with one panel, whose codes are widened to 16 bits: products of 8-bit codes added in pairs do not fit into fewer without saturation. Each register of
// sums holds two for each of four columns.
ENTRY_V3 static void screen_v3(SCREEN_PARAMETERS) {
  const size_t length = ck_coded_depth(depth);
  for (size_t p = 0; p < panels; p++) {
    const uint8_t *panel = panels_codes + p * CK_PANEL * length;
    for (size_t r = 0; r < rows; r += 2) {
      const int8_t *left = codes + r * length;
      __m256i sums[2][4];
#pragma clang loop unroll(full)
      for (int i = 0; i < 8; i++) sums[i / 4][i % 4] = _mm256_setzero_si256();
      for (size_t k = 0; k < length; k += 4) {
        __m256i all[2];
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
          int32_t four;
          __builtin_memcpy(&four, left + i * length + k, sizeof four);
          all[i] = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
        }
#pragma clang loop unroll(full)
        for (int c = 0; c < 4; c++) {
          const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(panel + k * CK_PANEL) + c));
#pragma clang loop unroll(full)
          for (int i = 0; i < 2; i++) sums[i][c] = _mm256_add_epi32(sums[i][c], _mm256_madd_epi16(wide, all[i]));
        }
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 2; i++) {
        int32_t halves[2 * CK_PANEL];
        __builtin_memcpy(halves, sums[i], sizeof halves);
        v16i total, reached;
        for (int c = 0; c < CK_PANEL; c++) total[c] = halves[2 * c] + halves[2 * c + 1] - SHIFT * coded[r + i].sum;
        const screened_row row = screened(coded + r + i, floors[r + i], depth);
        reaches(&total, &row, bounds + p * 3 * CK_PANEL, &reached);
        uint16_t mask = 0;
        for (int c = 0; c < CK_PANEL; c++) mask |= (uint16_t)((reached[c] & 1) << c);
        masks[(r + i) * panels + p] = mask;
      }
    }
  }
}
#endif

static void screen_v1(SCREEN_PARAMETERS) { screen_plain(SCREEN_ARGUMENTS); }

#define ROWS_PARAMETERS const float *x, size_t rows, size_t depth, int8_t *codes, ck_coded_row *coded
#define PANEL_PARAMETERS const float *x, size_t rows, size_t depth, uint8_t *panel, float *bounds

static void code_rows_v1(ROWS_PARAMETERS) { code_rows(x, rows, depth, codes, coded); }
static void code_panel_v1(PANEL_PARAMETERS) { code_panel(x, rows, depth, panel, bounds); }

#if defined(__x86_64__)
ENTRY_V3 static void code_rows_v3(ROWS_PARAMETERS) { code_rows(x, rows, depth, codes, coded); }
ENTRY_V3 static void code_panel_v3(PANEL_PARAMETERS) { code_panel(x, rows, depth, panel, bounds); }
ENTRY_V4 static void code_rows_v4(ROWS_PARAMETERS) { code_rows(x, rows, depth, codes, coded); }
ENTRY_V4 static void code_panel_v4(PANEL_PARAMETERS) { code_panel(x, rows, depth, panel, bounds); }

int ck_screen_level(void) {
  const int level = ck_vector_level();
  return level == 2 && !__builtin_cpu_supports("avx512vnni") ? 1 : level;
}
#define AT(level, name, ...)               \
  ((level) == 2   ? name##_v4(__VA_ARGS__) \
   : (level) == 1 ? name##_v3(__VA_ARGS__) \
                  : name##_v1(__VA_ARGS__))
#else
int ck_screen_level(void) { return 0; }
#define AT(level, name, ...) ((void)(level), name##_v1(__VA_ARGS__))
#endif

void ck_screen_at(int level, SCREEN_PARAMETERS) { AT(level, screen, SCREEN_ARGUMENTS); }
void ck_screen(SCREEN_PARAMETERS) { ck_screen_at(ck_screen_level(), SCREEN_ARGUMENTS); }
void ck_code_rows_at(int level, ROWS_PARAMETERS) { AT(level, code_rows, x, rows, depth, codes, coded); }
void ck_code_rows(ROWS_PARAMETERS) { ck_code_rows_at(ck_screen_level(), x, rows, depth, codes, coded); }
void ck_code_panel_at(int level, PANEL_PARAMETERS) { AT(level, code_panel, x, rows, depth, panel, bounds); }
void ck_code_panel(PANEL_PARAMETERS) { ck_code_panel_at(ck_screen_level(), x, rows, depth, panel, bounds); }
