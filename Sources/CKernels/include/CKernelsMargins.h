/// Passes over one row of similarities that the margin losses need.
///
/// The promises of CKernels.h hold: the same IEEE operations in the same order on every CPU, any alignment, counts may be
/// 0. −infinity stands for a column that takes no part, and stays so. Arrays that are written must not overlap others. Each
/// function `ck_…` has a twin `ck_…_at(level, …)` that runs the instructions of one vector level, at most
/// `ck_vector_level()`, so that the equality of the variants can be tested.
#ifndef CKERNELS_MARGINS_H
#define CKERNELS_MARGINS_H

#include <stddef.h>

#define CK_MARGIN_KERNEL(R, S, name, ...) \
  R ck_##name##_##S(__VA_ARGS__);         \
  R ck_##name##_##S##_at(int level, __VA_ARGS__);

#define CK_MARGIN_DECLARATIONS(T, S)                                                                                   \
  /** x ← exp(scale·x − shift); returns the sum of the results, `moment` gets the sum of the results times the old x. */ \
  CK_MARGIN_KERNEL(T, S, exp_sum_moment, T *x, size_t n, T scale, T shift, T *moment)                                  \
  /** x ← x clamped to ±bound. */                                                                                      \
  CK_MARGIN_KERNEL(void, S, limit, T *x, size_t n, T bound)                                                            \
  /** The same; slope ← 0 where x was clamped, else 1. */                                                              \
  CK_MARGIN_KERNEL(void, S, limit_masked, T *x, T *slope, size_t n, T bound)                                           \
  /** With t = factor·exp(−rate·(x − centre)²): x ← t·x + t − 1, slope ← t. Returns the largest result. */             \
  CK_MARGIN_KERNEL(T, S, emphasise, T *x, T *slope, size_t n, T centre, T factor, T rate)                           \
  /** With t = factor·exp(−rate·(x − centre)²) and e = exp(scale·(t·x + t − 1) − shift): x ← e·t; returns Σ e. For        \
      exponents of about 0 or below, as `sum_of_exp`. */                                                               \
  CK_MARGIN_KERNEL(T, S, emphasise_exp, T *x, size_t n, T centre, T factor, T rate, T scale, T shift)                  \
  /** With u = √((1 + x)/2), kept in [0, 1]: x ← Σ value[k]·T_k(2u − 1) and, where `derivative` is not NULL,             \
      slope ← Σ derivative[k]·T_k(2u − 1)/(4·max(u, least)). Both sums have `terms` terms, at least one. */            \
  CK_MARGIN_KERNEL(void, S, half_angle, T *x, T *slope, size_t n, const T *value, const T *derivative, size_t terms,   \
                   T least)                                                                                            \
  /** With θ = arccos of x kept within ±bound: x ← share·d(θ⁻²)/dx, 0 where x was not within; returns share·Σ θ⁻². −infinity  \
      adds nothing and becomes 0. `arcsine` has the Chebyshev coefficients of arcsin(√t)/√t over t in [0, ½], at least one; \
      bound is below 1. */                                                                                             \
  CK_MARGIN_KERNEL(T, S, inverse_square_angle, T *x, size_t n, T bound, T share, const T *arcsine, size_t terms)       \
  /** y[j] ← the largest of x[j·k], …, x[j·k + k − 1], NaN where one is NaN; k is at least 1. */                       \
  CK_MARGIN_KERNEL(void, S, pool, const T *x, size_t classes, size_t k, T *y)                                          \
  /** The first largest of x[j·k], …, x[j·k + k − 1] ← g[j], the others ← 0. */                                        \
  CK_MARGIN_KERNEL(void, S, spread, T *x, size_t classes, size_t k, const T *g)

CK_MARGIN_DECLARATIONS(float, f32)
CK_MARGIN_DECLARATIONS(double, f64)

#endif
