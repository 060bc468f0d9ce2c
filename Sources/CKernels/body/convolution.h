/// Convolution in both directions, and its weight gradient.

static ck_index ck_conv_packed_count(const ck_conv *c, ck_direction direction) {
  (void)direction;
  return c->out_channels * (c->in_channels / c->groups) * c->kernel_h * c->kernel_w;
}

static void ck_conv_pack(
  const ck_conv *c, ck_direction direction, const float *weights, float *packed) {
  memcpy(packed, weights, (size_t)ck_conv_packed_count(c, direction) * sizeof(float));
}

static ck_index ck_conv_blocks(const ck_conv *c, ck_direction direction) {
  return direction == CK_FORWARD ? c->out_channels : c->in_channels;
}

static ck_index ck_conv_scratch_count(const ck_conv *c, ck_direction direction) {
  (void)c;
  (void)direction;
  return 0;
}

/// Applies an epilogue to one sum.
CK_INLINE float ck_finish(
  const ck_epilogue *e, float sum, ck_index n, ck_index y, ck_index x, ck_index channel) {
  if (e->bias) sum += e->bias[channel];
  if (e->residual.data)
    sum += e->residual.data[
      n * e->residual.image + y * e->residual.row + x * e->residual.pixel + channel];
  return vapply_of(&e->activation, vset(sum))[0];
}

static void ck_conv_forward(
  const ck_conv *c, const float *packed, ck_source x, const ck_epilogue *epilogue, ck_target y,
  ck_range rows, ck_range blocks, float *scratch) {
  (void)scratch;
  const ck_index ins = c->in_channels / c->groups, outs = c->out_channels / c->groups;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / c->out_h, oy = r % c->out_h;
    for (ck_index ox = 0; ox < c->out_w; ox++) {
      for (ck_index oc = blocks.begin; oc < blocks.end; oc++) {
        float sum = 0;
        for (ck_index ic = 0; ic < ins; ic++)
          for (ck_index ky = 0; ky < c->kernel_h; ky++)
            for (ck_index kx = 0; kx < c->kernel_w; kx++) {
              const ck_index iy = oy * c->stride_h + ky * c->dilation_h - c->pad_top;
              const ck_index ix = ox * c->stride_w + kx * c->dilation_w - c->pad_left;
              sum += packed[((oc * ins + ic) * c->kernel_h + ky) * c->kernel_w + kx] *
                x.data[n * x.image + iy * x.row + ix * x.pixel + oc / outs * ins + ic];
            }
        y.data[n * y.image + oy * y.row + ox * y.pixel + oc] =
          ck_finish(epilogue, sum, n, oy, ox, oc);
      }
    }
  }
}

static void ck_conv_backward_data(
  const ck_conv *c, const float *packed, ck_source dy, const ck_epilogue *epilogue, ck_target dx,
  ck_range rows, ck_range blocks, float *scratch) {
  (void)scratch;
  const ck_index ins = c->in_channels / c->groups, outs = c->out_channels / c->groups;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / c->in_h, iy = r % c->in_h;
    for (ck_index ix = 0; ix < c->in_w; ix++) {
      for (ck_index channel = blocks.begin; channel < blocks.end; channel++) {
        const ck_index group = channel / ins, ic = channel % ins;
        float sum = 0;
        for (ck_index ky = 0; ky < c->kernel_h; ky++)
          for (ck_index kx = 0; kx < c->kernel_w; kx++) {
            const ck_index ys = iy + c->pad_top - ky * c->dilation_h;
            const ck_index xs = ix + c->pad_left - kx * c->dilation_w;
            if (ys < 0 || xs < 0 || ys % c->stride_h || xs % c->stride_w) continue;
            if (ys / c->stride_h >= c->out_h || xs / c->stride_w >= c->out_w) continue;
            for (ck_index oc = group * outs; oc < (group + 1) * outs; oc++)
              sum += packed[((oc * ins + ic) * c->kernel_h + ky) * c->kernel_w + kx] *
                dy.data[
                  n * dy.image + ys / c->stride_h * dy.row + xs / c->stride_w * dy.pixel + oc];
          }
        dx.data[n * dx.image + iy * dx.row + ix * dx.pixel + channel] =
          ck_finish(epilogue, sum, n, iy, ix, channel);
      }
    }
  }
}

static ck_index ck_conv_gradient_count(const ck_conv *c) {
  return ck_conv_packed_count(c, CK_FORWARD);
}

static ck_index ck_conv_gradient_units(const ck_conv *c) { return c->out_channels; }

static void ck_conv_backward_weights(
  const ck_conv *c, ck_source x, ck_source dy, float *gradient, ck_range rows, ck_range units) {
  const ck_index ins = c->in_channels / c->groups, outs = c->out_channels / c->groups;
  for (ck_index oc = units.begin; oc < units.end; oc++)
    for (ck_index ic = 0; ic < ins; ic++)
      for (ck_index ky = 0; ky < c->kernel_h; ky++)
        for (ck_index kx = 0; kx < c->kernel_w; kx++) {
          double sum = 0;
          for (ck_index r = rows.begin; r < rows.end; r++)
            for (ck_index ox = 0; ox < c->out_w; ox++) {
              const ck_index n = r / c->out_h, oy = r % c->out_h;
              const ck_index iy = oy * c->stride_h + ky * c->dilation_h - c->pad_top;
              const ck_index ix = ox * c->stride_w + kx * c->dilation_w - c->pad_left;
              sum += (double)dy.data[n * dy.image + oy * dy.row + ox * dy.pixel + oc] *
                x.data[n * x.image + iy * x.row + ix * x.pixel + oc / outs * ins + ic];
            }
          gradient[((oc * ins + ic) * c->kernel_h + ky) * c->kernel_w + kx] += (float)sum;
        }
}

static void ck_conv_unpack_gradient(const ck_conv *c, const float *gradient, float *weights) {
  memcpy(weights, gradient, (size_t)ck_conv_gradient_count(c) * sizeof(float));
}
