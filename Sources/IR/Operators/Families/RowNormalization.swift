/// Normalizations of the trailing axes, as transformers use them.
///
/// LayerNormalization: x[n, t, ^d]  w[^d]  b[^d]  ->  y[n, t, ^d]  mean[n, t, 1]  inv[n, t, 1]
extension Schema {
  private static let attributes: [AttributeSpec] = [
    .int("axis", -1), .float("epsilon", 1e-5), .int("stash_type", 1),
  ]

  /// LayerNormalization: results are the normalized operand, its means and inverse deviations.
  static let layerNormalization = rows(
    inputs: .between(2...3), outputs: .between(1...3), statistics: 2)

  /// RMSNormalization: without means.
  static let rmsNormalization = rows(inputs: .exactly(2), outputs: .exactly(1), statistics: 0)

  /// onnxruntime's name of RMSNormalization from before opset 23; result 1 holds the inverse roots.
  static let simplifiedLayerNormalization = rows(
    inputs: .exactly(2), outputs: .between(1...2), statistics: 1)

  private static func rows(inputs: Arity, outputs: Arity, statistics: Int) -> Schema {
    Schema(
      inputs: inputs, outputs: outputs, attributes: attributes,
      shape: { context throws(Diagnostic) in
        guard let shape = context.shape(0),
          let element = context.element(statistics == 2 ? 0 : 1)
        else {
          return context.results([.unknown])
        }
        let axis = try context.axis(context.int("axis", default: -1), rank: shape.count)
        for index in 1..<context.inputs.count {
          guard let scale = context.shape(index) else { continue }
          guard scale.count <= shape.count, shape.broadcast(with: scale)?.count == shape.count
          else {
            throw context.invalid("operand \(index) of shape \(scale) does not fit \(shape)")
          }
        }
        let narrow = Shape(shape[..<axis]) + shape[axis...].map { _ in Dim.known(1) }
        let stash = try context.elementType("stash_type") ?? .float32
        let statistic = ValueType.tensor(stash, narrow)
        return context.results([.tensor(element, shape), statistic, statistic])
      },
      shapeValues: ShapeValueRules.none,
      axes: { context in
        let reason = "normalizes over it"
        guard let shape = context.shape(0),
          let axis = try? context.axis(context.int("axis", default: -1), rank: shape.count),
          (1..<context.inputs.count).allSatisfy({
            (context.shape($0)?.count ?? 0) <= shape.count - axis
          })
        else { return AxisRules.blockAll(context, because: reason) }
        var signature = AxisSignature(
          operands: context.inputs.count, results: context.outputs.count)
        let outer = signature.free(shape[..<axis])
        let inner = normalized(context, axis, shape, hasMean: statistics == 2, &signature)
        signature.operands[0] = outer + inner
        for index in 1..<context.inputs.count {
          let isWhole = context.shape(index).map { Array($0) } == Array(shape[axis...])
          signature.operands[index] =
            isWhole ? inner : context.shape(index).map { signature.blocked($0, reason) }
        }
        for index in context.outputs.indices where context.outputs[index] != nil {
          signature.results[index] = index == 0 ? outer + inner : outer + inner.map { _ in .one }
        }
        return signature
      },
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: Plain.borders)
  }

  /// The terms of the axes from `axis` on, which a node normalizes over: compensated if it is one axis
  /// with constant parameters.
  private static func normalized(
    _ context: OperatorContext, _ axis: Int, _ shape: Shape, hasMean: Bool,
    _ signature: inout AxisSignature
  ) -> [AxisSignature.Term] {
    let form: Compensation =
      hasMean
      ? .standardization(data: [0], scale: 1, offset: context.has(2) ? 2 : nil)
      : .rootMeanSquare(data: [0], scale: 1)
    if axis != shape.count - 1 {
      return signature.blocked(shape[axis...], "normalizes over it and other axes together")
    }
    if let reason = obstacle(context, form, extent: shape[axis]) {
      return signature.blocked(shape[axis...], reason)
    }
    if !hasMean, context.outputs.dropFirst().contains(where: { $0 != nil }) {
      return signature.blocked(shape[axis...], "normalizes over it and hands its roots on")
    }
    return [.label(signature.compensated(shape[axis], form))]
  }

  /// Why a normalization cannot be compensated; nil if it can.
  private static func obstacle(_ context: OperatorContext, _ form: Compensation, extent: Dim)
    -> String?
  {
    let parameters: [Int]
    switch form {
    case .mean: parameters = []
    case .rootMeanSquare(_, let scale): parameters = [scale]
    case .standardization(_, let scale, let offset): parameters = [scale, offset].compactMap { $0 }
    }
    for index in parameters where context.has(index) {
      guard let constant = context.constants[index] else {
        return "normalizes over it with a scale or offset that is no constant"
      }
      guard let extent = extent.value, constant.shape == [extent] else {
        return "normalizes over it with one scale or offset for several channels"
      }
    }
    if context.float("epsilon", default: 1e-5) <= 0 {
      return "normalizes over it without an epsilon"
    }
    return nil
  }

  /// SkipLayerNormalization (com.microsoft): LayerNormalization of operand 0 + operand 1 + bias
  /// (operand 4); result 3 is that sum.
  static let skipLayerNormalization = skip(operands: 3...5) { context in
    .standardization(
      data: context.has(4) ? [0, 1, 4] : [0, 1], scale: 2, offset: context.has(3) ? 3 : nil)
  }

  /// SkipSimplifiedLayerNormalization (com.microsoft): the same with RMSNormalization and the bias
  /// as operand 3.
  static let skipSimplifiedLayerNormalization = skip(operands: 3...4) { context in
    .rootMeanSquare(data: context.has(3) ? [0, 1, 3] : [0, 1], scale: 2)
  }

  private static func skip(
    operands: ClosedRange<Int>,
    _ form: @escaping @Sendable (OperatorContext) -> Compensation
  ) -> Schema {
    Schema(
      inputs: .between(operands), outputs: .between(1...4), attributes: [.float("epsilon", 1e-12)],
      shape: { context throws(Diagnostic) in
        let type = context.inputs[0] ?? .unknown
        let narrow = context.shape(0).map { Shape($0.dropLast()) + [.known(1)] }
        let statistic = ValueType.tensor(.float32, narrow)
        return context.results([type, statistic, statistic, type])
      },
      shapeValues: ShapeValueRules.none,
      axes: { context in skipAxes(context, form(context)) },
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: Plain.borders)
  }

  private static func skipAxes(_ context: OperatorContext, _ form: Compensation) -> AxisSignature {
    let reason = "normalizes over the sum"
    var signature = AxisRules.elementwise(context, operands: form.data)
    guard let terms = signature.results[0], case .label(let label)? = terms.last,
      form.data.allSatisfy({ context.shape($0)?.last == context.shape(0)?.last })
    else { return AxisRules.blockAll(context, because: reason) }
    if let obstacle = obstacle(context, form, extent: signature[label].extent) {
      signature.block(label, because: obstacle)
    } else if !form.data.allSatisfy({ signature.operands[$0]?.last == terms.last }) {
      signature.block(label, because: reason)
    } else if context.outputs.indices.contains(where: {
      ($0 == 1 || $0 == 2) && context.outputs[$0] != nil && form.keepsZero
    }) {
      signature.block(label, because: "normalizes over the sum and hands its roots on")
    } else {
      signature.compensate(label, form)
    }
    for index in context.inputs.indices where !form.data.contains(index) {
      signature.operands[index] = context.shape(index)?.count == 1 ? [.label(label)] : nil
    }
    for index in [1, 2] where index < context.outputs.count && context.outputs[index] != nil {
      signature.results[index] = terms.dropLast() + [.one]
    }
    return signature
  }

  /// EmbedLayerNormalization (com.microsoft): LayerNormalization of the sum of word, position and
  /// segment embeddings; operands are ids, segment ids if any, the three tables, scale, bias, mask and
  /// position ids; results the output, the number of tokens that the mask leaves, and the sum.
  static let embedLayerNormalization = mixing(
    because: "normalizes over the sum of embeddings", inputs: .between(1...9),
    outputs: .between(1...3), attributes: [.float("epsilon", 1e-12), .int("mask_index_type", 0)],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    for index in [2, 3, 5, 6] where !context.has(index) {
      throw context.invalid("operand \(index) is left out, but required")
    }
    let ids = try context.shape(0, ofRank: 2)
    let width = try context.shape(2, ofRank: 2)[1]
    let embedded = context.result(context.element(2), ids + [width])
    return context.results([embedded, .tensor(.int32, [ids[0]]), embedded])
  }
}
