/// Float32 micro-kernels for channels-last (NHWC) tensors.
///
/// Rules that hold for every kernel:
///
/// - A kernel allocates nothing, starts no thread, keeps no state and reports no error: the caller
///   checks shapes. Extents are at least 1 unless stated; a range may be empty.
/// - Work is split by the caller: a kernel computes the half-open range of units it is given, and
///   disjoint ranges may run at the same time on different threads. What is written for one unit
///   depends only on the operands, never on the other units of the call, unless a kernel says that
///   it *adds to* its result; then the result depends on how the caller cuts the ranges and on the
///   order in which it adds them up, and on nothing else.
/// - Nothing outside the tensors (and the borders a convolution asks for) is read or written, any
///   channel count and any alignment of at least 4 bytes is right; rows that start at multiples of
///   64 bytes are fastest.
/// - Operands do not overlap, except where a kernel says that they may be the same.
/// - NaN and infinity propagate as in IEEE arithmetic, except where a kernel says otherwise.
///
/// Every kernel exists once per instruction set (`ck_variant`), in a table of function pointers
/// (`ck_kernels`). Packed weights belong to the table that packed them.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#define CK_NULLABLE _Nullable
#define CK_ENUM_CLOSED __attribute__((enum_extensibility(closed)))
#pragma clang assume_nonnull begin
#else
#define CK_NULLABLE
#define CK_ENUM_CLOSED
#endif

/// A count, an extent, a stride in floats, or a position.
typedef ptrdiff_t ck_index;

/// A half-open range of work units.
typedef struct ck_range {
  ck_index begin, end;
} ck_range;

/// An NHWC tensor that is read: element (n, y, x, c) is
/// `data[n * image + y * row + x * pixel + c]`.
///
/// Strides are in floats; `pixel >= channels` (more where the tensor is a slice of channels), and a
/// border around each image may be part of the memory: `data` always is the address of pixel
/// (0, 0) of the *unpadded* image 0, so that y and x may be negative inside the border.
typedef struct ck_source {
  const float *CK_NULLABLE data;
  ck_index pixel, row, image;
} ck_source;

/// An NHWC tensor that is written; as `ck_source`.
typedef struct ck_target {
  float *CK_NULLABLE data;
  ck_index pixel, row, image;
} ck_target;

/// The extents of an NHWC tensor.
typedef struct ck_shape {
  ck_index batch, height, width, channels;
} ck_shape;

/// A width of zeros around an image, in pixels.
typedef struct ck_border {
  ck_index top, left, bottom, right;
} ck_border;

/// Functions of one number; `a` and `b` are the parameters of `ck_activation`.
///
/// Largest errors against the exact result: `exp` 1 ulp, subnormal results included; `tanh` and
/// `erf` 1.5 ulp; `sigmoid` and `silu` 2.5 ulp down to x = -87, below which they go to zero by
/// x = -89; `gelu` 2^-23 |x|. The others round each operation once.
typedef enum CK_ENUM_CLOSED ck_function {
  CK_IDENTITY,      ///< x
  CK_RELU,          ///< max(x, 0)
  CK_LEAKY_RELU,    ///< x < 0 ? a x : x
  CK_CLIP,          ///< min(max(x, a), b)
  CK_HARD_SIGMOID,  ///< min(max(a x + b, 0), 1)
  CK_HARD_SWISH,    ///< x min(max(x / 6 + 1/2, 0), 1)
  CK_SIGMOID,       ///< 1 / (1 + exp(-x))
  CK_TANH,          ///< tanh(x)
  CK_SILU,          ///< x / (1 + exp(-x))
  CK_GELU,          ///< x (1 + erf(x / sqrt 2)) / 2
  CK_EXP,           ///< exp(x)
  CK_ERF,           ///< erf(x)
  CK_SQRT,          ///< square root of x
  CK_RECIPROCAL,    ///< 1 / x
  CK_ABS,           ///< |x|
  CK_NEGATE,        ///< -x
} ck_function;

/// A function with its parameters; those that the function does not name are ignored.
typedef struct ck_activation {
  ck_function function;
  float a, b;
} ck_activation;

/// Functions of two numbers; `max` and `min` return NaN if either operand is NaN.
typedef enum CK_ENUM_CLOSED ck_binary {
  CK_ADD,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_MAXIMUM,
  CK_MINIMUM,
} ck_binary;

/// How a convolution is computed.
typedef enum CK_ENUM_CLOSED ck_algorithm {
  CK_DIRECT,  ///< each sum as it is defined
  /// Winograd's F(4×4, 3×3) where it applies (3×3, stride and dilation 1, one group, at least 8
  /// channels on both sides, images not much smaller than a tile), directly elsewhere. It takes a
  /// quarter of the products, and transforms of operands and results besides. Rounding errors are
  /// about three times those of the direct sum: up to some 2e-6 of the largest result.
  CK_WINOGRAD,
} ck_algorithm;

/// A 2-D convolution: y[n,oy,ox,oc] = Σ w[oc,ic,ky,kx] ·
/// x[n, oy·stride_h + ky·dilation_h − pad_top, ox·stride_w + kx·dilation_w − pad_left, ic].
///
/// `groups` divides both channel counts; weights are OIHW with `in_channels / groups` inputs.
/// 1-D convolutions set the height's extents, kernel, stride and dilation to 1 and its pad to 0.
/// A transposed convolution is the backward-data direction of the convolution whose *input* is the
/// transposed one's output. Pads may be negative.
typedef struct ck_conv {
  ck_index batch;
  ck_index in_h, in_w, in_channels;
  ck_index out_h, out_w, out_channels;
  ck_index groups;
  ck_index kernel_h, kernel_w;
  ck_index stride_h, stride_w;
  ck_index dilation_h, dilation_w;
  ck_index pad_top, pad_left;
  /// For data and weight gradients. Packed weights belong to it.
  ck_algorithm algorithm;
} ck_conv;

/// Which way data flows through a convolution.
typedef enum CK_ENUM_CLOSED ck_direction {
  CK_FORWARD,        ///< from x to y
  CK_BACKWARD_DATA,  ///< from the gradient of y to the gradient of x
} ck_direction;

/// What happens to a convolution's sum before it is stored: act(sum + bias + residual).
typedef struct ck_epilogue {
  /// One value an output channel, or null.
  const float *CK_NULLABLE bias;
  /// A tensor of the result's extents, or null data; may be the result itself (to accumulate).
  ck_source residual;
  /// Applied last.
  ck_activation activation;
} ck_epilogue;

/// A pooling window. Positions outside the image never count as values: maxima ignore them,
/// averages take them as zeros and count them as `count_include_pad` says. Every window must touch
/// the image.
typedef struct ck_pool {
  ck_index batch, channels;
  ck_index in_h, in_w, out_h, out_w;
  ck_index kernel_h, kernel_w;
  ck_index stride_h, stride_w;
  ck_index dilation_h, dilation_w;
  ck_index pad_top, pad_left;
  /// Only used with `count_include_pad`: windows are clipped to the padded image.
  ck_index pad_bottom, pad_right;
  /// Divide averages by the number of positions inside the *padded* image, not inside the image.
  bool count_include_pad;
} ck_pool;

/// The instruction sets that kernels are compiled for.
typedef enum CK_ENUM_CLOSED ck_variant {
  CK_BASELINE,  ///< what the compiler's target guarantees: SSE2 on x86-64, NEON on arm64
  CK_AVX2,      ///< AVX2 and FMA
  CK_AVX512,    ///< AVX-512 F, DQ, BW and VL
} ck_variant;

/// The number of `ck_variant`s.
#define CK_VARIANT_COUNT 3

/// All kernels of one instruction set.
typedef struct ck_kernels {
  ck_variant variant;
  /// Floats in a vector register.
  ck_index lanes;

  // Convolution. The same calls serve dense, grouped and depthwise convolutions of any kernel,
  // stride and dilation.
  //
  // Forward, x must have a zero border of `ck_conv_border(c, CK_FORWARD)`; backward-data, the
  // gradient of y one of `ck_conv_border(c, CK_BACKWARD_DATA)`; backward-weights, x as forward.

  /// The number of floats that packed weights take.
  ck_index (*conv_packed_count)(const ck_conv *c, ck_direction direction);
  /// Packs OIHW weights into `packed`, which should be 64-byte aligned. All of it is written.
  void (*conv_pack)(
    const ck_conv *c, ck_direction direction, const float *weights, float *packed);
  /// The number of units that the result's channels are split into: vector pairs of a group.
  /// A call computes a range of these; one call with several is faster than several calls.
  ck_index (*conv_blocks)(const ck_conv *c, ck_direction direction);
  /// The number of rows of an image that are computed together, counted from its first: a range
  /// that begins or ends in between takes as long as one with all of them.
  ck_index (*conv_row_step)(const ck_conv *c, ck_direction direction);
  /// The number of floats of scratch memory that each concurrent call needs; may be 0.
  ck_index (*conv_scratch_count)(const ck_conv *c, ck_direction direction);
  /// Computes rows [rows.begin, rows.end) of y, counted as n · out_h + oy, in channel blocks
  /// [blocks.begin, blocks.end). Split rows among threads where images are large, blocks where
  /// images are small and channels many (each thread then reads only its own weights).
  void (*conv_forward)(
    const ck_conv *c, const float *packed, ck_source x, const ck_epilogue *epilogue, ck_target y,
    ck_range rows, ck_range blocks, float *CK_NULLABLE scratch);
  /// Computes rows of x's gradient, counted as n · in_h + iy, in channel blocks of it. The epilogue
  /// acts on the gradient of x (bias by its channel): it accumulates, or serves as the epilogue of
  /// a transposed convolution.
  void (*conv_backward_data)(
    const ck_conv *c, const float *packed, ck_source dy, const ck_epilogue *epilogue, ck_target dx,
    ck_range rows, ck_range blocks, float *CK_NULLABLE scratch);

  /// The number of floats of a weight gradient in the kernel's own layout.
  ck_index (*conv_gradient_count)(const ck_conv *c);
  /// The number of floats of scratch memory that each concurrent call of `conv_backward_weights`
  /// needs; may be 0.
  ck_index (*conv_gradient_scratch_count)(const ck_conv *c);
  /// Overwrites forward blocks [blocks.begin, blocks.end) of `gradient` (own layout) with what rows
  /// [rows.begin, rows.end) of y, counted as n · out_h + oy, contribute. Split blocks to need no
  /// reduction; split rows, with one gradient a range, where there are more threads than blocks.
  void (*conv_backward_weights)(
    const ck_conv *c, ck_source x, ck_source dy, float *gradient, ck_range rows, ck_range blocks,
    float *CK_NULLABLE scratch);
  /// Writes the sum of `parts` gradients, which follow one another, in OIHW order to `weights`, for
  /// forward blocks [blocks.begin, blocks.end). The first gradient does not survive.
  void (*conv_unpack_gradient)(
    const ck_conv *c, ck_index parts, float *gradient, float *weights, ck_range blocks);

  // Normalisation. Per-channel arrays have `channels` entries. Rows are n · height + y.

  /// *Adds to* sums[c] Σ (x − shift_c) and to sums[channels + c] Σ (x − shift_c)². A shift near the
  /// mean (null: zeros) keeps the variance from cancelling; chunks of a few pixels are summed in
  /// float32, chunks in float64.
  void (*channel_moments)(
    ck_shape shape, ck_source x, const float *CK_NULLABLE shift, double *sums, ck_range rows);
  /// *Adds to* sums[c] Σ g and to sums[channels + c] Σ g · (x − mean_c), where
  /// g = dy · act'(y) by `activation_gradient`'s rule; a null y.data means g = dy. Also writes g to
  /// `masked` unless its data is null; it may be dy. A null x.data leaves the second sum alone.
  void (*channel_gradient_sums)(
    ck_shape shape, ck_source x, const float *CK_NULLABLE mean, ck_source dy, ck_source y,
    const ck_activation *activation, ck_target masked, double *sums, ck_range rows);
  /// y = act(x · scale_c + bias_c + residual); null scale: 1; null bias: 0; null residual.data: 0.
  /// y may be x or residual. Entry c of image n is scale[n · image_stride + c], likewise bias; an
  /// image_stride of 0 shares them.
  void (*channel_affine)(
    ck_shape shape, ck_source x, const float *CK_NULLABLE scale, const float *CK_NULLABLE bias,
    ck_index image_stride, ck_source residual, const ck_activation *activation, ck_target y,
    ck_range rows);
  /// y = x < 0 ? slope_c · x : x. y may be x.
  void (*channel_leaky)(
    ck_shape shape, ck_source x, const float *slope, ck_target y, ck_range rows);
  /// dx = a_c · g + b_c · (x − mean_c) + d_c (+ residual), g as in `channel_gradient_sums`. With
  /// batch statistics over m pixels, r = 1/√(var + ε), S = Σ g, T = Σ g · (x − mean):
  /// a = γ r, b = −γ r³ T / m, d = −γ r S / m. dx may be dy or residual.
  void (*channel_affine_gradient)(
    ck_shape shape, ck_source x, const float *mean, ck_source dy, ck_source y,
    const ck_activation *activation, const float *a, const float *b, const float *d,
    ck_source residual, ck_target dx, ck_range rows);

  // Pooling. Forward rows are n · out_h + oy; no borders are needed.

  /// Maxima over windows; NaN if the window holds one.
  void (*max_pool)(const ck_pool *p, ck_source x, ck_target y, ck_range rows);
  /// Overwrites dx of images [images.begin, images.end): each dy goes to the first position, in row
  /// order, of its window that equals y.
  void (*max_pool_gradient)(
    const ck_pool *p, ck_source x, ck_source y, ck_source dy, ck_target dx, ck_range images);
  /// Averages over windows.
  void (*average_pool)(const ck_pool *p, ck_source x, ck_target y, ck_range rows);
  /// Overwrites dx of images [images.begin, images.end).
  void (*average_pool_gradient)(const ck_pool *p, ck_source dy, ck_target dx, ck_range images);
  /// y[n · channels + c] = mean over the pixels of image n, n in `images`.
  void (*global_average)(ck_shape shape, ck_source x, float *y, ck_range images);
  /// dx[n,y,x,c] = dy[n · channels + c] · factor, n in `images`; factor 1/(height·width) makes it
  /// the gradient of `global_average`, 1 a broadcast.
  void (*global_broadcast)(
    ck_shape shape, const float *dy, float factor, ck_target dx, ck_range images);

  // Layout. `nchw` is dense and in ONNX order; rows are n · height + y.

  /// Copies into an NHWC view.
  void (*from_nchw)(ck_shape shape, const float *nchw, ck_target y, ck_range rows);
  /// Copies out of an NHWC view.
  void (*to_nchw)(ck_shape shape, ck_source x, float *nchw, ck_range rows);
  /// Copies rows from one NHWC view into another.
  void (*copy)(ck_shape shape, ck_source x, ck_target y, ck_range rows);
  /// Fills the border around images [images.begin, images.end) with `value`, `channels` floats a
  /// pixel.
  void (*fill_border)(
    ck_shape shape, ck_border border, float value, ck_target y, ck_range images);

  // Flat arrays of n floats. y may be an operand.

  /// y = act(x).
  void (*activation)(const ck_activation *activation, ck_index n, const float *x, float *y);
  /// dx = dy · act'. The derivative is taken from the *output* y of the activation for identity,
  /// relu, leaky relu (a > 0), hard sigmoid, sigmoid, tanh, exp, sqrt and reciprocal, so that x may
  /// have been overwritten; from the input, passed in `y`, for clip, hard swish, silu, gelu, erf,
  /// abs and negate. At a kink the derivative is 0 (relu, hard sigmoid, abs), a (leaky relu), and
  /// for clip and hard swish that of the middle piece. Where the output rounds near one, sigmoid's
  /// and tanh's derivatives have its error, 2^-22. dx may be dy.
  void (*activation_gradient)(
    const ck_activation *activation, ck_index n, const float *y, const float *dy, float *dx);
  /// y = a ∘ b.
  void (*binary)(ck_binary function, ck_index n, const float *a, const float *b, float *y);
  /// y = a ∘ b for a number b, or b ∘ a if `swapped`.
  void (*binary_scalar)(
    ck_binary function, ck_index n, const float *a, float b, bool swapped, float *y);
  /// y = alpha · x + beta · y; with beta = 0, y's old content is not read.
  void (*axpby)(ck_index n, float alpha, const float *x, float beta, float *y);
  /// Σ x, summed in float64.
  double (*sum)(ck_index n, const float *x);
  /// Σ x · y, summed in float64.
  double (*dot)(ck_index n, const float *x, const float *y);

  /// y = alpha · x B + beta · y for a row x of `inner` floats and a matrix B of `columns` columns,
  /// whose element (k, j) is b[k · stride + j], or b[j · stride + k] if it is `transposed`; with
  /// beta = 0, y's old content is not read. Equal columns give equal results.
  void (*row_product)(
    ck_index inner, ck_index columns, const float *x, const float *b, ck_index stride,
    bool transposed, float alpha, float beta, float *y);

  // Softmax over dense rows of `columns` floats; a row's unit is its number. y may be x.

  /// exp(x − max) / Σ exp(x − max).
  void (*softmax)(ck_index columns, const float *x, float *y, ck_range rows);
  /// x − max − log Σ exp(x − max).
  void (*log_softmax)(ck_index columns, const float *x, float *y, ck_range rows);

  /// (x − mean) / √(Σ (x − mean)² / columns + epsilon) · scale + bias over dense rows; the mean is
  /// 0 unless `centers`; null scale: 1; null bias: 0. Sums are taken in float64 over chunks in
  /// float32. y may be x.
  void (*row_norm)(
    ck_index columns, const float *x, bool centers, float epsilon, const float *CK_NULLABLE scale,
    const float *CK_NULLABLE bias, float *y, ck_range rows);

  // Optimiser steps over n parameters, in place, with `factor` times the gradient.

  /// Nesterov's momentum: g = factor · gradient + decay · p; v = momentum · v + g;
  /// p −= rate · (g + momentum · v).
  void (*sgd_step)(
    ck_index n, float rate, float momentum, float decay, float factor, const float *gradient,
    float *velocity, float *parameters);
  /// Adam with bias corrections c1 = 1 − β1^t and c2 = 1 − β2^t given by the caller, and weight decay
  /// within the gradient (`coupled`) or beside it: g = factor · gradient + coupled · p;
  /// m = β1 m + (1−β1) g; v = β2 v + (1−β2) g²;
  /// p −= rate · ((m / c1) / (√(v / c2) + epsilon) + decoupled · p).
  void (*adam_step)(
    ck_index n, float rate, float beta1, float beta2, float epsilon, float coupled,
    float decoupled, float c1, float c2, float factor, const float *gradient, float *m, float *v,
    float *parameters);
} ck_kernels;

/// The kernels of `variant`; null if it is not compiled in or the processor lacks it.
const ck_kernels *CK_NULLABLE ck_kernels_for(ck_variant variant);

/// The kernels of the best variant that the processor has.
const ck_kernels *ck_kernels_best(void);

/// The border of zeros that the operand read in `direction` needs: x forward, the gradient of y in
/// backward-data.
ck_border ck_conv_border(const ck_conv *c, ck_direction direction);

/// Tells the processor that the caller is waiting for another thread, so that it lets another
/// hardware thread of the core go ahead.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#endif
