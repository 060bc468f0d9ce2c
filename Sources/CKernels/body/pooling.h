/// Pooling windows over NHWC views.

/// The part of a pooling window that lies inside the image: taps [first, last) along one axis.
typedef struct ck_taps {
  ck_index first, last;
} ck_taps;

/// Returns the taps whose position start + tap · dilation is in [low, high).
CK_INLINE ck_taps ck_taps_inside(
  ck_index start, ck_index kernel, ck_index dilation, ck_index low, ck_index high) {
  ck_taps taps = {0, kernel};
  if (start < low) taps.first = ck_least(kernel, ck_ceil_div(low - start, dilation));
  if (start + (kernel - 1) * dilation >= high)
    taps.last = start >= high ? 0 : ck_ceil_div(high - start, dilation);
  if (taps.last < taps.first) taps.last = taps.first;
  return taps;
}

/// Returns the number of positions of the window at (y, x) that an average divides by.
CK_INLINE ck_index ck_pool_divisor(const ck_pool *p, ck_index y, ck_index x) {
  const ck_index top = p->count_include_pad ? -p->pad_top : 0;
  const ck_index left = p->count_include_pad ? -p->pad_left : 0;
  const ck_index bottom = p->in_h + (p->count_include_pad ? p->pad_bottom : 0);
  const ck_index right = p->in_w + (p->count_include_pad ? p->pad_right : 0);
  const ck_taps v = ck_taps_inside(
    y * p->stride_h - p->pad_top, p->kernel_h, p->dilation_h, top, bottom);
  const ck_taps h = ck_taps_inside(
    x * p->stride_w - p->pad_left, p->kernel_w, p->dilation_w, left, right);
  return (v.last - v.first) * (h.last - h.first);
}

/// Computes one row of maxima or averages.
CK_INLINE void ck_pool_row(const ck_pool *p, bool maximum, ck_source x, ck_target y, ck_index r) {
  const ck_index image = r / p->out_h, oy = r % p->out_h;
  const ck_index top = oy * p->stride_h - p->pad_top;
  const ck_taps v = ck_taps_inside(top, p->kernel_h, p->dilation_h, 0, p->in_h);
  for (ck_index ox = 0; ox < p->out_w; ox++) {
    const ck_index left = ox * p->stride_w - p->pad_left;
    const ck_taps h = ck_taps_inside(left, p->kernel_w, p->dilation_w, 0, p->in_w);
    const float divisor = maximum ? 1.0f : (float)ck_pool_divisor(p, oy, ox);
    float *to = y.data + image * y.image + oy * y.row + ox * y.pixel;
    for (ck_index c = 0; c < p->channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, p->channels - c);
      vf total = vset(maximum ? -INFINITY : 0.0f);
      for (ck_index ky = v.first; ky < v.last; ky++) {
        const float *from = x.data + image * x.image + (top + ky * p->dilation_h) * x.row +
          left * x.pixel + c;
        for (ck_index kx = h.first; kx < h.last; kx++) {
          const vf value = ck_load_some(from + kx * p->dilation_w * x.pixel, n);
          total = maximum ? vbinary(CK_MAXIMUM, total, value) : total + value;
        }
      }
      ck_store_some(to + c, maximum ? total : total / divisor, n);
    }
  }
}

static void ck_max_pool(const ck_pool *p, ck_source x, ck_target y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) ck_pool_row(p, true, x, y, r);
}

static void ck_average_pool(const ck_pool *p, ck_source x, ck_target y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) ck_pool_row(p, false, x, y, r);
}

/// Zeroes one image of a pooling gradient.
CK_INLINE void ck_pool_clear(const ck_pool *p, ck_target dx, ck_index image) {
  for (ck_index iy = 0; iy < p->in_h; iy++)
    ck_fill(dx.data + image * dx.image + iy * dx.row, p->in_w, dx.pixel, p->channels, 0);
}

static void ck_max_pool_gradient(
  const ck_pool *p, ck_source x, ck_source y, ck_source dy, ck_target dx, ck_range images) {
  for (ck_index image = images.begin; image < images.end; image++) {
    ck_pool_clear(p, dx, image);
    for (ck_index oy = 0; oy < p->out_h; oy++) {
      const ck_index top = oy * p->stride_h - p->pad_top;
      const ck_taps v = ck_taps_inside(top, p->kernel_h, p->dilation_h, 0, p->in_h);
      for (ck_index ox = 0; ox < p->out_w; ox++) {
        const ck_index left = ox * p->stride_w - p->pad_left;
        const ck_taps h = ck_taps_inside(left, p->kernel_w, p->dilation_w, 0, p->in_w);
        for (ck_index c = 0; c < p->channels; c += CK_LANES) {
          const ck_index n = ck_least(CK_LANES, p->channels - c);
          const vf best = ck_load_some(y.data + image * y.image + oy * y.row + ox * y.pixel + c, n);
          const vf gradient =
            ck_load_some(dy.data + image * dy.image + oy * dy.row + ox * dy.pixel + c, n);
          vi open = viset(-1);
          for (ck_index ky = v.first; ky < v.last; ky++) {
            for (ck_index kx = h.first; kx < h.last; kx++) {
              const ck_index iy = top + ky * p->dilation_h, ix = left + kx * p->dilation_w;
              const vf value =
                ck_load_some(x.data + image * x.image + iy * x.row + ix * x.pixel + c, n);
              // NaN maxima: both comparisons fail, and the first position takes the gradient.
              const vi hit = open & ~((value < best) | (value > best));
              open &= ~hit;
              float *to = dx.data + image * dx.image + iy * dx.row + ix * dx.pixel + c;
              ck_store_some(to, ck_load_some(to, n) + vwhere(hit, gradient), n);
            }
          }
        }
      }
    }
  }
}

static void ck_average_pool_gradient(
  const ck_pool *p, ck_source dy, ck_target dx, ck_range images) {
  for (ck_index image = images.begin; image < images.end; image++) {
    ck_pool_clear(p, dx, image);
    for (ck_index oy = 0; oy < p->out_h; oy++) {
      const ck_index top = oy * p->stride_h - p->pad_top;
      const ck_taps v = ck_taps_inside(top, p->kernel_h, p->dilation_h, 0, p->in_h);
      for (ck_index ox = 0; ox < p->out_w; ox++) {
        const ck_index left = ox * p->stride_w - p->pad_left;
        const ck_taps h = ck_taps_inside(left, p->kernel_w, p->dilation_w, 0, p->in_w);
        const float factor = 1.0f / (float)ck_pool_divisor(p, oy, ox);
        for (ck_index c = 0; c < p->channels; c += CK_LANES) {
          const ck_index n = ck_least(CK_LANES, p->channels - c);
          const vf share =
            ck_load_some(dy.data + image * dy.image + oy * dy.row + ox * dy.pixel + c, n) * factor;
          for (ck_index ky = v.first; ky < v.last; ky++) {
            for (ck_index kx = h.first; kx < h.last; kx++) {
              float *to = dx.data + image * dx.image + (top + ky * p->dilation_h) * dx.row +
                (left + kx * p->dilation_w) * dx.pixel + c;
              ck_store_some(to, ck_load_some(to, n) + share, n);
            }
          }
        }
      }
    }
  }
}

static void ck_global_average(ck_shape shape, ck_source x, float *y, ck_range images) {
  const float pixels = (float)(shape.height * shape.width);
  for (ck_index image = images.begin; image < images.end; image++) {
    for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, shape.channels - c);
      vf total = vset(0);
      for (ck_index row = 0; row < shape.height; row++) {
        const float *from = x.data + image * x.image + row * x.row + c;
        vf partial = vset(0);
        for (ck_index i = 0; i < shape.width; i++) partial += ck_load_some(from + i * x.pixel, n);
        total += partial;
      }
      ck_store_some(y + image * shape.channels + c, total / pixels, n);
    }
  }
}

static void ck_global_broadcast(
  ck_shape shape, const float *dy, float factor, ck_target dx, ck_range images) {
  for (ck_index image = images.begin; image < images.end; image++) {
    for (ck_index row = 0; row < shape.height; row++) {
      for (ck_index i = 0; i < shape.width; i++) {
        float *to = dx.data + image * dx.image + row * dx.row + i * dx.pixel;
        for (ck_index c = 0; c < shape.channels; c += CK_LANES) {
          const ck_index n = ck_least(CK_LANES, shape.channels - c);
          ck_store_some(to + c, ck_load_some(dy + image * shape.channels + c, n) * factor, n);
        }
      }
    }
  }
}
