/// Kernels over flat arrays.

/// y = f(x) over n floats.
CK_INLINE void ck_map(ck_function f, float a, float b, ck_index n, const float *x, float *y) {
  ck_index i = 0;
  for (; i + CK_LANES <= n; i += CK_LANES) vstore(y + i, vapply(f, vload(x + i), a, b));
  if (i < n) vstore_n(y + i, vapply(f, vload_n(x + i, n - i), a, b), n - i);
}

static void ck_activation_run(
  const ck_activation *activation, ck_index n, const float *x, float *y) {
  const float a = activation->a, b = activation->b;
#define CK_STATEMENT(f) ck_map(f, a, b, n, x, y)
  CK_FOR_FUNCTION(activation->function, CK_STATEMENT)
#undef CK_STATEMENT
}

/// dx = dy · f' over n floats.
CK_INLINE void ck_map_gradient(
  ck_function f, float a, float b, ck_index n, const float *y, const float *dy, float *dx) {
  ck_index i = 0;
  for (; i + CK_LANES <= n; i += CK_LANES)
    vstore(dx + i, vgradient(f, vload(y + i), vload(dy + i), a, b));
  const ck_index left = n - i;
  if (left > 0)
    vstore_n(dx + i, vgradient(f, vload_n(y + i, left), vload_n(dy + i, left), a, b), left);
}

static void ck_activation_gradient(
  const ck_activation *activation, ck_index n, const float *y, const float *dy, float *dx) {
  const float a = activation->a, b = activation->b;
#define CK_STATEMENT(f) ck_map_gradient(f, a, b, n, y, dy, dx)
  CK_FOR_FUNCTION(activation->function, CK_STATEMENT)
#undef CK_STATEMENT
}

/// Returns a ∘ b.
CK_INLINE vf vbinary(ck_binary function, vf a, vf b) {
  switch (function) {
  case CK_ADD:
    return a + b;
  case CK_SUBTRACT:
    return a - b;
  case CK_MULTIPLY:
    return a * b;
  case CK_DIVIDE:
    return a / b;
  case CK_MAXIMUM:
    return vselect(a != a, a, vmax(a, b));
  case CK_MINIMUM:
    return vselect(a != a, a, vmin(a, b));
  }
  return a;
}

/// y = a ∘ b over n floats.
CK_INLINE void ck_zip(
  ck_binary function, ck_index n, const float *a, const float *b, float *y) {
  ck_index i = 0;
  for (; i + CK_LANES <= n; i += CK_LANES)
    vstore(y + i, vbinary(function, vload(a + i), vload(b + i)));
  const ck_index left = n - i;
  if (left > 0)
    vstore_n(y + i, vbinary(function, vload_n(a + i, left), vload_n(b + i, left)), left);
}

static void ck_binary_run(
  ck_binary function, ck_index n, const float *a, const float *b, float *y) {
  switch (function) {
  case CK_ADD: ck_zip(CK_ADD, n, a, b, y); break;
  case CK_SUBTRACT: ck_zip(CK_SUBTRACT, n, a, b, y); break;
  case CK_MULTIPLY: ck_zip(CK_MULTIPLY, n, a, b, y); break;
  case CK_DIVIDE: ck_zip(CK_DIVIDE, n, a, b, y); break;
  case CK_MAXIMUM: ck_zip(CK_MAXIMUM, n, a, b, y); break;
  case CK_MINIMUM: ck_zip(CK_MINIMUM, n, a, b, y); break;
  }
}

/// y = a ∘ b, or b ∘ a, for a number b.
CK_INLINE void ck_zip_scalar(
  ck_binary function, ck_index n, const float *a, float b, bool swapped, float *y) {
  const vf other = vset(b);
  ck_index i = 0;
  for (; i + CK_LANES <= n; i += CK_LANES) {
    const vf x = vload(a + i);
    vstore(y + i, swapped ? vbinary(function, other, x) : vbinary(function, x, other));
  }
  const ck_index left = n - i;
  if (left > 0) {
    const vf x = vload_n(a + i, left);
    vstore_n(y + i, swapped ? vbinary(function, other, x) : vbinary(function, x, other), left);
  }
}

static void ck_binary_scalar(
  ck_binary function, ck_index n, const float *a, float b, bool swapped, float *y) {
  switch (function) {
  case CK_ADD: ck_zip_scalar(CK_ADD, n, a, b, swapped, y); break;
  case CK_SUBTRACT: ck_zip_scalar(CK_SUBTRACT, n, a, b, swapped, y); break;
  case CK_MULTIPLY: ck_zip_scalar(CK_MULTIPLY, n, a, b, swapped, y); break;
  case CK_DIVIDE: ck_zip_scalar(CK_DIVIDE, n, a, b, swapped, y); break;
  case CK_MAXIMUM: ck_zip_scalar(CK_MAXIMUM, n, a, b, swapped, y); break;
  case CK_MINIMUM: ck_zip_scalar(CK_MINIMUM, n, a, b, swapped, y); break;
  }
}

static void ck_axpby(ck_index n, float alpha, const float *x, float beta, float *y) {
  ck_index i = 0;
  if (beta == 0) {
    for (; i + CK_LANES <= n; i += CK_LANES) vstore(y + i, vload(x + i) * alpha);
    for (; i < n; i++) y[i] = x[i] * alpha;
    return;
  }
  for (; i + CK_LANES <= n; i += CK_LANES)
    vstore(y + i, vload(x + i) * alpha + vload(y + i) * beta);
  const ck_index left = n - i;
  if (left > 0) vstore_n(y + i, vload_n(x + i, left) * alpha + vload_n(y + i, left) * beta, left);
}

/// Floats that are summed in float32 before the sum moves to float64, a lane.
#define CK_SUM_CHUNK 16

/// Returns the sum of the lanes in float64.
CK_INLINE double vsum(vf v) {
  double total = 0;
  for (int i = 0; i < CK_LANES; i++) total += v[i];
  return total;
}

static double ck_sum(ck_index n, const float *x) {
  double total = 0;
  ck_index i = 0;
  while (i + CK_LANES <= n) {
    vf partial = vload(x + i);
    i += CK_LANES;
    for (int k = 1; k < CK_SUM_CHUNK && i + CK_LANES <= n; k++, i += CK_LANES)
      partial += vload(x + i);
    total += vsum(partial);
  }
  for (; i < n; i++) total += x[i];
  return total;
}

static double ck_dot(ck_index n, const float *x, const float *y) {
  double total = 0;
  ck_index i = 0;
  while (i + CK_LANES <= n) {
    vf partial = vload(x + i) * vload(y + i);
    i += CK_LANES;
    for (int k = 1; k < CK_SUM_CHUNK && i + CK_LANES <= n; k++, i += CK_LANES)
      partial += vload(x + i) * vload(y + i);
    total += vsum(partial);
  }
  for (; i < n; i++) total += (double)x[i] * y[i];
  return total;
}
