/// What is known of operators that pcc cannot compute or analyse: for some the shapes.
extension Schema {
  /// An operator pcc does not know. Standard operators that keep or broadcast shapes say so, so
  /// that what follows them has types; everything else has the type that the file declares.
  static let opaque = Schema(
    inputs: .atLeast(0), outputs: .atLeast(0), attributes: [],
    shape: { context throws(Diagnostic) in
      let unknown = context.node.outputs.map { _ in ValueType.unknown }
      guard context.node.domain.isEmpty || context.node.domain == "ai.onnx", !unknown.isEmpty else {
        return unknown
      }
      let type = context.node.opaqueType
      var first = ValueType.unknown
      if shapeKeeping.contains(type) {
        first = context.inputs.first.flatMap { $0 } ?? .unknown
      } else if let result = broadcasting[type] {
        let element = result.element ?? context.element(result.operand)
        first = context.result(element, try context.broadcastShape())
      }
      return [first] + unknown.dropFirst()
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is not known to pcc"),
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: { _ in true })

  /// Standard operators whose first result has the type of the first operand.
  private static let shapeKeeping: Set<String> = [
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh", "CumSum",
    "Elu", "Erf", "Floor", "Gelu", "GroupNormalization", "Hardmax", "InstanceNormalization",
    "LRN", "LayerNormalization", "LpNormalization", "MeanVarianceNormalization", "Mish", "Not",
    "PRelu", "RMSNormalization", "Reciprocal", "Round", "Selu",
    "Shrink", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Swish", "Tan", "ThresholdedRelu",
    "Trilu",
  ]

  /// Standard operators whose result has the shape that all operands broadcast to, and the element
  /// type named, or else that of the operand with this number.
  private static let broadcasting: [String: (element: ElementType?, operand: Int)] = [
    "And": (.bool, 0), "Equal": (.bool, 0), "Greater": (.bool, 0), "GreaterOrEqual": (.bool, 0),
    "Less": (.bool, 0), "LessOrEqual": (.bool, 0), "Max": (nil, 0), "Mean": (nil, 0),
    "Min": (nil, 0), "Mod": (nil, 0), "Or": (.bool, 0), "Pow": (nil, 0), "Sum": (nil, 0),
    "Where": (nil, 1), "Xor": (.bool, 0),
  ]
}
