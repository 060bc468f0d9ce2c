/// Normalization and regularization.
extension Schema {
  /// BatchNormalization; in training form the statistics are those of the batch, and the running
  /// ones are results.
  static let batchNormalization = Schema(
    inputs: .exactly(5), outputs: .between(1...3),
    attributes: [
      .float("epsilon", 1e-5), .float("momentum", 0.9), .int("training_mode", 0),
    ],
    shape: { context throws(Diagnostic) in
      var channels = Dim.unknown
      for index in 1..<5 {
        guard let shape = context.shape(index) else { continue }
        guard shape.count == 1 else {
          throw context.invalid("operand \(index) of rank \(shape.count), expected 1")
        }
        channels = try context.merge(channels, shape[0], "the channel count")
      }
      var type = context.inputs[0] ?? .unknown
      if var shape = context.shape(0), let element = context.element(0) {
        guard shape.count >= 2 else {
          throw context.invalid("input of rank \(shape.count), expected 2 or more")
        }
        shape[1] = try context.merge(shape[1], channels, "the channel count")
        channels = shape[1]
        type = .tensor(element, shape)
      }
      let isTraining = context.flag("training_mode")
      if !isTraining, context.node.outputs.dropFirst().contains(where: { $0 != nil }) {
        throw context.invalid("running statistics are results of the training form only")
      }
      let statistics = context.result(context.element(3), [channels])
      return [type] + context.node.outputs.dropFirst().map { _ in statistics }
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      var signature = AxisSignature(operands: 5, results: context.outputs.count)
      guard let shape = context.shape(0) else { return signature }
      let isTraining = context.flag("training_mode")
      let channel = AxisSignature.Term.label(signature.free(shape[1]))
      let terms = shape.enumerated().map { axis, extent -> AxisSignature.Term in
        if axis == 1 { return channel }
        return .label(
          isTraining
            ? signature.blocked(extent, because: "takes statistics over it")
            : signature.free(extent))
      }
      signature.operands[0] = terms
      for index in 1..<5 { signature.operands[index] = [channel] }
      signature.results[0] = terms
      for index in context.outputs.indices.dropFirst() { signature.results[index] = [channel] }
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// Dropout: the identity, unless `training_mode` is a true constant or not a constant at all.
  static let dropout = Schema(
    inputs: .between(1...3), outputs: .between(1...2), attributes: [.derived("seed", .int)],
    shape: { context throws(Diagnostic) in
      let mask = context.inputs[0]?.tensor.map { ValueType.tensor(.bool, $0.shape) } ?? .unknown
      return [context.inputs[0] ?? .unknown] + context.node.outputs.dropFirst().map { _ in mask }
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.unary, cost: Plain.noCost,
    extents: Plain.noEdit,
    response: { context in dropsNothing(context) ? .linear : .zeroPreserving },
    hasBorders: { context in !dropsNothing(context) })

  /// Whether a Dropout certainly hands its operand on unchanged.
  public static func dropsNothing(_ context: OperatorContext) -> Bool {
    guard context.has(2) else { return true }
    if context.constants[2]?.integers == [0] { return true }
    return context.has(1) && context.constants[1]?.doubles == [0]
  }
}
