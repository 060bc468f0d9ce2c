/// Copies between layouts, and borders.

/// Four floats, and four of them in memory.
typedef float ck_four __attribute__((vector_size(16)));
typedef float ck_four_memory __attribute__((vector_size(16), aligned(4), may_alias));

/// Sets to[column · to_step + row] = from[row · from_step + column].
CK_INLINE void ck_turn(
  ck_index rows, ck_index columns, const float *from, ck_index from_step, float *to,
  ck_index to_step) {
  ck_index row = 0;
  for (; row + 4 <= rows; row += 4) {
    const float *x = from + row * from_step;
    float *y = to + row;
    ck_index column = 0;
    for (; column + 4 <= columns; column += 4, x += 4, y += 4 * to_step) {
      const ck_four a = *(const ck_four_memory *)x;
      const ck_four b = *(const ck_four_memory *)(x + from_step);
      const ck_four c = *(const ck_four_memory *)(x + 2 * from_step);
      const ck_four d = *(const ck_four_memory *)(x + 3 * from_step);
      const ck_four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const ck_four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      const ck_four ab_rest = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const ck_four cd_rest = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      *(ck_four_memory *)y = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
      *(ck_four_memory *)(y + to_step) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
      *(ck_four_memory *)(y + 2 * to_step) = __builtin_shufflevector(ab_rest, cd_rest, 0, 1, 4, 5);
      *(ck_four_memory *)(y + 3 * to_step) = __builtin_shufflevector(ab_rest, cd_rest, 2, 3, 6, 7);
    }
    for (; column < columns; column++, x++, y += to_step)
      for (int i = 0; i < 4; i++) y[i] = x[i * from_step];
  }
  for (; row < rows; row++)
    for (ck_index column = 0; column < columns; column++)
      to[column * to_step + row] = from[row * from_step + column];
}

static void ck_from_nchw(ck_shape shape, const float *nchw, ck_target y, ck_range rows) {
  const ck_index plane = shape.height * shape.width;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / shape.height, row = r % shape.height;
    const float *from = nchw + n * shape.channels * plane + row * shape.width;
    float *to = y.data + n * y.image + row * y.row;
    ck_turn(shape.channels, shape.width, from, plane, to, y.pixel);
  }
}

static void ck_to_nchw(ck_shape shape, ck_source x, float *nchw, ck_range rows) {
  const ck_index plane = shape.height * shape.width;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / shape.height, row = r % shape.height;
    const float *from = x.data + n * x.image + row * x.row;
    float *to = nchw + n * shape.channels * plane + row * shape.width;
    ck_turn(shape.width, shape.channels, from, x.pixel, to, plane);
  }
}

static void ck_copy(ck_shape shape, ck_source x, ck_target y, ck_range rows) {
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / shape.height, row = r % shape.height;
    const float *from = x.data + n * x.image + row * x.row;
    float *to = y.data + n * y.image + row * y.row;
    if (x.pixel == shape.channels && y.pixel == shape.channels) {
      memcpy(to, from, (size_t)(shape.width * shape.channels) * sizeof(float));
      continue;
    }
    for (ck_index i = 0; i < shape.width; i++)
      memcpy(to + i * y.pixel, from + i * x.pixel, (size_t)shape.channels * sizeof(float));
  }
}

/// Fills `pixels` pixels from `p` on.
CK_INLINE void ck_fill(float *p, ck_index pixels, ck_index pixel, ck_index channels, float value) {
  for (ck_index i = 0; i < pixels; i++)
    for (ck_index c = 0; c < channels; c++) p[i * pixel + c] = value;
}

static void ck_fill_border(
  ck_shape shape, ck_border border, float value, ck_target y, ck_range images) {
  const ck_index whole = border.left + shape.width + border.right;
  for (ck_index n = images.begin; n < images.end; n++) {
    float *image = y.data + n * y.image;
    for (ck_index row = -border.top; row < shape.height + border.bottom; row++) {
      float *start = image + row * y.row - border.left * y.pixel;
      if (row < 0 || row >= shape.height) {
        ck_fill(start, whole, y.pixel, shape.channels, value);
      } else {
        ck_fill(start, border.left, y.pixel, shape.channels, value);
        ck_fill(
          start + (border.left + shape.width) * y.pixel, border.right, y.pixel, shape.channels,
          value);
      }
    }
  }
}
