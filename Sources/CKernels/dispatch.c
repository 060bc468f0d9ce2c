#include "CKernels.h"

#include "variants.h"

const ck_kernels *ck_kernels_for(ck_variant variant) {
  switch (variant) {
  case CK_BASELINE:
    return &ck_table_baseline;
#if defined(__x86_64__)
  case CK_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &ck_table_avx2 : NULL;
  case CK_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      ? &ck_table_avx512
      : NULL;
#else
  case CK_AVX2:
  case CK_AVX512:
    return NULL;
#endif
  }
  return NULL;
}

const ck_kernels *ck_kernels_best(void) {
  const ck_kernels *wide = ck_kernels_for(CK_AVX512);
  if (wide) return wide;
  const ck_kernels *middle = ck_kernels_for(CK_AVX2);
  return middle ? middle : &ck_table_baseline;
}

/// Returns the larger of two counts.
static ck_index larger(ck_index a, ck_index b) { return a > b ? a : b; }

/// Returns ⌊a / b⌋ for b > 0.
static ck_index floor_div(ck_index a, ck_index b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

ck_border ck_conv_border(const ck_conv *c, ck_direction direction) {
  const ck_index reach_h = (c->kernel_h - 1) * c->dilation_h;
  const ck_index reach_w = (c->kernel_w - 1) * c->dilation_w;
  if (direction == CK_FORWARD) {
    return (ck_border){
      .top = larger(0, c->pad_top),
      .left = larger(0, c->pad_left),
      .bottom = larger(0, (c->out_h - 1) * c->stride_h + reach_h - c->pad_top - (c->in_h - 1)),
      .right = larger(0, (c->out_w - 1) * c->stride_w + reach_w - c->pad_left - (c->in_w - 1)),
    };
  }
  // The gradient at iy reads output rows (iy + pad - ky·dilation) / stride.
  return (ck_border){
    .top = larger(0, -floor_div(c->pad_top - reach_h, c->stride_h)),
    .left = larger(0, -floor_div(c->pad_left - reach_w, c->stride_w)),
    .bottom = larger(0, floor_div(c->in_h - 1 + c->pad_top, c->stride_h) - (c->out_h - 1)),
    .right = larger(0, floor_div(c->in_w - 1 + c->pad_left, c->stride_w) - (c->out_w - 1)),
  };
}
