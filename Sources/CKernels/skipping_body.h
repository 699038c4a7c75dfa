// The kernels of CKernelsSkipping.h for one scalar type and one instruction set. Included once for each pair with T, TI (an integer of
// its size), V (a vector of L of T), I (one of TI), REGISTERS (vectors of sums that fit into registers), TARGET and NAME(x) defined.

TARGET static inline V NAME(load)(const T *p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// A vector whose first n lanes come from p and whose others are 0.
TARGET static inline V NAME(load_part)(const T *p, size_t n) {
  T buffer[L] = {0};
  for (size_t i = 0; i < n; i++) buffer[i] = p[i];
  return NAME(load)(buffer);
}

// A pairwise tree over the lanes: the same order on every CPU.
TARGET static inline T NAME(sum_lanes)(V v) {
  T lane[L];
  __builtin_memcpy(lane, &v, sizeof v);
  for (size_t width = L / 2; width > 0; width /= 2)
    for (size_t i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

TARGET static void NAME(masses_below)(const T *x, size_t n, const T *bounds, T *masses, uint32_t *counts) {
  V sum[CK_BOUNDS];
  I below[CK_BOUNDS];
  for (int k = 0; k < CK_BOUNDS; k++) {
    sum[k] = (V){0};
    below[k] = (I){0};
  }
  const size_t whole = n / L * L;
  for (size_t i = 0; i < whole; i += L) {
    const V magnitude = (V)((I)NAME(load)(x + i) & ((I){0} + MAGNITUDE));
    for (int k = 0; k < CK_BOUNDS; k++) {
      const I small = magnitude <= bounds[k];
      sum[k] = sum[k] + (V)((I)magnitude & small);
      below[k] -= small;
    }
  }
  const size_t rest = n - whole;
  const V magnitude = (V)((I)NAME(load_part)(x + whole, rest) & ((I){0} + MAGNITUDE));
  for (int k = 0; k < CK_BOUNDS; k++) {
    const I small = magnitude <= bounds[k];
    sum[k] = sum[k] + (V)((I)magnitude & small);
    masses[k] = NAME(sum_lanes)(sum[k]);
    uint32_t count = 0;
    for (size_t lane = 0; lane < L; lane++) count += (uint32_t)below[k][lane];
    for (size_t lane = 0; lane < rest; lane++) count += small[lane] != 0;
    counts[k] = (uint32_t)n - count;
  }
}

TARGET static size_t NAME(select)(const T *x, size_t n, size_t first, T bound, T *values,
                                  uint16_t *places) {
  size_t count = 0, i = 0;
  for (; i + L <= n; i += L) {
    const V magnitude = (V)((I)NAME(load)(x + i) & ((I){0} + MAGNITUDE));
    // Most vectors hold nothing to keep.
    if (__builtin_reduce_and(magnitude <= bound)) continue;
    for (size_t lane = 0; lane < L; lane++) {
      values[count] = x[i + lane];
      places[count] = (uint16_t)(first + i + lane);
      count += !(magnitude[lane] <= bound);
    }
  }
  for (; i < n; i++) {
    const T magnitude = x[i] < 0 ? -x[i] : x[i];
    if (magnitude <= bound) continue;
    values[count] = x[i];
    places[count++] = (uint16_t)(first + i);
  }
  return count;
}

TARGET static void NAME(turn_lists)(const T *values, const uint16_t *places, const uint32_t *starts, size_t rows,
                                    size_t columns, T *turned_values, uint16_t *turned_places,
                                    uint32_t *turned_starts) {
  for (size_t j = 0; j <= columns; j++) turned_starts[j] = 0;
  for (size_t k = starts[0]; k < starts[rows]; k++) turned_starts[places[k] + 1]++;
  for (size_t j = 0; j < columns; j++) turned_starts[j + 1] += turned_starts[j];
  for (size_t r = 0; r < rows; r++)
    for (size_t k = starts[r]; k < starts[r + 1]; k++) {
      // Where the next of the column goes; in the end where the next column starts.
      const uint32_t place = turned_starts[places[k]]++;
      turned_values[place] = values[k];
      turned_places[place] = (uint16_t)r;
    }
  for (size_t j = columns; j > 0; j--) turned_starts[j] = turned_starts[j - 1];
  turned_starts[0] = 0;
}

// For as many columns as `vectors` vectors hold, a constant where it is inlined.
TARGET static inline __attribute__((always_inline)) void NAME(combine_block)(const T *values, const uint16_t *places,
                                                                             size_t count, const T *rows,
                                                                             size_t stride, int add, T *y,
                                                                             const int vectors) {
  V sum[REGISTERS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) sum[j] = add ? NAME(load)(y + j * L) : (V){0};
  for (size_t k = 0; k < count; k++) {
    const T *row = rows + places[k] * stride;
    const V value = (V){0} + values[k];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[j] = sum[j] + value * NAME(load)(row + j * L);
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) __builtin_memcpy(y + j * L, &sum[j], sizeof sum[j]);
}

TARGET static void NAME(combine_rows)(const T *values, const uint16_t *places, size_t count, const T *rows,
                                      size_t stride, size_t n, int add, T *y) {
  size_t j = 0;
  for (; j + REGISTERS * L <= n; j += REGISTERS * L)
    NAME(combine_block)(values, places, count, rows + j, stride, add, y + j, REGISTERS);
  for (; j + L <= n; j += L) NAME(combine_block)(values, places, count, rows + j, stride, add, y + j, 1);
  for (; j < n; j++) {
    T sum = add ? y[j] : (T)0;
    for (size_t k = 0; k < count; k++) sum = sum + values[k] * rows[places[k] * stride + j];
    y[j] = sum;
  }
}
