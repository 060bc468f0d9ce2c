/// The weight gradient of a convolution in Winograd's form: the transpose, in the weights, of what
/// winograd.h computes.
///
/// Along one axis, the gradient of weights g0…g2 from operands d0…d5 and result gradients e0…e3 is
/// Gᵀ [(A e) ∘ (Bᵀ d)]. Products are summed over all tiles before they are transformed, so that
/// nine sums over sixteen pixels of a tile take 36 products instead of 144.

/// One tile of 4×4 result gradients.
typedef struct ck_winograd_gradient_tile {
  ck_winograd_window operands;
  ck_winograd_cut cut;
  const float *dy;
} ck_winograd_gradient_tile;

/// Transforms four result gradients: to = A e.
CK_INLINE void ck_winograd_result_gradient(const vf e[4], vf to[6]) {
  const vf even_a = e[2] * 0.5f + e[0], odd_a = e[3] * 0x1.6a09e6p-2f + e[1] * 0x1.6a09e6p-1f;
  const vf even_b = e[2] * 2.0f + e[0], odd_b = e[3] * 0x1.6a09e6p1f + e[1] * 0x1.6a09e6p0f;
  to[0] = e[0];
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = e[3];
}

/// Transforms six sums of products: to = Gᵀ m.
CK_INLINE void ck_winograd_weight_gradient(const vf m[6], vf to[3]) {
  const vf sum_a = (m[1] + m[2]) / -1.5f, sum_b = (m[3] + m[4]) / 6.0f;
  to[0] = m[0] + sum_a + sum_b;
  to[1] = (m[1] - m[2]) * (0x1.6a09e6p-1f / -1.5f) + (m[3] - m[4]) * (0x1.6a09e6p0f / 6.0f);
  to[2] = sum_a * 0.5f + sum_b * 2.0f + m[5];
}

/// Transforms one vector of a tile's result gradients, `dy` on: to[36][`step`].
CK_INLINE void ck_winograd_load_gradient(
  const ck_winograd_cut *cut, const float *dy, ck_index pixel, ck_index row, ck_index n, float *to,
  ck_index step) {
  const bool complete =
    n >= CK_LANES && cut->first_row == 0 && cut->last_row == 4 && cut->columns == 4;
  vf columns[6][4];
#pragma GCC unroll 1
  for (int j = 0; j < 4; j++) {
    vf e[4], t[6];
    if (complete) {
      for (int i = 0; i < 4; i++) e[i] = vload(dy + i * row + j * pixel);
    } else {
      for (int i = 0; i < 4; i++)
        e[i] = i >= cut->first_row && i < cut->last_row && j < cut->columns
          ? ck_load_some(dy + i * row + j * pixel, n) : vset(0);
    }
    ck_winograd_result_gradient(e, t);
    for (int i = 0; i < 6; i++) columns[i][j] = t[i];
  }
#pragma GCC unroll 1
  for (int i = 0; i < 6; i++) {
    vf t[6];
    ck_winograd_result_gradient(columns[i], t);
    for (int j = 0; j < 6; j++) vstore(to + (i * 6 + j) * step, t[j]);
  }
}

/// Adds the products of `count` tiles to the sums of one point, [operands][width].
static void ck_winograd_add_products(
  ck_index units, ck_index operands, ck_index count, const float *x, const float *dy,
  float *sums) {
  const ck_pixels pixels = {
    .width = count, .height = 1, .rows = 1, .x_pixel = operands, .dy_pixel = CK_BLOCK,
  };
  const ck_index pieces = ck_ceil_div(operands, ck_gradient_segment(units * CK_UNIT));
  const ck_index least = operands / pieces, longer = operands % pieces;
  for (ck_index i = 0; i < pieces; i++) {
    const ck_index floats = least + (i < longer);
    ck_gradient_tiles[1][units - 1][floats - 1](&pixels, x, dy, CK_UNIT, sums);
    x += floats;
    sums += floats * units * CK_UNIT;
  }
}

/// Adds the products of `count` tiles to the sums of `blocks`, [block][36][operands][width].
static void ck_winograd_gradient_flush(
  const ck_channels channels, ck_source x, ck_source dy, const ck_winograd_gradient_tile *tiles,
  ck_index count, ck_range blocks, float *scratch, float *gradient) {
  const ck_index operands = channels.operands;
  const ck_index operand_step = ck_winograd_operand_step(operands);
  const ck_index product_step = ck_winograd_product_step(operands);
  float *gradients = scratch + CK_WINOGRAD_POINTS * operand_step;
  for (ck_index t = 0; t < count; t++)
    ck_winograd_load_all(
      &tiles[t].operands, operands, x.pixel, x.row, scratch + t * operands, operand_step);
  const ck_winograd_gradient_tile *end = &tiles[count - 1];
  const ck_stretch next_operands = ck_stretch_of(
    tiles->operands.x, end->operands.x, x.row, x.pixel, operands, true);
  const ck_stretch next_gradients = ck_stretch_of(
    tiles->dy, end->dy, dy.row, dy.pixel, (blocks.end - blocks.begin) * CK_BLOCK, true);
  for (ck_index block = blocks.begin; block < blocks.end; block++) {
    const ck_index channel = block * CK_BLOCK;
    const ck_index here = ck_least(CK_BLOCK, channels.results - channel);
    const ck_index units = ck_ceil_div(here, CK_UNIT);
    for (ck_index t = 0; t < count; t++)
      for (ck_index c = 0; c < here; c += CK_LANES)
        ck_winograd_load_gradient(
          &tiles[t].cut, tiles[t].dy + channel + c, dy.pixel, dy.row, here - c,
          gradients + t * CK_BLOCK + c, product_step);
    float *sums = gradient + channel * CK_WINOGRAD_POINTS * operands;
    for (int point = 0; point < CK_WINOGRAD_POINTS; point++) {
      if (block == blocks.begin) {
        ck_fetch_operands(next_operands, point, CK_WINOGRAD_POINTS);
        ck_fetch_operands(next_gradients, point, CK_WINOGRAD_POINTS);
      }
      ck_winograd_add_products(
        units, operands, count, scratch + point * operand_step, gradients + point * product_step,
        sums + point * operands * units * CK_UNIT);
    }
  }
}

/// Adds what rows [rows.begin, rows.end) of y contribute to the sums of `blocks`.
static void ck_winograd_gradient(
  const ck_conv *c, ck_source x, ck_source dy, ck_range rows, ck_range blocks, float *scratch,
  float *gradient) {
  const ck_channels channels = ck_channels_of(c, CK_FORWARD);
  ck_winograd_gradient_tile tiles[CK_WINOGRAD_TILES];
  const ck_index together = ck_winograd_tiles(channels.operands);
  ck_index count = 0;
  for (ck_index r = rows.begin; r < rows.end;) {
    const ck_index image = r / c->out_h, line = r % c->out_h;
    const ck_index top = line / 4 * 4;
    const ck_index bottom = ck_least(ck_least(top + 4, c->out_h), line + rows.end - r);
    for (ck_index left = 0; left < c->out_w; left += 4) {
      tiles[count++] = (ck_winograd_gradient_tile){
        .operands = ck_winograd_window_at(
          x.data + image * x.image + (top - c->pad_top) * x.row + (left - c->pad_left) * x.pixel,
          c->out_h - top, c->out_w - left),
        .cut = {(int)(line - top), (int)(bottom - top), (int)ck_least(4, c->out_w - left)},
        .dy = dy.data + image * dy.image + top * dy.row + left * dy.pixel,
      };
      if (count == together) {
        ck_winograd_gradient_flush(
          channels, x, dy, tiles, count, blocks, scratch, gradient);
        count = 0;
      }
    }
    r += bottom - line;
  }
  if (count > 0)
    ck_winograd_gradient_flush(channels, x, dy, tiles, count, blocks, scratch, gradient);
}

/// Writes nine gradients of one vector of result channels, of which there are `n`, from the sums of
/// their products, `step` floats apart.
static void ck_winograd_unpack(
  const float *sums, ck_index step, ck_index n, ck_index result_step, float *weights) {
  float taps[9][CK_LANES] __attribute__((aligned(64)));
  vf columns[3][6];
  for (int j = 0; j < 6; j++) {
    vf m[6], t[3];
    for (int i = 0; i < 6; i++) m[i] = ck_load_some(sums + (i * 6 + j) * step, n);
    ck_winograd_weight_gradient(m, t);
    for (int i = 0; i < 3; i++) columns[i][j] = t[i];
  }
  for (int i = 0; i < 3; i++) {
    vf t[3];
    ck_winograd_weight_gradient(columns[i], t);
    for (int j = 0; j < 3; j++) vstore(taps[i * 3 + j], t[j]);
  }
  for (ck_index lane = 0; lane < n; lane++)
    for (int t = 0; t < 9; t++) weights[lane * result_step + t] = taps[t][lane];
}
