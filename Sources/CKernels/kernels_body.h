// The kernels for one scalar type and one instruction set. Included once for each pair with
// T, V (a vector of T), L (its lanes), I (a vector of integers of the same width), TARGET and NAME(x) defined.

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

TARGET static inline V NAME(select)(I mask, V yes, V no) {
  I y, n;
  __builtin_memcpy(&y, &yes, sizeof y);
  __builtin_memcpy(&n, &no, sizeof n);
  I r = (mask & y) | (~mask & n);
  V out;
  __builtin_memcpy(&out, &r, sizeof out);
  return out;
}

// exp by Cody and Waite's reduction to |r| ≤ ln 2 / 2 and a polynomial.
TARGET static inline V NAME(exp_vector)(V x) {
  const V zero = (V){0};
  V high = zero + EXP_HIGH, low = zero + EXP_LOW;
  V clamped = NAME(select)(x > high, high, NAME(select)(x < low, low, x));
  // Adding and subtracting 1.5·2^(mantissa bits) rounds to the nearest integer.
  V shifted = clamped * (T)1.44269504088896340736 + (T)EXP_ROUNDER;
  V n = shifted - (T)EXP_ROUNDER;
  V r = (clamped - n * (T)LN2_HIGH) - n * (T)LN2_LOW;
  V p = EXP_POLYNOMIAL(r);
  // 2^n in two factors, so that n = 128 (1024 in double) does not overflow on the way.
  I e = __builtin_convertvector(n, I);
  I half = e >> 1;
  I first = (half + EXP_BIAS) << EXP_SHIFT, second = (e - half + EXP_BIAS) << EXP_SHIFT;
  V a, b;
  __builtin_memcpy(&a, &first, sizeof a);
  __builtin_memcpy(&b, &second, sizeof b);
  V result = (p * a) * b;
  result = NAME(select)(x < low, zero, result);
  result = NAME(select)(x > high, zero + (T)__builtin_inff(), result);
  return NAME(select)(x != x, x, result);
}

TARGET static void NAME(exp)(T *x, size_t n) {
  size_t i = 0;
  for (; i + L <= n; i += L) NAME(store)(x + i, NAME(exp_vector)(NAME(load)(x + i)));
  if (i < n) NAME(store_tail)(x + i, NAME(exp_vector)(NAME(load_tail)(x + i, n - i, 0)), n - i);
}

TARGET static T NAME(max)(const T *x, size_t n) {
  V best = (V){0} - (T)__builtin_inff();
  size_t i = 0;
  for (; i + L <= n; i += L) {
    V v = NAME(load)(x + i);
    best = NAME(select)(v > best, v, best);
  }
  if (i < n) {
    V v = NAME(load_tail)(x + i, n - i, -(T)__builtin_inff());
    best = NAME(select)(v > best, v, best);
  }
  T lane[L];
  NAME(store)(lane, best);
  T result = lane[0];
  for (size_t j = 1; j < L; j++)
    if (lane[j] > result) result = lane[j];
  return result;
}

TARGET static T NAME(exp_sum)(T *x, size_t n, T scale, T shift) {
  V sum = (V){0};
  size_t i = 0;
  for (; i + L <= n; i += L) {
    V e = NAME(exp_vector)(NAME(load)(x + i) * scale - shift);
    NAME(store)(x + i, e);
    sum = sum + e;
  }
  if (i < n) {
    V e = NAME(exp_vector)(NAME(load_tail)(x + i, n - i, 0) * scale - shift);
    NAME(store_tail)(x + i, e, n - i);
    T lane[L];
    NAME(store)(lane, e);
    for (size_t j = n - i; j < L; j++) lane[j] = 0;
    sum = sum + NAME(load)(lane);
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
