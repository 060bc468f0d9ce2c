/// Products of a row and a matrix. Every result is summed in the same order wherever its column
/// stands, so that equal columns give equal results.

/// Stores alpha · sum + beta · y; y is not read where beta is 0.
CK_INLINE void ck_blend(float *y, vf sum, float alpha, float beta, ck_index n) {
  vf v = sum * alpha;
  if (beta != 0) v += ck_load_some(y, n) * beta;
  ck_store_some(y, v, n);
}

/// Returns Σ a · b over n floats.
CK_INLINE float ck_row_dot(ck_index n, const float *a, const float *b) {
  vf sums[4] = {vset(0), vset(0), vset(0), vset(0)};
  ck_index i = 0;
  for (; i + 4 * CK_LANES <= n; i += 4 * CK_LANES)
    for (int k = 0; k < 4; k++) sums[k] += vload(a + i + k * CK_LANES) * vload(b + i + k * CK_LANES);
  for (; i < n; i += CK_LANES) {
    const ck_index left = ck_least(n - i, CK_LANES);
    sums[0] += ck_load_some(a + i, left) * ck_load_some(b + i, left);
  }
  return (float)vsum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// The vectors of columns that are summed at once.
#define CK_PRODUCT_VECTORS 8

/// Adds x · b to columns [0, vectors · CK_LANES) of y, of which the last vector has `last` lanes.
CK_INLINE void ck_product_columns(
  ck_index inner, const float *x, const float *b, ck_index stride, int vectors, ck_index last,
  float alpha, float beta, float *y) {
  vf sums[CK_PRODUCT_VECTORS];
  for (int v = 0; v < vectors; v++) sums[v] = vset(0);
  for (ck_index k = 0; k < inner; k++) {
    const float *row = b + k * stride;
    const vf factor = vset(x[k]);
    for (int v = 0; v + 1 < vectors; v++) sums[v] += factor * vload(row + v * CK_LANES);
    sums[vectors - 1] += factor * ck_load_some(row + (vectors - 1) * CK_LANES, last);
  }
  for (int v = 0; v < vectors; v++)
    ck_blend(y + v * CK_LANES, sums[v], alpha, beta, v + 1 < vectors ? CK_LANES : last);
}

static void ck_row_product(
  ck_index inner, ck_index columns, const float *x, const float *b, ck_index stride,
  bool transposed, float alpha, float beta, float *y) {
  if (transposed) {
    for (ck_index j = 0; j < columns; j++) {
      const float sum = ck_row_dot(inner, x, b + j * stride) * alpha;
      y[j] = beta == 0 ? sum : sum + beta * y[j];
    }
    return;
  }
  const ck_index block = CK_PRODUCT_VECTORS * CK_LANES;
  ck_index j = 0;
  for (; j + block <= columns; j += block)
    ck_product_columns(
      inner, x, b + j, stride, CK_PRODUCT_VECTORS, CK_LANES, alpha, beta, y + j);
  for (; j < columns; j += CK_LANES)
    ck_product_columns(
      inner, x, b + j, stride, 1, ck_least(columns - j, CK_LANES), alpha, beta, y + j);
}
