/// The kernels for AVX2 with FMA: 256-bit vectors.
#include "variants.h"

#if defined(__x86_64__)
#define CK_TABLE ck_table_avx2
#define CK_VARIANT CK_AVX2
#define CK_LANES 8
#define CK_HAS_AVX2 1
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#include "body/body.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
