static ck_index ck_conv_gradient_count(const ck_conv *c) {
  return c->out_channels * (c->in_channels / c->groups) * c->kernel_h * c->kernel_w;
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
