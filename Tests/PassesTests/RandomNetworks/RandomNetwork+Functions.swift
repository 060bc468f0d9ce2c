import IR

/// Elementwise operators and reductions.
extension RandomNetwork {
  /// What a function wants of its argument.
  enum Domain {
    case any, positive, unit, large
    /// The function jumps: arguments keep away from the places where it does.
    case jumping
  }

  private static var functions: [(op: Operator, attributes: Attributes, domain: Domain)] {
    [
      (.relu, [:], .any), (.leakyRelu, ["alpha": .float(0.1)], .any), (.sigmoid, [:], .any),
      (.hardSigmoid, [:], .any), (.hardSwish, [:], .any), (.tanh, [:], .any),
      (.elu, ["alpha": .float(0.7)], .any), (.selu, [:], .any), (.celu, [:], .any),
      (.softplus, [:], .any), (.softsign, [:], .any),
      (.thresholdedRelu, ["alpha": .float(0.31)], .jumping), (.gelu, [:], .any),
      (.mish, [:], .any), (.swish, [:], .any), (.shrink, ["lambd": .float(0.3)], .jumping),
      (.fastGelu, [:], .any), (.quickGelu, [:], .any), (.microsoftGelu, [:], .any),
      (.abs, [:], .any), (.neg, [:], .any), (.exp, [:], .unit), (.log, [:], .positive),
      (.sqrt, [:], .positive), (.identity, [:], .any), (.erf, [:], .any),
      (.reciprocal, [:], .positive), (.floor, [:], .jumping), (.ceil, [:], .jumping),
      (.round, [:], .jumping), (.sign, [:], .jumping), (.sin, [:], .any), (.cos, [:], .any),
      (.tan, [:], .unit), (.asin, [:], .unit), (.acos, [:], .unit), (.atan, [:], .any),
      (.sinh, [:], .unit), (.cosh, [:], .unit), (.asinh, [:], .any), (.acosh, [:], .large),
      (.atanh, [:], .unit), (.dropout, [:], .any), (.cast, ["to": .int(11)], .any),
      (.bitCast, [:], .jumping), (.isNaN, [:], .any), (.isInf, [:], .any),
      (.bitwiseNot, [:], .jumping), (.not, [:], .jumping),
    ]
  }

  /// A function of one value, elementwise.
  mutating func unary(_ value: ValueID) {
    let rank = shape(value).count
    if chance(0.06), rank > 1 {
      let slopes = shape(value)[1]
      return keep(
        make(.prelu, [value, weights([slopes] + Array(repeating: 1, count: rank - 2), 0...0.5)]))
    }
    if chance(0.06) {
      return keep(make(.clip, [value, scalar(pick([0, -0.5])), scalar(pick([0.7, 6]))]))
    }
    if chance(0.04), let bias = shape(value).last {
      return keep(make(.biasGelu, [value, weights([bias])]))
    }
    let function = pick(RandomNetwork.functions)
    guard let argument = argument(value, function.domain) else { return }
    switch function.op {
    case .cast: keep(toFloat(make(.cast, [argument], ["to": .int(11)])))
    case .isNaN, .isInf: keep(toFloat(make(function.op, [argument])))
    case .bitwiseNot:
      let bits = make(.cast, [argument], ["to": .int(6)])
      keep(toFloat(bits.flatMap { make(.bitwiseNot, [$0]) }))
    case .bitCast:
      let bits = make(.cast, [argument], ["to": .int(6)])
      let others = bits.flatMap { make(.bitCast, [$0], ["to": .int(12)]) }
      keep(toFloat(others.flatMap { make(.bitCast, [$0], ["to": .int(6)]) }))
    case .not:
      let truth = make(.greater, [argument, scalar(0.2)])
      keep(toFloat(truth.flatMap { make(.not, [$0]) }))
    default: keep(make(function.op, [argument], function.attributes))
    }
  }

  private mutating func toFloat(_ value: ValueID?) -> ValueID? {
    guard let value else { return nil }
    if chance(0.3) { return make(.castLike, [value, scalar(0)]) }
    return make(.cast, [value], ["to": .int(1)])
  }

  /// The value, mapped to where the function is defined and smooth.
  mutating func argument(_ value: ValueID, _ domain: Domain) -> ValueID? {
    switch domain {
    case .any: return value
    case .positive, .large:
      let magnitude = make(.abs, [value])
      return magnitude.flatMap { make(.add, [$0, scalar(domain == .large ? 1.1 : 0.6)]) }
    case .unit:
      let bounded = make(.tanh, [value])
      return bounded.flatMap { make(.mul, [$0, scalar(0.9)]) }
    case .jumping:
      let stretched = make(.mul, [value, scalar(2.3)])
      return stretched.flatMap { make(.add, [$0, scalar(0.377)]) }
    }
  }

  /// A function of two or three values, or of a value and constants, elementwise.
  mutating func binary(_ value: ValueID) {
    let shape = shape(value)
    guard let other = chance(0.6) ? partner(of: value) : operand(shape) else { return }
    let pair = chance(0.5) ? [value, other] : [other, value]
    switch number(0...18) {
    case 17, 18: keep(make(.swiGLU, pair, ["alpha": .float(0.5)]))
    case 0, 1: keep(make(.add, pair))
    case 2: keep(make(.sub, pair))
    case 3, 4: keep(make(.mul, pair))
    case 5:
      guard let divisor = argument(pair[1], .positive) else { return }
      keep(make(.div, [pair[0], divisor]))
    case 6: keep(make(pick([.min, .max]), pair))
    case 7: keep(make(pick([.mean, .sum]), pair + (chance(0.5) ? [value] : [])))
    case 8:
      guard let base = argument(pair[0], .positive) else { return }
      keep(make(.pow, [base, chance(0.5) ? scalar(2) : argument(pair[1], .unit)]))
    case 9:
      guard let left = argument(pair[0], .jumping) else { return }
      keep(make(.mod, [left, scalar(1.7)], ["fmod": .int(1)]))
    case 10, 11:
      let op: Operator = pick([.greater, .less, .greaterOrEqual, .lessOrEqual])
      guard let left = argument(pair[0], .jumping), let truth = make(op, [left, pair[1]]) else {
        return
      }
      keep(chance(0.5) ? make(.where, [truth, pair[0], pair[1]]) : toFloat(truth))
    case 12, 13:
      let op: Operator = pick([.and, .or, .xor, .equal])
      guard let left = argument(pair[0], .jumping), let a = make(.greater, [left, scalar(0)]),
        let b = make(.less, [pair[1], scalar(0.123)])
      else { return }
      keep(toFloat(make(op, [a, b])))
    case 14, 15:
      let op: Operator = pick([.bitwiseAnd, .bitwiseOr, .bitwiseXor])
      guard let left = argument(pair[0], .jumping),
        let a = make(.cast, [left], ["to": .int(6)]),
        let b = argument(pair[1], .jumping).flatMap({ make(.cast, [$0], ["to": .int(6)]) })
      else { return }
      keep(toFloat(make(op, [a, b])))
    default:
      guard let magnitude = argument(pair[0], .positive),
        let bits = make(.cast, [magnitude], ["to": .int(12)])
      else { return }
      let distance = constant(Tensor([UInt32(2)]))
      let shifted = make(.bitShift, [bits, distance], ["direction": .string("LEFT")])
      keep(toFloat(shifted))
    }
  }

  /// A constant that a value of the given shape broadcasts with.
  private mutating func operand(_ shape: [Int]) -> ValueID {
    switch number(0...2) {
    case 0 where shape.count > 1:
      return weights([shape[1]] + Array(repeating: 1, count: shape.count - 2))
    case 1: return weights([shape.last ?? 1])
    default: return scalar(0.7)
    }
  }

  /// A reduction over some axes, mostly not the channels'.
  mutating func reduction(_ value: ValueID) {
    let rank = shape(value).count
    guard rank > 2 else { return }
    let axes = chance(0.2) ? [1] : chance(0.5) ? [rank - 1] : Array(2..<rank)
    if chance(0.15) {
      let index = make(
        pick([.argMax, .argMin]), [value], ["axis": .int(axes[0]), "keepdims": .int(1)])
      return keep(toFloat(index))
    }
    if chance(0.15) {
      let index = make(.argMax, [value], ["axis": .int(rank - 1), "keepdims": .int(0)])
      let hot = index.flatMap { make(.oneHot, [$0, integers([5], shape: []), floats([0, 1])]) }
      return keep(hot)
    }
    if chance(0.1) {
      return keep(
        make(.topK, [value, integers([1])], ["axis": .int(rank - 1)], results: 2)?.first)
    }
    let op: Operator = pick([
      .reduceMean, .reduceSum, .reduceMax, .reduceMin, .reduceProd, .reduceL1, .reduceL2,
      .reduceSumSquare, .reduceLogSum, .reduceLogSumExp,
    ])
    let domain: Domain = op == .reduceLogSum || op == .reduceProd ? .positive : .any
    guard let argument = argument(value, op == .reduceLogSumExp ? .unit : domain) else { return }
    let keepsDimensions = rank - axes.count < 2 || chance(0.7)
    let reduced = make(
      op, [argument, integers(axes)], ["keepdims": .int(keepsDimensions ? 1 : 0)])
    guard let reduced else { return }
    keep(op == .reduceProd ? make(.tanh, [reduced]) : reduced)
    guard keepsDimensions, axes != [1] else { return }
    if chance(0.3) { keep(make(.expand, [reduced, integers(shape(value))])) }
    if chance(0.5) { keep(make(.mul, [value, reduced])) }
  }
}
