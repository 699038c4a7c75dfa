// The kernels of CKernelsTraining.h for one scalar type and one instruction set. Included once for each pair with T,
// TARGET and NAME(x) defined. Each element's operations do not depend on its neighbours, so the compiler may
// vectorise at any width without changing a bit.

TARGET static void NAME(fill_rows)(T *restrict y, size_t stride, size_t rows, size_t n, const T *restrict row) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) y[r * stride + j] = row[j];
}

TARGET static void NAME(column_sums)(const T *restrict x, size_t stride, size_t rows, size_t n, T *restrict sum) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) sum[j] += x[r * stride + j];
}

TARGET static void NAME(column_moments)(const T *restrict x, size_t stride, size_t rows, size_t n, T *restrict mean,
                                        T *restrict variance) {
  for (size_t j = 0; j < n; j++) mean[j] = variance[j] = 0;
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) mean[j] += x[r * stride + j];
  for (size_t j = 0; j < n; j++) mean[j] /= (T)rows;
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      T d = x[r * stride + j] - mean[j];
      variance[j] += d * d;
    }
  for (size_t j = 0; j < n; j++) variance[j] /= (T)rows;
}

TARGET static void NAME(standardise)(const T *restrict x, size_t stride, size_t rows, size_t n,
                                     const T *restrict mean, const T *restrict inverse, const T *restrict gain,
                                     const T *restrict shift, T *restrict unit, T *restrict y) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      T u = (x[r * stride + j] - mean[j]) * inverse[j];
      unit[r * stride + j] = u;
      y[r * stride + j] = gain[j] * u + shift[j];
    }
}

TARGET static void NAME(standardise_backward)(const T *restrict g, const T *restrict unit, size_t stride, size_t rows,
                                              size_t n, const T *restrict inverse, const T *restrict gain,
                                              T *restrict d_gain, T *restrict d_shift, T *restrict dx,
                                              T *restrict sums) {
  T *restrict sum_g = sums;
  T *restrict sum_gu = sums + n;
  for (size_t j = 0; j < n; j++) sum_g[j] = sum_gu[j] = 0;
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      sum_g[j] += g[r * stride + j];
      sum_gu[j] += g[r * stride + j] * unit[r * stride + j];
    }
  for (size_t j = 0; j < n; j++) {
    d_shift[j] += sum_g[j];
    d_gain[j] += sum_gu[j];
    sum_g[j] /= (T)rows;
    sum_gu[j] /= (T)rows;
  }
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      T centred = (g[r * stride + j] - sum_g[j]) - unit[r * stride + j] * sum_gu[j];
      dx[r * stride + j] = (gain[j] * inverse[j]) * centred;
    }
}

TARGET static void NAME(prelu)(const T *restrict x, size_t stride, size_t rows, size_t n, const T *restrict slope,
                               T *restrict y) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      T v = x[r * stride + j];
      T scaled = slope[j] * v;
      y[r * stride + j] = v > 0 ? v : scaled;
    }
}

TARGET static void NAME(prelu_backward)(const T *restrict x, const T *restrict g, size_t stride, size_t rows,
                                        size_t n, const T *restrict slope, T *restrict dx, T *restrict d_slope) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++) {
      T v = x[r * stride + j], d = g[r * stride + j];
      T scaled = slope[j] * d, product = d * v;
      dx[r * stride + j] = v > 0 ? d : scaled;
      d_slope[j] += v > 0 ? (T)0 : product;
    }
}

TARGET static void NAME(multiply)(const T *restrict x, const T *restrict mask, size_t n, T *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] * mask[i];
}

TARGET static void NAME(scale_by)(T *restrict y, const T *restrict mask, size_t n, T factor) {
  for (size_t i = 0; i < n; i++) y[i] = (y[i] * factor) * mask[i];
}

TARGET static void NAME(add)(const T *restrict x, size_t n, T *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

TARGET static void NAME(divide)(const T *x, size_t n, T divisor, T *y) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] / divisor;
}

TARGET static void NAME(remove_radial)(const T *restrict u, size_t n, T radial, T divisor, T *restrict g) {
  for (size_t i = 0; i < n; i++) g[i] = (g[i] - radial * u[i]) / divisor;
}

TARGET static void NAME(dropout_mask)(T *restrict mask, size_t n, uint32_t key0, uint32_t key1, uint64_t first,
                                      uint32_t threshold, T kept) {
  for (size_t block = 0; block * 4 < n; block++) {
    uint32_t word[4];
    philox(first / 4 + block, key0, key1, word);
    for (size_t i = block * 4; i < n && i < block * 4 + 4; i++) mask[i] = word[i % 4] < threshold ? (T)0 : kept;
  }
}

TARGET static void NAME(sgd)(T *restrict w, const T *restrict g, T *restrict v, size_t n, T rate, T momentum, T decay,
                             T scale, int nesterov) {
  if (nesterov) {
    for (size_t i = 0; i < n; i++) {
      T d = scale * g[i] + decay * w[i];
      v[i] = momentum * v[i] + d;
      w[i] = w[i] - rate * (d + momentum * v[i]);
    }
  } else {
    for (size_t i = 0; i < n; i++) {
      v[i] = momentum * v[i] + (scale * g[i] + decay * w[i]);
      w[i] = w[i] - rate * v[i];
    }
  }
}
