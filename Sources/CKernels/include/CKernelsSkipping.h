/// Leaving out the small elements of a matrix, and products with those that are left.
///
/// The promises of CKernels.h hold: the same IEEE operations in the same order on every CPU, without fused multiply-add. Arrays that are
/// written must not overlap others. Each function `ck_…` has a twin `ck_…_at(level, …)` that runs the instructions of one vector level,
/// at most `ck_vector_level()`, so that the equality of the variants can be tested.
#ifndef CKERNELS_SKIPPING_H
#define CKERNELS_SKIPPING_H

#include <stddef.h>
#include <stdint.h>

/// How many bounds `ck_masses_below_…` compares with.
#define CK_BOUNDS 8

#define CK_SKIPPING_KERNEL(R, S, name, ...) \
  R ck_##name##_##S(__VA_ARGS__);           \
  R ck_##name##_##S##_at(int level, __VA_ARGS__);

#define CK_SKIPPING_DECLARATIONS(T, S)                                                                                 \
  /** masses[k] ← Σ |x| over all |x| ≤ bounds[k], and counts[k] ← how many are above (NaN included), for each of the     \
      CK_BOUNDS bounds. */                                                                                             \
  CK_SKIPPING_KERNEL(void, S, masses_below, const T *x, size_t n, const T *bounds, T *masses, uint32_t *counts)        \
  /** Writes the elements with |x| > bound (NaN included) and their places, counted from `first`, in order, and returns how many  \
      there are. Both arrays need room for n; what lies past the count is arbitrary. first + n is at most 65536. */      \
  CK_SKIPPING_KERNEL(size_t, S, select, const T *x, size_t n, size_t first, T bound, T *values, uint16_t *places)      \
  /** Turns the lists of `rows` rows (row r's is starts[r] ..< starts[r + 1], of places below `columns`) into those of the columns: their        \
      elements in the order of rows, with the row for a place. turned_starts has columns + 1 elements. */                \
  CK_SKIPPING_KERNEL(void, S, turn_lists, const T *values, const uint16_t *places, const uint32_t *starts, size_t rows, \
                     size_t columns, T *turned_values, uint16_t *turned_places, uint32_t *turned_starts)               \
  /** y[j] ← (add ? y[j] : 0) + Σ_k values[k]·rows[places[k]·stride + j] for n columns, k in order. */                 \
  CK_SKIPPING_KERNEL(void, S, combine_rows, const T *values, const uint16_t *places, size_t count, const T *rows,      \
                     size_t stride, size_t n, int add, T *y)

CK_SKIPPING_DECLARATIONS(float, f32)
CK_SKIPPING_DECLARATIONS(double, f64)

#endif
