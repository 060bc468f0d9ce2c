/// Attention and what belongs to it.
extension Schema {
  private static let mixes = "attends along it"

  /// Attention: operands are queries, keys and values, mask, past keys and values, and the numbers
  /// of keys that count; results the output, present keys and values, and the scores.
  static let attention = mixing(
    because: mixes, inputs: .between(3...7), outputs: .between(1...4),
    attributes: [
      .int("is_causal", 0), .derived("kv_num_heads", .int), .int("left_window_size", -1),
      .derived("q_num_heads", .int), .int("qk_matmul_output_mode", 0),
      .int("right_window_size", -1), .derived("scale", .float), .float("softcap", 0),
      .derived("softmax_precision", .int),
    ],
    positions: { context in
      guard let heads = try? attentionShapes(context) else { return nil }
      return [
        heads.query[0], heads.query[1], heads.query[2], heads.key[2],
        heads.query[3] + heads.value[3],
      ]
    }
  ) { context throws(Diagnostic) in
    let element = context.element(0)
    guard let heads = try attentionShapes(context) else {
      return context.results([context.result(element, nil)])
    }
    let output =
      context.shape(0)?.count == 3
      ? [heads.query[0], heads.query[2], heads.query[1] * heads.value[3]]
      : [heads.query[0], heads.query[1], heads.query[2], heads.value[3]]
    let scores = [heads.query[0], heads.query[1], heads.query[2], heads.key[2]]
    return context.results([
      context.result(element, output), context.result(context.element(1), heads.key),
      context.result(context.element(2), heads.value), context.result(element, scores),
    ])
  }

  /// FlexAttention (ai.onnx.preview): operands are queries, keys and values, each [batch, heads,
  /// positions, size]; one graph changes the scores before Softmax, another what it returns.
  static let flexAttention = mixing(
    because: mixes, inputs: .exactly(3), outputs: .exactly(1),
    attributes: [
      .derived("prob_mod", .graph), .derived("scale", .float), .derived("score_mod", .graph),
      .derived("softmax_precision", .int),
    ],
    positions: { context in
      guard let query = context.shape(0), let value = context.shape(2), query.count == 4,
        value.count == 4
      else { return nil }
      return query.dropLast() + [value[2], query[3] + value[3]]
    }
  ) { context throws(Diagnostic) in
    let query = try context.shape(0, ofRank: 4)
    let key = try context.shape(1, ofRank: 4)
    let value = try context.shape(2, ofRank: 4)
    let batch = try context.merge(query[0], key[0], "the batch")
    _ = try context.merge(query[3], key[3], "the size of a head")
    _ = try context.merge(key[2], value[2], "the number of keys")
    for name in ["prob_mod", "score_mod"] {
      guard case .graph(let graph)? = context.node.attributes[name] else { continue }
      guard graph.inputs.count == 1, graph.outputs.count == 1 else {
        throw context.invalid(
          "'\(name)' has \(graph.inputs.count) inputs and \(graph.outputs.count) outputs, expected"
            + " one of each")
      }
    }
    return [context.result(context.element(0), [batch, query[1], query[2], value[3]])]
  }

  /// The shapes [batch, heads, positions, size] of queries, present keys and present values of an
  /// Attention node; nil if a rank is unknown.
  private static func attentionShapes(
    _ context: OperatorContext
  ) throws(Diagnostic) -> (query: Shape, key: Shape, value: Shape)? {
    guard let query = context.shape(0), let key = context.shape(1), let value = context.shape(2)
    else { return nil }
    guard query.count == key.count, key.count == value.count, [3, 4].contains(query.count) else {
      throw context.invalid(
        "operands of ranks \(query.count), \(key.count), \(value.count), expected all 3 or 4")
    }
    var shapes = [query, key, value]
    if query.count == 3 {
      for (index, name) in ["q_num_heads", "kv_num_heads", "kv_num_heads"].enumerated() {
        shapes[index] = try splitHeads(context, shapes[index], name)
      }
    }
    if context.has(4), context.has(5) {
      for (index, past) in [(1, 4), (2, 5)] {
        shapes[index][2] = shapes[index][2] + (try context.shape(past, ofRank: 4)[2])
      }
    }
    return (shapes[0], shapes[1], shapes[2])
  }

  /// The shape [batch, heads, positions, size] of one of shape [batch, positions, heads · size].
  private static func splitHeads(
    _ context: OperatorContext, _ shape: Shape, _ name: String
  ) throws(Diagnostic) -> Shape {
    let heads = context.int(name, default: 0)
    guard heads >= 1 else {
      throw context.invalid("attribute '\(name)' is \(heads), expected 1 or more")
    }
    if let width = shape[2].value, width % heads != 0 {
      throw context.invalid("a width of \(width) cannot be split into \(heads) heads")
    }
    return [shape[0], .known(heads), shape[1], shape[2] / .known(heads)]
  }

  /// RotaryEmbedding turns pairs of elements by angles whose cosines and sines are operands 1 and
  /// 2, by position or, with operand 3, at the positions it lists.
  static let rotaryEmbedding = mixing(
    because: "rotates pairs of it", inputs: .between(3...4), outputs: .exactly(1),
    attributes: [.int("interleaved", 0), .int("num_heads", 0), .int("rotary_embedding_dim", 0)],
    positions: Plain.noPositions, shape: ShapeRules.unary)

  /// Attention (com.microsoft): operands are input, weights and bias of the projection to queries,
  /// keys and values, mask, past, bias of the scores and past length; results output and present.
  static let projectedAttention = mixing(
    because: mixes, inputs: .between(2...7), outputs: .between(1...2),
    attributes: [
      .int("do_rotary", 0), .float("mask_filter_value", -10000), .required("num_heads", .int),
      .int("past_present_share_buffer", 0), .derived("qkv_hidden_sizes", .ints),
      .int("rotary_embedding_dim", 0), .derived("scale", .float), .int("unidirectional", 0),
    ],
    positions: { context in
      guard let input = context.shape(0), let weight = context.shape(1), input.count == 3,
        weight.count == 2
      else { return nil }
      return [input[0], input[1], input[1] + input[1] + weight[1], weight[0]]
    }
  ) { context throws(Diagnostic) in
    let input = try context.shape(0, ofRank: 3)
    let weight = try context.shape(1, ofRank: 2)
    let heads = context.int("num_heads", default: 0)
    guard heads >= 1 else {
      throw context.invalid("num_heads is \(heads), expected 1 or more")
    }
    let sizes = context.node.attributes.ints("qkv_hidden_sizes")
    guard sizes?.count ?? 3 == 3 else {
      throw context.invalid("qkv_hidden_sizes \(sizes ?? []), expected 3 numbers")
    }
    let width = sizes.map { Dim.known($0[2]) } ?? weight[1] / 3
    var past = Dim.known(0)
    if context.has(4) { past = try context.shape(4, ofRank: 5)[3] }
    let present: Shape = [
      .known(2), input[0], .known(heads), input[1] + past, width / .known(heads),
    ]
    let element = context.element(0)
    return context.results([
      context.result(element, [input[0], input[1], width]), context.result(element, present),
    ])
  }

  /// MultiHeadAttention (com.microsoft): operands are queries, keys, values, their bias, the
  /// padding mask of the keys, bias of the scores, past keys and values, past length and cache
  /// indirection; results output, present keys and values, and the scores.
  static let multiHeadAttention = mixing(
    because: mixes, inputs: .between(1...10), outputs: .between(1...4),
    attributes: [
      .float("mask_filter_value", -10000), .required("num_heads", .int), .derived("scale", .float),
      .int("unidirectional", 0),
    ],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let heads = context.int("num_heads", default: 0)
    guard heads >= 1 else {
      throw context.invalid("num_heads is \(heads), expected 1 or more")
    }
    let element = context.element(0)
    guard let query = context.shape(0), query.count == 3 else {
      return context.results([context.result(element, [.unknown, .unknown, .unknown])])
    }
    var width = query[2]
    if let value = context.shape(2) {
      width = value.count == 4 ? value[1] * value[3] : value.last ?? .unknown
    } else if let packed = context.shape(1), packed.count == 5 {
      width = packed[2] * packed[4]
    }
    let output = context.result(element, [query[0], query[1], width])
    guard let key = context.shape(1), let value = context.shape(2), key.count != 5 else {
      return context.results([output])
    }
    guard [3, 4].contains(key.count), [3, 4].contains(value.count) else {
      throw context.invalid("keys of rank \(key.count), values of rank \(value.count)")
    }
    let past = context.has(6) ? try context.shape(6, ofRank: 4)[2] : .known(0)
    let presents = [key, value].map { shape -> ValueType in
      let split: (Dim, Dim) =
        shape.count == 4
        ? (shape[2], shape[3]) : (shape[1], (shape.last ?? .unknown) / .known(heads))
      return context.result(element, [query[0], .known(heads), past + split.0, split.1])
    }
    return context.results([output] + presents)
  }
}
