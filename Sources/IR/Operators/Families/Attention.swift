/// Attention.
extension Schema {
  /// Attention: operands are queries, keys and values, mask, past keys and values, and the numbers
  /// of keys that count; results the output, present keys and values, and the scores.
  static let attention = Schema(
    inputs: .between(3...7), outputs: .between(1...4),
    attributes: [
      .int("is_causal", 0), .derived("kv_num_heads", .int), .int("left_window_size", -1),
      .derived("q_num_heads", .int), .int("qk_matmul_output_mode", 0),
      .int("right_window_size", -1), .derived("scale", .float), .float("softcap", 0),
      .derived("softmax_precision", .int),
    ],
    shape: { context throws(Diagnostic) in
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
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let rank = context.shape(0)?.count, let shapes = try? attentionShapes(context),
        var axes = AttentionAxes(
          context, query: shapes.query, key: shapes.key, value: shapes.value)
      else { return AxisRules.blockAll(context, because: AttentionAxes.mixes) }
      let keys = rank == 4 ? 2 : 1
      axes.setOperand(0, axes.query(shapes.query[2], axes.size, rank: rank))
      axes.setOperand(1, axes.key(context.shape(1)?[keys] ?? .unknown, axes.size, rank: rank))
      axes.setOperand(2, axes.key(context.shape(2)?[keys] ?? .unknown, axes.valueSize, rank: rank))
      if let mask = context.shape(3) { axes.setOperand(3, axes.scores(mask)) }
      for (index, size) in [(4, axes.size), (5, axes.valueSize)] where context.has(index) {
        axes.setOperand(index, axes.key(context.shape(index)?[2] ?? .unknown, size, rank: 4))
      }
      if context.resultShape(1) != nil { axes.block(axes.size, because: AttentionAxes.caches) }
      if context.has(6) { axes.block(axes.batch, because: "counts its keys") }
      axes.setResult(0, of: context, axes.query(shapes.query[2], axes.valueSize, rank: rank))
      axes.setResult(1, of: context, axes.key(shapes.key[2], axes.size, rank: 4))
      axes.setResult(2, of: context, axes.key(shapes.value[2], axes.valueSize, rank: 4))
      if let scores = context.resultShape(3) { axes.setResult(3, of: context, axes.scores(scores)) }
      return axes.signature
    },
    cost: { context, signature in
      guard let shapes = try? attentionShapes(context), let rank = context.shape(0)?.count,
        let query = signature.operands[0], let output = signature.results[0]
      else { return nil }
      return products(
        signature, query, output, rank: rank, positions: [shapes.query[2], shapes.key[2]])
    },
    extents: { context, signature in
      guard let rank = context.shape(0)?.count, let terms = signature.operands[0],
        let before = try? attentionShapes(context.former)
      else { return .none }
      if rank == 4 {
        guard let size = signature.extent(of: terms[3]) else { return .none }
        return ExtentEdit(attributes: context.writtenScale(size: size, before: before.query[3]))
      }
      guard let heads = signature.headExtents(terms[2]) else { return .none }
      var edit = ExtentEdit(
        attributes: context.writtenScale(size: heads.size, before: before.query[3]))
      edit.setCount("q_num_heads", heads.heads * heads.share, in: context)
      edit.setCount("kv_num_heads", heads.heads, in: context)
      return edit
    },
    response: Plain.otherResponse, hasBorders: Plain.borders)

  /// The multiply-accumulates of queries times keys and of probabilities times values.
  private static func products(
    _ signature: AxisSignature, _ query: [AxisSignature.Term], _ output: [AxisSignature.Term],
    rank: Int, positions: [Dim]
  ) -> MACs? {
    let axes = rank == 4 ? [query[0], query[1], query[3]] : [query[0], query[2]]
    var labels = axes.flatMap(AxisSignature.labels(of:))
    guard let size = labels.popLast(), let last = output.last,
      let valueSize = AxisSignature.labels(of: last).last
    else { return nil }
    return MACs(labels: labels, positions: positions, summed: [size, valueSize])
  }

  /// FlexAttention (ai.onnx.preview): operands are queries, keys and values, each [batch, heads,
  /// positions, size]; one graph changes the scores before Softmax, another what it returns.
  static let flexAttention = mixing(
    because: AttentionAxes.mixes, inputs: .exactly(3), outputs: .exactly(1),
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
}
