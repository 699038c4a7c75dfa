/// Passes of training losses over one row of similarities.
///
/// The promises of CKernels.h hold: the same IEEE operations in the same order on every CPU, any alignment, counts may be
/// 0, −infinity stands for a column that takes no part. Arrays that are written must not overlap others. Each function
/// `ck_…` has a twin `ck_…_at(level, …)` that runs the instructions of one vector level, at most `ck_vector_level()`, so
/// that the equality of the variants can be tested.
#ifndef CKERNELS_LOSSES_H
#define CKERNELS_LOSSES_H

#include <stddef.h>

#define CK_LOSS_KERNEL(R, S, name, ...)  \
  R ck_##name##_##S(__VA_ARGS__);        \
  R ck_##name##_##S##_at(int level, __VA_ARGS__);

#define CK_LOSS_DECLARATIONS(T, S)                                                                                    \
  /** Where x > bound: x ← x·(square·x + factor) + shift, slope ← 2·square·x + factor (of the old x); elsewhere x       \
      stays and slope ← 1. Returns the largest result, −infinity where there is none; `sum` and `count` get the sum   \
      and the number of the old x above `bound`. */                                                                   \
  CK_LOSS_KERNEL(T, S, harden, T *x, T *slope, size_t n, T bound, T square, T factor, T shift, T *sum, T *count)      \
  /** With α = max(x + margin, 0): x ← α·(x − margin), slope ← α. Returns the largest result. */                      \
  CK_LOSS_KERNEL(T, S, circle, T *x, T *slope, size_t n, T margin)                                                    \
  /** y ← y + x; returns the largest result. */                                                                       \
  CK_LOSS_KERNEL(T, S, add_max, const T *x, size_t n, T *y)                                                           \
  /** x ← factor·x, y ← y + x. */                                                                                     \
  CK_LOSS_KERNEL(void, S, scale_add, T *x, size_t n, T factor, T *y)                                                  \
  /** `maxima` gets the largest x of at most `bound` of every `block` elements, −infinity where there is none; `count`    \
      the number of all x above `bound`. Returns the largest of all. `block` is at least 1. */                        \
  CK_LOSS_KERNEL(T, S, block_maxima, const T *x, size_t n, size_t block, T bound, T *maxima, T *count)                \
  /** Σ exp(scale·x − shift); `largest` gets the largest x. For exponents of about 0 or below: from 88 (709 in double)    \
      on each counts as that; relative error (2 + |exponent|) ulps. */                                                \
  CK_LOSS_KERNEL(T, S, sum_of_exp, const T *x, size_t n, T scale, T shift, T *largest)                                \
  /** With u = scale·x − shift, clamped to ±limit: returns Σ ln(1 + e^u); x ← 1/(1 + e^−u), 0 where u was clamped;    \
      `logistics` gets the sum of these. A column of −infinity adds nothing to either. */                             \
  CK_LOSS_KERNEL(T, S, softplus, T *x, size_t n, T scale, T shift, T limit, T *logistics)                             \
  /** With p = max((x + 1)/2, 0): x ← 2·p^power − 1, slope ← power·p^(power − 1). `power` is at least 1. */            \
  CK_LOSS_KERNEL(void, S, spread_power, T *x, T *slope, size_t n, int power)

CK_LOSS_DECLARATIONS(float, f32)
CK_LOSS_DECLARATIONS(double, f64)

#endif
