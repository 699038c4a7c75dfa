// The kernels of CKernelsLosses.h for one scalar type and one instruction set. Included after kernels_body.h with the same
// macros, whose helpers it uses, and with LOG_TERMS, the number of terms of the logarithm's series.

TARGET static T NAME(harden)(T *restrict x, T *restrict slope, size_t n, T bound, T square, T factor, T shift,
                              T *restrict sum, T *restrict count) {
  const V one = (V){0} + (T)1, limit = (V){0} + bound;
  const V zero = (V){0};
  V best = zero - (T)__builtin_inff(), above = zero, number = zero;
  for (size_t i = 0; i < n; i += L) {
    const size_t rest = n - i;
    V v = rest >= L ? NAME(load)(x + i) : NAME(load_tail)(x + i, rest, -(T)__builtin_inff());
    above = above + SELECT(V, I, v > limit, v, zero);
    number = number + SELECT(V, I, v > limit, one, zero);
    V part = v * square;
    V moved = v * (part + factor) + shift;
    V slopes = (part + part) + factor;
    V result = SELECT(V, I, v > limit, moved, v);
    slopes = SELECT(V, I, v > limit, slopes, one);
    best = SELECT(V, I, result > best, result, best);
    if (rest >= L) {
      NAME(store)(x + i, result);
      NAME(store)(slope + i, slopes);
    } else {
      NAME(store_tail)(x + i, result, rest);
      NAME(store_tail)(slope + i, slopes, rest);
    }
  }
  *sum = NAME(sum_lanes)(above);
  *count = NAME(sum_lanes)(number);
  return NAME(max_lanes)(best);
}

TARGET static T NAME(circle)(T *restrict x, T *restrict slope, size_t n, T margin) {
  const V zero = (V){0}, lowest = zero - (T)__builtin_inff();
  V best = lowest;
  for (size_t i = 0; i < n; i += L) {
    const size_t rest = n - i;
    V v = rest >= L ? NAME(load)(x + i) : NAME(load_tail)(x + i, rest, -(T)__builtin_inff());
    V alpha = v + margin;
    alpha = SELECT(V, I, alpha > zero, alpha, zero);
    V result = alpha * (v - margin);
    result = SELECT(V, I, v == lowest, v, result);
    best = SELECT(V, I, result > best, result, best);
    if (rest >= L) {
      NAME(store)(x + i, result);
      NAME(store)(slope + i, alpha);
    } else {
      NAME(store_tail)(x + i, result, rest);
      NAME(store_tail)(slope + i, alpha, rest);
    }
  }
  return NAME(max_lanes)(best);
}

TARGET static T NAME(add_max)(const T *restrict x, size_t n, T *restrict y) {
  const T lowest = -(T)__builtin_inff();
  V best = (V){0} + lowest;
  for (size_t i = 0; i < n; i += L) {
    const size_t rest = n - i;
    if (rest >= L) {
      V v = NAME(load)(y + i) + NAME(load)(x + i);
      best = SELECT(V, I, v > best, v, best);
      NAME(store)(y + i, v);
    } else {
      V v = NAME(load_tail)(y + i, rest, lowest) + NAME(load_tail)(x + i, rest, 0);
      best = SELECT(V, I, v > best, v, best);
      NAME(store_tail)(y + i, v, rest);
    }
  }
  return NAME(max_lanes)(best);
}

TARGET static void NAME(scale_add)(T *restrict x, size_t n, T factor, T *restrict y) {
  size_t i = 0;
  for (; i + L <= n; i += L) {
    V v = NAME(load)(x + i) * factor;
    NAME(store)(x + i, v);
    NAME(store)(y + i, NAME(load)(y + i) + v);
  }
  for (; i < n; i++) {
    x[i] = x[i] * factor;
    y[i] = y[i] + x[i];
  }
}

TARGET static T NAME(block_maxima)(const T *restrict x, size_t n, size_t block, T bound, T *restrict maxima,
                                    T *restrict count) {
  const V zero = (V){0}, one = zero + (T)1, limit = zero + bound, lowest = zero - (T)__builtin_inff();
  V most = lowest, number = zero;
  for (size_t first = 0; first < n; first += block) {
    const size_t end = n - first < block ? n : first + block;
    V best = lowest;
    for (size_t i = first; i < end; i += L) {
      __builtin_prefetch((const char *)(x + i) + 1024);
      V v = end - i >= L ? NAME(load)(x + i) : NAME(load_tail)(x + i, end - i, -(T)__builtin_inff());
      number = number + SELECT(V, I, v > limit, one, zero);
      V low = SELECT(V, I, v > limit, lowest, v);
      best = SELECT(V, I, low > best, low, best);
      most = SELECT(V, I, v > most, v, most);
    }
    maxima[first / block] = NAME(max_lanes)(best);
  }
  *count = NAME(sum_lanes)(number);
  return NAME(max_lanes)(most);
}

TARGET static T NAME(sum_of_exp)(const T *restrict x, size_t n, T scale, T shift, T *restrict largest) {
  const size_t width = WIDE / sizeof(T);
  const T factor = scale * (T)LOG2_E, offset = shift * (T)LOG2_E;
  V sum = (V){0}, best = (V){0} - (T)__builtin_inff();
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    const T *from = x + i;
    if (n - i < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < n - i ? x[i + j] : -(T)__builtin_inff();
      from = rest;
    }
    // The similarities come from far; what lies ahead is on its way while these are worked on.
    for (size_t j = 0; j < WIDE; j += 64) __builtin_prefetch((const char *)(x + i) + j + 1024);
    NAME(wide) v = NAME(load_wide)(from);
    NAME(wide) e = NAME(exp2_falling_wide)(v * factor - offset);
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &e, sizeof e);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
    __builtin_memcpy(part, &v, sizeof v);
    for (size_t j = 0; j < width / L; j++) best = SELECT(V, I, part[j] > best, part[j], best);
  }
  *largest = NAME(max_lanes)(best);
  return NAME(sum_lanes)(sum);
}

// ln(1 + e^u) = max(u, 0) + ln(1 + e^−|u|) and its derivative, the logistic function. With e = e^−|u| in [0, 1] the
// logarithm is 2·artanh(w), w = e/(2 + e) ≤ 1/3, by its series.
TARGET static T NAME(softplus)(T *restrict x, size_t n, T scale, T shift, T limit, T *restrict logistics) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const size_t width = WIDE / sizeof(T);
  const W zero = (W){0}, one = zero + (T)1, lowest = zero - (T)__builtin_inff(), most = zero + limit;
  V sum = (V){0}, sum_of_logistics = (V){0};
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    T *place = x + i;
    if (n - i < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < n - i ? x[i + j] : -(T)__builtin_inff();
      place = rest;
    }
    W raw = NAME(load_wide)(place) * scale - shift;
    W u = SELECT(W, B, raw > most, most, SELECT(W, B, raw < -most, -most, raw));
    W negative = SELECT(W, B, u > zero, -u, u);
    W e = NAME(exp_wide)(negative);
    W w = e / (e + (T)2), square = w * w;
    W series = zero + (T)(1.0 / (2 * LOG_TERMS + 1));
#pragma clang loop unroll(full)
    for (int k = LOG_TERMS; k > 0; k--) series = series * square + (T)(1.0 / (2 * k - 1));
    W value = SELECT(W, B, u > zero, u, zero) + (w + w) * series;
    W inverse = one / (one + e);
    W logistic = SELECT(W, B, u < zero, e * inverse, inverse);
    value = SELECT(W, B, raw == lowest, zero, value);
    logistic = SELECT(W, B, (raw > most) | (raw < -most) | (raw == lowest), zero, logistic);
    __builtin_memcpy(place, &logistic, sizeof logistic);
    if (place == rest) __builtin_memcpy(x + i, rest, (n - i) * sizeof(T));
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &value, sizeof value);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
    __builtin_memcpy(part, &logistic, sizeof logistic);
    for (size_t j = 0; j < width / L; j++) sum_of_logistics = sum_of_logistics + part[j];
  }
  *logistics = NAME(sum_lanes)(sum_of_logistics);
  return NAME(sum_lanes)(sum);
}

TARGET static void NAME(spread_power)(T *restrict x, T *restrict slope, size_t n, int power) {
  for (size_t i = 0; i < n; i++) {
    T p = (x[i] + (T)1) * (T)0.5;
    p = p > (T)0 ? p : (T)0;
    T q = (T)1;
    for (int k = 1; k < power; k++) q *= p;
    slope[i] = (T)power * q;
    x[i] = (T)2 * (q * p) - (T)1;
  }
}
