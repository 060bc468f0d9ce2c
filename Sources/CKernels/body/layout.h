/// Copies between layouts, and borders.

static void ck_from_nchw(ck_shape shape, const float *nchw, ck_target y, ck_range rows) {
  const ck_index plane = shape.height * shape.width;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / shape.height, row = r % shape.height;
    const float *from = nchw + n * shape.channels * plane + row * shape.width;
    float *to = y.data + n * y.image + row * y.row;
    for (ck_index c = 0; c < shape.channels; c++)
      for (ck_index i = 0; i < shape.width; i++) to[i * y.pixel + c] = from[c * plane + i];
  }
}

static void ck_to_nchw(ck_shape shape, ck_source x, float *nchw, ck_range rows) {
  const ck_index plane = shape.height * shape.width;
  for (ck_index r = rows.begin; r < rows.end; r++) {
    const ck_index n = r / shape.height, row = r % shape.height;
    const float *from = x.data + n * x.image + row * x.row;
    float *to = nchw + n * shape.channels * plane + row * shape.width;
    for (ck_index c = 0; c < shape.channels; c++)
      for (ck_index i = 0; i < shape.width; i++) to[c * plane + i] = from[i * x.pixel + c];
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
