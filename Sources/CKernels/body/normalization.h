/// Per-channel sums and affine maps over NHWC views.

/// Pixels that are summed in float32 before the sum moves to float64.
#define CK_MOMENT_CHUNK 32

/// Adds the first `n` lanes of `v` to float64 sums.
CK_INLINE void ck_add_lanes(double *sums, vf v, ck_index n) {
  float lanes[CK_LANES];
  vstore(lanes, v);
  for (ck_index i = 0; i < n; i++) sums[i] += lanes[i];
}

/// Loads `n` lanes of `p`, without a mask where the vector is full.
CK_INLINE vf ck_load_some(const float *p, ck_index n) {
  return n >= CK_LANES ? vload(p) : vload_n(p, n);
}

/// Stores `n` lanes, without a mask where the vector is full.
CK_INLINE void ck_store_some(float *p, vf v, ck_index n) {
  if (n >= CK_LANES) vstore(p, v);
  else vstore_n(p, v, n);
}

static void ck_channel_moments(
  ck_shape shape, ck_source x, const float *shift, double *sums, ck_range rows) {
  const ck_index channels = shape.channels;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const float *row = x.data + r / shape.height * x.image + r % shape.height * x.row;
    for (ck_index c = 0; c < channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, channels - c);
      const vf offset = shift ? ck_load_some(shift + c, n) : vset(0);
      for (ck_index start = 0; start < shape.width; start += CK_MOMENT_CHUNK) {
        const ck_index end = ck_least(shape.width, start + CK_MOMENT_CHUNK);
        vf first = vset(0), second = vset(0);
        for (ck_index i = start; i < end; i++) {
          const vf v = ck_load_some(row + i * x.pixel + c, n) - offset;
          first += v;
          second = v * v + second;
        }
        ck_add_lanes(sums + c, first, n);
        ck_add_lanes(sums + channels + c, second, n);
      }
    }
  }
}

static void ck_channel_gradient_sums(
  ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
  const ck_activation *activation, ck_target masked, double *sums, ck_range rows) {
  const ck_index channels = shape.channels;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index image = r / shape.height, line = r % shape.height;
    const float *dy_row = dy.data + image * dy.image + line * dy.row;
    const float *x_row = x.data ? x.data + image * x.image + line * x.row : NULL;
    const float *y_row = y.data ? y.data + image * y.image + line * y.row : NULL;
    float *masked_row = masked.data ? masked.data + image * masked.image + line * masked.row : NULL;
    for (ck_index c = 0; c < channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, channels - c);
      const vf offset = mean ? ck_load_some(mean + c, n) : vset(0);
      for (ck_index start = 0; start < shape.width; start += CK_MOMENT_CHUNK) {
        const ck_index end = ck_least(shape.width, start + CK_MOMENT_CHUNK);
        vf first = vset(0), second = vset(0);
        for (ck_index i = start; i < end; i++) {
          vf g = ck_load_some(dy_row + i * dy.pixel + c, n);
          if (y_row)
            g = vgradient_of(activation, ck_load_some(y_row + i * y.pixel + c, n), g);
          if (masked_row) ck_store_some(masked_row + i * masked.pixel + c, g, n);
          first += g;
          if (x_row) second += g * (ck_load_some(x_row + i * x.pixel + c, n) - offset);
        }
        ck_add_lanes(sums + c, first, n);
        ck_add_lanes(sums + channels + c, second, n);
      }
    }
  }
}

static void ck_channel_affine(
  ck_shape shape, ck_source x, const float *scale, const float *bias,
  ck_index image_stride, ck_source residual, const ck_activation *activation, ck_target y,
  ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index image = r / shape.height, line = r % shape.height;
    const float *x_row = x.data + image * x.image + line * x.row;
    const float *add_row =
      residual.data ? residual.data + image * residual.image + line * residual.row : NULL;
    float *y_row = y.data + image * y.image + line * y.row;
    const float *scales = scale ? scale + image * image_stride : NULL;
    const float *biases = bias ? bias + image * image_stride : NULL;
    for (ck_index i = 0; i < shape.width; i++) {
      for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
        const ck_index n = ck_least(CK_LANES, shape.channels - c);
        vf v = ck_load_some(x_row + i * x.pixel + c, n);
        if (scales) v *= ck_load_some(scales + c, n);
        if (biases) v += ck_load_some(biases + c, n);
        if (add_row) v += ck_load_some(add_row + i * residual.pixel + c, n);
        ck_store_some(y_row + i * y.pixel + c, vapply_of(activation, v), n);
      }
    }
  }
}

static void ck_channel_affine_gradient(
  ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
  const ck_activation *activation, const float *a, const float *b, const float *d,
  ck_source residual, ck_target dx, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index image = r / shape.height, line = r % shape.height;
    const float *x_row = x.data + image * x.image + line * x.row;
    const float *dy_row = dy.data + image * dy.image + line * dy.row;
    const float *y_row = y.data ? y.data + image * y.image + line * y.row : NULL;
    const float *add_row =
      residual.data ? residual.data + image * residual.image + line * residual.row : NULL;
    float *dx_row = dx.data + image * dx.image + line * dx.row;
    for (ck_index i = 0; i < shape.width; i++) {
      for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
        const ck_index n = ck_least(CK_LANES, shape.channels - c);
        vf g = ck_load_some(dy_row + i * dy.pixel + c, n);
        if (y_row) g = vgradient_of(activation, ck_load_some(y_row + i * y.pixel + c, n), g);
        const vf v = ck_load_some(x_row + i * x.pixel + c, n) - ck_load_some(mean + c, n);
        vf result = v * ck_load_some(b + c, n) + ck_load_some(d + c, n);
        result = g * ck_load_some(a + c, n) + result;
        if (add_row) result += ck_load_some(add_row + i * residual.pixel + c, n);
        ck_store_some(dx_row + i * dx.pixel + c, result, n);
      }
    }
  }
}
