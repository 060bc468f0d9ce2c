/// An integer from a file, or one computed from such, that remembers whether anything overflowed.
struct CheckedInt: ExpressibleByIntegerLiteral {
  /// The number; nil once an operation on the way to it overflowed.
  let value: Int?

  /// Wraps a number.
  init(_ value: Int?) { self.value = value }

  init(integerLiteral value: Int) { self.value = value }

  static func + (left: CheckedInt, right: CheckedInt) -> CheckedInt {
    combine(left, right) { $0.addingReportingOverflow($1) }
  }

  static func - (left: CheckedInt, right: CheckedInt) -> CheckedInt {
    combine(left, right) { $0.subtractingReportingOverflow($1) }
  }

  static func * (left: CheckedInt, right: CheckedInt) -> CheckedInt {
    combine(left, right) { $0.multipliedReportingOverflow(by: $1) }
  }

  private static func combine(
    _ left: CheckedInt, _ right: CheckedInt, _ body: (Int, Int) -> (Int, Bool)
  ) -> CheckedInt {
    guard let a = left.value, let b = right.value else { return CheckedInt(nil) }
    let (result, overflow) = body(a, b)
    return CheckedInt(overflow ? nil : result)
  }
}

extension Int {
  /// The quotient rounded up.
  ///
  /// - Precondition: the divisor is positive.
  func dividedRoundingUp(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder > 0 ? quotient + 1 : quotient
  }

  /// The quotient rounded down.
  ///
  /// - Precondition: the divisor is positive.
  func dividedRoundingDown(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
