/// The convolution that both directions share: results on a regular grid of pixels, each the sum
/// over a walk through the operand.

/// One view of a grid: the address of its first pixel and the distances between its pixels, rows
/// and images.
typedef struct ck_grid {
  ck_index origin, pixel, row, image;
} ck_grid;

/// One group of one sub-convolution. `width` × `height` results an image; `channels` results a
/// pixel from channel `first_channel` on, each over `operands` channels.
typedef struct ck_job {
  ck_walk walk;
  ck_grid in, out, add;
  ck_index width, height;
  const float *x;
  const float *weights;
  float *y;
  const ck_epilogue *epilogue;
  ck_index first_channel, channels, operands;
  /// Result channel c reads operand channel c only.
  bool depthwise;
  /// Memory for Winograd's form; null for the direct one.
  float *scratch;
} ck_job;

/// The operand floats that a chunk of rows may touch, so that it stays in the second-level cache.
#define CK_CHUNK_FLOATS (64 * 1024)

/// A segment of one result row that waits for others.
typedef struct ck_segment {
  const float *x;
  float *y;
  const float *add;
} ck_segment;

/// Finishes `count` segments of as many pixels: bias, residual and activation on `sums`, in which
/// segments follow one another, stored to the result.
CK_INLINE void ck_finish_segments(
  ck_function f, const ck_job *job, const ck_segment *segments, int count, const float *bias,
  ck_index pixels, ck_index channels, const float *sums) {
  const float a = job->epilogue->activation.a, b = job->epilogue->activation.b;
  const ck_index step = job->out.pixel, add_step = job->add.pixel;
  for (ck_index c = 0; c < channels; c += CK_LANES) {
    const ck_index n = ck_least(CK_LANES, channels - c);
    const vf offset = bias ? ck_load_some(bias + c, n) : vset(0);
    const float *sum = sums + c;
    for (int s = 0; s < count; s++) {
      float *y = segments[s].y + c;
      const float *add = segments[s].add ? segments[s].add + c : NULL;
      for (ck_index i = 0; i < pixels; i++) {
        vf v = vload(sum) + offset;
        if (add) v += ck_load_some(add + i * add_step, n);
        ck_store_some(y + i * step, vapply(f, v, a, b), n);
        sum += CK_BLOCK;
      }
    }
  }
}

/// Chooses the activation of `ck_finish_segments` at run time.
static void ck_finish_any(
  const ck_job *job, const ck_segment *segments, int count, const float *bias, ck_index pixels,
  ck_index channels, const float *sums) {
#define CK_STATEMENT(f) ck_finish_segments(f, job, segments, count, bias, pixels, channels, sums)
  CK_FOR_FUNCTION(job->epilogue->activation.function, CK_STATEMENT)
#undef CK_STATEMENT
}

/// Computes segments of one block, at most `ck_most_segments`, channels from `channel` on within
/// the group.
static void ck_run_segments(
  const ck_job *job, const float *weights, const ck_segment *s, int segments, ck_index pixels,
  ck_index channel) {
  float sums[CK_MOST_SEGMENTS * CK_SEGMENT * CK_BLOCK] __attribute__((aligned(64)));
  const ck_index channels = ck_least(CK_BLOCK, job->channels - channel);
  const ck_index units = ck_ceil_div(channels, CK_UNIT);
  const float *places[CK_MOST_SEGMENTS];
  for (int i = 0; i < segments; i++) places[i] = s[i].x;
  ck_tiles[units - 1][segments - 1][pixels - 1](&job->walk, weights, places, sums);
  const float *bias =
    job->epilogue->bias ? job->epilogue->bias + job->first_channel + channel : NULL;
  ck_finish_any(job, s, segments, bias, pixels, channels, sums);
}

/// Computes rows [begin, end) of a job's grid (image · height + row) in one block.
static void ck_run_rows(const ck_job *job, ck_index begin, ck_index end, ck_index block) {
  const ck_index channel = block * CK_BLOCK;
  const ck_index taps = job->walk.height * job->walk.width * job->walk.run;
  const float *weights = job->weights + channel * taps;
  const float *residual = job->epilogue->residual.data;
  ck_index width = job->width, height = job->height;
  // Rows that follow one another without a gap, in every operand, are one long row.
  const bool joined = taps == job->walk.run && job->in.row == width * job->in.pixel &&
    job->out.row == width * job->out.pixel &&
    (!residual || job->add.row == width * job->add.pixel);
  const ck_index cuts = ck_ceil_div(width, CK_SEGMENT);
  const int most = ck_most_segments(job->channels - channel);
  ck_segment waiting[2][CK_MOST_SEGMENTS];
  int count[2] = {0, 0};
  for (ck_index r = begin; r < end;) {
    const ck_index image = r / height, line = r % height;
    const ck_index lines = joined ? ck_least(end - r, height - line) : 1;
    const ck_index length = width * lines;
    const ck_index pieces = joined ? ck_ceil_div(length, CK_SEGMENT) : cuts;
    const ck_index least = length / pieces, longer = length % pieces;
    ck_segment segment = {
      .x = job->x + job->in.origin + image * job->in.image + line * job->in.row,
      .y = job->y + job->out.origin + image * job->out.image + line * job->out.row +
        job->first_channel + channel,
      .add = residual ? residual + job->add.origin + image * job->add.image +
          line * job->add.row + job->first_channel + channel
                      : NULL,
    };
    for (ck_index i = 0; i < pieces; i++) {
      const int kind = i < longer;
      const ck_index pixels = least + kind;
      waiting[kind][count[kind]++] = segment;
      if (count[kind] == most) {
        ck_run_segments(job, weights, waiting[kind], most, pixels, channel);
        count[kind] = 0;
      }
      segment.x += pixels * job->in.pixel;
      segment.y += pixels * job->out.pixel;
      if (residual) segment.add += pixels * job->add.pixel;
    }
    r += lines;
    // Joined pieces of the next image may have other lengths.
    if (joined || r == end) {
      for (int kind = 0; kind < 2; kind++) {
        if (count[kind])
          ck_run_segments(job, weights, waiting[kind], count[kind], least + kind, channel);
        count[kind] = 0;
      }
    }
  }
}

/// Computes rows [begin, end) of a depthwise job's grid in one block.
static void ck_run_depthwise_rows(
  const ck_job *job, ck_index begin, ck_index end, ck_index block) {
  float sums[CK_DEPTHWISE_SEGMENT * CK_BLOCK] __attribute__((aligned(64)));
  const ck_index channel = block * CK_BLOCK;
  const ck_index channels = ck_least(CK_BLOCK, job->channels - channel);
  const ck_index step = ck_ceil_div(channels, CK_UNIT) * CK_UNIT;
  const ck_index taps = job->walk.height * job->walk.width;
  const float *residual = job->epilogue->residual.data;
  const ck_index pieces = ck_ceil_div(job->width, CK_DEPTHWISE_SEGMENT);
  const ck_index least = job->width / pieces, longer = job->width % pieces;
  const bool sliding = job->walk.width == 3 && job->walk.step_w == job->walk.pixel;
  for (ck_index r = begin; r < end; r++) {
    const ck_index image = r / job->height, line = r % job->height;
    for (ck_index c = channel; c < channel + channels; c += CK_LANES) {
      const float *weights = job->weights + channel * taps + (c - channel);
      const float *bias = job->epilogue->bias ? job->epilogue->bias + c : NULL;
      const ck_index n = ck_least(CK_LANES, channel + channels - c);
      const float *x = job->x + job->in.origin + image * job->in.image + line * job->in.row + c;
      ck_segment s = {
        .y = job->y + job->out.origin + image * job->out.image + line * job->out.row + c,
        .add = residual
          ? residual + job->add.origin + image * job->add.image + line * job->add.row + c
          : NULL,
      };
      for (ck_index i = 0; i < pieces; i++) {
        const ck_index pixels = least + (i < longer);
        ck_depthwise_tiles[n == CK_LANES][sliding][pixels - 1](
          &job->walk, weights, step, x, n, sums);
        ck_finish_any(job, &s, 1, bias, pixels, n, sums);
        x += pixels * job->in.pixel;
        s.y += pixels * job->out.pixel;
        if (s.add) s.add += pixels * job->add.pixel;
      }
    }
  }
}
