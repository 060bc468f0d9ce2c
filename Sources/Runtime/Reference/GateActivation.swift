import IR
import RealModule

/// A function that attributes name, as recurrent networks apply it to their gates.
struct GateActivation<S: ReferenceScalar> {
  /// The function.
  let function: (S) -> S

  /// The function of that name, in any case, with its parameters or those ONNX gives by default;
  /// nil for unknown ones.
  init?(_ name: String, alpha: Float?, beta: Float?) {
    func a(_ value: Float) -> S { S(alpha ?? value) }
    func b(_ value: Float) -> S { S(beta ?? value) }
    switch name.lowercased() {
    case "relu": function = { max($0, 0) }
    case "tanh": function = { S.tanh($0) }
    case "sigmoid": function = { 1 / (1 + S.exp(-$0)) }
    case "affine":
      let (factor, offset) = (a(1), b(0))
      function = { factor * $0 + offset }
    case "leakyrelu":
      let slope = a(0.01)
      function = { $0 < 0 ? slope * $0 : $0 }
    case "thresholdedrelu":
      let threshold = a(1)
      function = { $0 > threshold ? $0 : 0 }
    case "scaledtanh":
      let (factor, inner) = (a(1), b(1))
      function = { factor * S.tanh(inner * $0) }
    case "hardsigmoid":
      let (factor, offset) = (a(0.2), b(0.5))
      function = { min(max(factor * $0 + offset, 0), 1) }
    case "elu":
      let factor = a(1)
      function = { $0 < 0 ? factor * (S.exp($0) - 1) : $0 }
    case "softsign": function = { $0 / (1 + $0.magnitude) }
    case "softplus": function = { max($0, 0) + S.log(onePlus: S.exp(-$0.magnitude)) }
    case "clip":
      let (low, high) = (a(-.greatestFiniteMagnitude), b(.greatestFiniteMagnitude))
      function = { min(max($0, low), high) }
    default: return nil
    }
  }

  /// How many of alpha and beta a function takes.
  static func parameters(of name: String) -> Int {
    switch name.lowercased() {
    case "affine", "scaledtanh", "hardsigmoid", "clip": 2
    case "leakyrelu", "thresholdedrelu", "elu": 1
    default: 0
    }
  }
}
