/// Winograd's F(4×4, 3×3): sixteen results of a 3×3 convolution of stride 1 from 36 products
/// instead of 144, on tiles of 6×6 operands.
///
/// Along one axis, with the points 0, ±a, ±b, ∞ for a² = 1/2, b² = 2 (which keep the rounding error
/// near that of the direct sum, where the usual 0, ±1, ±2, ∞ multiply it), the results of operands
/// d0…d5 and weights g0…g2 are Aᵀ [(G g) ∘ (Bᵀ d)], applied to columns, then to rows.

/// Products of one tile.
#define CK_WINOGRAD_POINTS 36

/// The most tiles that are worked on together.
#define CK_WINOGRAD_TILES (8 * CK_GRADIENT_SEGMENT)

/// The operands of one tile, of which `height` rows and `width` columns exist; those beyond count
/// as zeros.
typedef struct ck_winograd_window {
  const float *x;
  int height, width;
} ck_winograd_window;

/// Where the results of a tile are: the rows that are meant, of 0 ..< 4, and the number of columns.
typedef struct ck_winograd_cut {
  int first_row, last_row, columns;
} ck_winograd_cut;

/// One tile of 4×4 results.
typedef struct ck_winograd_tile {
  ck_winograd_window operands;
  ck_winograd_cut cut;
  float *y;
  const float *add;
} ck_winograd_tile;

/// Returns the window at `x` of a tile from which on there are `height` × `width` results.
CK_INLINE ck_winograd_window ck_winograd_window_at(
  const float *x, ck_index height, ck_index width) {
  return (ck_winograd_window){x, (int)ck_least(6, height + 2), (int)ck_least(6, width + 2)};
}

/// Returns the number of tiles that are worked on together, so that their transforms stay in the
/// second-level cache.
CK_INLINE ck_index ck_winograd_tiles(ck_index operands) {
  const ck_index budget = 160 * 1024 / (CK_WINOGRAD_POINTS * (operands + CK_BLOCK));
  const ck_index tiles = budget / CK_GRADIENT_SEGMENT * CK_GRADIENT_SEGMENT;
  return ck_most(CK_GRADIENT_SEGMENT, ck_least(CK_WINOGRAD_TILES, tiles));
}

/// Floats between the transformed operands of neighbouring points; never a multiple of a page.
CK_INLINE ck_index ck_winograd_operand_step(ck_index operands) {
  return ck_ceil_div(ck_winograd_tiles(operands) * operands, 32) * 32 + 16;
}

/// Floats between the products of neighbouring points.
CK_INLINE ck_index ck_winograd_product_step(ck_index operands) {
  return ck_winograd_tiles(operands) * CK_BLOCK + 16;
}

/// Returns the floats of scratch memory of one call.
CK_INLINE ck_index ck_winograd_scratch(ck_index operands) {
  return CK_WINOGRAD_POINTS *
    (ck_winograd_operand_step(operands) + ck_winograd_product_step(operands));
}

/// Transforms six operands: to = Bᵀ d.
CK_INLINE void ck_winograd_operand(const vf d[6], vf to[6]) {
  to[0] = (d[4] + d[0]) - d[2] * 2.5f;
  const vf even_a = d[4] - d[2] * 2.0f, odd_a = d[3] - d[1] * 2.0f;
  to[1] = even_a + odd_a * 0x1.6a09e6p-1f;
  to[2] = even_a - odd_a * 0x1.6a09e6p-1f;
  const vf even_b = d[4] - d[2] * 0.5f, odd_b = d[3] - d[1] * 0.5f;
  to[3] = even_b + odd_b * 0x1.6a09e6p0f;
  to[4] = even_b - odd_b * 0x1.6a09e6p0f;
  to[5] = (d[5] + d[1]) - d[3] * 2.5f;
}

/// Transforms six products: to = Aᵀ m.
CK_INLINE void ck_winograd_result(const vf m[6], vf to[4]) {
  const vf even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const vf even_b = m[3] + m[4], odd_b = m[3] - m[4];
  to[0] = m[0] + even_a + even_b;
  to[1] = odd_a * 0x1.6a09e6p-1f + odd_b * 0x1.6a09e6p0f;
  to[2] = even_a * 0.5f + even_b * 2.0f;
  to[3] = odd_a * 0x1.6a09e6p-2f + odd_b * 0x1.6a09e6p1f + m[5];
}

/// Transforms one vector of a tile's operands, `x` on: to[36][`step`].
CK_INLINE void ck_winograd_load(
  const bool whole, const ck_winograd_window *window, const float *x, ck_index pixel, ck_index row,
  ck_index n, float *to, ck_index step) {
  const ck_index lanes = whole ? CK_LANES : n;
  const bool complete = window->height == 6 && window->width == 6;
  vf columns[6][6];
  for (int j = 0; j < 6; j++) {
    vf d[6], t[6];
    if (complete) {
      for (int i = 0; i < 6; i++) d[i] = ck_load_some(x + i * row + j * pixel, lanes);
    } else {
      for (int i = 0; i < 6; i++)
        d[i] = i < window->height && j < window->width
          ? ck_load_some(x + i * row + j * pixel, lanes) : vset(0);
    }
    ck_winograd_operand(d, t);
    for (int i = 0; i < 6; i++) columns[i][j] = t[i];
  }
  for (int i = 0; i < 6; i++) {
    vf t[6];
    ck_winograd_operand(columns[i], t);
    for (int j = 0; j < 6; j++) ck_store_some(to + (i * 6 + j) * step, t[j], lanes);
  }
}

/// Transforms all operands of a tile: to[36][`step`].
static void ck_winograd_load_all(
  const ck_winograd_window *window, ck_index operands, ck_index pixel, ck_index row, float *to,
  ck_index step) {
  const float *x = window->x;
  ck_index c = 0;
  for (; c + CK_LANES <= operands; c += CK_LANES)
    ck_winograd_load(true, window, x + c, pixel, row, CK_LANES, to + c, step);
  if (c < operands)
    ck_winograd_load(false, window, x + c, pixel, row, operands - c, to + c, step);
}

/// Transforms the products of a tile, one vector of channels from `channel` on, and finishes its
/// results with the activation `f`.
CK_INLINE void ck_winograd_store(
  const ck_function f, const bool whole, const ck_job *job, const ck_winograd_tile *tile,
  ck_index channel, ck_index n, const float *products, ck_index step) {
  const ck_index lanes = whole ? CK_LANES : n;
  const ck_epilogue *epilogue = job->epilogue;
  const float a = epilogue->activation.a, b = epilogue->activation.b;
  const vf bias = epilogue->bias ? ck_load_some(epilogue->bias + channel, lanes) : vset(0);
  vf columns[4][6];
#pragma GCC unroll 1
  for (int j = 0; j < 6; j++) {
    vf m[6], t[4];
    for (int i = 0; i < 6; i++) m[i] = vload(products + (i * 6 + j) * step);
    ck_winograd_result(m, t);
    for (int i = 0; i < 4; i++) columns[i][j] = t[i];
  }
  for (int i = tile->cut.first_row; i < tile->cut.last_row; i++) {
    vf t[4];
    ck_winograd_result(columns[i], t);
    float *y = tile->y + i * job->out.row + channel;
    const float *add = tile->add ? tile->add + i * job->add.row + channel : NULL;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      if (j == tile->cut.columns) break;
      vf v = t[j] + bias;
      if (add) v += ck_load_some(add + j * job->add.pixel, lanes);
      ck_store_some(y + j * job->out.pixel, vapply(f, v, a, b), lanes);
    }
  }
}

/// Finishes the results of one tile in one block of `channels` channels from `channel` on.
static void ck_winograd_finish(
  const ck_job *job, const ck_winograd_tile *tile, ck_index channel, ck_index channels,
  const float *products, ck_index step) {
  for (ck_index c = 0; c < channels; c += CK_LANES) {
    const ck_index n = channels - c;
#define CK_STATEMENT(f) \
  if (n >= CK_LANES) \
    ck_winograd_store(f, true, job, tile, channel + c, n, products + c, step); \
  else \
    ck_winograd_store(f, false, job, tile, channel + c, n, products + c, step)
    CK_FOR_LINEAR(job->epilogue->activation.function, CK_STATEMENT)
#undef CK_STATEMENT
  }
}

/// Multiplies the transformed operands of `count` tiles at one point by its weights.
static void ck_winograd_multiply(
  ck_index units, ck_index operands, ck_index count, const float *w, const float *x,
  float *products) {
  const ck_walk walk = {1, 1, operands, 0, 0, operands};
  while (count > 0) {
    const ck_index segments = count > CK_SEGMENT ? 2 : 1;
    const ck_index pixels = ck_least(CK_SEGMENT, count / segments);
    const float *places[2] = {x, x + pixels * operands};
    ck_tiles[units - 1][segments - 1][pixels - 1](&walk, w, places, products);
    x += segments * pixels * operands;
    products += segments * pixels * CK_BLOCK;
    count -= segments * pixels;
  }
}

/// Computes `count` tiles in the blocks [first, last).
static void ck_winograd_flush(
  const ck_job *job, const ck_winograd_tile *tiles, ck_index count, ck_index first,
  ck_index last) {
  const ck_index operands = job->operands;
  const ck_index operand_step = ck_winograd_operand_step(operands);
  const ck_index product_step = ck_winograd_product_step(operands);
  float *transformed = job->scratch;
  float *products = transformed + CK_WINOGRAD_POINTS * operand_step;
  for (ck_index t = 0; t < count; t++)
    ck_winograd_load_all(
      &tiles[t].operands, operands, job->in.pixel, job->in.row, transformed + t * operands,
      operand_step);
  const ck_winograd_tile *end = &tiles[count - 1];
  const ck_stretch next_operands = ck_stretch_of(
    tiles->operands.x, end->operands.x, job->in.row, job->in.pixel, operands, true);
  const ck_stretch results = ck_stretch_of(
    tiles->y, end->y, job->out.row, job->out.pixel, (last - first) * CK_BLOCK, false);
  for (ck_index block = first; block < last; block++) {
    const ck_index channel = block * CK_BLOCK;
    const ck_index channels = ck_least(CK_BLOCK, job->channels - channel);
    const ck_index units = ck_ceil_div(channels, CK_UNIT);
    const float *weights = job->weights + channel * CK_WINOGRAD_POINTS * operands;
    for (int point = 0; point < CK_WINOGRAD_POINTS; point++) {
      if (block == first) {
        ck_fetch_operands(next_operands, point, CK_WINOGRAD_POINTS);
        ck_fetch_results(results, point, CK_WINOGRAD_POINTS);
      }
      ck_winograd_multiply(
        units, operands, count, weights + point * operands * units * CK_UNIT,
        transformed + point * operand_step, products + point * product_step);
    }
    for (ck_index t = 0; t < count; t++)
      ck_winograd_finish(
        job, tiles + t, channel, channels, products + t * CK_BLOCK, product_step);
  }
}

/// Computes rows [begin, end) of a job's grid in the blocks [first, last). Tiles start at every
/// fourth row and column, wherever the range does.
static void ck_run_winograd(
  const ck_job *job, ck_index begin, ck_index end, ck_index first, ck_index last) {
  ck_winograd_tile tiles[CK_WINOGRAD_TILES];
  const ck_index together = ck_winograd_tiles(job->operands);
  const float *residual = job->epilogue->residual.data;
  ck_index count = 0;
  for (ck_index r = begin; r < end;) {
    const ck_index image = r / job->height, line = r % job->height;
    const ck_index top = line / 4 * 4;
    const ck_index bottom = ck_least(ck_least(top + 4, job->height), line + end - r);
    for (ck_index left = 0; left < job->width; left += 4) {
      tiles[count++] = (ck_winograd_tile){
        .operands = ck_winograd_window_at(
          job->x + job->in.origin + image * job->in.image + top * job->in.row +
            left * job->in.pixel,
          job->height - top, job->width - left),
        .cut = {(int)(line - top), (int)(bottom - top), (int)ck_least(4, job->width - left)},
        .y = job->y + job->out.origin + image * job->out.image + top * job->out.row +
          left * job->out.pixel,
        .add = residual ? residual + job->add.origin + image * job->add.image +
            top * job->add.row + left * job->add.pixel
                        : NULL,
      };
      if (count == together) {
        ck_winograd_flush(job, tiles, count, first, last);
        count = 0;
      }
    }
    r += bottom - line;
  }
  if (count > 0) ck_winograd_flush(job, tiles, count, first, last);
}

/// Transforms three weights: to = G g.
CK_INLINE void ck_winograd_weights(const vf g[3], vf to[6]) {
  to[0] = g[0];
  const vf even_a = (g[2] * 0.5f + g[0]) / -1.5f, odd_a = g[1] * (0x1.6a09e6p-1f / -1.5f);
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const vf even_b = (g[2] * 2.0f + g[0]) / 6.0f, odd_b = g[1] * (0x1.6a09e6p0f / 6.0f);
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = g[2];
}
