/// The weight gradient of a convolution. Its own layout is that of packed forward weights, block
/// after block.

/// The floats of x and dy together that a chunk of rows may have, to stay in a near cache.
#define CK_GRADIENT_CHUNK_FLOATS (16 * 1024)

/// Returns whether the weight gradient of `c` takes Winograd's form: where the forward direction
/// may, unless the sums of its products, four times as many as weights, are beyond the cache and
/// travel too often.
CK_INLINE bool ck_uses_winograd_gradient(const ck_conv *c) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_index products = ck_winograd_products(c, CK_FORWARD);
  const ck_index tiles = products / CK_WINOGRAD_POINTS;
  const ck_index travels = ck_ceil_div(tiles, ck_winograd_tiles(channels.operands)) + 1;
  const bool is_cached =
    CK_WINOGRAD_POINTS * 4 * channels.operands * ck_least(CK_BLOCK, channels.results) <=
    CK_CACHED_BYTES;
  const ck_index waiting = is_cached ? 0 : CK_WINOGRAD_POINTS * travels * CK_PRODUCTS_PER_FLOAT;
  return ck_may_use_winograd(c, CK_FORWARD) &&
    products + waiting <= ck_direct_products(c, CK_FORWARD);
}

/// Returns the products that are summed for each pair of channels.
CK_INLINE ck_index ck_gradient_points(const ck_conv *c) {
  return ck_uses_winograd_gradient(c) ? CK_WINOGRAD_POINTS : c->kernel_h * c->kernel_w;
}

static ck_index ck_conv_gradient_count(const ck_conv *c) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  return channels.groups * ck_gradient_points(c) * channels.operands * ck_padded_results(channels);
}

static ck_index ck_conv_gradient_scratch_count(const ck_conv *c) {
  if (!ck_uses_winograd_gradient(c)) return 0;
  return ck_winograd_scratch(ck_channels_of(c, CK_FORWARD).operands);
}

/// Returns the floats of the gradient before `block`.
CK_INLINE ck_index ck_gradient_offset(const ck_conv *c, ck_index block) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_index each = ck_ceil_div(channels.results, CK_BLOCK);
  return (block / each * ck_padded_results(channels) + block % each * CK_BLOCK) *
    ck_gradient_points(c) * channels.operands;
}

/// Adds the products of one block with one kernel row.
static void ck_gradient_kernel_row(
  const ck_conv *c, ck_channels channels, ck_index block, ck_index ky, const ck_pixels *pixels,
  ck_source x, const float *x_origin, const float *dy_origin, float *gradient) {
  const ck_index each = ck_ceil_div(channels.results, CK_BLOCK);
  const ck_index group = block / each, channel = block % each * CK_BLOCK;
  const ck_index here = ck_least(CK_BLOCK, channels.results - channel);
  const ck_index units = ck_ceil_div(here, CK_UNIT), width = units * CK_UNIT;
  const ck_index step = c->dilation_w * x.pixel;
  float *to =
    gradient + ck_gradient_offset(c, block) + ky * c->kernel_w * channels.operands * width;
  const float *dy = dy_origin + group * channels.results + channel;
  const float *from = x_origin + ky * c->dilation_h * x.row;
  if (ck_is_depthwise(c)) {
    for (ck_index v = 0; v < here; v += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, here - v);
      for (ck_index k = 0; k < c->kernel_w; k += CK_DEPTHWISE_TAPS) {
        const ck_index taps = ck_least(CK_DEPTHWISE_TAPS, c->kernel_w - k);
        ck_depthwise_gradient_tiles[n == CK_LANES][taps - 1](
          pixels, from + k * step + channel + v, step, dy + v, n, width, to + k * width + v);
      }
    }
    return;
  }
  from += group * channels.operands;
  const bool joined = step == channels.operands;
  const ck_index runs = joined ? 1 : c->kernel_w;
  const ck_index length =
    joined ? channels.operands * c->kernel_w : channels.operands;
  const ck_index pieces = ck_ceil_div(length, ck_gradient_segment(here));
  const ck_index least = length / pieces, longer = length % pieces;
  const ck_index last_width = units % (CK_LANES / CK_UNIT) * CK_UNIT;
  const ck_index last = here - (width - (last_width ? last_width : CK_LANES));
  for (ck_index k = 0; k < runs; k++) {
    ck_index start = 0;
    for (ck_index i = 0; i < pieces; i++) {
      const ck_index count = least + (i < longer);
      ck_gradient_tiles[here == width][units - 1][count - 1](
        pixels, from + k * step + start, dy, last, to + (k * length + start) * width);
      start += count;
    }
  }
}

/// Adds what `rows` of y contribute to `blocks`, sum by sum.
static void ck_direct_gradient(
  const ck_conv *c, ck_source x, ck_source dy, ck_range rows, ck_range blocks, float *gradient) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_index floats = c->stride_h * x.row + dy.row;
  const ck_index chunk = ck_most(1, CK_GRADIENT_CHUNK_FLOATS / ck_most(1, floats));
  for (ck_index r = rows.begin; r < rows.end; r += chunk) {
    const ck_index image = r / c->out_h, line = r % c->out_h;
    const ck_pixels pixels = {
      .width = c->out_w, .height = c->out_h, .line = line, .rows = ck_least(chunk, rows.end - r),
      .x_pixel = c->stride_w * x.pixel, .x_row = c->stride_h * x.row, .x_image = x.image,
      .dy_pixel = dy.pixel, .dy_row = dy.row, .dy_image = dy.image,
    };
    const float *x_origin = x.data + image * x.image +
      (line * c->stride_h - c->pad_top) * x.row - c->pad_left * x.pixel;
    const float *dy_origin = dy.data + image * dy.image + line * dy.row;
    for (ck_index block = blocks.begin; block < blocks.end; block++)
      for (ck_index ky = 0; ky < c->kernel_h; ky++)
        ck_gradient_kernel_row(
          c, channels, block, ky, &pixels, x, x_origin, dy_origin, gradient);
  }
}

static void ck_conv_backward_weights(
  const ck_conv *c, ck_source x, ck_source dy, float *gradient, ck_range rows, ck_range blocks,
  float *scratch) {
  if (blocks.begin >= blocks.end) return;
  const ck_index begin = ck_gradient_offset(c, blocks.begin);
  const ck_index end = ck_gradient_offset(c, blocks.end);
  memset(gradient + begin, 0, (size_t)(end - begin) * sizeof *gradient);
  if (ck_uses_winograd_gradient(c))
    ck_winograd_gradient(c, x, dy, rows, blocks, scratch, gradient);
  else
    ck_direct_gradient(c, x, dy, rows, blocks, gradient);
}

static void ck_conv_unpack_gradient(
  const ck_conv *c, ck_index parts, float *gradient, float *weights, ck_range blocks) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_index all = ck_conv_gradient_count(c);
  const ck_index each = ck_ceil_div(channels.results, CK_BLOCK);
  const ck_index points = ck_gradient_points(c);
  for (ck_index block = blocks.begin; block < blocks.end; block++) {
    const ck_index start = block % each * CK_BLOCK;
    const ck_index here = ck_least(CK_BLOCK, channels.results - start);
    const ck_index width = ck_ceil_div(here, CK_UNIT) * CK_UNIT;
    const ck_index step = channels.operands * width;
    float *from = gradient + ck_gradient_offset(c, block);
    for (ck_index part = 1; part < parts; part++)
      ck_axpby(points * step, 1, from + part * all, 1, from);
    float *to = weights + block / each * channels.group_step + start * channels.result_step;
    for (ck_index k = 0; k < channels.operands; k++) {
      if (ck_uses_winograd_gradient(c)) {
        for (ck_index n = 0; n < here; n += CK_LANES)
          ck_winograd_unpack(
            from + k * width + n, step, ck_least(CK_LANES, here - n), channels.result_step,
            to + n * channels.result_step + k * channels.operand_step);
        continue;
      }
      for (ck_index n = 0; n < here; n++)
        for (ck_index t = 0; t < points; t++)
          to[n * channels.result_step + k * channels.operand_step + t] =
            from[t * step + k * width + n];
    }
  }
}
