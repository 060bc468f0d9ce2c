/// Per-channel sums and affine maps over NHWC views.

/// Pixels that are summed in float32 before the sum moves to float64; a multiple of four.
#define CK_MOMENT_CHUNK 64

/// Half a vector of float64, which holds as many numbers as half a vector of floats.
typedef double vd __attribute__((vector_size(4 * CK_LANES)));
typedef double vd_memory __attribute__((vector_size(4 * CK_LANES), aligned(8), may_alias));
typedef float vhalf __attribute__((vector_size(2 * CK_LANES)));

/// Adds the first `n` lanes of `v` to float64 sums.
CK_INLINE void ck_add_lanes(double *sums, vf v, ck_index n) {
  union {
    vf whole;
    vhalf halves[2];
    float lanes[CK_LANES];
  } parts = {v};
  if (n < CK_LANES) {
    for (ck_index i = 0; i < n; i++) sums[i] += parts.lanes[i];
    return;
  }
  for (int h = 0; h < 2; h++) {
    vd_memory *to = (vd_memory *)(sums + h * (CK_LANES / 2));
    *to += __builtin_convertvector(parts.halves[h], vd);
  }
}

/// A place in a view: the address of a row's first pixel.
CK_INLINE const float *ck_row_of(ck_source x, ck_index height, ck_index r) {
  return x.data ? x.data + r / height * x.image + r % height * x.row : NULL;
}

/// Adds the moments of `pixels` pixels of one vector of channels.
CK_INLINE void ck_moments_chunk(
  const bool whole, const float *x, ck_index step, ck_index pixels, vf shift, ck_index n,
  double *first, double *second) {
  const ck_index lanes = whole ? CK_LANES : n;
  vf sums[4] = {vset(0), vset(0), vset(0), vset(0)};
  vf squares[4] = {vset(0), vset(0), vset(0), vset(0)};
  ck_index i = 0;
  for (; i + 4 <= pixels; i += 4) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
      const vf v = ck_load_some(x + (i + k) * step, lanes) - shift;
      sums[k] += v;
      squares[k] += v * v;
    }
  }
  for (; i < pixels; i++) {
    const vf v = ck_load_some(x + i * step, lanes) - shift;
    sums[0] += v;
    squares[0] += v * v;
  }
  ck_add_lanes(first, (sums[0] + sums[1]) + (sums[2] + sums[3]), lanes);
  ck_add_lanes(second, (squares[0] + squares[1]) + (squares[2] + squares[3]), lanes);
}

static void ck_channel_moments(
  ck_shape shape, ck_source x, const float *shift, double *sums, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *row = ck_row_of(x, shape.height, r);
    for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, shape.channels - c);
      const vf offset = shift ? ck_load_some(shift + c, n) : vset(0);
      double *first = sums + c, *second = sums + shape.channels + c;
      for (ck_index i = 0; i < shape.width; i += CK_MOMENT_CHUNK) {
        const ck_index pixels = ck_least(CK_MOMENT_CHUNK, shape.width - i);
        const float *from = row + i * x.pixel + c;
        if (n == CK_LANES)
          ck_moments_chunk(true, from, x.pixel, pixels, offset, n, first, second);
        else ck_moments_chunk(false, from, x.pixel, pixels, offset, n, first, second);
      }
    }
  }
}

/// The rows that gradient sums read and write; null where there is none.
typedef struct ck_gradient_rows {
  const float *x, *dy, *y;
  float *masked;
} ck_gradient_rows;

/// Adds the gradient sums of one row; `f` is the activation's function.
CK_INLINE void ck_gradient_sums_row(
  const ck_function f, const ck_activation *activation, ck_shape shape, ck_gradient_rows rows,
  ck_index x_step, ck_index dy_step, ck_index y_step, ck_index masked_step, const float *mean,
  double *sums) {
  for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
    const ck_index n = ck_least(CK_LANES, shape.channels - c);
    const vf offset = mean ? ck_load_some(mean + c, n) : vset(0);
    for (ck_index start = 0; start < shape.width; start += CK_MOMENT_CHUNK) {
      const ck_index end = ck_least(shape.width, start + CK_MOMENT_CHUNK);
      vf first[2] = {vset(0), vset(0)}, second[2] = {vset(0), vset(0)};
      for (ck_index i = start; i < end; i++) {
        vf g = ck_load_some(rows.dy + i * dy_step + c, n);
        if (rows.y)
          g = vgradient(
            f, ck_load_some(rows.y + i * y_step + c, n), g, activation->a, activation->b);
        if (rows.masked) ck_store_some(rows.masked + i * masked_step + c, g, n);
        const vf v = rows.x ? ck_load_some(rows.x + i * x_step + c, n) - offset : vset(0);
        if (i & 1) {
          first[1] += g;
          second[1] += g * v;
        } else {
          first[0] += g;
          second[0] += g * v;
        }
      }
      ck_add_lanes(sums + c, first[0] + first[1], n);
      if (rows.x) ck_add_lanes(sums + shape.channels + c, second[0] + second[1], n);
    }
  }
}

/// Expands STATEMENT(f) with the piecewise linear functions as constants, and any other one as a
/// variable that loops then test.
#define CK_FOR_LINEAR(function, STATEMENT) \
  switch (function) { \
  case CK_IDENTITY: STATEMENT(CK_IDENTITY); break; \
  case CK_RELU: STATEMENT(CK_RELU); break; \
  case CK_CLIP: STATEMENT(CK_CLIP); break; \
  case CK_LEAKY_RELU: STATEMENT(CK_LEAKY_RELU); break; \
  default: STATEMENT(function); break; \
  }

static void ck_channel_gradient_sums(
  ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
  const ck_activation *activation, ck_target masked, double *sums, ck_range rows) {
  const ck_function function = y.data ? activation->function : CK_IDENTITY;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_gradient_rows place = {
      ck_row_of(x, shape.height, r), ck_row_of(dy, shape.height, r),
      ck_row_of(y, shape.height, r),
      masked.data ? masked.data + r / shape.height * masked.image + r % shape.height * masked.row
                  : NULL,
    };
#define CK_STATEMENT(f) \
  ck_gradient_sums_row( \
    f, activation, shape, place, x.pixel, dy.pixel, y.pixel, masked.pixel, mean, sums)
    CK_FOR_LINEAR(function, CK_STATEMENT)
#undef CK_STATEMENT
  }
}

/// Maps one row of `channels` channels a pixel; scale and bias are null or of that many.
CK_INLINE void ck_affine_row(
  const ck_function f, const ck_activation *activation, ck_index width, ck_index channels,
  const float *x, ck_index x_step, const float *scale, const float *bias, const float *add,
  ck_index add_step, float *y, ck_index y_step) {
  for (ck_index i = 0; i < width; i++) {
    for (ck_index c = 0; c < channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, channels - c);
      vf v = ck_load_some(x + i * x_step + c, n);
      const vf offset = bias ? ck_load_some(bias + c, n) : vset(0);
      v = scale ? v * ck_load_some(scale + c, n) + offset : v + offset;
      if (add) v += ck_load_some(add + i * add_step + c, n);
      ck_store_some(y + i * y_step + c, vapply(f, v, activation->a, activation->b), n);
    }
  }
}

static void ck_channel_affine(
  ck_shape shape, ck_source x, const float *scale, const float *bias, ck_index image_stride,
  ck_source residual, const ck_activation *activation, ck_target y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index image = r / shape.height, line = r % shape.height;
    const float *from = ck_row_of(x, shape.height, r);
    const float *add = ck_row_of(residual, shape.height, r);
    float *to = y.data + image * y.image + line * y.row;
    const float *scales = scale ? scale + image * image_stride : NULL;
    const float *biases = bias ? bias + image * image_stride : NULL;
#define CK_STATEMENT(f) \
  ck_affine_row( \
    f, activation, shape.width, shape.channels, from, x.pixel, scales, biases, add, \
    residual.pixel, to, y.pixel)
    CK_FOR_LINEAR(activation->function, CK_STATEMENT)
#undef CK_STATEMENT
  }
}

static void ck_channel_leaky(
  ck_shape shape, ck_source x, const float *slope, ck_target y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *from = ck_row_of(x, shape.height, r);
    float *to = y.data + r / shape.height * y.image + r % shape.height * y.row;
    for (ck_index i = 0; i < shape.width; i++) {
      for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
        const ck_index n = ck_least(CK_LANES, shape.channels - c);
        const vf v = ck_load_some(from + i * x.pixel + c, n);
        const vf steep = v * ck_load_some(slope + c, n);
        ck_store_some(to + i * y.pixel + c, vselect(v < vset(0), steep, v), n);
      }
    }
  }
}

/// The coefficients of `channel_affine_gradient`.
typedef struct ck_affine_terms {
  const float *mean, *a, *b, *d;
} ck_affine_terms;

/// Maps the gradient of one row.
CK_INLINE void ck_affine_gradient_row(
  const ck_function f, const ck_activation *activation, ck_shape shape, ck_gradient_rows rows,
  ck_index x_step, ck_index dy_step, ck_index y_step, ck_affine_terms terms, const float *add,
  ck_index add_step, float *dx, ck_index dx_step) {
  for (ck_index i = 0; i < shape.width; i++) {
    for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, shape.channels - c);
      vf g = ck_load_some(rows.dy + i * dy_step + c, n);
      if (rows.y)
        g = vgradient(
          f, ck_load_some(rows.y + i * y_step + c, n), g, activation->a, activation->b);
      const vf v = ck_load_some(rows.x + i * x_step + c, n) - ck_load_some(terms.mean + c, n);
      vf result = v * ck_load_some(terms.b + c, n) + ck_load_some(terms.d + c, n);
      result = g * ck_load_some(terms.a + c, n) + result;
      if (add) result += ck_load_some(add + i * add_step + c, n);
      ck_store_some(dx + i * dx_step + c, result, n);
    }
  }
}

static void ck_channel_affine_gradient(
  ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
  const ck_activation *activation, const float *a, const float *b, const float *d,
  ck_source residual, ck_target dx, ck_range rows) {
  const ck_function function = y.data ? activation->function : CK_IDENTITY;
  const ck_affine_terms terms = {mean, a, b, d};
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_gradient_rows place = {
      ck_row_of(x, shape.height, r), ck_row_of(dy, shape.height, r),
      ck_row_of(y, shape.height, r), NULL,
    };
    const float *add = ck_row_of(residual, shape.height, r);
    float *to = dx.data + r / shape.height * dx.image + r % shape.height * dx.row;
#define CK_STATEMENT(f) \
  ck_affine_gradient_row( \
    f, activation, shape, place, x.pixel, dy.pixel, y.pixel, terms, add, residual.pixel, to, \
    dx.pixel)
    CK_FOR_LINEAR(function, CK_STATEMENT)
#undef CK_STATEMENT
  }
}
