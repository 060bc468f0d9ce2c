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

/// One tile of 4×4 results.
typedef struct ck_winograd_tile {
  const float *x;
  float *y;
  const float *add;
  /// The result rows to store, of 0 ..< 4, and the number of result columns.
  int first_row, last_row, columns;
  /// Operand rows and columns that exist; those beyond count as zeros.
  int height, width;
} ck_winograd_tile;

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

/// Transforms a tile's operands, one vector of channels: to[36][`step`].
CK_INLINE void ck_winograd_load(
  const bool whole, const ck_winograd_tile *tile, const float *x, ck_index pixel, ck_index row,
  ck_index n, float *to, ck_index step) {
  const ck_index lanes = whole ? CK_LANES : n;
  const bool complete = tile->height == 6 && tile->width == 6;
  vf columns[6][6];
  for (int j = 0; j < 6; j++) {
    vf d[6], t[6];
    if (complete) {
      for (int i = 0; i < 6; i++) d[i] = ck_load_some(x + i * row + j * pixel, lanes);
    } else {
      for (int i = 0; i < 6; i++)
        d[i] = i < tile->height && j < tile->width ? ck_load_some(x + i * row + j * pixel, lanes)
                                                   : vset(0);
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

/// Transforms the products of a tile, one vector of channels, to sums[4][4][CK_BLOCK].
CK_INLINE void ck_winograd_store(const float *products, ck_index step, float *sums) {
  vf columns[4][6];
  for (int j = 0; j < 6; j++) {
    vf m[6], t[4];
    for (int i = 0; i < 6; i++) m[i] = vload(products + (i * 6 + j) * step);
    ck_winograd_result(m, t);
    for (int i = 0; i < 4; i++) columns[i][j] = t[i];
  }
  for (int i = 0; i < 4; i++) {
    vf t[4];
    ck_winograd_result(columns[i], t);
    for (int j = 0; j < 4; j++) vstore(sums + (i * 4 + j) * CK_BLOCK, t[j]);
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
    ck_tiles[units - 1][segments - 1][pixels - 1](
      &walk, w, x, x + pixels * operands, products);
    x += segments * pixels * operands;
    products += segments * pixels * CK_BLOCK;
    count -= segments * pixels;
  }
}

/// Computes `count` tiles in the blocks [first, last).
static void ck_winograd_flush(
  const ck_job *job, const ck_winograd_tile *tiles, ck_index count, ck_index first,
  ck_index last) {
  float sums[16 * CK_BLOCK] __attribute__((aligned(64)));
  const ck_index operands = job->operands;
  const ck_index operand_step = ck_winograd_operand_step(operands);
  const ck_index product_step = ck_winograd_product_step(operands);
  float *transformed = job->scratch;
  float *products = transformed + CK_WINOGRAD_POINTS * operand_step;
  for (ck_index t = 0; t < count; t++) {
    float *to = transformed + t * operands;
    ck_index c = 0;
    for (; c + CK_LANES <= operands; c += CK_LANES)
      ck_winograd_load(
        true, tiles + t, tiles[t].x + c, job->in.pixel, job->in.row, CK_LANES, to + c,
        operand_step);
    if (c < operands)
      ck_winograd_load(
        false, tiles + t, tiles[t].x + c, job->in.pixel, job->in.row, operands - c, to + c,
        operand_step);
  }
  for (ck_index block = first; block < last; block++) {
    const ck_index channel = block * CK_BLOCK;
    const ck_index channels = ck_least(CK_BLOCK, job->channels - channel);
    const ck_index units = ck_ceil_div(channels, CK_UNIT);
    const float *weights = job->weights + channel * CK_WINOGRAD_POINTS * operands;
    const float *bias = job->epilogue->bias ? job->epilogue->bias + channel : NULL;
    for (int point = 0; point < CK_WINOGRAD_POINTS; point++)
      ck_winograd_multiply(
        units, operands, count, weights + point * operands * units * CK_UNIT,
        transformed + point * operand_step, products + point * product_step);
    for (ck_index t = 0; t < count; t++) {
      for (ck_index c = 0; c < channels; c += CK_LANES)
        ck_winograd_store(products + t * CK_BLOCK + c, product_step, sums + c);
      for (int i = tiles[t].first_row; i < tiles[t].last_row; i++) {
        const ck_segment s = {
          .y = tiles[t].y + i * job->out.row + channel,
          .add = tiles[t].add ? tiles[t].add + i * job->add.row + channel : NULL,
        };
        ck_finish_any(job, &s, bias, tiles[t].columns, channels, sums + i * 4 * CK_BLOCK);
      }
    }
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
        .x = job->x + job->in.origin + image * job->in.image + top * job->in.row +
          left * job->in.pixel,
        .y = job->y + job->out.origin + image * job->out.image + top * job->out.row +
          left * job->out.pixel,
        .add = residual ? residual + job->add.origin + image * job->add.image +
            top * job->add.row + left * job->add.pixel
                        : NULL,
        .first_row = (int)(line - top),
        .last_row = (int)(bottom - top),
        .columns = (int)ck_least(4, job->width - left),
        .height = (int)ck_least(6, job->height - top + 2),
        .width = (int)ck_least(6, job->width - left + 2),
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
