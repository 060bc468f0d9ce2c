import IR
import Testing

/// Attributes and operands that cannot be right end in `invalid` diagnostics, not in traps.
@Suite struct HostileAttributeTests {
  static let cases: [(String, String)] = [
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {strides: [0, 1]}",
      "strides"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {dilations: [9223372036854775807, 1]}",
      "dilations"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {pads: [-1, 0, 0, 0]}",
      "pads"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {group: 0}",
      "group is 0"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {group: 3}",
      "channel"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {auto_pad: \"SAME\"}",
      "auto_pad"
    ),
    (
      "%x: f32[1, 2, 4, 4] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w) {kernel_shape: [2, 2]}",
      "kernel_shape"
    ),
    ("%x: f32[1, 2, 2, 2] | %w: f32[2, 2, 3, 3] = const seeded(1) | Conv(%x, %w)", "does not fit"),
    ("%x: f32[1, 2, 4, 4] | | MaxPool(%x) {kernel_shape: [0, 1]}", "kernel"),
    ("%x: f32[1, 2, 4, 4] | | MaxPool(%x)", "required"),
    ("%x: f32[1, 2, 4, 4] | | Relu(%x) {alpha: 1.0}", "no attribute 'alpha'"),
    ("%x: f32[1, 2, 4, 4] | | LeakyRelu(%x) {alpha: 1}", "kind"),
    ("%x: f32[2, 4] | %w: f32[3] = const seeded(1) | LayerNormalization(%x, %w)", "does not fit"),
    (
      "%x: f32[2, 4] | %w: f32[4] = const seeded(1) | LayerNormalization(%x, %w) {axis: 9}",
      "axis 9"
    ),
    (
      "%x: f32[1, 6, 2]; %s: f32[6]; %b: f32[6] | | GroupNormalization(%x, %s, %b) {num_groups: 4}",
      "4 groups"
    ),
    (
      "%x: f32[1, 6, 2]; %s: f32[6]; %b: f32[6] | | GroupNormalization(%x, %s, %b) {num_groups: 0}",
      "num_groups"
    ),
    ("%x: f32[1, 6, 2, 2] | | DepthToSpace(%x) {blocksize: 0}", "blocksize"),
    ("%x: f32[1, 6, 2, 2] | | DepthToSpace(%x) {blocksize: 9223372036854775807}", "blocksize"),
    ("%x: f32[1, 6, 2, 2] | | DepthToSpace(%x) {blocksize: 2}", "do not fill"),
    ("%x: f32[1, 6, 3, 2] | | SpaceToDepth(%x) {blocksize: 2}", "does not fill"),
    ("%x: f32[2, 3]; %y: f32[4, 2] | | Einsum(%x, %y) {equation: \"ij,jk->ik\"}", "3 and 4"),
    ("%x: f32[2, 3] | | Einsum(%x) {equation: \"ij->>j\"}", "arrow"),
    ("%x: f32[2, 3] | | Einsum(%x) {equation: \"i....j\"}", "no list"),
    ("%x: f32[2, 3] | | Einsum(%x) {equation: \"ij->jk\"}", "wrong axis"),
    ("%q: f32[1, 3, 5] | | Attention(%q, %q, %q) {q_num_heads: 0, kv_num_heads: 1}", "q_num_heads"),
    ("%q: f32[1, 3, 5] | | Attention(%q, %q, %q) {q_num_heads: 2, kv_num_heads: 1}", "2 heads"),
    (
      "%x: f32[3, 2, 2]; %w: f32[1, 8, 2]; %r: f32[1, 8, 2] | | LSTM/3(%x, %w, %r) {direction: \"up\"}",
      "direction"
    ),
    ("%x: f32[3, 2, 2]; %w: f32[2, 8, 2]; %r: f32[2, 8, 2] | | LSTM/3(%x, %w, %r)", "directions"),
    (
      "%x: f32[1, 2, 4, 4]; %r: f32[1, 4]; %i: i64[1] | | RoiAlign(%x, %r, %i) {output_height: -1}",
      "pooled"
    ),
    ("%x: f32[1, 2, 4, 4]; %g: f32[1, 2, 2, 3] | | GridSample(%x, %g)", "coordinates"),
    (
      "%x: f32[1, 2]; %s: f32[]; %z: u8[] | | QuantizeLinear(%x, %s, %z) {output_dtype: 3}",
      "output_dtype"
    ),
    ("%x: f32[1, 2]; %s: f32[] | | QuantizeLinear(%x, %s) {output_dtype: 99}", "no element type"),
    ("%x: f32[2] | | DFT(%x)", "rank 1"),
    (
      "%x: f32[1, 1, 2, 2]; %i: i64[1, 1, 2, 2] | | MaxUnpool(%x, %i) {kernel_shape: [2, 2], pads: [4, 4, 4, 4]}",
      "leave"
    ),
    ("%x: f32[2, 4] | | Softmax(%x) {axis: 2}", "axis 2"),
    ("%x: f32[2, 4] | | Transpose(%x) {perm: [0, 0]}", "twice"),
    ("%x: f32[2, 4] | | Transpose(%x) {perm: [0]}", "permutation"),
    ("%x: f32[2, 4]; %y: f32[3, 4] | | Add(%x, %y)", "broadcast"),
    ("%x: f32[2, 4]; %y: f32[3, 4] | | MatMul(%x, %y)", "sum over"),
    ("%x: f32[2, 4] | %s: i64[2] = const dense[3, -1] | Reshape(%x, %s)", "divided"),
    ("%x: f32[2, 4] | %s: i64[2] = const dense[-1, -1] | Reshape(%x, %s)", "twice"),
    (
      "%x: f32[2, 4] | %s: i64[2] = const dense[9223372036854775807, 9223372036854775807] | Reshape(%x, %s)",
      "do not fill"
    ),
    ("%x: f32[2, 4] | %s: i64[3] = const dense[2, 4, 0] | Reshape(%x, %s)", "copies axis 2"),
    ("%x: f32[2, 4] | %s: i64[2] = const dense[3, 2] | Split/2(%x, %s) {axis: 1}", "sum to"),
    (
      "%x: f32[2, 4] | %s: i64[2] = const dense[9223372036854775807, 9223372036854775807] | Split/2(%x, %s) {axis: 1}",
      "sum to"
    ),
    (
      "%x: f32[2, 4] | %a: i64[1] = const dense[0]; %s: i64[1] = const dense[0] | Slice(%x, %a, %a, %a, %s)",
      "step"
    ),
    (
      "%x: f32[2, 4] | %p: i64[4] = const dense[-9223372036854775808, 0, 0, 0] | Pad(%x, %p)",
      "pads"
    ),
    ("%x: f32[2, 4] | %p: i64[4] = const dense[-3, 0, 0, 0] | Pad(%x, %p)", "extent of -1"),
    ("%x: f32[2, 4] | %p: i64[3] = const dense[1, 0, 0] | Pad(%x, %p)", "pads"),
    ("%x: f32[2, 4] | %s: f32[2] = const dense[0.0, nan] | Resize(%x, _, %s)", "scales"),
    ("%x: f32[2, 4] | %s: f32[2] = const dense[3e38, 1.0] | Resize(%x, _, %s)", "no extent"),
    ("%x: f32[2, 4] | %s: i64[2] = const dense[-1, 4] | Expand(%x, %s)", "extent of -1"),
    ("%x: f32[2, 4] | %i: i64[1] = const dense[2] | Gather(%x, %i)", "index 2"),
    ("%x: f32[2, 4] | %s: i64[1] = const dense[1] | Squeeze(%x, %s)", "extent 4"),
    ("%x: f32[2, 4] | %s: i64[2] = const dense[0, 4] | Unsqueeze(%x, %s)", "axis 4"),
    ("%x: f32[2, 4] | | Cast(%x) {to: 99}", "no element type"),
    ("%x: f32[2, 4] | | Concat(%x, %x) {axis: -3}", "axis -3"),
    (
      "%x: f32[2, 4] | %i: i64[2, 2] = const dense[0, 0, 0, 0] | GatherElements(%x, %i) {axis: 2}",
      "axis 2"
    ),
    (
      "%x: f32[2, 4] | %i: i64[2] = const dense[0, 0] | GatherElements(%x, %i)",
      "indices have rank 1"
    ),
    (
      "%x: f32[2, 4] | %i: i64[1, 3] = const dense[0, 0, 0] | GatherND(%x, %i)",
      "data of rank 2"
    ),
    (
      "%x: f32[2, 4] | %i: i64[2, 1] = const dense[0, 0] | GatherND(%x, %i) {batch_dims: 9223372036854775807}",
      "batch axes"
    ),
    ("%x: f32[1] | %s: i64[1] = const dense[-4] | ConstantOfShape(%s)", "extent of -4"),
    ("%x: f32[2, 4]; %y: f32[2, 4, 3] | | PRelu(%x, %y)", "broadcast"),
    ("%x: f32[2, 4] | | ArgMax(%x) {axis: -9223372036854775808}", "axis"),
    ("%x: f32[2, 4] | %k: i64[1] = const dense[5] | TopK/2(%x, %k)", "asked for"),
    ("%x: f32[2, 4] | %k: i64[1] = const dense[-1] | TopK/2(%x, %k)", "asked for"),
    ("%x: f32[2, 4] | %a: i64[] = const dense[2] | CumSum(%x, %a)", "axis 2"),
    ("%x: f32[2, 4] | %r: i64[2] = const dense[1, -1] | Tile(%x, %r)", "repeats"),
    ("%x: f32[2, 4] | %r: i64[1] = const dense[1] | Tile(%x, %r)", "repeats"),
    ("%x: f32[4] | | Trilu(%x)", "rank of 1"),
    (
      "%x: i64[4] | %d: i64[] = const dense[-2]; %v: f32[2] = const dense[0.0, 1.0] | OneHot(%x, %d, %v)",
      "depth"
    ),
    (
      "%x: f32[4] | %d: i64[] = const dense[3]; %v: i64[] = const dense[0] | Range(%d, %d, %v)",
      "step is 0"
    ),
    ("%x: f32[4] | | RandomNormal() {shape: [9223372036854775807, 9]}", "no element count"),
    ("%x: f32[4] | | RandomNormal() {shape: [2], dtype: 99}", "no element type"),
    ("%x: f32[2, 3] | | Det(%x)", "matrix"),
    ("%x: f32[4] | | BitCast(%x) {to: 7}", "bits"),
    ("%x: f32[4] | %n: i64[] = const dense[-2] | HannWindow(%n)", "extent"),
    ("%x: f32[2, 4] | | Unique(%x) {axis: 2}", "axis 2"),
    ("%x: f32[2, 4] | | Multinomial(%x) {sample_size: -1}", "sample_size"),
    ("%x: f32[2, 4]; %y: f32[2, 1] | | SwiGLU(%x, %y)", "equal extents"),
    ("%x: f32[2, 4]; %l: i64[3] | | NegativeLogLikelihoodLoss(%x, %l)", "scores and labels"),
    (
      "%x: f32[2, 4]; %l: i64[2] | | SoftmaxCrossEntropyLoss(%x, %l) {reduction: \"all\"}",
      "reduction"
    ),
    ("%x: f32[2, 4, 3]; %y: f32[2, 5, 3] | | TensorScatter(%x, %y)", "cache of 4"),
    ("%x: f32[2, 4, 3]; %y: f32[2, 4, 3] | | TensorScatter(%x, %y) {axis: 0}", "batch"),
    (
      "%q: f32[1, 2, 4] | | LinearAttention(%q, %q, %q) {q_num_heads: 0, kv_num_heads: 1}",
      "heads"
    ),
    (
      "%q: f32[1, 2, 4] | | LinearAttention(%q, %q, %q) {q_num_heads: 3, kv_num_heads: 3}",
      "3 heads"
    ),
    ("%x: f32[1, 2, 4]; %w: f32[2, 1, 0] | | CausalConvWithState(%x, %w)", "without taps"),
    ("%x: str[2, 3] | | StringNormalizer(%x)", "[1, c]"),
    (
      "%x: i64[2] | | TfIdfVectorizer(%x) {max_gram_length: 1, max_skip_count: 0, min_gram_length: 1, mode: \"TF\", ngram_counts: [0], ngram_indexes: [-1], pool_int64s: [1]}",
      "ngram_indexes"
    ),
    (
      "%q: f32[1, 1, 2, 4]; %k: f32[1, 1, 3, 5] | | ai.onnx.preview::FlexAttention(%q, %k, %k)",
      "size of a head"
    ),
  ]

  @Test(arguments: cases) func refused(_ text: String, _ message: String) throws {
    let graph = try AxisSignatureTests.graph(text)
    let error = #expect(throws: Diagnostic.self) { try GraphFacts(graph) }
    #expect(error?.kind == .invalid)
    #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(error.map { "\($0)" } ?? "")")
  }
}
