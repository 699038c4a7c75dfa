// The kernels for one scalar type and one instruction set. Included once for each pair with
// T, TI (an integer of its size), V (a vector of L of T), I (one of TI), WIDE (bytes that exp works on at once), TARGET and
// NAME(x) defined.

TARGET static inline V NAME(load)(const T *p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

TARGET static inline void NAME(store)(T *p, V v) { __builtin_memcpy(p, &v, sizeof v); }

// A vector whose first n lanes come from p and whose others are `fill`.
TARGET static inline V NAME(load_tail)(const T *p, size_t n, T fill) {
  T buffer[L];
  for (size_t i = 0; i < L; i++) buffer[i] = i < n ? p[i] : fill;
  return NAME(load)(buffer);
}

TARGET static inline void NAME(store_tail)(T *p, V v, size_t n) {
  T buffer[L];
  NAME(store)(buffer, v);
  for (size_t i = 0; i < n; i++) p[i] = buffer[i];
}

// A pairwise tree over the lanes: the same order on every CPU.
TARGET static inline T NAME(sum_lanes)(V v) {
  T lane[L];
  NAME(store)(lane, v);
  for (size_t width = L / 2; width > 0; width /= 2)
    for (size_t i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

TARGET static inline T NAME(max_lanes)(V v) {
  T lane[L];
  NAME(store)(lane, v);
  T result = lane[0];
  for (size_t j = 1; j < L; j++)
    if (lane[j] > result) result = lane[j];
  return result;
}

// Several registers of exponentials at once: the polynomial is one long chain of dependent operations, and only
// independent chains side by side keep the units busy.
typedef T NAME(wide) __attribute__((vector_size(WIDE)));
typedef TI NAME(wide_bits) __attribute__((vector_size(WIDE)));

// exp by Cody and Waite's reduction to |r| ≤ ln 2 / 2 and a polynomial.
TARGET static inline NAME(wide) NAME(exp_wide)(NAME(wide) x) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const W zero = (W){0};
  const W high = zero + EXP_HIGH, low = zero + EXP_LOW;
  W clamped = SELECT(W, B, x > high, high, SELECT(W, B, x < low, low, x));
  // Adding and subtracting 1.5·2^(mantissa bits) rounds to the nearest integer.
  W shifted = clamped * (T)1.44269504088896340736 + (T)EXP_ROUNDER;
  W n = shifted - (T)EXP_ROUNDER;
  W r = (clamped - n * (T)LN2_HIGH) - n * (T)LN2_LOW;
  W p = EXP_POLYNOMIAL(r);
  // The low bits of `shifted` are n itself: taken from there, no lane is ever converted out of range, NaN included.
  // 2^n in two factors, so that n = 128 (1024 in double) does not overflow on the way.
  B e = (B)shifted - EXP_ROUNDER_BITS;
  B half = e >> 1;
  W result = (p * (W)((half + EXP_BIAS) << EXP_SHIFT)) * (W)((e - half + EXP_BIAS) << EXP_SHIFT);
  result = SELECT(W, B, x < low, zero, result);
  result = SELECT(W, B, x > high, zero + (T)__builtin_inff(), result);
  return SELECT(W, B, x != x, x, result);
}

// 2^x for exponents known to be about 0 or below: those above EXP2_SATURATED count as that. The power is then one factor,
// and a shorter polynomial serves where the scalar allows one. NaN stays NaN.
TARGET static inline NAME(wide) NAME(exp2_falling_wide)(NAME(wide) x) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const W zero = (W){0};
  const W high = zero + EXP2_SATURATED, low = zero + EXP2_LOW;
  W clamped = SELECT(W, B, x < low, low, x);
  clamped = SELECT(W, B, clamped > high, high, clamped);
  W shifted = clamped + (T)EXP_ROUNDER;
  W r = (clamped - (shifted - (T)EXP_ROUNDER)) * (T)0.69314718055994530942;
  W p = EXP_SHORT_POLYNOMIAL(r);
  W result = p * (W)(((B)shifted - (EXP_ROUNDER_BITS - EXP_BIAS)) << EXP_SHIFT);
  return SELECT(W, B, x < low, zero, result);
}

TARGET static inline NAME(wide) NAME(load_wide)(const T *p) {
  NAME(wide) v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

TARGET static void NAME(exp)(T *x, size_t n) {
  const size_t width = WIDE / sizeof(T);
  size_t i = 0;
  for (; i + width <= n; i += width) {
    NAME(wide) e = NAME(exp_wide)(NAME(load_wide)(x + i));
    __builtin_memcpy(x + i, &e, sizeof e);
  }
  if (i < n) {
    T rest[WIDE / sizeof(T)] = {0};
    __builtin_memcpy(rest, x + i, (n - i) * sizeof(T));
    NAME(wide) e = NAME(exp_wide)(NAME(load_wide)(rest));
    __builtin_memcpy(x + i, &e, (n - i) * sizeof(T));
  }
}

TARGET static T NAME(max)(const T *x, size_t n) {
  V best = (V){0} - (T)__builtin_inff();
  size_t i = 0;
  for (; i + L <= n; i += L) {
    V v = NAME(load)(x + i);
    best = SELECT(V, I, v > best, v, best);
  }
  if (i < n) {
    V v = NAME(load_tail)(x + i, n - i, -(T)__builtin_inff());
    best = SELECT(V, I, v > best, v, best);
  }
  return NAME(max_lanes)(best);
}

TARGET static T NAME(exp_sum)(T *x, size_t n, T scale, T shift) {
  const size_t width = WIDE / sizeof(T);
  V sum = (V){0};
  size_t i = 0;
  for (; i + width <= n; i += width) {
    // Where no pass for the maximum went before, x comes from far.
    for (size_t j = 0; j < WIDE; j += 64) __builtin_prefetch((const char *)(x + i) + j + 1024);
    NAME(wide) e = NAME(exp_wide)(NAME(load_wide)(x + i) * scale - shift);
    __builtin_memcpy(x + i, &e, sizeof e);
    // Summed L by L whatever the width, so that the order is the same for all; from registers, not from x.
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &e, sizeof e);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
  }
  if (i < n) {
    T rest[WIDE / sizeof(T)] = {0};
    __builtin_memcpy(rest, x + i, (n - i) * sizeof(T));
    NAME(wide) e = NAME(exp_wide)(NAME(load_wide)(rest) * scale - shift);
    __builtin_memset(rest, 0, sizeof rest);
    __builtin_memcpy(rest, &e, (n - i) * sizeof(T));
    __builtin_memcpy(x + i, rest, (n - i) * sizeof(T));
    for (size_t j = 0; j < n - i; j += L) sum = sum + NAME(load)(rest + j);
  }
  return NAME(sum_lanes)(sum);
}

TARGET static void NAME(scale)(T *x, size_t n, T factor) {
  size_t i = 0;
  for (; i + L <= n; i += L) NAME(store)(x + i, NAME(load)(x + i) * factor);
  for (; i < n; i++) x[i] = x[i] * factor;
}

TARGET static T NAME(dot)(const T *x, const T *y, size_t n) {
  V sum = (V){0};
  size_t i = 0;
  for (; i + L <= n; i += L) sum = sum + NAME(load)(x + i) * NAME(load)(y + i);
  if (i < n) sum = sum + NAME(load_tail)(x + i, n - i, 0) * NAME(load_tail)(y + i, n - i, 0);
  return NAME(sum_lanes)(sum);
}

#include "margins_body.h"
