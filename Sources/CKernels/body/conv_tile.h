/// The register tile of a convolution: up to 2 × CK_SEGMENT result pixels by one channel block, or
/// up to twice as many by half a block, where vectors are short.

#if defined(CK_HAS_AVX512)
#define CK_SEGMENT 7
#elif defined(__aarch64__)
#define CK_SEGMENT 5
#else
#define CK_SEGMENT 3
#endif

/// Channels of a full block: two vectors.
#define CK_BLOCK (2 * CK_LANES)

/// The most segments of a tile of one vector of channels.
#if CK_SEGMENT == 3
#define CK_MOST_SEGMENTS 4
#else
#define CK_MOST_SEGMENTS 2
#endif

/// Returns the most segments of a tile of `channels` channels: enough sums to hide their latency.
CK_INLINE int ck_most_segments(ck_index channels) {
  return channels <= CK_LANES ? CK_MOST_SEGMENTS : 2;
}

#if defined(CK_HAS_AVX512)
/// Channels that a block is rounded up to: AVX-512 has half vectors at half the cost.
#define CK_UNIT (CK_LANES / 2)
/// Half a vector register.
typedef float vh __attribute__((vector_size(2 * CK_LANES)));
typedef float vh_memory __attribute__((vector_size(2 * CK_LANES), aligned(4), may_alias));
#else
#define CK_UNIT CK_LANES
#endif

/// How a tile walks through its operand: `height` × `width` taps of `run` neighbouring floats each,
/// steps and the distance between result pixels in floats.
typedef struct ck_walk {
  ck_index height, width, run;
  ck_index step_h, step_w;
  ck_index pixel;
} ck_walk;

/// Returns the float `bytes` behind `p`.
CK_INLINE float ck_at(const float *p, ck_index bytes) {
  return *(const float *)((const char *)p + bytes);
}

/// Computes Σ x · w for `segments` segments of `pixels` result pixels, which start at x[i], by
/// `full` vectors and, with `half`, half a vector of channels; stores them to `sums`, pixel after
/// pixel, CK_BLOCK floats apart. Weights are in the order of the walk.
CK_INLINE void ck_tile(
  const int segments, const int pixels, const int full, const int half, const ck_walk *walk,
  const float *w, const float *const *x, float *sums) {
  const int width = full * CK_LANES + half * (CK_LANES / 2);
  const int count = segments * pixels;
  vf sum[CK_MOST_SEGMENTS * CK_SEGMENT][2];
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) sum[i][0] = sum[i][1] = vset(0);
#if defined(CK_HAS_AVX512)
  vh rest[2 * CK_SEGMENT];
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) rest[i] = (vh){0};
#endif
  // Three strides and the scales of an address reach seven pixels; the barrier keeps them apart.
  const ck_index one = walk->pixel * 4;
  ck_index three = one * 3, five = one * 5;
  __asm__("" : "+r"(three), "+r"(five));
  const ck_index run = walk->run;
  for (ck_index ky = 0; ky < walk->height; ky++) {
    for (ck_index kx = 0; kx < walk->width; kx++) {
      const float *p[CK_MOST_SEGMENTS];
#pragma GCC unroll 4
      for (int s = 0; s < segments; s++) p[s] = x[s] + ky * walk->step_h + kx * walk->step_w;
      for (ck_index k = 0; k < run; k++) {
        vf weight[2];
#pragma GCC unroll 2
        for (int v = 0; v < full; v++) weight[v] = vload(w + v * CK_LANES);
#if defined(CK_HAS_AVX512)
        vh weight_rest = {0};
        if (half) weight_rest = *(const vh_memory *)(w + full * CK_LANES);
#endif
#pragma GCC unroll 16
        for (int i = 0; i < count; i++) {
          const int j = i % pixels;
          const ck_index offset = j == 0 ? 0
            : j == 1                     ? one
            : j == 2                     ? one * 2
            : j == 3                     ? three
            : j == 4                     ? one * 4
            : j == 5                     ? five
                                         : three * 2;
          const float value = ck_at(p[i / pixels], offset);
#pragma GCC unroll 2
          for (int v = 0; v < full; v++) sum[i][v] += vset(value) * weight[v];
#if defined(CK_HAS_AVX512)
          if (half) rest[i] += (value - (vh){0}) * weight_rest;
#endif
        }
        // The barrier keeps one address a segment, where the compiler would keep one a pixel.
#pragma GCC unroll 4
        for (int s = 0; s < segments; s++) {
          p[s]++;
          __asm__("" : "+r"(p[s]));
        }
        w += width;
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < count; i++) {
#pragma GCC unroll 2
    for (int v = 0; v < full; v++) vstore(sums + i * CK_BLOCK + v * CK_LANES, sum[i][v]);
#if defined(CK_HAS_AVX512)
    if (half) *(vh_memory *)(sums + i * CK_BLOCK + full * CK_LANES) = rest[i];
#endif
  }
}

/// A tile with all extents but the walk's fixed.
typedef void (*ck_tile_function)(
  const ck_walk *walk, const float *w, const float *const *x, float *sums);

#define CK_DEFINE_TILE(segments, pixels, full, half) \
  static void ck_tile_##segments##_##pixels##_##full##_##half( \
    const ck_walk *walk, const float *w, const float *const *x, float *sums) { \
    ck_tile(segments, pixels, full, half, walk, w, x, sums); \
  }

/// Applies M to every tile of one channel width, segments × pixels.
#if CK_SEGMENT == 7
#define CK_FOR_PIXELS(M, segments, full, half) \
  M(segments, 1, full, half) M(segments, 2, full, half) M(segments, 3, full, half) \
  M(segments, 4, full, half) M(segments, 5, full, half) M(segments, 6, full, half) \
  M(segments, 7, full, half)
#elif CK_SEGMENT == 5
#define CK_FOR_PIXELS(M, segments, full, half) \
  M(segments, 1, full, half) M(segments, 2, full, half) M(segments, 3, full, half) \
  M(segments, 4, full, half) M(segments, 5, full, half)
#else
#define CK_FOR_PIXELS(M, segments, full, half) \
  M(segments, 1, full, half) M(segments, 2, full, half) M(segments, 3, full, half)
#endif

CK_FOR_PIXELS(CK_DEFINE_TILE, 1, 2, 0)
CK_FOR_PIXELS(CK_DEFINE_TILE, 2, 2, 0)
CK_FOR_PIXELS(CK_DEFINE_TILE, 1, 1, 0)
CK_FOR_PIXELS(CK_DEFINE_TILE, 2, 1, 0)
#if CK_MOST_SEGMENTS == 4
CK_FOR_PIXELS(CK_DEFINE_TILE, 3, 1, 0)
CK_FOR_PIXELS(CK_DEFINE_TILE, 4, 1, 0)
#endif
#if defined(CK_HAS_AVX512)
CK_FOR_PIXELS(CK_DEFINE_TILE, 1, 1, 1)
CK_FOR_PIXELS(CK_DEFINE_TILE, 2, 1, 1)
CK_FOR_PIXELS(CK_DEFINE_TILE, 1, 0, 1)
CK_FOR_PIXELS(CK_DEFINE_TILE, 2, 0, 1)
#endif

#define CK_TILE_NAME(segments, pixels, full, half) \
  ck_tile_##segments##_##pixels##_##full##_##half,
#define CK_TILE_ROW(segments, full, half) \
  { CK_FOR_PIXELS(CK_TILE_NAME, segments, full, half) }

/// Tiles by width in units (less one), segments (less one, below `ck_most_segments`) and pixels
/// (less one).
static const ck_tile_function ck_tiles[CK_BLOCK / CK_UNIT][CK_MOST_SEGMENTS][CK_SEGMENT] = {
#if defined(CK_HAS_AVX512)
  {CK_TILE_ROW(1, 0, 1), CK_TILE_ROW(2, 0, 1)},
  {CK_TILE_ROW(1, 1, 0), CK_TILE_ROW(2, 1, 0)},
  {CK_TILE_ROW(1, 1, 1), CK_TILE_ROW(2, 1, 1)},
#elif CK_MOST_SEGMENTS == 4
  {CK_TILE_ROW(1, 1, 0), CK_TILE_ROW(2, 1, 0), CK_TILE_ROW(3, 1, 0), CK_TILE_ROW(4, 1, 0)},
#else
  {CK_TILE_ROW(1, 1, 0), CK_TILE_ROW(2, 1, 0)},
#endif
  {CK_TILE_ROW(1, 2, 0), CK_TILE_ROW(2, 2, 0)},
};
