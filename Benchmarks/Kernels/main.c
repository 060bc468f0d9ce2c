/// Prints the speed of the convolution kernels, alone on one core.
///
/// usage: kernel-bench [baseline|avx2|avx512|best] [PART-OF-A-NAME]
///
/// Each case runs until 0.15 s of processor time have passed, at least 3 times; the fastest run
/// counts. GFLOP/s are 2 × multiply-accumulates of the convolution as defined, whatever the kernel
/// does with them; the percentage is of the fused multiply-add peak that is measured first.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"

/// One convolution to measure: square images and kernels.
typedef struct layer {
  const char *name;
  ck_index batch, size, in_channels, out_channels, kernel, stride, groups;
} layer;

static const layer layers[] = {
  {"resnet18 conv1 7x7/2", 1, 224, 3, 64, 7, 2, 1},
  {"resnet18 3x3 64", 1, 56, 64, 64, 3, 1, 1},
  {"resnet18 3x3/2 64-128", 1, 56, 64, 128, 3, 2, 1},
  {"resnet18 3x3 128", 1, 28, 128, 128, 3, 1, 1},
  {"resnet18 3x3 256", 1, 14, 256, 256, 3, 1, 1},
  {"resnet18 3x3 512", 1, 7, 512, 512, 3, 1, 1},
  {"resnet50 1x1 64-256", 1, 56, 64, 256, 1, 1, 1},
  {"resnet50 1x1 256-64", 1, 56, 256, 64, 1, 1, 1},
  {"resnet50 1x1/2 256-512", 1, 56, 256, 512, 1, 2, 1},
  {"resnet50 1x1 512-128", 1, 28, 512, 128, 1, 1, 1},
  {"resnet50 1x1 256-1024", 1, 14, 256, 1024, 1, 1, 1},
  {"resnet50 1x1 2048-512", 1, 7, 2048, 512, 1, 1, 1},
  {"resnet20 conv1 1-16", 128, 28, 1, 16, 3, 1, 1},
  {"resnet20 3x3 16", 128, 28, 16, 16, 3, 1, 1},
  {"resnet20 3x3/2 16-32", 128, 28, 16, 32, 3, 2, 1},
  {"resnet20 3x3 32", 128, 14, 32, 32, 3, 1, 1},
  {"resnet20 3x3/2 32-64", 128, 14, 32, 64, 3, 2, 1},
  {"resnet20 3x3 64", 128, 7, 64, 64, 3, 1, 1},
  {"resnet20 1x1/2 32-64", 128, 14, 32, 64, 1, 2, 1},
  {"cifar 3x3 16 at 32", 128, 32, 16, 16, 3, 1, 1},
  {"cifar 3x3 64 at 8", 128, 8, 64, 64, 3, 1, 1},
  {"depthwise 3x3 32 at 112", 1, 112, 32, 32, 3, 1, 32},
  {"depthwise 3x3/2 96 at 112", 1, 112, 96, 96, 3, 2, 96},
  {"depthwise 3x3 384 at 14", 1, 14, 384, 384, 3, 1, 384},
  {"depthwise 5x5 240 at 28", 1, 28, 240, 240, 5, 1, 240},
  {"grouped 3x3 128 by 32", 1, 56, 128, 128, 3, 1, 32},
  {"odd 3x3 1-1", 8, 28, 1, 1, 3, 1, 1},
  {"odd 3x3 3-3", 8, 28, 3, 3, 3, 1, 1},
  {"odd 3x3 5-5", 8, 28, 5, 5, 3, 1, 1},
  {"odd 3x3 17-17", 8, 28, 17, 17, 3, 1, 1},
  {"odd 3x3 31-31", 8, 28, 31, 31, 3, 1, 1},
  {"odd 3x3 32-32", 8, 28, 32, 32, 3, 1, 1},
  {"odd 3x3 33-33", 8, 28, 33, 33, 3, 1, 1},
  {"odd 3x3 100-100", 8, 28, 100, 100, 3, 1, 1},
  {"odd 1x1 100-33", 8, 28, 100, 33, 1, 1, 1},
};

/// Returns the seconds that this thread has computed, which other processes do not add to.
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>

/// Returns the multiply-add peak of 512-bit vectors in GFLOP/s.
__attribute__((target("avx512f"))) static double peak_512(long rounds) {
  __m512 sums[12];
  for (int i = 0; i < 12; i++) sums[i] = _mm512_set1_ps((float)i);
  __m512 a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(0.25f);
  const double start = seconds();
  for (long k = 0; k < rounds; k++) {
    __asm__ volatile("" : "+v"(a), "+v"(b));
    for (int i = 0; i < 12; i++) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  }
  const double time = seconds() - start;
  float total = 0;
  for (int i = 0; i < 12; i++) total += _mm512_reduce_add_ps(sums[i]);
  __asm__ volatile("" : : "x"(total));
  return (double)rounds * 12 * 32 / time * 1e-9;
}

/// Returns the multiply-add peak of 256-bit vectors in GFLOP/s.
__attribute__((target("avx2,fma"))) static double peak_256(long rounds) {
  __m256 sums[12];
  for (int i = 0; i < 12; i++) sums[i] = _mm256_set1_ps((float)i);
  __m256 a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(0.25f);
  const double start = seconds();
  for (long k = 0; k < rounds; k++) {
    __asm__ volatile("" : "+x"(a), "+x"(b));
    for (int i = 0; i < 12; i++) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  }
  const double time = seconds() - start;
  float total = 0;
  for (int i = 0; i < 12; i++) total += sums[i][0];
  __asm__ volatile("" : : "x"(total));
  return (double)rounds * 12 * 16 / time * 1e-9;
}
#endif

/// Returns the highest multiply-add rate that the processor shows, in GFLOP/s.
static double measured_peak(void) {
  double best = 1;
#if defined(__x86_64__)
  for (int i = 0; i < 60; i++) {
    if (ck_kernels_for(CK_AVX512)) {
      const double p = peak_512(300000);
      if (p > best) best = p;
    }
    if (ck_kernels_for(CK_AVX2)) {
      const double p = peak_256(600000);
      if (p > best) best = p;
    }
  }
#endif
  return best;
}

/// Returns `count` aligned floats of noise.
static float *noise(ck_index count) {
  const size_t bytes = ((size_t)count * sizeof(float) + 63) / 64 * 64;
  float *p = aligned_alloc(64, bytes);
  if (!p) abort();
  uint32_t state = 1;
  for (ck_index i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    p[i] = (float)(state >> 8) / 16777216.0f - 0.5f;
  }
  return p;
}

/// A tensor with a border, in its own memory.
typedef struct image {
  float *memory;
  ck_source view;
} image;

/// Makes a tensor of noise, the border included.
static image make_image(
  ck_index batch, ck_index height, ck_index width, ck_index channels, ck_border border) {
  const ck_index row = (border.left + width + border.right) * channels;
  const ck_index plane = row * (border.top + height + border.bottom);
  float *memory = noise(batch * plane);
  return (image){
    memory, {memory + border.top * row + border.left * channels, channels, row, plane}};
}

/// Returns `view` as one to write to.
static ck_target writable(ck_source view) {
  return (ck_target){(float *)view.data, view.pixel, view.row, view.image};
}

/// Prints a figure and its part of the peak.
static void print_figure(double flops, double time, double peak) {
  printf("  %6.1f %3.0f%%", flops / time * 1e-9, 100 * flops / time * 1e-9 / peak);
}

/// Runs STATEMENT until enough time has passed, and prints its speed.
#define MEASURE(STATEMENT) \
  do { \
    double best = 1e9; \
    const double start = seconds(); \
    for (int run = 0; run < 3 || seconds() - start < 0.15; run++) { \
      const double before = seconds(); \
      STATEMENT; \
      const double time = seconds() - before; \
      if (time < best) best = time; \
    } \
    print_figure(flops, best, peak); \
  } while (0)

/// Measures both directions of data and the weight gradient with one algorithm.
static void measure_algorithm(
  const ck_kernels *k, ck_conv c, ck_algorithm algorithm, image x, image y, image dy, image dx,
  const float *weights, double flops, double peak) {
  c.algorithm = algorithm;
  float *gradient = noise(k->conv_gradient_count(&c));
  float *gradient_scratch = noise(k->conv_gradient_scratch_count(&c) + 1);
  float *forward = noise(k->conv_packed_count(&c, CK_FORWARD));
  float *backward = noise(k->conv_packed_count(&c, CK_BACKWARD_DATA));
  float *scratch = noise(
    k->conv_scratch_count(&c, CK_FORWARD) + k->conv_scratch_count(&c, CK_BACKWARD_DATA) + 1);
  float *bias = noise(c.out_channels);
  k->conv_pack(&c, CK_FORWARD, weights, forward);
  k->conv_pack(&c, CK_BACKWARD_DATA, weights, backward);
  const ck_epilogue relu = {.bias = bias, .activation = {CK_RELU, 0, 0}};
  const ck_epilogue plain = {.activation = {CK_IDENTITY, 0, 0}};
  const ck_range blocks = {0, k->conv_blocks(&c, CK_FORWARD)};
  const ck_range back_blocks = {0, k->conv_blocks(&c, CK_BACKWARD_DATA)};
  const ck_range out_rows = {0, c.batch * c.out_h}, in_rows = {0, c.batch * c.in_h};
  MEASURE(
    k->conv_forward(&c, forward, x.view, &relu, writable(y.view), out_rows, blocks, scratch));
  MEASURE(k->conv_backward_data(
    &c, backward, dy.view, &plain, writable(dx.view), in_rows, back_blocks, scratch));
  MEASURE(k->conv_backward_weights(
    &c, x.view, dy.view, gradient, out_rows, blocks, gradient_scratch));
  free(gradient);
  free(gradient_scratch);
  free(forward);
  free(backward);
  free(scratch);
  free(bias);
}

/// Measures one layer in all three directions.
static void measure(const ck_kernels *k, const layer *l, double peak) {
  const ck_index pad = (l->kernel - 1) / 2;
  const ck_index out = (l->size + 2 * pad - l->kernel) / l->stride + 1;
  const ck_conv c = {
    .batch = l->batch, .in_h = l->size, .in_w = l->size, .in_channels = l->in_channels,
    .out_h = out, .out_w = out, .out_channels = l->out_channels, .groups = l->groups,
    .kernel_h = l->kernel, .kernel_w = l->kernel, .stride_h = l->stride, .stride_w = l->stride,
    .dilation_h = 1, .dilation_w = 1, .pad_top = pad, .pad_left = pad,
  };
  const ck_border none = {0, 0, 0, 0};
  const image x = make_image(
    c.batch, c.in_h, c.in_w, c.in_channels, ck_conv_border(&c, CK_FORWARD));
  const image dy = make_image(
    c.batch, c.out_h, c.out_w, c.out_channels, ck_conv_border(&c, CK_BACKWARD_DATA));
  const image y = make_image(c.batch, c.out_h, c.out_w, c.out_channels, none);
  const image dx = make_image(c.batch, c.in_h, c.in_w, c.in_channels, none);
  const ck_index ins = c.in_channels / c.groups;
  float *weights = noise(c.out_channels * ins * c.kernel_h * c.kernel_w);
  const double flops = 2.0 * (double)(c.batch * c.out_h * c.out_w * c.out_channels * ins) *
    (double)(c.kernel_h * c.kernel_w);
  printf("%-26s %5.1f", l->name, flops * 1e-6);
  measure_algorithm(k, c, CK_DIRECT, x, y, dy, dx, weights, flops, peak);
  if (c.kernel_h == 3 && c.stride_h == 1 && c.groups == 1)
    measure_algorithm(k, c, CK_WINOGRAD, x, y, dy, dx, weights, flops, peak);
  printf("\n");
  fflush(stdout);
  free(x.memory);
  free(dy.memory);
  free(y.memory);
  free(dx.memory);
  free(weights);
}

/// Measures every layer whose name holds the second argument with the variant of the first.
int main(int argc, char **argv) {
  const ck_kernels *k = ck_kernels_best();
  if (argc > 1 && !strcmp(argv[1], "baseline")) k = ck_kernels_for(CK_BASELINE);
  if (argc > 1 && !strcmp(argv[1], "avx2")) k = ck_kernels_for(CK_AVX2);
  if (argc > 1 && !strcmp(argv[1], "avx512")) k = ck_kernels_for(CK_AVX512);
  if (!k) {
    fprintf(stderr, "this processor lacks %s\n", argv[1]);
    return 2;
  }
  const double peak = measured_peak();
  printf("lanes %td, peak %.1f GFLOP/s a core\n", k->lanes, peak);
  printf(
    "%-26s %5s  %11s  %11s  %11s  %11s  %11s  %11s\n", "layer", "MFLOP", "forward", "data",
    "weights", "Winograd", "its data", "its weights");
  for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
    if (argc < 3 || strstr(layers[i].name, argv[2])) measure(k, &layers[i], peak);
  return 0;
}
