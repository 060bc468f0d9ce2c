import IR
import TestSupport
import Testing

/// Every free label of every operator, proved on numbers.
@Suite struct AxisSignatureTests {
  /// Inputs and constants, then the node; the graph returns its first result.
  static let cases: [String] = [
    // Convolution
    "%x: f32[N, 6, 5, 5] | %w: f32[4, 6, 3, 3] = const seeded(1) | Conv(%x, %w) {pads: [1, 1, 1, 1]}",
    "%x: f32[2, 6, 5] | %w: f32[4, 6, 3] = const seeded(1); %b: f32[4] = const dense[1.0, 2.0, 3.0, 4.0] | Conv(%x, %w, %b) {strides: [2], auto_pad: \"SAME_LOWER\"}",
    "%x: f32[1, 6, 5, 5] | %w: f32[6, 1, 3, 3] = const seeded(1) | Conv(%x, %w) {group: 6}",
    "%x: f32[1, 6, 5, 5] | %w: f32[12, 1, 3, 3] = const seeded(1); %b: f32[12] = const seeded(2) | Conv(%x, %w, %b) {group: 6, dilations: [2, 1]}",
    "%x: f32[1, 12, 4, 4] | %w: f32[8, 3, 3, 3] = const seeded(1) | Conv(%x, %w) {group: 4}",
    "%x: f32[1, 12, 4, 4] | %w: f32[4, 3, 1, 1] = const seeded(1) | Conv(%x, %w) {group: 4}",
    "%x: f32[1, 4, 3, 3, 3] | %w: f32[3, 4, 2, 2, 2] = const seeded(1) | Conv(%x, %w)",
    "%x: f32[1, 4, 5, 5]; %w: f32[3, 4, 2, 2] | | Conv(%x, %w)",
    "%x: f32[N, 6, 4, 4] | %w: f32[6, 5, 3, 3] = const seeded(1); %b: f32[5] = const dense[1.0, 2.0, 3.0, 4.0, 5.0] | ConvTranspose(%x, %w, %b) {strides: [2, 2]}",
    "%x: f32[2, 6, 4] | %w: f32[6, 4, 3] = const seeded(1) | ConvTranspose(%x, %w) {group: 3, output_padding: [1], strides: [2]}",
    "%x: f32[2, 6, 4] | %w: f32[6, 1, 3] = const seeded(1) | ConvTranspose(%x, %w) {group: 6}",
    // One of each operator that is not told apart elsewhere
    "%x: f32[N, 5] | | Relu(%x)", "%x: f32[N, 5] | | LeakyRelu(%x) {alpha: 0.1}",
    "%x: f32[N, 5] | | Sigmoid(%x)", "%x: f32[N, 5] | | HardSigmoid(%x)",
    "%x: f32[N, 5] | | Tanh(%x)", "%x: f32[N, 5] | | Abs(%x)", "%x: f32[N, 5] | | Neg(%x)",
    "%x: f32[N, 5] | | Exp(%x)", "%x: f32[N, 5] | | Log(%x)", "%x: f32[N, 5] | | Sqrt(%x)",
    // Normalization
    "%x: f32[N, 5, 3, 3]; %s: f32[5]; %b: f32[5]; %m: f32[5] | %v: f32[5] = const dense[1.0, 2.0, 3.0, 4.0, 5.0] | BatchNormalization(%x, %s, %b, %m, %v)",
    "%x: f32[4, 5, 3]; %s: f32[5]; %b: f32[5]; %m: f32[5] | %v: f32[5] = const dense[1.0, 2.0, 3.0, 4.0, 5.0] | BatchNormalization(%x, %s, %b, %m, %v) {training_mode: 1}",
    "%x: f32[N, 5, 3] | | Dropout(%x)",
    // Activation
    "%x: f32[N, 5, 3] | %l: f32[] = const dense[-0.5]; %h: f32[] = const dense[0.5] | Clip(%x, %l, %h)",
    "%x: f32[N, 5, 3] | | Softmax(%x) {axis: 1}",
    "%x: f32[4, 5, 3] | | LogSoftmax(%x) {axis: -1}",
    "%x: f32[4, 5, 3] | | Softmax(%x) {axis: 1, pcc_flatten: 1}",
    "%x: f32[4, 5, 3] | | HardSwish(%x)",
    // Elementwise
    "%x: f32[N, 5, 3, 4]; %y: f32[5, 1, 1] | | Add(%x, %y)",
    "%x: f32[1, 5, 1, 4]; %y: f32[3, 1, 6, 4] | | Mul(%x, %y)",
    "%x: f32[2, 5]; %y: f32[?, 5] | | Sub(%x, %y)",
    "%x: f32[2, 1]; %y: f32[2, 1] | | Add(%x, %y)",
    "%x: f32[N, 5]; %y: f32[] | | Div(%x, %y)",
    "%x: f32[N, 5] | | Cast(%x) {to: 11}",
    // Normalization of rows and images
    "%x: f32[N, 5, 6] | %w: f32[6] = const seeded(1); %b: f32[6] = const seeded(2) | LayerNormalization/3(%x, %w, %b)",
    "%x: f32[3, 5, 6] | %w: f32[5, 6] = const seeded(1) | LayerNormalization(%x, %w) {axis: 1}",
    "%x: f32[3, 5, 6] | %w: f32[5, 1] = const seeded(1) | LayerNormalization(%x, %w)",
    "%x: f32[N, 5, 6] | %w: f32[6] = const seeded(1) | RMSNormalization(%x, %w)",
    "%x: f32[4, 6] | %w: f32[6] = const seeded(1) | SimplifiedLayerNormalization/2(%x, %w)",
    "%x: f32[N, 5, 6]; %w: f32[6] | | LayerNormalization(%x, %w)",
    "%x: f32[4, 6] | %w: f32[6] = const seeded(1) | SimplifiedLayerNormalization(%x, %w)",
    "%x: f32[3, 5, 6] | %w: f32[5, 6] = const seeded(1) | RMSNormalization(%x, %w) {axis: 1}",
    "%x: f32[2, 5, 6]; %y: f32[2, 5, 6] | %w: f32[6] = const seeded(1); %b: f32[6] = const seeded(2); %c: f32[6] = const seeded(3) | com.microsoft::SkipLayerNormalization(%x, %y, %w, %b, %c)",
    "%x: f32[2, 5, 6]; %y: f32[5, 6] | %w: f32[6] = const seeded(1) | com.microsoft::SkipLayerNormalization(%x, %y, %w)",
    "%x: f32[2, 5, 6]; %y: f32[2, 5, 6] | %w: f32[6] = const seeded(1); %c: f32[6] = const seeded(3) | com.microsoft::SkipSimplifiedLayerNormalization(%x, %y, %w, %c)",
    "%x: f32[N, 5, 3, 3] | %s: f32[5] = const seeded(1); %b: f32[5] = const seeded(2) | InstanceNormalization(%x, %s, %b)",
    "%x: f32[2, 3, 8] | %s: f32[3] = const seeded(1); %b: f32[3] = const seeded(2) | InstanceNormalization(%x, %s, %b)",
    "%x: f32[3, 6, 4] | %s: f32[6] = const seeded(1); %b: f32[6] = const seeded(2) | GroupNormalization(%x, %s, %b) {num_groups: 2}",
    "%x: f32[3, 6, 4, 2] | %s: f32[6] = const seeded(1); %b: f32[6] = const seeded(2) | GroupNormalization(%x, %s, %b) {num_groups: 6}",
    "%x: f32[3, 6, 4] | %s: f32[3] = const seeded(1); %b: f32[3] = const seeded(2) | GroupNormalization(%x, %s, %b) {num_groups: 3, pcc_per_group: 1}",
    "%x: f32[3, 5, 4] | | LRN(%x) {size: 3}",
    "%x: f32[3, 5, 4] | | LpNormalization(%x) {axis: 1}",
    "%x: f32[3, 5, 4, 2] | | MeanVarianceNormalization(%x)",
    // Pooling and sampling
    "%x: f32[N, 5, 4, 4] | | GlobalMaxPool(%x)",
    "%x: f32[3, 5, 4] | | GlobalLpPool(%x) {p: 1}",
    "%x: f32[N, 5, 6, 6] | | LpPool(%x) {kernel_shape: [3, 3], pads: [1, 1, 1, 1]}",
    "%x: f32[3, 4, 5, 5] | %r: f32[2, 4] = const dense[0.0, 0.0, 3.0, 3.0, 1.0, 1.0, 4.0, 2.0]; %i: i64[2] = const dense[0, 2] | RoiAlign(%x, %r, %i) {output_height: 2, output_width: 2}",
    "%x: f32[2, 4, 5, 5] | %r: f32[2, 5] = const dense[0.0, 0.0, 0.0, 3.0, 3.0, 1.0, 1.0, 1.0, 4.0, 2.0] | MaxRoiPool(%x, %r) {pooled_shape: [2, 2]}",
    "%x: f32[N, 12, 3, 2] | | DepthToSpace(%x) {blocksize: 2}",
    "%x: f32[2, 12, 3, 2] | | DepthToSpace(%x) {blocksize: 2, mode: \"CRD\"}",
    "%x: f32[N, 3, 4, 6] | | SpaceToDepth(%x) {blocksize: 2}",
    "%x: f32[2, 3, 4, 6] | | SpaceToDepth(%x) {blocksize: 2, mode: \"CRD\"}",
    "%x: f32[3, 4, 5, 5]; %g: f32[3, 2, 3, 2] | | GridSample(%x, %g)",
    // Products and quantization
    "%x: f32[N, 5, 6]; %y: f32[N, 6, 4] | | Einsum(%x, %y) {equation: \"bij,bjk->bik\"}",
    "%x: f32[3, 5, 6] | %w: f32[6, 4] = const seeded(1) | Einsum(%x, %w) {equation: \"...i,ij\"}",
    "%x: f32[4, 4] | | Einsum(%x) {equation: \"ii->i\"}",
    "%x: f32[N, 5, 3] | %s: f32[5] = const seeded(1); %z: u8[5] = const dense[1, 2, 3, 4, 5] | QuantizeLinear(%x, %s, %z)",
    "%x: f32[4, 3] | %s: f32[] = const dense[0.25] | QuantizeLinear(%x, %s)",
    "%x: i32[4, 5] | %s: f32[5] = const seeded(1); %z: i32[5] = const dense[1, 2, 3, 4, 5] | DequantizeLinear(%x, %s, %z)",
    "%x: i32[4, 5] | %s: f32[4, 3] = const seeded(1) | DequantizeLinear(%x, %s) {block_size: 2}",
    // Pooling
    "%x: f32[N, 5, 6, 6] | | MaxPool(%x) {kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2]}",
    "%x: f32[2, 5, 6, 6] | | AveragePool(%x) {kernel_shape: [3, 2], ceil_mode: 1, strides: [2, 2]}",
    "%x: f32[N, 5, 6, 6] | | GlobalAveragePool(%x)",
    // Reduction
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceSum(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i64[2] = const dense[-1, 0] | ReduceSum(%x, %a) {keepdims: 0}",
    "%x: f32[4, 5, 6] | | ReduceSum(%x)",
    "%x: f32[4, 5, 6] | | ReduceSum(%x) {noop_with_empty_axes: 1}",
    "%x: f32[4, 5, 6, 6] | %a: i64[2] = const dense[2, 3] | ReduceMean(%x, %a) {keepdims: 0}",
    "%x: i32[4, 5] | %a: i64[1] = const dense[1] | ReduceMean(%x, %a)",
    "%x: f32[4, 5, 6] | | ReduceMean(%x)",
    // MatMul
    "%x: f32[N, 6] | %w: f32[4, 6] = const seeded(1); %b: f32[4] = const seeded(2) | Gemm(%x, %w, %b) {transB: 1, alpha: 0.5, beta: 2.0}",
    "%x: f32[6, 5] | %w: f32[6, 4] = const seeded(1); %b: f32[5, 1] = const seeded(2) | Gemm(%x, %w, %b) {transA: 1}",
    "%x: f32[N, 6] | %w: f32[6, 4] = const seeded(1); %b: f32[1] = const dense[3.0] | Gemm(%x, %w, %b)",
    "%x: f32[N, 7, 6] | %w: f32[6, 4] = const seeded(1) | MatMul(%x, %w)",
    "%x: f32[2, 1, 7, 6]; %y: f32[3, 6, 4] | | MatMul(%x, %y)",
    "%x: f32[6]; %y: f32[3, 6, 4] | | MatMul(%x, %y)",
    "%x: f32[3, 5, 6]; %y: f32[6] | | MatMul(%x, %y)",
    "%x: f32[6]; %y: f32[6] | | MatMul(%x, %y)",
    "%x: f32[?, 5, 6]; %y: f32[2, 6, 3] | | MatMul(%x, %y)",
    // Movement
    "%x: f32[N, 4, 3, 2] | | Flatten(%x)",
    "%x: f32[2, 4, 3] | | Flatten(%x) {axis: 3}",
    "%x: f32[2, 4, 3] | | Flatten(%x) {axis: -3}",
    "%x: f32[N, 4, 3, 2] | %s: i64[2] = const dense[0, -1] | Reshape(%x, %s)",
    "%x: f32[N, 4, 3, 2] | %s: i64[2] = const dense[-1, 24] | Reshape(%x, %s)",
    "%x: f32[2, 12, 5] | %s: i64[4] = const dense[2, 3, 4, 5] | Reshape(%x, %s)",
    "%x: f32[2, 3, 4, 5] | %s: i64[2] = const dense[6, 20] | Reshape(%x, %s)",
    "%x: f32[6, 4] | %s: i64[2] = const dense[4, 6] | Reshape(%x, %s)",
    "%x: f32[8, 6, 4] | %s: i64[3] = const dense[4, 12, 4] | Reshape(%x, %s)",
    "%x: f32[?, 5, 8] | %s: i64[2] = const dense[-1, 8] | Reshape(%x, %s)",
    "%x: f32[?, 8] | %s: i64[4] = const dense[0, 1, 2, -1] | Reshape(%x, %s)",
    "%x: f32[N, M, 8] | %s: i64[4] = const dense[0, 0, 2, 4] | Reshape(%x, %s)",
    "%x: f32[4, 3] | %s: i64[3] = const dense[0, 3, 1] | Reshape(%x, %s)",
    "%x: f32[3, 1, 5, 1] | %s: i64[1] = const dense[1] | Squeeze(%x, %s)",
    "%x: f32[3, 1, 5, 1] | | Squeeze(%x)",
    "%x: f32[N, 5] | %s: i64[2] = const dense[0, -1] | Unsqueeze(%x, %s)",
    "%x: f32[2, 3, 4] | | Transpose(%x) {perm: [2, 0, 1]}",
    "%x: f32[2, 3, 4] | | Transpose(%x)",
    "%x: f32[N, 3, 4]; %y: f32[?, 5, 4] | | Concat(%x, %y, %x) {axis: 1}",
    "%x: f32[2, 7] | %s: i64[3] = const dense[2, 4, 1] | Split/3(%x, %s) {axis: 1}",
    "%x: f32[7, 2] | | Split/3(%x) {num_outputs: 3}",
    "%x: f32[N, 6] | | Split/2(%x) {axis: -1}",
    "%x: f32[8, 9] | %a: i64[1] = const dense[2]; %b: i64[1] = const dense[6] | Slice(%x, %a, %b)",
    "%x: f32[8, 9] | %a: i64[2] = const dense[-3, 1]; %b: i64[2] = const dense[100, -2]; %c: i64[2] = const dense[1, 0] | Slice(%x, %a, %b, %c)",
    "%x: f32[8, 9] | %a: i64[1] = const dense[-1]; %b: i64[1] = const dense[-100]; %c: i64[1] = const dense[0]; %d: i64[1] = const dense[-2] | Slice(%x, %a, %b, %c, %d)",
    "%x: f32[N, 9] | %a: i64[2] = const dense[0, 3]; %b: i64[2] = const dense[9223372036854775807, 5]; %c: i64[2] = const dense[0, 1]; %d: i64[2] = const dense[1, 1] | Slice(%x, %a, %b, %c, %d)",
    "%x: f32[7, 5, 3] | %i: i64[2] = const dense[4, -1] | Gather(%x, %i) {axis: 1}",
    "%x: f32[9, 5]; %i: i64[2, 3] | | Gather(%x, %i)",
    "%x: f32[2, 7] | %i: i64[7] = const dense[4, 5, 6, 0, 1, 2, 3] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 7] | %i: i64[6] = const dense[-3, -2, -1, 4, 5, 6] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 6] | %i: i32[6] = const dense[0, 3, 1, 4, 2, 5] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 3] | %i: i64[6] = const dense[0, 0, 1, 1, 2, 2] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 3] | %i: i64[6] = const dense[0, 1, 2, 0, 1, 2] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 6] | %i: i64[3] = const dense[0, 2, 4] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 5] | %i: i64[5] = const dense[3, 1, 4, 0, 2] | Gather(%x, %i) {axis: 1}",
    "%x: f32[2, 9] | %a: i64[1] = const dense[1]; %b: i64[1] = const dense[9223372036854775807]; %c: i64[1] = const dense[1]; %d: i64[1] = const dense[3] | Slice(%x, %a, %b, %c, %d)",
    "%x: f32[2, 9] | %a: i64[1] = const dense[1]; %b: i64[1] = const dense[-1]; %c: i64[1] = const dense[1]; %d: i64[1] = const dense[3] | Slice(%x, %a, %b, %c, %d)",
    "%x: f32[7, 5] | %i: i64[] = const dense[1] | Gather(%x, %i) {axis: -2}",
    "%x: f32[2, 4, 5] | %p: i64[6] = const dense[0, 2, 0, 0, 3, 1] | Pad(%x, %p)",
    "%x: f32[2, 4, 5] | %p: i64[2] = const dense[1, 2]; %v: f32[] = const dense[0.5]; %a: i64[1] = const dense[-2] | Pad(%x, %p, %v, %a)",
    "%x: f32[2, 4, 5] | %p: i64[6] = const dense[0, 0, -1, 0, 0, 2] | Pad(%x, %p)",
    "%x: f32[2, 4, 5] | %p: i64[6] = const dense[0, 0, 1, 0, 0, 2] | Pad(%x, %p) {mode: \"reflect\"}",
    "%x: f32[N, 4, 3, 3] | %s: f32[4] = const dense[1.0, 1.0, 2.0, 1.5] | Resize(%x, _, %s)",
    "%x: f32[2, 4, 3, 3] | %s: i64[4] = const dense[2, 4, 6, 5] | Resize(%x, _, _, %s) {mode: \"linear\"}",
    "%x: f32[2, 4, 3, 3] | %s: i64[2] = const dense[6, 5] | Resize(%x, _, _, %s) {axes: [2, 3], mode: \"linear\", keep_aspect_ratio_policy: \"not_larger\"}",
    "%x: f32[N, 4, 1] | %s: i64[3] = const dense[1, 4, 6] | Expand(%x, %s)",
    "%x: f32[4, 1] | %s: i64[3] = const dense[3, 1, 6] | Expand(%x, %s)",
    "%x: f32[2, 4] | | Identity(%x)",
    // Indexing
    "%x: f32[2, 4] | %i: i64[2, 3] = const dense[0, 1, 1, 0, 1, 1] | GatherElements(%x, %i)",
    "%x: f32[N, 4, 3] | %i: i64[2, 2] = const dense[0, 1, 1, 0] | GatherND(%x, %i)",
    "%x: f32[2, 4, 3] | %i: i64[2, 5, 1] = const dense[0, 1, 1, 0, 3, 3, 2, 2, 2, 0] | GatherND(%x, %i) {batch_dims: 1}",
    "%x: f32[2, 4]; %u: f32[1, 2] | %i: i64[1, 2] = const dense[0, 1] | ScatterElements(%x, %i, %u)",
    "%x: f32[2, 4]; %u: f32[1, 4] | %i: i64[1, 1] = const dense[1] | ScatterND(%x, %i, %u) {reduction: \"add\"}",
    "%x: f32[4, 3, 5] | %l: i64[3] = const dense[4, 0, 2] | ReverseSequence(%x, %l)",
    "%x: f32[1] | %s: i64[2] = const dense[3, 4] | ConstantOfShape(%s) {value: f32[1] dense[2.5]}",
    // Elementwise, logic and activations
    "%x: f32[N, 5] | | Erf(%x)", "%x: f32[N, 5] | | Reciprocal(%x)", "%x: f32[N, 5] | | Floor(%x)",
    "%x: f32[N, 5] | | Ceil(%x)", "%x: f32[N, 5] | | Round(%x)", "%x: f32[N, 5] | | Sign(%x)",
    "%x: f32[N, 5] | | Sin(%x)", "%x: f32[N, 5] | | Cos(%x)", "%x: f32[N, 5] | | Tan(%x)",
    "%x: f32[N, 5] | | Asin(%x)", "%x: f32[N, 5] | | Acos(%x)", "%x: f32[N, 5] | | Atan(%x)",
    "%x: f32[N, 5] | | Sinh(%x)", "%x: f32[N, 5] | | Cosh(%x)", "%x: f32[N, 5] | | Asinh(%x)",
    "%x: f32[N, 5] | | Acosh(%x)", "%x: f32[N, 5] | | Atanh(%x)", "%x: f32[N, 5] | | IsNaN(%x)",
    "%x: f32[N, 5] | | IsInf(%x)", "%x: f32[N, 5] | | Elu(%x)", "%x: f32[N, 5] | | Selu(%x)",
    "%x: f32[N, 5] | | Celu(%x)", "%x: f32[N, 5] | | Softplus(%x)",
    "%x: f32[N, 5] | | Softsign(%x)", "%x: f32[N, 5] | | ThresholdedRelu(%x)",
    "%x: f32[N, 5] | | Gelu(%x)", "%x: f32[N, 5] | | Mish(%x)", "%x: f32[N, 5] | | Swish(%x)",
    "%x: f32[N, 5] | | Shrink(%x)", "%x: bool[N, 5] | | Not(%x)",
    "%x: i32[N, 5] | | BitwiseNot(%x)",
    "%x: f32[N, 5]; %y: f32[5] | | Pow(%x, %y)",
    "%x: i64[N, 5] | %y: i64[1] = const dense[3] | Mod(%x, %y)",
    "%x: f32[2, 5, 3]; %y: f32[5, 1]; %z: f32[3] | | Min(%x, %y, %z)",
    "%x: f32[2, 5]; %y: f32[2, 1] | | Max(%x, %y)",
    "%x: f32[2, 5, 3]; %y: f32[5, 1]; %z: f32[3] | | Sum(%x, %y, %z)",
    "%x: f32[N, 5]; %y: f32[N, 5] | | Mean(%x, %y)",
    "%c: bool[N, 1, 3]; %x: f32[5, 1]; %y: f32[N, 5, 3] | | Where(%c, %x, %y)",
    "%x: f32[N, 5]; %y: f32[5] | | Equal(%x, %y)",
    "%x: f32[N, 5]; %y: f32[5] | | Greater(%x, %y)",
    "%x: f32[N, 5]; %y: f32[5] | | Less(%x, %y)",
    "%x: f32[N, 5]; %y: f32[5] | | GreaterOrEqual(%x, %y)",
    "%x: f32[N, 5]; %y: f32[5] | | LessOrEqual(%x, %y)",
    "%x: bool[N, 5]; %y: bool[5] | | And(%x, %y)",
    "%x: bool[N, 5]; %y: bool[5] | | Or(%x, %y)",
    "%x: bool[N, 5]; %y: bool[5] | | Xor(%x, %y)",
    "%x: i32[N, 5]; %y: i32[5] | | BitwiseAnd(%x, %y)",
    "%x: i32[N, 5]; %y: i32[5] | | BitwiseOr(%x, %y)",
    "%x: i32[N, 5]; %y: i32[5] | | BitwiseXor(%x, %y)",
    "%x: i32[N, 5] | %y: i32[1] = const dense[1] | BitShift(%x, %y) {direction: \"LEFT\"}",
    "%x: f32[2, 5, 3]; %y: f32[5, 1] | | PRelu(%x, %y)",
    "%x: f32[4, 5, 3] | | Hardmax(%x) {axis: 1}",
    "%x: f32[4, 5] | | com.microsoft::Gelu(%x)",
    "%x: f32[4, 5] | | com.microsoft::QuickGelu(%x)",
    "%x: f32[4, 5]; %y: f32[5] | | com.microsoft::BiasGelu(%x, %y)",
    "%x: f32[4, 5]; %y: f32[5] | | com.microsoft::FastGelu(%x, %y)",
    // Reductions, ranking and generation
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceMax(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[-1] | ReduceMin(%x, %a) {keepdims: 0}",
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceProd(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceL1(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i64[2] = const dense[1, 2] | ReduceL2(%x, %a) {keepdims: 0}",
    "%x: f32[4, 5, 6] | | ReduceSumSquare(%x)",
    "%x: f32[4, 5, 6] | | ReduceSumSquare(%x) {noop_with_empty_axes: 1}",
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceLogSum(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i64[1] = const dense[1] | ReduceLogSumExp(%x, %a)",
    "%x: f32[4, 5, 6] | | ArgMax(%x) {axis: 1}",
    "%x: f32[N, 5, 6] | | ArgMin(%x) {axis: -1, keepdims: 0}",
    "%x: f32[4, 5, 6] | %k: i64[1] = const dense[2] | TopK/2(%x, %k) {axis: 1}",
    "%x: f32[4, 5, 6] | %a: i64[] = const dense[1] | CumSum(%x, %a)",
    "%x: f32[4, 5, 6] | %a: i32[] = const dense[-1] | CumProd(%x, %a) {reverse: 1}",
    "%x: f32[4, 5] | | Unique(%x) {axis: 1}",
    "%x: f32[4, 5] | %c: bool[3] = const dense[true, false, true] | Compress(%x, %c) {axis: 1}",
    "%x: f32[4, 5] | | NonZero(%x)",
    "%x: f32[1] | %a: i64[] = const dense[1]; %b: i64[] = const dense[9]; %c: i64[] = const dense[3] | Range(%a, %b, %c)",
    "%x: f32[4, 5] | | EyeLike(%x) {k: 1}",
    "%x: f32[1] | | RandomNormal() {shape: [2, 3]}",
    "%x: f32[4, 5] | | RandomNormalLike(%x)",
    "%x: f32[1] | | RandomUniform() {shape: [2, 3]}",
    "%x: f32[4, 5] | | RandomUniformLike(%x)",
    "%x: f32[4, 5] | | Bernoulli(%x)",
    "%x: f32[4, 5] | | Multinomial(%x) {sample_size: 2}",
    "%x: f32[1] | %n: i64[] = const dense[5] | BlackmanWindow(%n)",
    "%x: f32[1] | %n: i64[] = const dense[5] | HannWindow(%n)",
    "%x: f32[1] | %n: i64[] = const dense[5] | HammingWindow(%n)",
    "%x: f32[4, 5] | | Size(%x)",
    "%x: f32[4, 5]; %y: f64[1] | | CastLike(%x, %y)",
    "%x: f32[4, 5] | | BitCast(%x) {to: 6}",
    "%x: f32[4, 5] | %r: i64[2] = const dense[1, 3] | Tile(%x, %r)",
    "%x: f32[3, 4, 5] | | Trilu(%x)",
    "%x: i64[3, 4] | %d: i64[] = const dense[5]; %v: f32[2] = const dense[0.0, 1.0] | OneHot(%x, %d, %v) {axis: 1}",
    "%x: f32[4, 3, 3] | | Det(%x)",
    // Recurrent networks
    "%x: f32[3, N, 4] | %w: f32[1, 20, 4] = const seeded(1); %r: f32[1, 20, 5] = const seeded(2) | LSTM/3(%x, %w, %r) {hidden_size: 5}",
    "%x: f32[3, 2, 4]; %h: f32[2, 2, 5]; %c: f32[2, 2, 5] | %w: f32[2, 20, 4] = const seeded(1); %r: f32[2, 20, 5] = const seeded(2); %b: f32[2, 40] = const seeded(3); %l: i32[2] = const dense[2, 3]; %p: f32[2, 15] = const seeded(4) | LSTM/3(%x, %w, %r, %b, %l, %h, %c, %p) {direction: \"bidirectional\", hidden_size: 5, clip: 0.7}",
    "%x: f32[3, 2, 4]; %h: f32[3, 1, 5] | %w: f32[1, 15, 4] = const seeded(1); %r: f32[1, 15, 5] = const seeded(2); %b: f32[1, 30] = const seeded(3) | GRU/2(%x, %w, %r, %b, _, %h) {direction: \"reverse\", hidden_size: 5, layout: 1}",
    "%x: f32[3, 2, 4]; %h: f32[2, 2, 5] | %w: f32[2, 15, 4] = const seeded(1); %r: f32[2, 15, 5] = const seeded(2); %b: f32[2, 30] = const seeded(3) | GRU/2(%x, %w, %r, %b, _, %h) {direction: \"bidirectional\", hidden_size: 5, linear_before_reset: 1}",
    "%x: f32[3, 2, 4]; %h: f32[2, 2, 5] | %w: f32[2, 5, 4] = const seeded(1); %r: f32[2, 5, 5] = const seeded(2); %b: f32[2, 10] = const seeded(3) | RNN/2(%x, %w, %r, %b, _, %h) {activations: [\"Affine\", \"Relu\"], activation_alpha: [0.5], activation_beta: [0.25], direction: \"bidirectional\", hidden_size: 5}",
    "%x: f32[N, 4, 1] | %z: f32[1, 1, 5] = const seeded(1); %s: i64[3] = const dense[2, 3, 5] | Expand(%z, %s)",
    // Attention and products
    "%x: f32[2, 3, 6, 5]; %y: f32[2, 3, 4, 6] | | com.microsoft::FusedMatMul(%x, %y) {transA: 1, transB: 1, alpha: 0.5}",
    "%x: f32[5, 2, 6]; %y: f32[2, 6, 4] | | com.microsoft::FusedMatMul(%x, %y) {transBatchA: 1}",
    "%q: f32[2, 4, 3, 6]; %k: f32[2, 2, 5, 6]; %v: f32[2, 2, 5, 4] | | Attention(%q, %k, %v)",
    "%q: f32[2, 3, 24]; %k: f32[2, 5, 12]; %v: f32[2, 5, 8] | | Attention/3(%q, %k, %v) {q_num_heads: 4, kv_num_heads: 2, is_causal: 1}",
    "%q: f32[2, 3, 24]; %k: f32[2, 5, 24]; %v: f32[2, 5, 8] | | Attention(%q, %k, %v) {q_num_heads: 4, kv_num_heads: 4}",
    "%q: f32[1, 4, 3, 6]; %k: f32[1, 4, 5, 6]; %v: f32[1, 4, 5, 4]; %m: f32[4, 1, 7]; %p: f32[1, 4, 2, 6]; %r: f32[1, 4, 2, 4] | | Attention/4(%q, %k, %v, %m, %p, %r) {scale: 0.3, softcap: 2.0}",
    "%x: f32[2, 3, 4, 6]; %c: f32[2, 4, 3]; %s: f32[2, 4, 3] | | RotaryEmbedding(%x, %c, %s)",
    "%x: f32[2, 4, 24]; %c: f32[7, 3]; %s: f32[7, 3] | %p: i64[2, 4] = const dense[0, 1, 2, 3, 6, 5, 4, 3] | RotaryEmbedding(%x, %c, %s, %p) {num_heads: 3, rotary_embedding_dim: 6, interleaved: 1}",
    "%q: f32[2, 3, 12]; %k: f32[2, 5, 12]; %v: f32[2, 5, 20]; %a: f32[1, 4, 3, 5] | | com.microsoft::MultiHeadAttention(%q, %k, %v, _, _, %a) {num_heads: 4}",
    "%q: f32[2, 3, 12]; %k: f32[2, 5, 12]; %v: f32[2, 5, 8] | %b: f32[32] = const seeded(1) | com.microsoft::MultiHeadAttention/3(%q, %k, %v, %b) {num_heads: 4, scale: 0.2}",
    "%x: f32[2, 3, 5] | %w: f32[5, 24] = const seeded(1); %b: f32[24] = const seeded(2) | com.microsoft::Attention(%x, %w, %b) {num_heads: 4}",
    "%x: f32[2, 3, 5] | %w: f32[5, 30] = const seeded(1) | com.microsoft::Attention(%x, %w) {num_heads: 3, qkv_hidden_sizes: [6, 6, 18], unidirectional: 1}",
    // Losses, states
    "%x: f32[N, 5]; %y: f32[N, 5] | | SwiGLU(%x, %y) {alpha: 0.5}",
    "%x: f32[N, 5, 4] | %w: f32[5, 1, 3] = const seeded(1); %b: f32[5] = const seeded(2) | CausalConvWithState/2(%x, %w, %b) {activation: \"silu\"}",
    "%x: f32[3, 5, 4]; %s: f32[3, 5, 2] | %w: f32[5, 1, 3] = const seeded(1) | CausalConvWithState(%x, %w, _, %s)",
    "%x: f32[4, 3] | %l: i64[4] = const dense[2, 0, 1, 1] | NegativeLogLikelihoodLoss(%x, %l)",
    "%x: f32[2, 3, 2] | %l: i64[2, 2] = const dense[2, 0, 1, 1] | SoftmaxCrossEntropyLoss/2(%x, %l) {reduction: \"none\"}",
    "%x: f32[2, 4, 3]; %y: f32[2, 2, 3] | | TensorScatter(%x, %y)",
    "%q: f32[2, 3, 4]; %k: f32[2, 3, 2]; %v: f32[2, 3, 6] | | LinearAttention/2(%q, %k, %v) {q_num_heads: 4, kv_num_heads: 2, update_rule: \"linear\"}",
  ]

  @Test(arguments: cases, [1, 2, 3]) func proved(_ text: String, seed: Int) throws {
    try SignatureCheck.run(try AxisSignatureTests.graph(text), seed: seed)
  }

  /// The signatures themselves, for reading.
  @Test func listed() throws {
    let lines = try AxisSignatureTests.cases.map { text in
      let graph = try AxisSignatureTests.graph(text)
      let node = try #require(graph.nodes.last)
      let signature = try #require(try GraphFacts(graph).signature(of: node))
      return "\(text)\n    \(signature)\n"
    }
    try Recorded.check(lines.joined(), "golden/axis-signatures.txt")
  }

  /// Makes a graph of a case; `Op/n` has n results.
  static func graph(_ text: String) throws -> Graph {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    let inputs = parts[0].split(separator: ";").joined(separator: ", ")
    let constants = parts[1].split(separator: ";").joined(separator: "\n")
    var call = parts[2].trimmingPrefix(" ")
    var results = "%result"
    if let slash = call.firstIndex(of: "/"), slash < call.firstIndex(of: "(") ?? slash {
      let count = Int(String(call[call.index(after: slash)])) ?? 1
      results = (0..<count).map { $0 == 0 ? "%result" : "%result\($0)" }.joined(separator: ", ")
      call.removeSubrange(slash...call.index(after: slash))
    }
    return try GraphParser.model(
      "graph @case(\(inputs)) -> (%result) {\n\(constants)\n\(results) = \(call)\n}"
    ).graph
  }
}
