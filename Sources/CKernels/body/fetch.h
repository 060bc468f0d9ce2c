/// Fetching memory before it is read or written: an activation of a whole batch comes from beyond
/// the caches, and tiles read it in an order that the processor does not foresee.

/// Memory that is fetched part by part while something is computed.
typedef struct ck_stretch {
  const float *from;
  ck_index floats;
} ck_stretch;

/// Returns the stretch from tile `first` to the end of tile `last`, four rows high, moved on by
/// itself if it is the `next` one; none if fewer than half the floats of a `pixel` are `used`.
CK_INLINE ck_stretch ck_stretch_of(
  const float *first, const float *last, ck_index row, ck_index pixel, ck_index used, bool next) {
  const ck_index floats = 2 * used < pixel ? 0 : last - first + 4 * row;
  return (ck_stretch){next ? last : first, floats};
}

/// Returns part `part` of `parts` of a stretch.
CK_INLINE ck_range ck_fetched(ck_stretch stretch, ck_index part, ck_index parts) {
  return (ck_range){stretch.floats * part / parts, stretch.floats * (part + 1) / parts};
}

/// Fetches part `part` of `parts` of what will be read.
CK_INLINE void ck_fetch_operands(ck_stretch stretch, ck_index part, ck_index parts) {
  const ck_range range = ck_fetched(stretch, part, parts);
  for (ck_index i = range.begin; i < range.end; i += 16)
    __builtin_prefetch(stretch.from + i, 0, 2);
}

/// Fetches part `part` of `parts` of what will be written.
CK_INLINE void ck_fetch_results(ck_stretch stretch, ck_index part, ck_index parts) {
  const ck_range range = ck_fetched(stretch, part, parts);
  for (ck_index i = range.begin; i < range.end; i += 16)
    __builtin_prefetch(stretch.from + i, 1, 2);
}
