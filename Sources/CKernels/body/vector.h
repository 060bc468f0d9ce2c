/// Vectors of CK_LANES floats, by the compiler's vector extensions.

/// A vector register of floats.
typedef float vf __attribute__((vector_size(4 * CK_LANES)));
/// Its lanes as integers; comparisons give all ones or zero.
typedef int32_t vi __attribute__((vector_size(4 * CK_LANES)));
/// A vector in memory, at any float's address.
typedef float vf_memory __attribute__((vector_size(4 * CK_LANES), aligned(4), may_alias));

#define CK_INLINE static inline __attribute__((always_inline, unused))

/// Returns a vector of `x`s.
CK_INLINE vf vset(float x) { return x - (vf){0}; }

/// Returns an integer vector of `x`s.
CK_INLINE vi viset(int32_t x) { return x - (vi){0}; }

/// Loads a vector.
CK_INLINE vf vload(const float *p) { return *(const vf_memory *)p; }

/// Stores a vector.
CK_INLINE void vstore(float *p, vf v) { *(vf_memory *)p = v; }

#if defined(CK_HAS_AVX512)

/// Loads the first `n` lanes, 0 <= n <= CK_LANES, the others being zero.
CK_INLINE vf vload_n(const float *p, ck_index n) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

/// Stores the first `n` lanes, 0 <= n < CK_LANES.
CK_INLINE void vstore_n(float *p, vf v, ck_index n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}

#elif defined(CK_HAS_AVX2)

/// Returns the mask of the first `n` lanes.
CK_INLINE __m256i vmask_n(ck_index n) {
  return (__m256i)((vi){0, 1, 2, 3, 4, 5, 6, 7} < viset((int32_t)n));
}

/// Loads the first `n` lanes, 0 <= n <= CK_LANES, the others being zero.
CK_INLINE vf vload_n(const float *p, ck_index n) {
  return (vf)_mm256_maskload_ps(p, vmask_n(n));
}

/// Stores the first `n` lanes, 0 <= n < CK_LANES; by halves, for masked stores take AMD's processors
/// a dozen cycles each.
CK_INLINE void vstore_n(float *p, vf v, ck_index n) {
  __m128 part = _mm256_castps256_ps128((__m256)v);
  if (n & 4) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps((__m256)v, 1);
    p += 4;
  }
  if (n & 2) {
    _mm_storel_pi((__m64 *)p, part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if (n & 1) _mm_store_ss(p, part);
}

#else

/// Loads the first `n` lanes, 0 <= n <= CK_LANES, the others being zero.
CK_INLINE vf vload_n(const float *p, ck_index n) {
  vf v = {0};
  for (ck_index i = 0; i < n; i++) v[i] = p[i];
  return v;
}

/// Stores the first `n` lanes, 0 <= n < CK_LANES.
CK_INLINE void vstore_n(float *p, vf v, ck_index n) {
  for (ck_index i = 0; i < n; i++) p[i] = v[i];
}

#endif

/// Loads `n` lanes of `p`, without a mask where the vector is full.
CK_INLINE vf ck_load_some(const float *p, ck_index n) {
  return n >= CK_LANES ? vload(p) : vload_n(p, n);
}

/// Stores `n` lanes, without a mask where the vector is full.
CK_INLINE void ck_store_some(float *p, vf v, ck_index n) {
  if (n >= CK_LANES) vstore(p, v);
  else vstore_n(p, v, n);
}

/// Returns the lanes of `a` where `mask` is set, those of `b` elsewhere.
CK_INLINE vf vselect(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }

/// Returns the larger lanes; `b` where either is NaN.
CK_INLINE vf vmax(vf a, vf b) { return vselect(a > b, a, b); }

/// Returns the smaller lanes; `b` where either is NaN.
CK_INLINE vf vmin(vf a, vf b) { return vselect(a < b, a, b); }

/// Returns absolute values.
CK_INLINE vf vabs(vf x) { return (vf)((vi)x & viset(0x7fffffff)); }

/// Returns the correctly rounded square roots.
CK_INLINE vf vsqrt(vf x) {
#if defined(CK_HAS_AVX512)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(CK_HAS_AVX2)
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
  return (vf)_mm_sqrt_ps((__m128)x);
#elif defined(__aarch64__)
  return (vf)vsqrtq_f32((float32x4_t)x);
#else
  for (int i = 0; i < CK_LANES; i++) x[i] = sqrtf(x[i]);
  return x;
#endif
}

/// Returns the smaller count.
CK_INLINE ck_index ck_least(ck_index a, ck_index b) { return a < b ? a : b; }

/// Returns the larger count.
CK_INLINE ck_index ck_most(ck_index a, ck_index b) { return a > b ? a : b; }

/// Returns ⌈a / b⌉ for a >= 0.
CK_INLINE ck_index ck_ceil_div(ck_index a, ck_index b) { return (a + b - 1) / b; }
