import IR

/// Cases of attention and recurrent networks.
extension GradientCase {
  /// Attention in all forms that are trained.
  static let heads: [GradientCase] = [
    GradientCase(
      "Attention", .attention,
      [.variable([1, 2, 3, 2]), .variable([1, 2, 4, 2]), .variable([1, 2, 4, 3])]),
    GradientCase(
      "Attention packed causal", .attention,
      [.variable([2, 3, 4]), .variable([2, 3, 2]), .variable([2, 3, 2])],
      [
        "q_num_heads": .int(2), "kv_num_heads": .int(1), "is_causal": .int(1),
        "scale": .float(0.3), "softcap": .float(2),
      ]),
    GradientCase(
      "Attention with a past", .attention,
      [
        .variable([1, 2, 2, 2]), .variable([1, 1, 2, 2]), .variable([1, 1, 2, 2]),
        .variable([2, 4]), .variable([1, 1, 2, 2]), .variable([1, 1, 2, 2]),
      ], ["is_causal": .int(1)], results: 3, read: [0, 1, 2]),
    GradientCase(
      "Attention with flags", .attention,
      [
        .variable([1, 2, 2, 2]), .variable([1, 2, 3, 2]), .variable([1, 2, 3, 2]),
        .constant(Tensor([true, false, true, false, false, false], shape: [2, 3])),
      ]),
    GradientCase(
      "Attention in a window", .attention,
      [.variable([1, 1, 4, 2]), .variable([1, 1, 4, 2]), .variable([1, 1, 4, 2])],
      [
        "left_window_size": .int(1), "right_window_size": .int(0),
        "qk_matmul_output_mode": .int(3),
      ], results: 4, read: [0, 3]),
    GradientCase(
      "Attention of infinite masks", .attention,
      [
        .variable([1, 1, 2, 2]), .variable([1, 1, 2, 2]), .variable([1, 1, 2, 2]),
        .constant(
          Tensor([0.5, -Double.infinity, -Double.infinity, -Double.infinity], shape: [2, 2])),
      ]),
    GradientCase(
      "Attention of onnxruntime", .projectedAttention,
      [.variable([2, 3, 3]), .variable([3, 12]), .variable([12]), ints([3, 2], [2])],
      ["num_heads": .int(2)]),
    GradientCase(
      "Attention of onnxruntime with a past", .projectedAttention,
      [
        .variable([1, 2, 3]), .variable([3, 12]), .variable([12]), .none,
        .variable([2, 1, 2, 1, 2]), .variable([1, 2, 2, 3]),
      ], ["num_heads": .int(2), "unidirectional": .int(1)], results: 2, read: [0, 1]),
    GradientCase(
      "Attention of onnxruntime of other sizes", .projectedAttention,
      [.variable([1, 2, 3]), .variable([3, 10]), .none, ints([1, 1], [1, 2])],
      ["num_heads": .int(2), "qkv_hidden_sizes": .ints([4, 4, 2]), "scale": .float(0.4)]),
    GradientCase(
      "MultiHeadAttention", .multiHeadAttention,
      [
        .variable([2, 2, 4]), .variable([2, 3, 4]), .variable([2, 3, 2]), .variable([10]),
        ints([1, 1, 0, 1, 0, 1], [2, 3]), .variable([1, 2, 2, 3]),
      ], ["num_heads": .int(2)]),
    GradientCase(
      "MultiHeadAttention with a past", .multiHeadAttention,
      [
        .variable([1, 2, 4]), .variable([1, 2, 4]), .variable([1, 2, 4]), .none,
        ints([3, 1], [2]), .none, .variable([1, 2, 1, 2]), .variable([1, 2, 1, 2]),
      ], ["num_heads": .int(2), "unidirectional": .int(1)], results: 3, read: [0, 1, 2]),
    GradientCase(
      "MultiHeadAttention of split keys", .multiHeadAttention,
      [.variable([1, 2, 4]), .variable([1, 2, 3, 2]), .variable([1, 2, 3, 2])],
      ["num_heads": .int(2)]),
    GradientCase(
      "RotaryEmbedding", .rotaryEmbedding,
      [.variable([1, 2, 3, 4]), .variable([1, 3, 2]), .variable([1, 3, 2])]),
    GradientCase(
      "RotaryEmbedding interleaved in part", .rotaryEmbedding,
      [
        .variable([1, 2, 12]), .variable([5, 2]), .variable([5, 2]), ints([4, 1], [1, 2]),
      ], ["num_heads": .int(2), "rotary_embedding_dim": .int(4), "interleaved": .int(1)]),
  ]

  /// LSTM, GRU and RNN of 3 steps, 2 sequences, 3 inputs and 2 units, unless they say otherwise.
  static let recurrences: [GradientCase] = [
    GradientCase(
      "LSTM", .lstm,
      [.variable([3, 2, 3]), .variable([1, 8, 3]), .variable([1, 8, 2]), .variable([1, 16])],
      ["hidden_size": .int(2)], results: 3, read: [0, 1, 2]),
    GradientCase(
      "LSTM bidirectional with all operands", .lstm,
      [
        .variable([3, 2, 3]), .variable([2, 8, 3]), .variable([2, 8, 2]), .variable([2, 16]),
        .constant(Tensor([Int32(3), 2])), .variable([2, 2, 2]), .variable([2, 2, 2]),
        .variable([2, 6]),
      ], ["hidden_size": .int(2), "direction": .string("bidirectional")], results: 3,
      read: [0, 1, 2]),
    GradientCase(
      "LSTM batch first reverse coupled", .lstm,
      [.variable([2, 3, 3]), .variable([1, 8, 3]), .variable([1, 8, 2])],
      [
        "hidden_size": .int(2), "layout": .int(1), "direction": .string("reverse"),
        "input_forget": .int(1), "clip": .float(3),
      ], results: 3, read: [0, 2]),
    GradientCase(
      "LSTM of other functions", .lstm,
      [.variable([2, 1, 2]), .variable([1, 4, 2]), .variable([1, 4, 1])],
      [
        "hidden_size": .int(1), "activations": .strings(["HardSigmoid", "ScaledTanh", "Softsign"]),
        "activation_alpha": .floats([0.1, 0.7]), "activation_beta": .floats([0.4, 0.9]),
      ], results: 1),
    GradientCase(
      "GRU", .gru,
      [
        .variable([3, 2, 3]), .variable([1, 6, 3]), .variable([1, 6, 2]), .variable([1, 12]),
        .none, .variable([1, 2, 2]),
      ], ["hidden_size": .int(2)], results: 2, read: [0, 1]),
    GradientCase(
      "GRU bidirectional, reset last", .gru,
      [
        .variable([3, 2, 3]), .variable([2, 6, 3]), .variable([2, 6, 2]), .variable([2, 12]),
        .constant(Tensor([Int32(1), 3])),
      ],
      [
        "hidden_size": .int(2), "linear_before_reset": .int(1),
        "direction": .string("bidirectional"),
      ], results: 2, read: [0, 1]),
    GradientCase(
      "GRU reverse without biases", .gru,
      [.variable([3, 1, 2]), .variable([1, 6, 2]), .variable([1, 6, 2])],
      ["hidden_size": .int(2), "linear_before_reset": .int(1), "direction": .string("reverse")],
      results: 2, read: [1], omitting: [0]),
    GradientCase(
      "RNN", .rnn,
      [.variable([3, 2, 3]), .variable([1, 2, 3]), .variable([1, 2, 2]), .variable([1, 4])],
      ["hidden_size": .int(2)], results: 2, read: [0, 1]),
    GradientCase(
      "RNN bidirectional batch first", .rnn,
      [
        .variable([2, 3, 2]), .variable([2, 2, 2]), .variable([2, 2, 2]), .none, .none,
        .variable([2, 2, 2]),
      ],
      [
        "hidden_size": .int(2), "layout": .int(1), "direction": .string("bidirectional"),
        "activations": .strings(["Sigmoid", "Softplus"]),
      ], results: 2, read: [0, 1]),
  ]

  /// Sampling at computed places.
  static let samples: [GradientCase] = [
    GradientCase(
      "GridSample", .gridSample,
      [.variable([1, 2, 3, 4]), .variable([1, 2, 2, 2], range: -1.2...1.2)]),
    GradientCase(
      "GridSample border aligned", .gridSample,
      [.variable([2, 1, 3, 3]), .variable([2, 1, 2, 2], range: -1.4...1.4)],
      ["padding_mode": .string("border"), "align_corners": .int(1)]),
    GradientCase(
      "GridSample reflection", .gridSample,
      [.variable([1, 1, 4, 3]), .variable([1, 2, 3, 2], range: -3...3)],
      ["padding_mode": .string("reflection")]),
    GradientCase(
      "GridSample nearest", .gridSample,
      [
        .variable([1, 2, 3, 3]),
        .constant(Tensor([0.4, -0.9, 1.3, 0.1, -0.3, 0.8], shape: [1, 3, 1, 2])),
      ], ["mode": .string("nearest")]),
    GradientCase(
      "GridSample 3-D", .gridSample,
      [.variable([1, 1, 2, 3, 2]), .variable([1, 1, 2, 1, 3], range: -0.9...0.9)]),
    GradientCase(
      "DeformConv", .deformConv,
      [
        .variable([1, 2, 3, 4]), .variable([3, 2, 2, 2]),
        .variable([1, 8, 2, 3], range: -0.9...0.9), .variable([3]), .variable([1, 4, 2, 3]),
      ]),
    GradientCase(
      "DeformConv of groups", .deformConv,
      [
        .variable([2, 4, 4, 4]), .variable([2, 2, 3, 3]),
        .variable([2, 36, 2, 2], range: -1.4...1.4),
      ],
      [
        "group": .int(2), "offset_group": .int(2), "pads": .ints([1, 1, 1, 1]),
        "strides": .ints([2, 2]),
      ]),
    GradientCase(
      "AffineGrid", .affineGrid, [.variable([2, 2, 3]), ints([2, 1, 2, 3])]),
    GradientCase(
      "AffineGrid 3-D aligned", .affineGrid, [.variable([1, 3, 4]), ints([1, 1, 2, 1, 2])],
      ["align_corners": .int(1)]),
  ]
}
