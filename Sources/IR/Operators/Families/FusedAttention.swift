/// Attention as onnxruntime fuses it (com.microsoft).
extension Schema {
  /// Attention (com.microsoft): operands are input, weights and bias of the projection to queries,
  /// keys and values, mask, past, bias of the scores and past length; results output and present.
  ///
  ///     x[b, s, i]  w[i, h·d ++ h·d ++ h·e]  bias[h·d ++ h·d ++ h·e]  ->  y[b, s, h·e]
  static let projectedAttention = Schema(
    inputs: .between(2...7), outputs: .between(1...2),
    attributes: [
      .int("do_rotary", 0), .float("mask_filter_value", -10000), .required("num_heads", .int),
      .int("past_present_share_buffer", 0), .derived("qkv_hidden_sizes", .ints),
      .int("rotary_embedding_dim", 0), .derived("scale", .float), .int("unidirectional", 0),
    ],
    shape: { context throws(Diagnostic) in
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
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let input = context.shape(0), let weight = context.shape(1), input.count == 3,
        weight.count == 2, let width = weight[1].value, let sizes = projectedSizes(context, width),
        !context.flag("do_rotary"), !context.has(4), !context.has(6),
        context.resultShape(1) == nil, !context.has(2) || context.shape(2)?.count == 1
      else { return AxisRules.blockAll(context, because: AttentionAxes.mixes) }
      let heads = Dim.known(context.int("num_heads", default: 0))
      let query = [input[0], heads, input[1], sizes.size]
      guard
        var axes = AttentionAxes(
          context, query: query, key: query, value: [input[0], heads, input[1], sizes.valueSize])
      else { return AxisRules.blockAll(context, because: AttentionAxes.mixes) }
      let inside = "is projected, and summed over again, within the operator"
      axes.block(axes.size, because: inside)
      let rows = axes.input(input, because: inside)
      let columns = axes.packed
      axes.setOperand(0, rows)
      axes.setOperand(1, [rows[2], columns])
      if context.has(2) { axes.setOperand(2, [columns]) }
      if context.has(3) { axes.block(axes.batch, because: "masks by it") }
      if let bias = context.shape(5) { axes.setOperand(5, axes.scores(bias)) }
      axes.setResult(0, of: context, axes.query(input[1], axes.valueSize, rank: 3))
      return axes.signature
    },
    cost: { context, signature in
      guard let input = context.shape(0), let output = signature.results[0], output.count == 3,
        input.count == 3, let columns = signature.operands[1]?.last,
        let size = AxisSignature.labels(of: columns).dropFirst().first
      else { return nil }
      let labels = AxisSignature.labels(of: output[0]) + AxisSignature.labels(of: output[2])
      guard let valueSize = labels.last else { return nil }
      return MACs(
        labels: labels.dropLast(), positions: [input[1]],
        summed: [size, valueSize],
        times: [input[2] + input[2] + input[1], input[2] + input[1]])
    },
    extents: { context, signature in
      guard let columns = signature.operands[1]?.last, case .concatenation(let parts) = columns,
        let sizes = parts.map({ signature.extent(of: $0).map(Dim.known) ?? .unknown }).known,
        let output = signature.results[0]?.last,
        let heads = AxisSignature.labels(of: output).first.flatMap({ signature[$0].extent.value })
      else { return .none }
      var edit = ExtentEdit.none
      edit.setCount("num_heads", heads, in: context)
      let old = context.node.attributes.ints("qkv_hidden_sizes")
      if old != sizes, old != nil || Set(sizes).count > 1 {
        edit.attributes["qkv_hidden_sizes"] = .ints(sizes)
      }
      return edit
    },
    response: Plain.otherResponse, hasBorders: Plain.borders)

  /// The sizes of heads of queries and of values that an Attention node projects to; nil where they
  /// do not fit its heads.
  private static func projectedSizes(
    _ context: OperatorContext, _ width: Int
  ) -> (size: Dim, valueSize: Dim)? {
    let heads = context.int("num_heads", default: 0)
    let sizes =
      context.node.attributes.ints("qkv_hidden_sizes") ?? Array(repeating: width / 3, count: 3)
    guard heads > 0, sizes.count == 3, sizes[0] == sizes[1],
      sizes.allSatisfy({ $0 > 0 && $0 <= width && $0 % heads == 0 }), sizes.reduce(0, +) == width
    else { return nil }
    return (.known(sizes[0] / heads), .known(sizes[2] / heads))
  }

  /// MultiHeadAttention (com.microsoft): operands are queries, keys, values, their bias, the
  /// padding mask of the keys, bias of the scores, past keys and values, past length and cache
  /// indirection; results output, present keys and values, and the scores.
  ///
  ///     q[b, s, h·d]  k[b, t, h·d]  v[b, t, h·e]  bias[h·d ++ h·d ++ h·e]  ->  y[b, s, h·e]
  static let multiHeadAttention = Schema(
    inputs: .between(1...10), outputs: .between(1...4),
    attributes: [
      .float("mask_filter_value", -10000), .required("num_heads", .int), .derived("scale", .float),
      .int("unidirectional", 0),
    ],
    shape: { context throws(Diagnostic) in
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
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shapes = multiHeadShapes(context), !context.has(8), !context.has(9),
        context.outputs.count < 4 || context.outputs[3] == nil,
        var axes = AttentionAxes(
          context, query: shapes.query, key: shapes.key, value: shapes.value)
      else { return AxisRules.blockAll(context, because: AttentionAxes.mixes) }
      axes.setOperand(0, axes.query(shapes.query[2], axes.size, rank: 3))
      axes.setOperand(
        1, axes.key(shapes.key[2], axes.size, rank: context.shape(1)?.count ?? 3))
      axes.setOperand(
        2, axes.key(shapes.value[2], axes.valueSize, rank: context.shape(2)?.count ?? 3))
      if context.has(3) {
        guard context.shape(1)?.count == 3, context.shape(2)?.count == 3,
          context.shape(3)?.count == 1
        else { return AxisRules.blockAll(context, because: AttentionAxes.mixes) }
        axes.setOperand(3, [axes.packed])
        axes.block(axes.size, because: "gets a bias before it is summed over")
      }
      if context.resultShape(1) != nil { axes.block(axes.size, because: AttentionAxes.caches) }
      if context.has(4) { axes.block(axes.batch, because: "masks by it") }
      if let bias = context.shape(5) { axes.setOperand(5, axes.scores(bias)) }
      for (index, size) in [(6, axes.size), (7, axes.valueSize)] {
        guard let past = context.shape(index) else { continue }
        guard past.count == 4 else {
          return AxisRules.blockAll(context, because: AttentionAxes.mixes)
        }
        axes.setOperand(index, axes.key(past[2], size, rank: 4))
      }
      axes.setResult(0, of: context, axes.query(shapes.query[2], axes.valueSize, rank: 3))
      for (index, size) in [(1, axes.size), (2, axes.valueSize)] {
        guard let present = context.resultShape(index) else { continue }
        axes.setResult(index, of: context, axes.key(present[2], size, rank: 4))
      }
      return axes.signature
    },
    cost: { context, signature in
      guard let shapes = multiHeadShapes(context), let query = signature.operands[0],
        let output = signature.results[0], query.count == 3, output.count == 3,
        let size = AxisSignature.labels(of: query[2]).last,
        let valueSize = AxisSignature.labels(of: output[2]).last
      else { return nil }
      let past = context.shape(6)?.dropFirst(2).first ?? .known(0)
      return MACs(
        labels: AxisSignature.labels(of: query[0])
          + AxisSignature.labels(of: output[2]).dropLast(),
        positions: [shapes.query[2], shapes.key[2] + past], summed: [size, valueSize])
    },
    extents: { context, signature in
      guard let terms = signature.operands[0], terms.count == 3,
        let heads = signature.headExtents(terms[2]),
        let before = multiHeadShapes(context.former)
      else { return .none }
      var edit = ExtentEdit(
        attributes: context.writtenScale(
          size: heads.size, before: before.query[3], zeroIsNone: true))
      edit.setCount("num_heads", heads.heads, in: context)
      return edit
    },
    response: Plain.otherResponse, hasBorders: Plain.borders)

  /// The shapes [batch, heads, positions, size] of queries, keys and values, past ones left out; nil
  /// where they are packed or not known.
  private static func multiHeadShapes(
    _ context: OperatorContext
  ) -> (query: Shape, key: Shape, value: Shape)? {
    let heads = Dim.known(context.int("num_heads", default: 0))
    guard let query = context.shape(0), let key = context.shape(1), let value = context.shape(2),
      query.count == 3, [3, 4].contains(key.count), [3, 4].contains(value.count)
    else { return nil }
    func split(_ shape: Shape) -> Shape {
      shape.count == 4 ? shape : [shape[0], heads, shape[1], shape[2] / heads]
    }
    let shapes = (query: split(query), key: split(key), value: split(value))
    guard shapes.query[3].value != nil, shapes.key[1] == heads, shapes.value[1] == heads else {
      return nil
    }
    return shapes
  }
}
