import IR
import RealModule

/// Reference kernels of activations with exponentials, and of those made like them.
enum ReferenceSmoothing: ScalarKernel {
  case elu, selu, celu, softplus, softsign, thresholdedRelu, mish
  /// x/2 · (1 + erf(x/√2)), arXiv 1606.08415; of the sum of both operands if there are two.
  case gelu
  /// Gelu with tanh(√(2/π) · (x + 0.044715·x³)) for the error function.
  case fastGelu
  /// x · sigmoid(alpha·x).
  case swish
  /// Swish with an alpha of 1.702.
  case quickGelu

  func run<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let function = function(call, type)
    if call.optional(1) != nil {
      return try ReferenceElementwise.binary(call) { (x: S, bias: S) in function(x + bias) }
    }
    return try ReferenceElementwise.unary(call, function)
  }

  /// Gelu, exact or with the approximation that `approximate` names.
  static func gelu(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch call.node.attributes.string("approximate") ?? "none" {
    case "none": try call.scalars(Self.gelu)
    case "tanh": try call.scalars(fastGelu)
    case let other: throw call.invalid("approximate is '\(other)', expected none or tanh")
    }
  }

  private func function<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) -> (S) -> S {
    func number(_ name: String, _ value: Float) -> S {
      S(call.node.attributes.float(name) ?? value)
    }
    switch self {
    case .elu:
      let alpha = number("alpha", 1)
      return { $0 < 0 ? alpha * S.expMinusOne($0) : $0 }
    case .selu:
      let (alpha, gamma) = (number("alpha", 1.67326319), number("gamma", 1.05070102))
      return { gamma * ($0 < 0 ? alpha * S.expMinusOne($0) : $0) }
    case .celu:
      let alpha = number("alpha", 1)
      return { $0 < 0 ? alpha * S.expMinusOne($0 / alpha) : $0 }
    case .softplus: return softplus
    case .softsign: return { $0 / (1 + $0.magnitude) }
    case .thresholdedRelu:
      let alpha = number("alpha", 1)
      return { $0 > alpha ? $0 : 0 }
    case .mish: return { $0 * S.tanh(softplus($0)) }
    case .gelu:
      let root = S.sqrt(0.5)
      return { $0 / 2 * (1 + S.erf($0 * root)) }
    case .fastGelu:
      let root = S.sqrt(2 / S.pi)
      return { $0 / 2 * (1 + S.tanh(root * ($0 + S(0.044715) * $0 * $0 * $0))) }
    case .swish: return swish(number("alpha", 1))
    case .quickGelu: return swish(number("alpha", 1.702))
    }
  }

  private func softplus<S: ReferenceScalar>(_ x: S) -> S {
    x.isNaN ? x : max(x, 0) + S.log(onePlus: S.exp(-x.magnitude))
  }

  private func swish<S: ReferenceScalar>(_ alpha: S) -> (S) -> S {
    { x in Self.selfGated(x, alpha) }
  }

  /// x · sigmoid(alpha·x), in the form that does not overflow.
  static func selfGated<S: ReferenceScalar>(_ x: S, _ alpha: S = 1) -> S {
    let e = S.exp(-(alpha * x).magnitude)
    return x * (alpha * x < 0 ? e / (1 + e) : 1 / (1 + e))
  }

  /// SwiGLU: Swish of operand 0 times operand 1.
  struct GatedSwish: ScalarKernel {
    func run<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let shapes = (try call.operand(0).shape, try call.operand(1).shape)
      guard shapes.0 == shapes.1 else {
        throw call.invalid("operands of shapes \(shapes.0) and \(shapes.1), expected equal ones")
      }
      let alpha = S(call.node.attributes.float("alpha") ?? 1)
      return try ReferenceElementwise.binary(call) { (gate: S, value: S) in
        ReferenceSmoothing.selfGated(gate, alpha) * value
      }
    }
  }

  /// Shrink: x moved towards zero by `bias` beyond ±`lambd`, 0 between.
  struct Shrink: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let bias = Double(call.node.attributes.float("bias") ?? 0)
      let limit = Double(call.node.attributes.float("lambd") ?? 0.5)
      return try ReferenceElementwise.unary(call) { (x: T) in
        let value = x.double
        if value < -limit { return T(near: value + bias) }
        return value > limit ? T(near: value - bias) : 0
      }
    }
  }
}
