/// The register tile of a weight gradient: neighbouring taps and operand channels by one block of
/// result channels, summed over pixels.

/// Operand floats of a full tile of two vectors of channels.
#define CK_GRADIENT_SEGMENT (2 * CK_SEGMENT)

/// Operand floats of a full tile of one vector: enough sums to hide their latency.
#if CK_SEGMENT == 3
#define CK_MOST_GRADIENT_SEGMENT 12
#else
#define CK_MOST_GRADIENT_SEGMENT CK_GRADIENT_SEGMENT
#endif

/// Returns the operand floats of a full tile of `channels` channels.
CK_INLINE ck_index ck_gradient_segment(ck_index channels) {
  return channels <= CK_LANES ? CK_MOST_GRADIENT_SEGMENT : CK_GRADIENT_SEGMENT;
}

/// The pixels that a weight gradient sums over: rows of `width` pixels, the first of them row
/// `line` of an image of `height` rows. x and dy point at that row's first pixel.
typedef struct ck_pixels {
  ck_index width, height, line, rows;
  ck_index x_pixel, x_row, x_image;
  ck_index dy_pixel, dy_row, dy_image;
} ck_pixels;

/// Adds to gradient[i] Σ x[i] · dy over all pixels, i < `count`, by `full` vectors and, with
/// `half`, half a vector of channels; the last of them holds `last` channels (all, if `whole`).
CK_INLINE void ck_gradient_tile(
  const bool whole, const int count, const int full, const int half, const ck_pixels *pixels,
  const float *x, const float *dy, ck_index last, float *gradient) {
  const int width = full * CK_LANES + half * (CK_LANES / 2);
  vf sum[CK_MOST_GRADIENT_SEGMENT][2];
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) sum[i][0] = sum[i][1] = vset(0);
#if defined(CK_HAS_AVX512)
  vh rest[CK_MOST_GRADIENT_SEGMENT];
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) rest[i] = (vh){0};
#endif
  ck_index line = pixels->line;
  for (ck_index r = 0; r < pixels->rows; r++) {
    const float *p = x, *q = dy;
    for (ck_index k = 0; k < pixels->width; k++) {
      vf g[2];
#pragma GCC unroll 2
      for (int v = 0; v < full; v++)
        g[v] = whole || half || v + 1 < full ? vload(q + v * CK_LANES)
                                             : vload_n(q + v * CK_LANES, last);
#if defined(CK_HAS_AVX512)
      vh g_rest = {0};
      if (half)
        g_rest = (vh)_mm256_maskz_loadu_ps((__mmask8)((1u << last) - 1), q + full * CK_LANES);
#endif
#pragma GCC unroll 16
      for (int i = 0; i < count; i++) {
#pragma GCC unroll 2
        for (int v = 0; v < full; v++) sum[i][v] += vset(p[i]) * g[v];
#if defined(CK_HAS_AVX512)
        if (half) rest[i] += (p[i] - (vh){0}) * g_rest;
#endif
      }
      p += pixels->x_pixel;
      q += pixels->dy_pixel;
    }
    x += pixels->x_row;
    dy += pixels->dy_row;
    if (++line == pixels->height) {
      line = 0;
      x += pixels->x_image - pixels->height * pixels->x_row;
      dy += pixels->dy_image - pixels->height * pixels->dy_row;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) {
    float *to = gradient + i * width;
#pragma GCC unroll 2
    for (int v = 0; v < full; v++)
      vstore(to + v * CK_LANES, vload(to + v * CK_LANES) + sum[i][v]);
#if defined(CK_HAS_AVX512)
    if (half) *(vh_memory *)(to + full * CK_LANES) += rest[i];
#endif
  }
}

/// A gradient tile with all but the pixels fixed.
typedef void (*ck_gradient_function)(
  const ck_pixels *pixels, const float *x, const float *dy, ck_index last, float *gradient);

#define CK_DEFINE_GRADIENT(whole, count, full, half) \
  static void ck_gradient_##whole##_##count##_##full##_##half( \
    const ck_pixels *pixels, const float *x, const float *dy, ck_index last, float *gradient) { \
    ck_gradient_tile(whole, count, full, half, pixels, x, dy, last, gradient); \
  }
#define CK_GRADIENT_NAME(whole, count, full, half) \
  ck_gradient_##whole##_##count##_##full##_##half,

/// Applies M to every number of operand floats.
#if CK_SEGMENT == 7
#define CK_FOR_COUNTS(M, whole, full, half) \
  M(whole, 1, full, half) M(whole, 2, full, half) M(whole, 3, full, half) \
  M(whole, 4, full, half) M(whole, 5, full, half) M(whole, 6, full, half) \
  M(whole, 7, full, half) M(whole, 8, full, half) M(whole, 9, full, half) \
  M(whole, 10, full, half) M(whole, 11, full, half) M(whole, 12, full, half) \
  M(whole, 13, full, half) M(whole, 14, full, half)
#elif CK_SEGMENT == 5
#define CK_FOR_COUNTS(M, whole, full, half) \
  M(whole, 1, full, half) M(whole, 2, full, half) M(whole, 3, full, half) \
  M(whole, 4, full, half) M(whole, 5, full, half) M(whole, 6, full, half) \
  M(whole, 7, full, half) M(whole, 8, full, half) M(whole, 9, full, half) \
  M(whole, 10, full, half)
#else
#define CK_FOR_COUNTS(M, whole, full, half) \
  M(whole, 1, full, half) M(whole, 2, full, half) M(whole, 3, full, half) \
  M(whole, 4, full, half) M(whole, 5, full, half) M(whole, 6, full, half)
#endif

/// Applies M to every number of operand floats of a tile of one vector.
#if CK_MOST_GRADIENT_SEGMENT == 12
#define CK_FOR_NARROW_COUNTS(M, whole, full, half) \
  CK_FOR_COUNTS(M, whole, full, half) \
  M(whole, 7, full, half) M(whole, 8, full, half) M(whole, 9, full, half) \
  M(whole, 10, full, half) M(whole, 11, full, half) M(whole, 12, full, half)
#else
#define CK_FOR_NARROW_COUNTS CK_FOR_COUNTS
#endif

CK_FOR_COUNTS(CK_DEFINE_GRADIENT, 0, 2, 0)
CK_FOR_NARROW_COUNTS(CK_DEFINE_GRADIENT, 0, 1, 0)
CK_FOR_COUNTS(CK_DEFINE_GRADIENT, 1, 2, 0)
CK_FOR_NARROW_COUNTS(CK_DEFINE_GRADIENT, 1, 1, 0)
#if defined(CK_HAS_AVX512)
CK_FOR_COUNTS(CK_DEFINE_GRADIENT, 0, 1, 1)
CK_FOR_COUNTS(CK_DEFINE_GRADIENT, 0, 0, 1)
#endif

/// Gradient tiles by whole vectors, width in units (less one) and operand floats (less one).
static const ck_gradient_function
  ck_gradient_tiles[2][CK_BLOCK / CK_UNIT][CK_MOST_GRADIENT_SEGMENT] = {
#if defined(CK_HAS_AVX512)
    {
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 0, 1)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 1, 0)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 1, 1)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 2, 0)},
    },
    {
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 0, 1)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 1, 1, 0)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 1, 1)},
      {CK_FOR_COUNTS(CK_GRADIENT_NAME, 1, 2, 0)},
    },
#else
    {{CK_FOR_NARROW_COUNTS(CK_GRADIENT_NAME, 0, 1, 0)}, {CK_FOR_COUNTS(CK_GRADIENT_NAME, 0, 2, 0)}},
    {{CK_FOR_NARROW_COUNTS(CK_GRADIENT_NAME, 1, 1, 0)}, {CK_FOR_COUNTS(CK_GRADIENT_NAME, 1, 2, 0)}},
#endif
};

/// Taps that one depthwise gradient tile takes.
#define CK_DEPTHWISE_TAPS 7

/// Adds to gradient[t · width] Σ x[t · step] · dy over all pixels, lane by lane, t < `taps`, for
/// the first `n` channels of a vector. Two pixels are summed apart, to hide the adders' latency.
CK_INLINE void ck_depthwise_gradient_tile(
  const bool whole, const int taps, const ck_pixels *pixels, const float *x, ck_index step,
  const float *dy, ck_index n, ck_index width, float *gradient) {
  const ck_index lanes = whole ? CK_LANES : n;
  vf sum[CK_DEPTHWISE_TAPS][2];
#pragma GCC unroll 8
  for (int t = 0; t < taps; t++) sum[t][0] = sum[t][1] = vset(0);
  ck_index line = pixels->line;
  for (ck_index r = 0; r < pixels->rows; r++) {
    const float *p = x, *q = dy;
    ck_index k = 0;
    for (; k + 2 <= pixels->width; k += 2) {
      const vf first = ck_load_some(q, lanes);
      const vf second = ck_load_some(q + pixels->dy_pixel, lanes);
#pragma GCC unroll 8
      for (int t = 0; t < taps; t++) {
        sum[t][0] += ck_load_some(p + t * step, lanes) * first;
        sum[t][1] += ck_load_some(p + pixels->x_pixel + t * step, lanes) * second;
      }
      p += 2 * pixels->x_pixel;
      q += 2 * pixels->dy_pixel;
    }
    if (k < pixels->width) {
      const vf first = ck_load_some(q, lanes);
#pragma GCC unroll 8
      for (int t = 0; t < taps; t++) sum[t][0] += ck_load_some(p + t * step, lanes) * first;
    }
    x += pixels->x_row;
    dy += pixels->dy_row;
    if (++line == pixels->height) {
      line = 0;
      x += pixels->x_image - pixels->height * pixels->x_row;
      dy += pixels->dy_image - pixels->height * pixels->dy_row;
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < taps; t++) {
    float *to = gradient + t * width;
    ck_store_some(to, ck_load_some(to, lanes) + (sum[t][0] + sum[t][1]), lanes);
  }
}

/// A depthwise gradient tile with its taps fixed.
typedef void (*ck_depthwise_gradient_function)(
  const ck_pixels *pixels, const float *x, ck_index step, const float *dy, ck_index n,
  ck_index width, float *gradient);

#define CK_DEFINE_DEPTHWISE_GRADIENT(whole, unused, taps) \
  static void ck_depthwise_gradient_##whole##_##taps( \
    const ck_pixels *pixels, const float *x, ck_index step, const float *dy, ck_index n, \
    ck_index width, float *gradient) { \
    ck_depthwise_gradient_tile(whole, taps, pixels, x, step, dy, n, width, gradient); \
  }
#define CK_DEPTHWISE_GRADIENT_NAME(whole, unused, taps) ck_depthwise_gradient_##whole##_##taps,

CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE_GRADIENT, 0, 0)
CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE_GRADIENT, 1, 0)

/// Depthwise gradient tiles by whole vectors and taps (less one).
static const ck_depthwise_gradient_function
  ck_depthwise_gradient_tiles[2][CK_DEPTHWISE_TAPS] = {
    {CK_FOR_DEPTHWISE(CK_DEPTHWISE_GRADIENT_NAME, 0, 0)},
    {CK_FOR_DEPTHWISE(CK_DEPTHWISE_GRADIENT_NAME, 1, 0)},
};
