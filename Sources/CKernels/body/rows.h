/// Normalization of dense rows.

/// Returns Σ (x − shift)² over n floats, summed in float64 by chunks.
CK_INLINE double ck_squares(ck_index n, const float *x, float shift) {
  double total = 0;
  ck_index i = 0;
  while (i + CK_LANES <= n) {
    vf partial = vset(0);
    for (int k = 0; k < CK_SUM_CHUNK && i + CK_LANES <= n; k++, i += CK_LANES) {
      const vf d = vload(x + i) - shift;
      partial += d * d;
    }
    total += vsum(partial);
  }
  for (; i < n; i++) total += (double)(x[i] - shift) * (x[i] - shift);
  return total;
}

static void ck_row_norm(
  ck_index columns, const float *x, bool centers, float epsilon, const float *scale,
  const float *bias, float *y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *from = x + r * columns;
    float *to = y + r * columns;
    const float mean = centers ? (float)(ck_sum(columns, from) / (double)columns) : 0;
    const double variance = ck_squares(columns, from, mean) / (double)columns;
    const float factor = (float)(1 / sqrt(variance + (double)epsilon));
    for (ck_index i = 0; i < columns; i += CK_LANES) {
      const ck_index n = ck_least(columns - i, CK_LANES);
      vf v = (ck_load_some(from + i, n) - mean) * factor;
      if (scale) v *= ck_load_some(scale + i, n);
      if (bias) v += ck_load_some(bias + i, n);
      ck_store_some(to + i, v, n);
    }
  }
}
