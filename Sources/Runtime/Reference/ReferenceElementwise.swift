import IR
import RealModule

/// Reference kernels that work element by element.
enum ReferenceElementwise {
  /// Functions of two numbers of one type.
  enum Arithmetic: NumberKernel {
    case add, sub, mul, div, min, max
    /// The remainder with the sign of the divisor.
    case modulo
    /// The remainder with the sign of the dividend.
    case remainder

    /// The function; what is nan in one operand is nan in the result.
    func function<T: ReferenceNumber>(_ type: T.Type) -> (T, T) -> T {
      switch self {
      case .add: { $0.plus($1) }
      case .sub: { $0.minus($1) }
      case .mul: { $0.times($1) }
      case .div: { $0.over($1) }
      case .min: { $0 != $0 || $0 < $1 ? $0 : $1 }
      case .max: { $0 != $0 || $0 > $1 ? $0 : $1 }
      case .modulo: { $0.modulo($1) }
      case .remainder: { $0.remainder($1) }
      }
    }

    private var divides: Bool {
      switch self {
      case .div, .modulo, .remainder: true
      case .add, .sub, .mul, .min, .max: false
      }
    }

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      if divides, T.elementType.isInteger, try call.elements(1, type).contains(0) {
        throw call.invalid("an integer is divided by zero")
      }
      return try ReferenceElementwise.binary(call, function(type))
    }
  }

  /// Mod: the remainder with the sign of the divisor, or, with `fmod`, of the dividend.
  static func mod(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let takesDividend = call.node.attributes.int("fmod") ?? 0 != 0
    return try call.numbers(takesDividend ? Arithmetic.remainder : .modulo)
  }

  /// Sum, Min, Max and Mean of any number of operands, by a function of two.
  struct Folded: NumberKernel {
    let function: Arithmetic
    var isMean = false

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      var result = try call.operand(0)
      for index in call.operands.indices.dropFirst() {
        let pair = call.replacingOperands([result, try call.operand(index)])
        let found = try withExtendedLifetime(pair) { () throws(Diagnostic) in
          try function.run(pair, type)
        }
        if case let tensor?? = found.first { result = tensor }
      }
      guard isMean else { return [result] }
      let total = call.replacingOperands([result])
      let count = T(near: Double(call.operands.count))
      return try withExtendedLifetime(total) { () throws(Diagnostic) in
        try ReferenceElementwise.unary(total) { (x: T) in x.over(count) }
      }
    }
  }

  /// Applies `function` to operands 0 and 1, broadcast to each other.
  static func binary<A: TensorElement, B: TensorElement, Result: TensorElement>(
    _ call: ReferenceCall, _ function: (A, B) -> Result
  ) throws(Diagnostic) -> [Tensor?] {
    let left = try call.elements(0, A.self)
    let right = try call.elements(1, B.self)
    let pair = try broadcast(call)
    let (stepA, stepB) = (pair.left.last ?? 0, pair.right.last ?? 0)
    let width = pair.shape.last ?? 1
    return [
      try call.make(Result.self, pair.shape) { result in
        Strided.forEachRow(of: pair.shape, strides: [pair.left, pair.right]) { position, offsets in
          for index in 0..<width {
            result[position + index] = function(
              left[offsets[0] + index * stepA], right[offsets[1] + index * stepB])
          }
        }
      }
    ]
  }

  /// The shape operands 0 and 1 broadcast to, and the strides they are read at.
  static func broadcast(_ call: ReferenceCall) throws(Diagnostic)
    -> (shape: [Int], left: [Int], right: [Int])
  {
    let shapes = (try call.operand(0).shape, try call.operand(1).shape)
    guard let shape = Strided.broadcast(shapes.0, shapes.1) else {
      throw call.invalid("shapes \(shapes.0) and \(shapes.1) do not broadcast")
    }
    return (
      shape, Strided.strides(of: shapes.0, broadcastTo: shape),
      Strided.strides(of: shapes.1, broadcastTo: shape)
    )
  }

  /// Applies `function` to each element of operand 0.
  static func unary<T: TensorElement, Result: TensorElement>(
    _ call: ReferenceCall, _ function: (T) -> Result
  ) throws(Diagnostic) -> [Tensor?] {
    let source = try call.elements(0, T.self)
    return [
      try call.make(Result.self, try call.operand(0).shape) { result in
        for index in source.indices { result[index] = function(source[index]) }
      }
    ]
  }

  /// Abs, Neg and Sign.
  enum Signs: NumberKernel {
    case abs, neg, sign

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      switch self {
      case .abs: try ReferenceElementwise.unary(call) { (x: T) in x.absolute }
      case .neg: try ReferenceElementwise.unary(call) { (x: T) in x.negated }
      case .sign: try ReferenceElementwise.unary(call) { (x: T) in x.signed }
      }
    }
  }

  /// Functions of one floating-point number.
  enum Function: ScalarKernel {
    case exp, log, sqrt, erf, reciprocal, floor, ceil, round, sin, cos, tan, asin, acos, atan, sinh,
      cosh, asinh, acosh, atanh

    func run<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
      -> [Tensor?]
    { try ReferenceElementwise.unary(call, function(type)) }

    /// The function; nan where it is not defined, ties of `round` to even.
    private func function<S: ReferenceScalar>(_ type: S.Type) -> (S) -> S {
      switch self {
      case .exp: { S.exp($0) }
      case .log: { S.log($0) }
      case .sqrt: { S.sqrt($0) }
      case .erf: { S.erf($0) }
      case .reciprocal: { 1 / $0 }
      case .floor: { $0.rounded(.down) }
      case .ceil: { $0.rounded(.up) }
      case .round: { $0.rounded(.toNearestOrEven) }
      case .sin: { S.sin($0) }
      case .cos: { S.cos($0) }
      case .tan: { S.tan($0) }
      case .asin: { S.asin($0) }
      case .acos: { S.acos($0) }
      case .atan: { S.atan($0) }
      case .sinh: { S.sinh($0) }
      case .cosh: { S.cosh($0) }
      case .asinh: { S.asinh($0) }
      case .acosh: { S.acosh($0) }
      case .atanh: { S.atanh($0) }
      }
    }
  }
}
