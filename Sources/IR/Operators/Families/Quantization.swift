/// Quantized operators.
extension Schema {
  /// QuantizeLinear: y = saturate(round(x / scale) + zero point), by tensor, by index of an axis or
  /// by block of it.
  static let quantizeLinear = Schema(
    inputs: .between(2...3), outputs: .exactly(1),
    attributes: [
      .int("axis", 1), .int("block_size", 0), .int("output_dtype", 0), .int("precision", 0),
      .int("saturate", 1),
    ],
    shape: { context throws(Diagnostic) in
      let named = try context.elementType("output_dtype")
      let element = context.has(2) ? context.element(2) : named ?? .uint8
      if let named, let element, named != element {
        throw context.invalid(
          "output_dtype is \(named.textName), the zero point of type \(element.textName)")
      }
      return [context.result(element, context.shape(0))]
    },
    shapeValues: ShapeValueRules.none, axes: quantizationAxes, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// DequantizeLinear: y = (x - zero point) · scale.
  static let dequantizeLinear = Schema(
    inputs: .between(2...3), outputs: .exactly(1),
    attributes: [.int("axis", 1), .int("block_size", 0), .int("output_dtype", 0)],
    shape: { context throws(Diagnostic) in
      let element = try context.elementType("output_dtype") ?? context.element(1)
      return [context.result(element, context.shape(0))]
    },
    shapeValues: ShapeValueRules.none, axes: quantizationAxes, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// x[n, c, h]  scale[c]  zero[c]  ->  y[n, c, h]; blocks are not taken apart.
  private static let quantizationAxes: AxisRule = { context in
    let reason = "is quantized in blocks or packed"
    guard let shape = context.shape(0), let scale = context.shape(1), scale.count <= 1,
      context.int("block_size", default: 0) == 0,
      [context.inputs[0], context.outputs[0]].allSatisfy({ $0?.element?.bitWidth ?? 0 >= 8 })
    else { return AxisRules.blockAll(context, because: reason) }
    var signature = AxisSignature(operands: context.inputs.count, results: 1)
    let terms = signature.free(shape)
    signature.operands[0] = terms
    signature.results[0] = terms
    if scale.count == 1 {
      guard let axis = try? context.axis(context.int("axis", default: 1), rank: shape.count),
        shape[axis].isCertainly(scale[0]), shape[axis] != .known(1)
      else {
        return scale == [.known(1)]
          ? signature : AxisRules.blockAll(context, because: "may be quantized along it")
      }
      signature.operands[1] = [terms[axis]]
      if context.has(2) { signature.operands[2] = [terms[axis]] }
    }
    return signature
  }

  /// DynamicQuantizeLinear: results are the numbers, their scale and their zero point.
  static let dynamicQuantizeLinear = mixing(
    because: "takes its range over it", inputs: .exactly(1), outputs: .exactly(3), attributes: [],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    [.tensor(.uint8, context.shape(0)), .tensor(.float32, []), .tensor(.uint8, [])]
  }

  private static let isQuantized = "is a product of quantized numbers"

  /// MatMulInteger: (A - zero point) · (B - zero point) in 32 bits.
  static let matMulInteger = mixing(
    because: isQuantized, inputs: .between(2...4), outputs: .exactly(1), attributes: [],
    positions: { context in productPositions(context) }
  ) { context throws(Diagnostic) in
    [.tensor(.int32, try matrixProduct(context).tensor?.shape)]
  }

  /// QLinearMatMul: operands are A, its scale and zero point, B, its scale and zero point, and scale
  /// and zero point of the result.
  static let quantizedMatMul = mixing(
    because: isQuantized, inputs: .exactly(8), outputs: .exactly(1), attributes: [],
    positions: { context in productPositions(context.selecting([0, 3])) }
  ) { context throws(Diagnostic) in
    let shape = try matrixProduct(context.selecting([0, 3])).tensor?.shape
    return [context.result(context.element(7), shape)]
  }

  /// ConvInteger: Conv of (x - zero point) and (w - zero point) in 32 bits.
  static let convolutionInteger = mixing(
    because: isQuantized, inputs: .between(2...4), outputs: .exactly(1),
    attributes: windowAttributes, positions: { context in convolutionPositions(context) }
  ) { context throws(Diagnostic) in
    let type = try convolutionType(context.selecting([0, 1]), isTransposed: false)
    return [.tensor(.int32, type.shape)]
  }

  /// QLinearConv: operands are x, its scale and zero point, w, its scale and zero point, scale and
  /// zero point of the result, and the bias in 32 bits.
  static let quantizedConvolution = mixing(
    because: isQuantized, inputs: .between(8...9), outputs: .exactly(1),
    attributes: windowAttributes,
    positions: { context in convolutionPositions(context.selecting([0, 3])) }
  ) { context throws(Diagnostic) in
    let type = try convolutionType(context.selecting([0, 3, 8]), isTransposed: false)
    return [context.result(context.element(7), type.shape)]
  }

  private static func matrixProduct(_ context: OperatorContext) throws(Diagnostic) -> ValueType {
    try matMul.shape(context).first ?? .unknown
  }

  /// The extents whose product is the multiply-accumulates of a MatMul; nil if unknown.
  private static func productPositions(_ context: OperatorContext) -> [Dim]? {
    guard let result = context.resultShape(0), let inner = context.shape(0)?.last else {
      return nil
    }
    return result + [inner]
  }
}

extension OperatorContext {
  /// What is known of a node that has only the given operands, in this order.
  func selecting(_ indices: [Int]) -> OperatorContext {
    var node = node
    node.inputs = indices.map { self.node.input($0) }
    var constants: [Int: Tensor] = [:]
    var values: [Int: [Dim]] = [:]
    for (place, index) in indices.enumerated() {
      constants[place] = self.constants[index]
      values[place] = shapeValues[index]
    }
    return OperatorContext(
      node: node, inputs: indices.map { $0 < inputs.count ? inputs[$0] : nil }, outputs: outputs,
      constants: constants, shapeValues: values)
  }
}
