/// Convolution in both directions.

/// Returns whether every channel is its own group.
CK_INLINE bool ck_is_depthwise(const ck_conv *c) {
  return c->groups > 1 && c->groups == c->in_channels && c->groups == c->out_channels;
}

/// The channels of a convolution in one direction. A depthwise convolution is one group whose
/// results each sum over one operand channel.
typedef struct ck_channels {
  ck_index groups;
  /// Channels of a group that are summed over, and computed.
  ck_index operands, results;
  /// Distances in OIHW weights between neighbouring operand channels, result channels and groups.
  ck_index operand_step, result_step, group_step;
} ck_channels;

/// Returns the channels of `c` in `direction`.
CK_INLINE ck_channels ck_channels_of(const ck_conv *c, ck_direction direction) {
  const ck_index ins = c->in_channels / c->groups, outs = c->out_channels / c->groups;
  const ck_index area = c->kernel_h * c->kernel_w;
  if (ck_is_depthwise(c)) return (ck_channels){1, 1, c->groups, 0, area, 0};
  if (direction == CK_FORWARD)
    return (ck_channels){c->groups, ins, outs, area, ins * area, outs * ins * area};
  return (ck_channels){c->groups, outs, ins, ins * area, area, outs * ins * area};
}

/// Returns the results of a group as they are packed: rounded up to units.
CK_INLINE ck_index ck_padded_results(ck_channels channels) {
  return ck_ceil_div(channels.results, CK_UNIT) * CK_UNIT;
}

/// The taps of one axis that reach the results of one phase, in the order in which the operand's
/// positions ascend: tap i is kernel position `kernel + i · kernel_step` and reads operand position
/// `position + i · step` for the phase's first result, one more for each further one.
///
/// Backward-data with stride s is s independent convolutions of stride 1 along each axis: result
/// iy takes kernel positions k with k · dilation ≡ iy + pad (mod s), which read
/// (iy + pad − k · dilation) / s. The results of a phase are `first + j · s`, j < `results`.
typedef struct ck_phase {
  ck_index first, results;
  ck_index count, kernel, kernel_step;
  ck_index position, step;
} ck_phase;

/// Returns phase `index` of the backward-data convolution along an axis.
static ck_phase ck_phase_of(
  ck_index index, ck_index extent, ck_index kernel, ck_index stride, ck_index dilation,
  ck_index pad) {
  ck_phase phase = {0};
  phase.first = (index - pad) % stride;
  if (phase.first < 0) phase.first += stride;
  phase.results = phase.first < extent ? ck_ceil_div(extent - phase.first, stride) : 0;
  ck_index last = -1;
  for (ck_index k = 0; k < kernel; k++) {
    if ((phase.first + pad - k * dilation) % stride != 0) continue;
    if (phase.count == 1) phase.kernel_step = phase.kernel - k;
    if (phase.count == 0) phase.kernel = k;
    last = k;
    phase.count++;
  }
  if (phase.count == 0) return phase;
  phase.kernel = last;
  phase.position = (phase.first + pad - last * dilation) / stride;
  phase.step = -phase.kernel_step * dilation / stride;
  return phase;
}

/// The bytes of weights that are taken to stay in a core's cache from one run to the next.
#define CK_CACHED_BYTES (1 << 19)

/// The products that a core computes while a float arrives from beyond its cache.
#define CK_PRODUCTS_PER_FLOAT 20

/// Returns the products for each pair of channels of a 3×3 convolution as it is defined.
CK_INLINE ck_index ck_direct_products(const ck_conv *c, ck_direction direction) {
  return 9 * c->batch * (direction == CK_FORWARD ? c->out_h * c->out_w : c->in_h * c->in_w);
}

/// Returns the products for each pair of channels in Winograd's form.
CK_INLINE ck_index ck_winograd_products(const ck_conv *c, ck_direction direction) {
  const ck_index height = direction == CK_FORWARD ? c->out_h : c->in_h;
  const ck_index width = direction == CK_FORWARD ? c->out_w : c->in_w;
  return CK_WINOGRAD_POINTS * ck_ceil_div(height, 4) * ck_ceil_div(width, 4) * c->batch;
}

/// Returns whether Winograd's form of `c` is asked for, possible and of use, which it is not for few
/// channels and for images much smaller than a tile.
CK_INLINE bool ck_may_use_winograd(const ck_conv *c, ck_direction direction) {
  const bool possible = c->kernel_h == 3 && c->kernel_w == 3 && c->stride_h == 1 &&
    c->stride_w == 1 && c->dilation_h == 1 && c->dilation_w == 1 && c->groups == 1;
  const ck_channels channels = ck_channels_of(c, direction);
  return c->algorithm == CK_WINOGRAD && possible && channels.operands >= 8 &&
    channels.results >= 8 &&
    2 * ck_winograd_products(c, direction) <= ck_direct_products(c, direction);
}

/// Returns whether Winograd's form computes `c`: where it may, unless its weights, four times as
/// many, take longer to arrive than it saves.
CK_INLINE bool ck_uses_winograd(const ck_conv *c, ck_direction direction) {
  const ck_channels channels = ck_channels_of(c, direction);
  const bool is_cached =
    CK_WINOGRAD_POINTS * 4 * channels.operands * channels.results <= CK_CACHED_BYTES;
  const ck_index waiting = is_cached ? 0 : (CK_WINOGRAD_POINTS - 9) * CK_PRODUCTS_PER_FLOAT;
  return ck_may_use_winograd(c, direction) &&
    ck_winograd_products(c, direction) + waiting <= ck_direct_products(c, direction);
}

static ck_index ck_conv_packed_count(const ck_conv *c, ck_direction direction) {
  const ck_channels channels = ck_channels_of(c, direction);
  const ck_index points =
    ck_uses_winograd(c, direction) ? CK_WINOGRAD_POINTS : c->kernel_h * c->kernel_w;
  return channels.groups * points * channels.operands * ck_padded_results(channels);
}

static ck_index ck_conv_blocks(const ck_conv *c, ck_direction direction) {
  const ck_channels channels = ck_channels_of(c, direction);
  return channels.groups * ck_ceil_div(channels.results, CK_BLOCK);
}

static ck_index ck_conv_row_step(const ck_conv *c, ck_direction direction) {
  return ck_uses_winograd(c, direction) ? 4 : 1;
}

static ck_index ck_conv_scratch_count(const ck_conv *c, ck_direction direction) {
  if (!ck_uses_winograd(c, direction)) return 0;
  return ck_winograd_scratch(ck_channels_of(c, direction).operands);
}

/// Packs the taps of one phase (all taps forward): [group][block][taps][operand channels][width].
static float *ck_pack_phase(
  const ck_conv *c, ck_channels channels, ck_phase v, ck_phase h, const float *weights,
  float *packed) {
  for (ck_index g = 0; g < channels.groups; g++) {
    for (ck_index start = 0; start < channels.results; start += CK_BLOCK) {
      const ck_index here = ck_least(CK_BLOCK, channels.results - start);
      const ck_index width = ck_ceil_div(here, CK_UNIT) * CK_UNIT;
      for (ck_index i = 0; i < v.count; i++) {
        for (ck_index j = 0; j < h.count; j++) {
          const float *from = weights + g * channels.group_step + start * channels.result_step +
            (v.kernel + i * v.kernel_step) * c->kernel_w + h.kernel + j * h.kernel_step;
          for (ck_index k = 0; k < channels.operands; k++, packed += width) {
            for (ck_index n = 0; n < here; n++)
              packed[n] = from[k * channels.operand_step + n * channels.result_step];
            for (ck_index n = here; n < width; n++) packed[n] = 0;
          }
        }
      }
    }
  }
  return packed;
}

/// Packs the transformed weights of one phase: [block][point][operand channels][width].
static void ck_pack_winograd(
  const ck_conv *c, ck_channels channels, ck_phase v, ck_phase h, const float *weights,
  float *packed) {
  float gathered[3][3][CK_BLOCK] = {{{0}}};
  for (ck_index start = 0; start < channels.results; start += CK_BLOCK) {
    const ck_index here = ck_least(CK_BLOCK, channels.results - start);
    const ck_index width = ck_ceil_div(here, CK_UNIT) * CK_UNIT;
    const ck_index step = channels.operands * width;
    if (here < CK_BLOCK) memset(gathered, 0, sizeof gathered);
    for (ck_index k = 0; k < channels.operands; k++, packed += width) {
      for (ck_index n = 0; n < here; n++) {
        const float *from =
          weights + (start + n) * channels.result_step + k * channels.operand_step;
        for (int i = 0; i < 3; i++)
          for (int j = 0; j < 3; j++)
            gathered[i][j][n] = from[
              (v.kernel + i * v.kernel_step) * c->kernel_w + h.kernel + j * h.kernel_step];
      }
      for (ck_index n = 0; n < width; n += CK_LANES) {
        vf columns[6][3];
        for (int j = 0; j < 3; j++) {
          const vf g[3] = {
            vload(&gathered[0][j][n]), vload(&gathered[1][j][n]), vload(&gathered[2][j][n])};
          vf t[6];
          ck_winograd_weights(g, t);
          for (int i = 0; i < 6; i++) columns[i][j] = t[i];
        }
        for (int i = 0; i < 6; i++) {
          vf t[6];
          ck_winograd_weights(columns[i], t);
          for (int j = 0; j < 6; j++)
            ck_store_some(packed + (i * 6 + j) * step + n, t[j], width - n);
        }
      }
    }
    packed += (CK_WINOGRAD_POINTS - 1) * step;
  }
}

static void ck_conv_pack(
  const ck_conv *c, ck_direction direction, const float *weights, float *packed) {
  const ck_channels channels = ck_channels_of(c, direction);
  if (direction == CK_FORWARD) {
    const ck_phase v = {.count = c->kernel_h, .kernel_step = 1};
    const ck_phase h = {.count = c->kernel_w, .kernel_step = 1};
    if (ck_uses_winograd(c, direction)) ck_pack_winograd(c, channels, v, h, weights, packed);
    else ck_pack_phase(c, channels, v, h, weights, packed);
    return;
  }
  for (ck_index y = 0; y < c->stride_h; y++) {
    const ck_phase v =
      ck_phase_of(y, c->in_h, c->kernel_h, c->stride_h, c->dilation_h, c->pad_top);
    for (ck_index x = 0; x < c->stride_w; x++) {
      const ck_phase h =
        ck_phase_of(x, c->in_w, c->kernel_w, c->stride_w, c->dilation_w, c->pad_left);
      if (ck_uses_winograd(c, direction)) ck_pack_winograd(c, channels, v, h, weights, packed);
      else packed = ck_pack_phase(c, channels, v, h, weights, packed);
    }
  }
}

/// Returns a walk over `height` × `width` taps of `channels` floats; neighbouring taps that follow
/// one another without a gap become one run.
CK_INLINE ck_walk ck_walk_over(
  ck_index height, ck_index width, ck_index channels, ck_index step_h, ck_index step_w,
  ck_index pixel) {
  ck_walk walk = {height, width, channels, step_h, step_w, pixel};
  if (walk.step_w == walk.run || walk.width == 1) {
    walk.run *= walk.width;
    walk.width = 1;
  }
  return walk;
}

/// Computes rows [begin, end) of a job's grid in the group's blocks [first, last).
static void ck_run_job(
  const ck_job *job, ck_index begin, ck_index end, ck_index first, ck_index last) {
  if (job->scratch) {
    ck_run_winograd(job, begin, end, first, last);
    return;
  }
  const ck_index floats = ck_most(1, job->in.row < 0 ? -job->in.row : job->in.row);
  const ck_index rows = ck_most(2, CK_CHUNK_FLOATS / floats);
  for (ck_index r = begin; r < end; r += rows)
    for (ck_index block = first; block < last; block++)
      (job->depthwise ? ck_run_depthwise_rows : ck_run_rows)(
        job, r, ck_least(end, r + rows), block);
}

/// Runs a job for each group that has blocks in `blocks`.
static void ck_run_groups(
  ck_channels channels, ck_job job, const float *packed, ck_index taps, ck_range rows,
  ck_range blocks) {
  const ck_index each = ck_ceil_div(channels.results, CK_BLOCK);
  const ck_index size = taps * channels.operands * ck_padded_results(channels);
  const float *x = job.x;
  job.channels = channels.results;
  job.operands = channels.operands;
  for (ck_index g = blocks.begin / each; g * each < blocks.end; g++) {
    job.x = x + g * channels.operands;
    job.weights = packed + g * size;
    job.first_channel = g * channels.results;
    ck_run_job(
      &job, rows.begin, rows.end, ck_most(0, blocks.begin - g * each),
      ck_least(each, blocks.end - g * each));
  }
}

static void ck_conv_forward(
  const ck_conv *c, const float *packed, ck_source x, const ck_epilogue *epilogue, ck_target y,
  ck_range rows, ck_range blocks, float *scratch) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  const ck_source add = epilogue->residual;
  const ck_job job = {
    .walk = ck_walk_over(
      c->kernel_h, c->kernel_w, channels.operands, c->dilation_h * x.row,
      c->dilation_w * x.pixel, c->stride_w * x.pixel),
    .in = {-c->pad_top * x.row - c->pad_left * x.pixel, c->stride_w * x.pixel,
           c->stride_h * x.row, x.image},
    .out = {0, y.pixel, y.row, y.image},
    .add = {0, add.pixel, add.row, add.image},
    .width = c->out_w,
    .height = c->out_h,
    .x = x.data,
    .y = y.data,
    .epilogue = epilogue,
    .depthwise = ck_is_depthwise(c),
    .scratch = ck_uses_winograd(c, CK_FORWARD) ? scratch : NULL,
  };
  ck_run_groups(channels, job, packed, c->kernel_h * c->kernel_w, rows, blocks);
}

/// Returns the number of a phase's results before row `row` (image · extent + position).
CK_INLINE ck_index ck_phase_row(ck_phase phase, ck_index row, ck_index extent, ck_index stride) {
  const ck_index position = row % extent;
  const ck_index before =
    position <= phase.first ? 0 : ck_ceil_div(position - phase.first, stride);
  return row / extent * phase.results + ck_least(phase.results, before);
}

static void ck_conv_backward_data(
  const ck_conv *c, const float *packed, ck_source dy, const ck_epilogue *epilogue, ck_target dx,
  ck_range rows, ck_range blocks, float *scratch) {
  const ck_channels channels = ck_channels_of(c, CK_BACKWARD_DATA);
  const ck_source add = epilogue->residual;
  const ck_index size = channels.groups * channels.operands * ck_padded_results(channels);
  for (ck_index i = 0; i < c->stride_h; i++) {
    const ck_phase v =
      ck_phase_of(i, c->in_h, c->kernel_h, c->stride_h, c->dilation_h, c->pad_top);
    for (ck_index j = 0; j < c->stride_w; j++) {
      const ck_phase h =
        ck_phase_of(j, c->in_w, c->kernel_w, c->stride_w, c->dilation_w, c->pad_left);
      const ck_index taps = v.count * h.count;
      const ck_job job = {
        .walk = ck_walk_over(
          v.count, h.count, channels.operands, v.step * dy.row, h.step * dy.pixel,
          dy.pixel),
        .in = {v.position * dy.row + h.position * dy.pixel, dy.pixel, dy.row, dy.image},
        .out = {v.first * dx.row + h.first * dx.pixel, c->stride_w * dx.pixel,
                c->stride_h * dx.row, dx.image},
        .add = {v.first * add.row + h.first * add.pixel, c->stride_w * add.pixel,
                c->stride_h * add.row, add.image},
        .width = h.results,
        .height = v.results,
        .x = dy.data,
        .y = dx.data,
        .epilogue = epilogue,
        .depthwise = ck_is_depthwise(c),
        .scratch = ck_uses_winograd(c, CK_BACKWARD_DATA) ? scratch : NULL,
      };
      const ck_range grid = {
        ck_phase_row(v, rows.begin, c->in_h, c->stride_h),
        ck_phase_row(v, rows.end, c->in_h, c->stride_h),
      };
      if (h.results > 0)
        ck_run_groups(channels, job, packed, taps, grid, blocks);
      packed += taps * size;
    }
  }
}
