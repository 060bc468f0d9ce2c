/// The kernels for AVX-512 F, DQ, BW and VL: 512-bit vectors.
#include "variants.h"

#if defined(__x86_64__)
#define CK_TABLE ck_table_avx512
#define CK_VARIANT CK_AVX512
#define CK_LANES 16
#define CK_HAS_AVX512 1
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")
#endif
#include "body/body.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
