/// The register tile of a depthwise convolution: up to seven result pixels by one vector.

/// Result pixels of a full depthwise tile.
#define CK_DEPTHWISE_SEGMENT 7

/// Computes Σ x · w for `pixels` neighbouring results and the first `n` channels of a vector;
/// stores them to `sums`, CK_BLOCK floats apart. Weights of neighbouring taps are `step` floats
/// apart. With `sliding`, rows have three neighbouring taps, and each operand is loaded once for
/// all of them.
CK_INLINE void ck_depthwise_tile(
  const bool whole, const bool sliding, const int pixels, const ck_walk *walk, const float *w,
  ck_index step, const float *x, ck_index n, float *sums) {
  const ck_index lanes = whole ? CK_LANES : n;
  const ck_index pixel = walk->pixel;
  vf sum[CK_DEPTHWISE_SEGMENT];
#pragma GCC unroll 8
  for (int i = 0; i < pixels; i++) sum[i] = vset(0);
  for (ck_index ky = 0; ky < walk->height; ky++) {
    const float *row = x + ky * walk->step_h;
    if (sliding) {
      vf weight[3];
#pragma GCC unroll 3
      for (int t = 0; t < 3; t++) weight[t] = ck_load_some(w + t * step, lanes);
#pragma GCC unroll 16
      for (int i = 0; i < pixels + 2; i++) {
        const vf value = ck_load_some(row + i * pixel, lanes);
#pragma GCC unroll 3
        for (int t = 0; t < 3; t++)
          if (i - t >= 0 && i - t < pixels) sum[i - t] += value * weight[t];
      }
      w += 3 * step;
    } else {
      for (ck_index kx = 0; kx < walk->width; kx++) {
        const vf weight = ck_load_some(w, lanes);
        const float *from = row + kx * walk->step_w;
#pragma GCC unroll 8
        for (int i = 0; i < pixels; i++)
          sum[i] += ck_load_some(from + i * pixel, lanes) * weight;
        w += step;
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < pixels; i++) vstore(sums + i * CK_BLOCK, sum[i]);
}

/// A depthwise tile with its flags and pixels fixed.
typedef void (*ck_depthwise_function)(
  const ck_walk *walk, const float *w, ck_index step, const float *x, ck_index n, float *sums);

#define CK_DEFINE_DEPTHWISE(whole, sliding, pixels) \
  static void ck_depthwise_##whole##_##sliding##_##pixels( \
    const ck_walk *walk, const float *w, ck_index step, const float *x, ck_index n, \
    float *sums) { \
    ck_depthwise_tile(whole, sliding, pixels, walk, w, step, x, n, sums); \
  }
#define CK_DEPTHWISE_NAME(whole, sliding, pixels) ck_depthwise_##whole##_##sliding##_##pixels,

/// Applies M to every pixel count.
#define CK_FOR_DEPTHWISE(M, whole, sliding) \
  M(whole, sliding, 1) M(whole, sliding, 2) M(whole, sliding, 3) M(whole, sliding, 4) \
  M(whole, sliding, 5) M(whole, sliding, 6) M(whole, sliding, 7)

CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE, 0, 0)
CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE, 0, 1)
CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE, 1, 0)
CK_FOR_DEPTHWISE(CK_DEFINE_DEPTHWISE, 1, 1)

/// Depthwise tiles by whole vectors, sliding, and pixels (less one).
static const ck_depthwise_function ck_depthwise_tiles[2][2][CK_DEPTHWISE_SEGMENT] = {
  {{CK_FOR_DEPTHWISE(CK_DEPTHWISE_NAME, 0, 0)}, {CK_FOR_DEPTHWISE(CK_DEPTHWISE_NAME, 0, 1)}},
  {{CK_FOR_DEPTHWISE(CK_DEPTHWISE_NAME, 1, 0)}, {CK_FOR_DEPTHWISE(CK_DEPTHWISE_NAME, 1, 1)}},
};
