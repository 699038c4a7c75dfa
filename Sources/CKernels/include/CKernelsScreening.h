/// Screening of inner products: 8-bit codes of rows, an upper bound of every product from them, and which bounds reach a floor.
#ifndef CKERNELS_SCREENING_H
#define CKERNELS_SCREENING_H

#include <stddef.h>
#include <stdint.h>

/// Columns of one panel, and of one mask.
#define CK_PANEL 16
/// Rows that are screened at a time.
#define CK_SCREEN_ROWS 8
/// The longest rows that are screened: their sums of products of codes fit into 32 bits.
#define CK_SCREEN_DEPTH 65536

/// What is known of a row x besides its codes q: ‖x − scale·q‖ ≤ error and max(‖x‖, ‖scale·q‖) ≤ length, both rounded upwards.
/// A row that is not finite has an error of +infinity.
typedef struct {
  float scale, length, error;
  /// Σ q.
  int32_t sum;
} ck_coded_row;

/// Elements of a row of codes: `depth` rounded up to a multiple of four.
static inline size_t ck_coded_depth(size_t depth) { return (depth + 3) / 4 * 4; }

/// Codes, −127 to 127, of `rows` rows of `depth` numbers: rows of `ck_coded_depth(depth)` codes, zeros at the end. The same on every CPU.
void ck_code_rows(const float *x, size_t rows, size_t depth, int8_t *codes, ck_coded_row *coded);

/// Codes CK_PANEL rows into a panel of CK_PANEL·`ck_coded_depth(depth)` bytes: codes plus 128, four of each row in turn. `bounds` gets CK_PANEL scales, then
/// CK_PANEL spreads, error + rounding·length, then CK_PANEL lengths, where `rounding` stands for that of the products with these rows and of the bounds.
/// Rows from `rows` on are zeros.
void ck_code_panel(const float *x, size_t rows, size_t depth, uint8_t *panel, float *bounds);

/// Bit c of masks[r·panels + p] ← whether the product of row r with column c of panel p may reach floors[r]: 0 only where, with certainty, every order of
/// summing x·y in float, fused or not, stays below it in the floating-point mode of the calls. `rows` must be a multiple of CK_SCREEN_ROWS, `panels` even, `depth` at most
/// CK_SCREEN_DEPTH. The same on every CPU.
void ck_screen(const int8_t *codes, const ck_coded_row *coded, const float *floors, size_t rows, const uint8_t *panels_codes,
               const float *bounds, size_t panels, size_t depth, uint16_t *masks);

/// out[i] ← the product of row left[i] of x with row right[i] of y, each of `depth` elements, summed as matrix products are: the elements up to ends[0] one after
/// the other by fused multiply-adds from 0 on, so those up to ends[1], …, and these sums added in order. The last end must be `depth`.
void ck_chains_f32(const float *x, const float *y, size_t depth, const uint32_t *left, const uint32_t *right, size_t n,
                   const uint32_t *ends, size_t parts, float *out);

/// 2 when the CPU multiplies 8-bit integers 64 at a time (AVX-512 VNNI), 1 when it has AVX2 and FMA, else 0.
int ck_screen_level(void);

/// The same with the instructions of a level of our choice, at most `ck_screen_level()`.
void ck_screen_at(int level, const int8_t *codes, const ck_coded_row *coded, const float *floors, size_t rows,
                  const uint8_t *panels_codes, const float *bounds, size_t panels, size_t depth, uint16_t *masks);
void ck_code_rows_at(int level, const float *x, size_t rows, size_t depth, int8_t *codes, ck_coded_row *coded);
void ck_code_panel_at(int level, const float *x, size_t rows, size_t depth, uint8_t *panel, float *bounds);
void ck_chains_f32_at(int level, const float *x, const float *y, size_t depth, const uint32_t *left, const uint32_t *right,
                      size_t n, const uint32_t *ends, size_t parts, float *out);

#endif
