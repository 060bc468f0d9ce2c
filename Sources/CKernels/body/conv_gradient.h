/// The weight gradient of a convolution. Its own layout is that of packed forward weights, its
/// units are (group, block, kernel row, kernel column).

/// The floats of x and dy together that a chunk of rows may have, to stay in a near cache.
#define CK_GRADIENT_CHUNK_FLOATS (16 * 1024)

static ck_index ck_conv_gradient_count(const ck_conv *c) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  return channels.groups * c->kernel_h * c->kernel_w * channels.operands *
    ck_padded_results(channels);
}

static ck_index ck_conv_gradient_units(const ck_conv *c) {
  return ck_conv_blocks(c, CK_FORWARD) * c->kernel_h * c->kernel_w;
}

/// Adds one kernel row's columns [begin, end) of one block.
static void ck_gradient_columns(
  const ck_conv *c, ck_channels channels, ck_index unit_row, ck_range columns,
  const ck_pixels *pixels, ck_source x, const float *x_origin, const float *dy_origin,
  float *gradient) {
  const ck_index each = ck_ceil_div(channels.results, CK_BLOCK);
  const ck_index ky = unit_row % c->kernel_h, block = unit_row / c->kernel_h;
  const ck_index group = block / each, channel = block % each * CK_BLOCK;
  const ck_index here = ck_least(CK_BLOCK, channels.results - channel);
  const ck_index units = ck_ceil_div(here, CK_UNIT), width = units * CK_UNIT;
  const ck_index step = c->dilation_w * x.pixel;
  const ck_index area = c->kernel_h * c->kernel_w;
  float *to = gradient +
    (group * ck_padded_results(channels) + channel) * area * channels.operands +
    (ky * c->kernel_w + columns.begin) * channels.operands * width;
  const float *dy = dy_origin + group * channels.results + channel;
  const float *from = x_origin + ky * c->dilation_h * x.row + columns.begin * step;
  if (ck_is_depthwise(c)) {
    for (ck_index v = 0; v < here; v += CK_LANES) {
      const ck_index n = ck_least(CK_LANES, here - v);
      for (ck_index k = 0; k < columns.end - columns.begin; k += CK_DEPTHWISE_TAPS) {
        const ck_index taps = ck_least(CK_DEPTHWISE_TAPS, columns.end - columns.begin - k);
        ck_depthwise_gradient_tiles[n == CK_LANES][taps - 1](
          pixels, from + k * step + channel + v, step, dy + v, n, width, to + k * width + v);
      }
    }
    return;
  }
  from += group * channels.operands;
  const bool joined = step == channels.operands;
  const ck_index runs = joined ? 1 : columns.end - columns.begin;
  const ck_index length =
    joined ? channels.operands * (columns.end - columns.begin) : channels.operands;
  const ck_index pieces = ck_ceil_div(length, CK_GRADIENT_SEGMENT);
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

static void ck_conv_backward_weights(
  const ck_conv *c, ck_source x, ck_source dy, float *gradient, ck_range rows, ck_range units) {
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
    for (ck_index unit = units.begin; unit < units.end;) {
      const ck_index row = unit / c->kernel_w, first = unit % c->kernel_w;
      const ck_index end = ck_least(c->kernel_w, first + units.end - unit);
      ck_gradient_columns(
        c, channels, row, (ck_range){first, end}, &pixels, x, x_origin, dy_origin, gradient);
      unit += end - first;
    }
  }
}

static void ck_conv_unpack_gradient(const ck_conv *c, const float *gradient, float *weights) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_index area = c->kernel_h * c->kernel_w;
  for (ck_index g = 0; g < channels.groups; g++) {
    for (ck_index start = 0; start < channels.results; start += CK_BLOCK) {
      const ck_index here = ck_least(CK_BLOCK, channels.results - start);
      const ck_index width = ck_ceil_div(here, CK_UNIT) * CK_UNIT;
      float *to = weights + g * channels.group_step + start * channels.result_step;
      for (ck_index t = 0; t < area; t++)
        for (ck_index k = 0; k < channels.operands; k++, gradient += width)
          for (ck_index n = 0; n < here; n++)
            to[n * channels.result_step + k * channels.operand_step + t] = gradient[n];
    }
  }
}
