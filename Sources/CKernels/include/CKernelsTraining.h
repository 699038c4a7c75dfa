/// Elementwise kernels of training: columns of row-major matrices, activations, and the update of parameters.
///
/// The promises of CKernels.h hold: the same IEEE operations in the same order on every CPU. A matrix argument points
/// to the first of `n` columns of `rows` rows that lie `stride` elements apart, so that a matrix can be worked on in
/// blocks of columns. Matrices that are written must not overlap others; counts may be 0. Each function `ck_…` has a
/// twin `ck_…_at(level, …)` that runs the instructions of one vector level, at most `ck_vector_level()`, so that the
/// equality of the variants can be tested.
#ifndef CKERNELS_TRAINING_H
#define CKERNELS_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#define CK_TRAINING_KERNEL(S, name, ...)     \
  void ck_##name##_##S(__VA_ARGS__);         \
  void ck_##name##_##S##_at(int level, __VA_ARGS__);

#define CK_TRAINING_DECLARATIONS(T, S)                                                                                \
  /** y[r][j] ← row[j]. */                                                                                            \
  CK_TRAINING_KERNEL(S, fill_rows, T *y, size_t stride, size_t rows, size_t n, const T *row)                          \
  /** sum[j] ← sum[j] + Σ_r x[r][j], rows in order. */                                                                \
  CK_TRAINING_KERNEL(S, column_sums, const T *x, size_t stride, size_t rows, size_t n, T *sum)                        \
  /** mean[j] and the mean squared deviation from it, of at least one row. */                                         \
  CK_TRAINING_KERNEL(S, column_moments, const T *x, size_t stride, size_t rows, size_t n, T *mean, T *variance)       \
  /** unit ← (x − mean)·inverse, y ← gain·unit + shift, column by column. */                                          \
  CK_TRAINING_KERNEL(S, standardise, const T *x, size_t stride, size_t rows, size_t n, const T *mean,                 \
                     const T *inverse, const T *gain, const T *shift, T *unit, T *y)                                  \
  /** The derivative of the above through the moments of the rows: from g = ∂/∂y adds Σg to d_shift and Σg·unit to    \
      d_gain and writes dx = gain·inverse·(g − Σg/rows − unit·Σ(g·unit)/rows). `sums` is scratch of 2n. */            \
  CK_TRAINING_KERNEL(S, standardise_backward, const T *g, const T *unit, size_t stride, size_t rows, size_t n,        \
                     const T *inverse, const T *gain, T *d_gain, T *d_shift, T *dx, T *sums)                          \
  /** y ← x where x > 0, slope[j]·x elsewhere. */                                                                     \
  CK_TRAINING_KERNEL(S, prelu, const T *x, size_t stride, size_t rows, size_t n, const T *slope, T *y)                \
  /** dx ← g where x > 0, slope[j]·g elsewhere; d_slope[j] gains Σ g·x over the latter. */                            \
  CK_TRAINING_KERNEL(S, prelu_backward, const T *x, const T *g, size_t stride, size_t rows, size_t n,                 \
                     const T *slope, T *dx, T *d_slope)                                                               \
  /** y ← x·mask, elementwise. */                                                                                     \
  CK_TRAINING_KERNEL(S, multiply, const T *x, const T *mask, size_t n, T *y)                                          \
  /** y ← factor·y·mask. */                                                                                           \
  CK_TRAINING_KERNEL(S, scale_by, T *y, const T *mask, size_t n, T factor)                                            \
  /** y ← y + x. */                                                                                                   \
  CK_TRAINING_KERNEL(S, add, const T *x, size_t n, T *y)                                                              \
  /** y ← x / divisor; x and y may be the same. */                                                                    \
  CK_TRAINING_KERNEL(S, divide, const T *x, size_t n, T divisor, T *y)                                                \
  /** g ← (g − radial·u) / divisor. */                                                                                \
  CK_TRAINING_KERNEL(S, remove_radial, const T *u, size_t n, T radial, T divisor, T *g)                               \
  /** mask[i] ← `kept` with probability 1 − threshold/2³², else 0; element i of the stream of `key`, counted from     \
      `first`, a multiple of 4. */                                                                                    \
  CK_TRAINING_KERNEL(S, dropout_mask, T *mask, size_t n, uint32_t key0, uint32_t key1, uint64_t first,                \
                     uint32_t threshold, T kept)                                                                      \
  /** Stochastic gradient descent: d = scale·g + decay·w; v ← momentum·v + d; w ← w − rate·(nesterov ? d + momentum·v \
      : v). */                                                                                                        \
  CK_TRAINING_KERNEL(S, sgd, T *w, const T *g, T *v, size_t n, T rate, T momentum, T decay, T scale,                  \
                     int nesterov)

CK_TRAINING_DECLARATIONS(float, f32)
CK_TRAINING_DECLARATIONS(double, f64)

#endif
