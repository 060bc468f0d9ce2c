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

/// How many rows of `width` pixels are summed in float32 together.
CK_INLINE ck_index ck_rows_together(ck_index width) {
  return ck_most(1, CK_MOMENT_CHUNK / ck_most(1, width));
}

/// Adds the moments of pixels [begin, end) of `count` rows, of `n` channels that fit a vector.
CK_INLINE void ck_moments_chunk(
  const float *const *rows, ck_index count, ck_index begin, ck_index end, ck_index step, vf shift,
  ck_index n, double *first, double *second) {
  vf sums[4] = {vset(0), vset(0), vset(0), vset(0)};
  vf squares[4] = {vset(0), vset(0), vset(0), vset(0)};
  for (ck_index r = 0; r < count; r++) {
    const float *x = rows[r];
    ck_index i = begin;
    for (; i + 4 <= end; i += 4) {
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        const vf v = ck_load_some(x + (i + k) * step, n) - shift;
        sums[k] += v;
        squares[k] += v * v;
      }
    }
    for (; i < end; i++) {
      const vf v = ck_load_some(x + i * step, n) - shift;
      sums[0] += v;
      squares[0] += v * v;
    }
  }
  ck_add_lanes(first, (sums[0] + sums[1]) + (sums[2] + sums[3]), n);
  ck_add_lanes(second, (squares[0] + squares[1]) + (squares[2] + squares[3]), n);
}

static void ck_channel_moments(
  ck_shape shape, ck_source x, const float *shift, double *sums, ck_range rows) {
  const ck_index most = ck_rows_together(shape.width);
  for (ck_index r = rows.begin; r < rows.end; r += most) {
    const ck_index count = ck_least(most, rows.end - r);
    const float *places[CK_MOMENT_CHUNK];
    for (ck_index i = 0; i < count; i++) places[i] = ck_row_of(x, shape.height, r + i);
    for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, shape.channels - c);
      const vf offset = shift ? ck_load_some(shift + c, n) : vset(0);
      double *first = sums + c, *second = sums + shape.channels + c;
      for (ck_index start = 0; start < shape.width; start += CK_MOMENT_CHUNK) {
        const ck_index end = ck_least(shape.width, start + CK_MOMENT_CHUNK);
        if (n == CK_LANES)
          ck_moments_chunk(places, count, start, end, x.pixel, offset, CK_LANES, first, second);
        else ck_moments_chunk(places, count, start, end, x.pixel, offset, n, first, second);
      }
      for (ck_index i = 0; i < count; i++) places[i] += CK_LANES;
    }
  }
}

/// The rows that gradient sums read and write; null where there is none.
typedef struct ck_gradient_rows {
  const float *x, *dy, *y;
  float *masked;
} ck_gradient_rows;

/// How far neighbouring pixels are apart in rows that gradients are taken of.
typedef struct ck_gradient_steps {
  ck_index x, dy, y, masked;
} ck_gradient_steps;

/// Takes the gradient of `n` channels of a pixel, which fit a vector, `c` floats behind `at`, and
/// adds it to `first` and its product with x − mean to `second`; `f` is the activation's function.
CK_INLINE void ck_gradient_sums_some(
  const ck_function f, const ck_activation *activation, ck_index n, ck_gradient_rows at,
  ck_index c, vf mean, vf *first, vf *second) {
  const vf g = vgradient(
    f, ck_load_some(at.y + c, n), ck_load_some(at.dy + c, n), activation->a, activation->b);
  if (at.masked) ck_store_some(at.masked + c, g, n);
  *first += g;
  *second += g * (ck_load_some(at.x + c, n) - mean);
}

/// Returns the place `offset` floats behind a row's pixel.
CK_INLINE ck_gradient_rows ck_place_of(
  ck_gradient_rows row, ck_gradient_steps step, ck_index pixel, ck_index offset) {
  return (ck_gradient_rows){
    row.x + pixel * step.x + offset, row.dy + pixel * step.dy + offset,
    row.y + pixel * step.y + offset,
    row.masked ? row.masked + pixel * step.masked + offset : NULL,
  };
}

/// The vectors of channels whose gradient sums are taken together.
#define CK_SUMMED_VECTORS 64

/// Adds the gradient sums of pixels [begin, end) of part `index` of `count` rows, of channels
/// [channel, channel + channels), at most CK_SUMMED_VECTORS vectors.
CK_INLINE void ck_gradient_sums_slab(
  const ck_function f, const ck_activation *activation, const ck_row_parts *row, int index,
  const ck_gradient_rows *rows, ck_index count, ck_gradient_steps step, ck_index begin,
  ck_index end, ck_index channel, ck_index channels, const float *mean, double *first_sums,
  double *second_sums) {
  const ck_index size = row->parts[index].channels, start = row->parts[index].start + channel;
  const ck_gradient_steps steps =
    row->merged ? (ck_gradient_steps){size, size, size, size} : step;
  vf first[CK_SUMMED_VECTORS], second[CK_SUMMED_VECTORS];
  const ck_index vectors = ck_ceil_div(channels, CK_LANES);
  for (ck_index v = 0; v < vectors; v++) first[v] = second[v] = vset(0);
  for (ck_index r = 0; r < count; r++) {
    for (ck_index pixel = begin; pixel < end; pixel++) {
      const ck_gradient_rows at = ck_place_of(rows[r], steps, pixel, start);
      ck_index v = 0;
#define CK_SOME(n) \
  ck_gradient_sums_some( \
    f, activation, n, at, v * CK_LANES, \
    mean ? ck_load_some(mean + channel + v * CK_LANES, n) : vset(0), first + v, second + v)
      for (; (v + 1) * CK_LANES <= channels; v++) CK_SOME(CK_LANES);
      if (v * CK_LANES < channels) CK_SOME(channels - v * CK_LANES);
#undef CK_SOME
    }
  }
  for (ck_index v = 0; v < vectors; v++) {
    const ck_index c = v * CK_LANES, n = ck_least(CK_LANES, channels - c);
    ck_add_lanes(first_sums + channel + c, first[v], n);
    if (second_sums) ck_add_lanes(second_sums + channel + c, second[v], n);
  }
}

/// Adds the gradient sums of `count` rows.
CK_INLINE void ck_gradient_sums_rows(
  const ck_function f, const ck_activation *activation, const ck_row_parts *row,
  const ck_gradient_rows *rows, ck_index count, ck_gradient_steps step, const float *mean,
  double *first, double *second) {
  const ck_index most = CK_SUMMED_VECTORS * CK_LANES;
  for (int i = 0; i < 2; i++) {
    const ck_part part = row->parts[i];
    for (ck_index begin = 0; begin < part.width; begin += CK_MOMENT_CHUNK)
      for (ck_index c = 0; c < part.channels; c += most)
        ck_gradient_sums_slab(
          f, activation, row, i, rows, count, step, begin,
          ck_least(part.width, begin + CK_MOMENT_CHUNK), c, ck_least(most, part.channels - c),
          mean, first, second);
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
  // What is not there is not used either.
  const ck_source outputs = y.data ? y : dy, values = x.data ? x : dy;
  const ck_row_parts row = ck_divide_rows(
    shape,
    ck_is_dense(values.data, values.pixel, shape) && ck_is_dense(dy.data, dy.pixel, shape) &&
      ck_is_dense(outputs.data, outputs.pixel, shape) &&
      ck_is_dense(masked.data, masked.pixel, shape));
  const ck_gradient_steps step = {values.pixel, dy.pixel, outputs.pixel, masked.pixel};
  ck_repeated means;
  mean = ck_repeat(&row, mean, means);
  double merged[2][CK_MERGED_CHANNELS * CK_LANES];
  if (row.merged) memset(merged, 0, sizeof merged);
  double *first = row.merged ? merged[0] : sums;
  double *second = row.merged ? merged[1] : x.data ? sums + shape.channels : NULL;
  const ck_index most = ck_rows_together(row.parts[0].width);
  for (ck_index r = rows.begin; r < rows.end; r += most) {
    const ck_index count = ck_least(most, rows.end - r);
    ck_gradient_rows places[CK_MOMENT_CHUNK];
    for (ck_index i = 0; i < count; i++) {
      const ck_index image = (r + i) / shape.height, line = (r + i) % shape.height;
      places[i] = (ck_gradient_rows){
        ck_row_of(values, shape.height, r + i), ck_row_of(dy, shape.height, r + i),
        ck_row_of(outputs, shape.height, r + i),
        masked.data ? masked.data + image * masked.image + line * masked.row : NULL,
      };
    }
#define CK_STATEMENT(f) \
  ck_gradient_sums_rows(f, activation, &row, places, count, step, mean, first, second)
    CK_FOR_LINEAR(function, CK_STATEMENT)
#undef CK_STATEMENT
  }
  if (!row.merged) return;
  ck_add_merged(&row, merged[0], sums);
  if (x.data) ck_add_merged(&row, merged[1], sums + shape.channels);
}

/// Maps `n` channels of a pixel, which fit a vector; scale, bias and add may be null.
CK_INLINE void ck_affine_some(
  const ck_function f, const ck_activation *activation, ck_index n, const float *x,
  const float *scale, const float *bias, const float *add, float *y) {
  vf v = ck_load_some(x, n);
  const vf offset = bias ? ck_load_some(bias, n) : vset(0);
  v = scale ? v * ck_load_some(scale, n) + offset : v + offset;
  if (add) v += ck_load_some(add, n);
  ck_store_some(y, vapply(f, v, activation->a, activation->b), n);
}

/// Maps one part of a row; scale and bias are null or of that many channels.
CK_INLINE void ck_affine_row(
  const ck_function f, const ck_activation *activation, ck_part part, const float *x,
  ck_index x_step, const float *scale, const float *bias, const float *add, ck_index add_step,
  float *y, ck_index y_step) {
  for (ck_index i = 0; i < part.width; i++) {
    const float *from = x + i * x_step + part.start;
    const float *extra = add ? add + i * add_step + part.start : NULL;
    float *to = y + i * y_step + part.start;
    ck_index c = 0;
#define CK_SOME(n) \
  ck_affine_some( \
    f, activation, n, from + c, scale ? scale + c : NULL, bias ? bias + c : NULL, \
    extra ? extra + c : NULL, to + c)
    for (; c + CK_LANES <= part.channels; c += CK_LANES) CK_SOME(CK_LANES);
    if (c < part.channels) CK_SOME(part.channels - c);
#undef CK_SOME
  }
}

static void ck_channel_affine(
  ck_shape shape, ck_source x, const float *scale, const float *bias, ck_index image_stride,
  ck_source residual, const ck_activation *activation, ck_target y, ck_range rows) {
  const ck_row_parts row = ck_divide_rows(
    shape,
    image_stride == 0 && ck_is_dense(x.data, x.pixel, shape) &&
      ck_is_dense(residual.data, residual.pixel, shape) && ck_is_dense(y.data, y.pixel, shape));
  ck_repeated repeated[2];
  scale = ck_repeat(&row, scale, repeated[0]);
  bias = ck_repeat(&row, bias, repeated[1]);
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index image = r / shape.height, line = r % shape.height;
    const float *from = ck_row_of(x, shape.height, r);
    const float *add = ck_row_of(residual, shape.height, r);
    float *to = y.data + image * y.image + line * y.row;
    const float *scales = scale ? scale + image * image_stride : NULL;
    const float *biases = bias ? bias + image * image_stride : NULL;
    for (int i = 0; i < 2; i++) {
      const ck_part part = row.parts[i];
#define CK_STATEMENT(f) \
  ck_affine_row( \
    f, activation, part, from, row.merged ? part.channels : x.pixel, scales, biases, add, \
    row.merged ? part.channels : residual.pixel, to, row.merged ? part.channels : y.pixel)
      CK_FOR_LINEAR(activation->function, CK_STATEMENT)
#undef CK_STATEMENT
    }
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

/// Maps the gradient of `n` channels of a pixel, which fit a vector, from channel `c` on.
CK_INLINE void ck_affine_gradient_some(
  const ck_function f, const ck_activation *activation, ck_index n, ck_index c,
  ck_gradient_rows at, ck_affine_terms terms, const float *add, float *dx) {
  vf g = ck_load_some(at.dy + c, n);
  if (at.y) g = vgradient(f, ck_load_some(at.y + c, n), g, activation->a, activation->b);
  const vf v = ck_load_some(at.x + c, n) - ck_load_some(terms.mean + c, n);
  vf result = v * ck_load_some(terms.b + c, n) + ck_load_some(terms.d + c, n);
  result = g * ck_load_some(terms.a + c, n) + result;
  if (add) result += ck_load_some(add + c, n);
  ck_store_some(dx + c, result, n);
}

/// Maps the gradient of one part of a row.
CK_INLINE void ck_affine_gradient_row(
  const ck_function f, const ck_activation *activation, ck_part part, ck_gradient_rows rows,
  ck_gradient_steps step, ck_affine_terms terms, const float *add, ck_index add_step, float *dx,
  ck_index dx_step) {
  for (ck_index i = 0; i < part.width; i++) {
    const ck_gradient_rows at = {
      rows.x + i * step.x + part.start, rows.dy + i * step.dy + part.start,
      rows.y ? rows.y + i * step.y + part.start : NULL, NULL,
    };
    const float *extra = add ? add + i * add_step + part.start : NULL;
    float *to = dx + i * dx_step + part.start;
    ck_index c = 0;
#define CK_SOME(n) ck_affine_gradient_some(f, activation, n, c, at, terms, extra, to)
    for (; c + CK_LANES <= part.channels; c += CK_LANES) CK_SOME(CK_LANES);
    if (c < part.channels) CK_SOME(part.channels - c);
#undef CK_SOME
  }
}

static void ck_channel_affine_gradient(
  ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
  const ck_activation *activation, const float *a, const float *b, const float *d,
  ck_source residual, ck_target dx, ck_range rows) {
  const ck_function function = y.data ? activation->function : CK_IDENTITY;
  const ck_row_parts row = ck_divide_rows(
    shape,
    ck_is_dense(x.data, x.pixel, shape) && ck_is_dense(dy.data, dy.pixel, shape) &&
      ck_is_dense(y.data, y.pixel, shape) && ck_is_dense(residual.data, residual.pixel, shape) &&
      ck_is_dense(dx.data, dx.pixel, shape));
  ck_repeated repeated[4];
  const ck_affine_terms terms = {
    ck_repeat(&row, mean, repeated[0]),
    ck_repeat(&row, a, repeated[1]),
    ck_repeat(&row, b, repeated[2]),
    ck_repeat(&row, d, repeated[3]),
  };
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_gradient_rows place = {
      ck_row_of(x, shape.height, r), ck_row_of(dy, shape.height, r),
      ck_row_of(y, shape.height, r), NULL,
    };
    const float *add = ck_row_of(residual, shape.height, r);
    float *to = dx.data + r / shape.height * dx.image + r % shape.height * dx.row;
    for (int i = 0; i < 2; i++) {
      const ck_part part = row.parts[i];
      const ck_index size = part.channels;
      const ck_gradient_steps step = row.merged
        ? (ck_gradient_steps){size, size, size, 0}
        : (ck_gradient_steps){x.pixel, dy.pixel, y.pixel, 0};
#define CK_STATEMENT(f) \
  ck_affine_gradient_row( \
    f, activation, part, place, step, terms, add, row.merged ? size : residual.pixel, to, \
    row.merged ? size : dx.pixel)
      CK_FOR_LINEAR(function, CK_STATEMENT)
#undef CK_STATEMENT
    }
  }
}
