/// Softmax over dense rows.

/// Returns the largest of n floats, NaN if there is one.
CK_INLINE float ck_largest(ck_index n, const float *x) {
  vf best = vset(-INFINITY);
  ck_index i = 0;
  for (; i + CK_LANES <= n; i += CK_LANES) best = vbinary(CK_MAXIMUM, best, vload(x + i));
  float largest = -INFINITY;
  for (int k = 0; k < CK_LANES; k++)
    largest = best[k] != best[k] || best[k] > largest ? best[k] : largest;
  for (; i < n; i++) largest = x[i] != x[i] || x[i] > largest ? x[i] : largest;
  return largest;
}

static void ck_softmax(ck_index columns, const float *x, float *y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *from = x + r * columns;
    float *to = y + r * columns;
    const float shift = ck_largest(columns, from);
    ck_index i = 0;
    for (; i + CK_LANES <= columns; i += CK_LANES) vstore(to + i, vexp(vload(from + i) - shift));
    const ck_index left = columns - i;
    if (left > 0) vstore_n(to + i, vexp(vload_n(from + i, left) - shift), left);
    const float total = (float)ck_sum(columns, to);
    ck_zip_scalar(CK_DIVIDE, columns, to, total, false, to);
  }
}

static void ck_log_softmax(ck_index columns, const float *x, float *y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *from = x + r * columns;
    const float shift = ck_largest(columns, from);
    double total = 0;
    ck_index i = 0;
    for (; i + CK_LANES <= columns; i += CK_LANES) total += vsum(vexp(vload(from + i) - shift));
    const ck_index left = columns - i;
    if (left > 0) {
      const vf last = vexp(vload_n(from + i, left) - shift);
      for (ck_index k = 0; k < left; k++) total += last[k];
    }
    const float logarithm = (float)log(total);
    float *to = y + r * columns;
    for (i = 0; i < columns; i++) to[i] = (from[i] - shift) - logarithm;
  }
}
