/// Elementwise kernels of training: columns of row-major matrices, activations, and the update of parameters.
///
/// The promises of CKernels.h hold: the same IEEE operations in the same order on every CPU. A matrix argument points
/// to the first of `n` columns of `rows` rows that lie `stride` elements apart, so that a matrix can be worked on in
/// blocks of columns. Matrices that are written must not overlap others; counts may be 0.
#ifndef CKERNELS_TRAINING_H
#define CKERNELS_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#define CK_TRAINING_DECLARATIONS(T, S)                                                                              \
  /** y[r][j] ← row[j]. */                                                                                          \
  void ck_fill_rows_##S(T *y, size_t stride, size_t rows, size_t n, const T *row);                                  \
  /** sum[j] ← sum[j] + Σ_r x[r][j], rows in order. */                                                              \
  void ck_column_sums_##S(const T *x, size_t stride, size_t rows, size_t n, T *sum);                                \
  /** mean[j] and the mean squared deviation from it, of at least one row. */                                       \
  void ck_column_moments_##S(const T *x, size_t stride, size_t rows, size_t n, T *mean, T *variance);               \
  /** unit ← (x − mean)·inverse, y ← gain·unit + shift, column by column. */                                        \
  void ck_standardise_##S(const T *x, size_t stride, size_t rows, size_t n, const T *mean, const T *inverse,        \
                          const T *gain, const T *shift, T *unit, T *y);                                            \
  /** The derivative of the above through the moments of the rows: from g = ∂/∂y adds Σg to d_shift and Σg·unit to    \
      d_gain and writes dx = gain·inverse·(g − Σg/rows − unit·Σ(g·unit)/rows). `sums` is scratch of 2n. */          \
  void ck_standardise_backward_##S(const T *g, const T *unit, size_t stride, size_t rows, size_t n,                 \
                                   const T *inverse, const T *gain, T *d_gain, T *d_shift, T *dx, T *sums);         \
  /** y ← x where x > 0, slope[j]·x elsewhere. */                                                                   \
  void ck_prelu_##S(const T *x, size_t stride, size_t rows, size_t n, const T *slope, T *y);                        \
  /** dx ← g where x > 0, slope[j]·g elsewhere; d_slope[j] gains Σ g·x over the latter. */                          \
  void ck_prelu_backward_##S(const T *x, const T *g, size_t stride, size_t rows, size_t n, const T *slope, T *dx,   \
                             T *d_slope);                                                                           \
  /** y ← x·mask, elementwise. */                                                                                   \
  void ck_multiply_##S(const T *x, const T *mask, size_t n, T *y);                                                  \
  /** y ← factor·y·mask. */                                                                                         \
  void ck_scale_by_##S(T *y, const T *mask, size_t n, T factor);                                                    \
  /** y ← y + x. */                                                                                                 \
  void ck_add_##S(const T *x, size_t n, T *y);                                                                      \
  /** y ← x / divisor; x and y may be the same. */                                                                   \
  void ck_divide_##S(const T *x, size_t n, T divisor, T *y);                                                        \
  /** g ← (g − radial·u) / divisor. */                                                                              \
  void ck_remove_radial_##S(const T *u, size_t n, T radial, T divisor, T *g);                                       \
  /** mask[i] ← `kept` with probability 1 − threshold/2³², else 0; element i of the stream of `key`, counted from     \
      `first`, a multiple of 4. */                                                                                  \
  void ck_dropout_mask_##S(T *mask, size_t n, uint32_t key0, uint32_t key1, uint64_t first, uint32_t threshold,     \
                           T kept);                                                                                 \
  /** Stochastic gradient descent: d = scale·g + decay·w; v ← momentum·v + d; w ← w − rate·(nesterov ? d + momentum·v \
      : v). */                                                                                                      \
  void ck_sgd_##S(T *w, const T *g, T *v, size_t n, T rate, T momentum, T decay, T scale, int nesterov);

CK_TRAINING_DECLARATIONS(float, f32)
CK_TRAINING_DECLARATIONS(double, f64)

#endif
