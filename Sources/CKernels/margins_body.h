// The kernels of CKernelsMargins.h for one scalar type and one instruction set. Included at the end of kernels_body.h, with
// its macros and helpers.

TARGET static T NAME(exp_sum_moment)(T *restrict x, size_t n, T scale, T shift, T *restrict moment) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const size_t width = WIDE / sizeof(T);
  const W zero = (W){0};
  V sum = (V){0}, first = (V){0};
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    T *place = x + i;
    if (n - i < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < n - i ? x[i + j] : -(T)__builtin_inff();
      place = rest;
    }
    W v = NAME(load_wide)(place);
    W e = NAME(exp_wide)(v * scale - shift);
    W product = SELECT(W, B, e == zero, zero, e * v);
    __builtin_memcpy(place, &e, sizeof e);
    if (place == rest) __builtin_memcpy(x + i, rest, (n - i) * sizeof(T));
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &e, sizeof e);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
    __builtin_memcpy(part, &product, sizeof product);
    for (size_t j = 0; j < width / L; j++) first = first + part[j];
  }
  *moment = NAME(sum_lanes)(first);
  return NAME(sum_lanes)(sum);
}

TARGET static void NAME(limit)(T *restrict x, size_t n, T bound) {
  const T lowest = -(T)__builtin_inff();
  for (size_t i = 0; i < n; i++) {
    T v = x[i];
    T low = v == lowest ? v : -bound;
    v = v > bound ? bound : v;
    x[i] = v < -bound ? low : v;
  }
}

TARGET static void NAME(limit_masked)(T *restrict x, T *restrict slope, size_t n, T bound) {
  const T lowest = -(T)__builtin_inff();
  for (size_t i = 0; i < n; i++) {
    T v = x[i];
    T low = v == lowest ? v : -bound;
    T inside = v > bound ? (T)0 : (T)1;
    slope[i] = v < -bound ? (T)0 : inside;
    v = v > bound ? bound : v;
    x[i] = v < -bound ? low : v;
  }
}

TARGET static T NAME(emphasise)(T *restrict x, T *restrict slope, size_t n, T centre, T factor, T rate) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const size_t width = WIDE / sizeof(T);
  const W lowest = (W){0} - (T)__builtin_inff();
  const T exponent = -rate * (T)LOG2_E;
  V best = (V){0} - (T)__builtin_inff();
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    const size_t count = n - i < width ? n - i : width;
    if (count < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < count ? x[i + j] : -(T)__builtin_inff();
    }
    W v = NAME(load_wide)(count < width ? rest : x + i);
    W d = v - centre;
    W t = NAME(exp2_falling_wide)((d * d) * exponent) * factor;
    W value = SELECT(W, B, v == lowest, v, (t * v + t) - (T)1);
    __builtin_memcpy(x + i, &value, count * sizeof(T));
    __builtin_memcpy(slope + i, &t, count * sizeof(T));
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &value, sizeof value);
    for (size_t j = 0; j < width / L; j++) best = SELECT(V, I, part[j] > best, part[j], best);
  }
  return NAME(max_lanes)(best);
}

TARGET static T NAME(emphasise_exp)(T *restrict x, size_t n, T centre, T factor, T rate, T scale, T shift) {
  typedef NAME(wide) W;
  const size_t width = WIDE / sizeof(T);
  const T exponent = -rate * (T)LOG2_E, slope = scale * (T)LOG2_E, offset = (scale + shift) * (T)LOG2_E;
  V sum = (V){0};
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    T *place = x + i;
    if (n - i < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < n - i ? x[i + j] : -(T)__builtin_inff();
      place = rest;
    }
    // Most often another row follows, for which this one leaves time.
    for (size_t j = 0; j < WIDE; j += 64) __builtin_prefetch((const char *)(x + n + i) + j);
    W v = NAME(load_wide)(place);
    W d = v - centre;
    W t = NAME(exp2_falling_wide)((d * d) * exponent) * factor;
    // s·(t·x + t − 1) − shift. −infinity, where t is 0 and t·x NaN, stays.
    W inner = (t * v + t) * slope - offset;
    W e = NAME(exp2_falling_wide)(SELECT(W, NAME(wide_bits), v == (W){0} - (T)__builtin_inff(), v, inner));
    W product = e * t;
    __builtin_memcpy(place, &product, sizeof product);
    if (place == rest) __builtin_memcpy(x + i, rest, (n - i) * sizeof(T));
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &e, sizeof e);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
  }
  return NAME(sum_lanes)(sum);
}

// A sum of Chebyshev polynomials of t in [-1, 1] (Clenshaw).
TARGET static inline NAME(wide) NAME(chebyshev)(const T *coefficients, size_t terms, NAME(wide) t) {
  typedef NAME(wide) W;
  const W twice = t + t;
  W last = (W){0}, before = (W){0};
  for (size_t k = terms; k > 1; k--) {
    W next = (twice * last - before) + coefficients[k - 1];
    before = last;
    last = next;
  }
  return (t * last - before) + coefficients[0];
}

TARGET static void NAME(half_angle)(T *restrict x, T *restrict slope, size_t n, const T *restrict value,
                                    const T *restrict derivative, size_t terms, T least) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const size_t width = WIDE / sizeof(T);
  const W zero = (W){0}, one = zero + (T)1, lowest = zero - (T)__builtin_inff(), smallest = zero + least;
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)] = {0};
    const size_t count = n - i < width ? n - i : width;
    if (count < width) __builtin_memcpy(rest, x + i, count * sizeof(T));
    W v = NAME(load_wide)(count < width ? rest : x + i);
    W square = (v + (T)1) * (T)0.5;
    square = SELECT(W, B, square < zero, zero, square);
    square = SELECT(W, B, square > one, one, square);
    W u = __builtin_elementwise_sqrt(square);
    W t = (u + u) - (T)1;
    W result = SELECT(W, B, v == lowest, v, NAME(chebyshev)(value, terms, t));
    __builtin_memcpy(x + i, &result, count * sizeof(T));
    if (derivative) {
      W divisor = SELECT(W, B, u > smallest, u, smallest) * (T)4;
      W ratio = NAME(chebyshev)(derivative, terms, t) / divisor;
      __builtin_memcpy(slope + i, &ratio, count * sizeof(T));
    }
  }
}

TARGET static T NAME(inverse_square_angle)(T *restrict x, size_t n, T bound, T share, const T *restrict arcsine,
                                           size_t terms) {
  typedef NAME(wide) W;
  typedef NAME(wide_bits) B;
  const size_t width = WIDE / sizeof(T);
  const W zero = (W){0}, one = zero + (T)1, lowest = zero - (T)__builtin_inff();
  const W most = zero + bound, least = zero - bound;
  V sum = (V){0};
  for (size_t i = 0; i < n; i += width) {
    T rest[WIDE / sizeof(T)];
    const size_t count = n - i < width ? n - i : width;
    if (count < width) {
      for (size_t j = 0; j < width; j++) rest[j] = j < count ? x[i + j] : -(T)__builtin_inff();
    }
    W v = NAME(load_wide)(count < width ? rest : x + i);
    W c = SELECT(W, B, v > most, most, v);
    c = SELECT(W, B, c < least, least, c);
    // θ = 2·arcsin √((1 − |c|)/2), or π less that: nothing cancels near ±1.
    W t = (one - SELECT(W, B, c < zero, zero - c, c)) * (T)0.5;
    W root = __builtin_elementwise_sqrt(t);
    W acute = (root + root) * NAME(chebyshev)(arcsine, terms, t * (T)4 - one);
    W angle = SELECT(W, B, c < zero, (T)3.14159265358979323846 - acute, acute);
    W inverse = one / angle;
    W energy = (inverse * inverse) * share;
    W slope = ((energy + energy) * inverse) / __builtin_elementwise_sqrt((one - c) * (one + c));
    slope = SELECT(W, B, v < most, slope, zero);
    slope = SELECT(W, B, v > least, slope, zero);
    energy = SELECT(W, B, v == lowest, zero, energy);
    __builtin_memcpy(x + i, &slope, count * sizeof(T));
    V part[WIDE / sizeof(V)];
    __builtin_memcpy(part, &energy, sizeof energy);
    for (size_t j = 0; j < width / L; j++) sum = sum + part[j];
  }
  return NAME(sum_lanes)(sum);
}

TARGET static inline __attribute__((always_inline)) void NAME(pool_of)(const T *restrict x, size_t classes, size_t k,
                                                                       T *restrict y) {
  for (size_t j = 0; j < classes; j++) {
    T best = x[j * k];
    for (size_t i = 1; i < k; i++) {
      T v = x[j * k + i];
      T larger = v > best ? v : best;
      best = v != v ? v : larger;
    }
    y[j] = best;
  }
}

TARGET static inline __attribute__((always_inline)) void NAME(spread_of)(T *restrict x, size_t classes, size_t k,
                                                                         const T *restrict g) {
  for (size_t j = 0; j < classes; j++) {
    T best = x[j * k];
    for (size_t i = 1; i < k; i++) {
      T v = x[j * k + i];
      T larger = v > best ? v : best;
      best = v != v ? v : larger;
    }
    T left = g[j];
    for (size_t i = 0; i < k; i++) {
      T mine = x[j * k + i] == best ? left : (T)0;
      left = x[j * k + i] == best ? (T)0 : left;
      x[j * k + i] = mine;
    }
  }
}

// With the number of columns a class known to the compiler, it can vectorise over the classes.
#define FOR_COLUMNS(call)               \
  switch (k) {                          \
    case 2: call(2); break;             \
    case 3: call(3); break;             \
    case 4: call(4); break;             \
    default: call(k);                   \
  }
#define POOL(k) NAME(pool_of)(x, classes, k, y)
#define SPREAD(k) NAME(spread_of)(x, classes, k, g)

TARGET static void NAME(pool)(const T *restrict x, size_t classes, size_t k, T *restrict y) { FOR_COLUMNS(POOL) }

TARGET static void NAME(spread)(T *restrict x, size_t classes, size_t k, const T *restrict g) { FOR_COLUMNS(SPREAD) }

#undef FOR_COLUMNS
#undef POOL
#undef SPREAD
