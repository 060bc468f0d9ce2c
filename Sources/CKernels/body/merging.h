/// Neighbouring pixels taken as one, so that few channels fill whole vectors.

/// The most channels of a tensor whose pixels are merged.
#define CK_MERGED_CHANNELS 64

/// Part of a row: `width` pixels of `channels` channels, from float `start` on.
typedef struct ck_part {
  ck_index width, channels, start;
} ck_part;

/// The parts of a row of pixels of `channels` channels.
///
/// Where pixels are merged, CK_LANES of them are one of as many times the channels, and those that
/// are left over at the end of the row are one more; per-channel numbers are repeated for each.
typedef struct ck_row_parts {
  bool merged;
  ck_index channels;
  ck_part parts[2];
} ck_row_parts;

/// Memory for per-channel numbers that are repeated.
typedef float ck_repeated[CK_MERGED_CHANNELS * CK_LANES];

/// Returns whether a view's pixels follow one another without a gap, or there is no view.
CK_INLINE bool ck_is_dense(const float *data, ck_index pixel, ck_shape shape) {
  return !data || pixel == shape.channels;
}

/// Divides rows of `shape` into parts; `merges` asks for merged pixels, which no view may have gaps
/// between.
CK_INLINE ck_row_parts ck_divide_rows(ck_shape shape, bool merges) {
  const ck_index channels = shape.channels, rest = shape.width % CK_LANES;
  if (!merges || channels > CK_MERGED_CHANNELS)
    return (ck_row_parts){false, channels, {{shape.width, channels, 0}, {0, 0, 0}}};
  return (ck_row_parts){
    true,
    channels,
    {{shape.width / CK_LANES, channels * CK_LANES, 0},
     {rest > 0, rest * channels, (shape.width - rest) * channels}}};
}

/// Repeats per-channel numbers for merged pixels in `memory`; returns the numbers themselves where
/// nothing is merged, and null for null.
CK_INLINE const float *ck_repeat(const ck_row_parts *row, const float *numbers, float *memory) {
  if (!row->merged || !numbers) return numbers;
  for (ck_index i = 0; i < CK_LANES; i++)
    memcpy(memory + i * row->channels, numbers, (size_t)row->channels * sizeof(float));
  return memory;
}

/// Adds the sums of merged pixels to those of channels.
CK_INLINE void ck_add_merged(const ck_row_parts *row, const double *merged, double *sums) {
  for (ck_index i = 0; i < CK_LANES; i++)
    for (ck_index c = 0; c < row->channels; c++) sums[c] += merged[i * row->channels + c];
}
