import IR

/// The numeric element types that reference kernels compute in: integers, modulo 2^bits, and
/// floating-point numbers.
protocol ReferenceNumber: TensorElement, Comparable, ExpressibleByIntegerLiteral {
  /// The smallest number; -inf of floating-point numbers.
  static var lowest: Self { get }
  /// The largest number; inf of floating-point numbers.
  static var highest: Self { get }
  /// The absolute value; that of the smallest integer is itself.
  var absolute: Self { get }
  /// The number with the other sign; that of the smallest integer is itself.
  var negated: Self { get }
  /// -1, 0 or 1 by the sign; nan stays.
  var signed: Self { get }
  /// The nearest double.
  var double: Double { get }
  /// The square root; of integers, cut towards zero.
  var root: Self { get }

  /// The sum.
  func plus(_ other: Self) -> Self
  /// The difference.
  func minus(_ other: Self) -> Self
  /// The product.
  func times(_ other: Self) -> Self
  /// The quotient; of integers, cut towards zero.
  ///
  /// - Precondition: an integer divisor is not 0.
  func over(_ other: Self) -> Self
  /// What is left of the division by `other`, with the sign of the dividend.
  ///
  /// - Precondition: an integer divisor is not 0.
  func remainder(_ other: Self) -> Self
  /// What is left of the division by `other`, with the sign of the divisor.
  ///
  /// - Precondition: an integer divisor is not 0.
  func modulo(_ other: Self) -> Self
  /// The number nearest to a double; of integers, cut towards zero and 0 for nan.
  init(near value: Double)
}

/// The integers among them.
protocol ReferenceInteger: ReferenceNumber, FixedWidthInteger {}

extension ReferenceInteger {
  static var lowest: Self { min }
  static var highest: Self { max }
  var absolute: Self { self < 0 ? 0 &- self : self }
  var negated: Self { 0 &- self }
  var signed: Self { signum() }
  var double: Double { Double(self) }
  var root: Self { Self(near: Double(self).squareRoot()) }

  func plus(_ other: Self) -> Self { self &+ other }
  func minus(_ other: Self) -> Self { self &- other }
  func times(_ other: Self) -> Self { self &* other }
  func over(_ other: Self) -> Self { dividedReportingOverflow(by: other).partialValue }
  func remainder(_ other: Self) -> Self {
    remainderReportingOverflow(dividingBy: other).partialValue
  }

  func modulo(_ other: Self) -> Self {
    let rest = remainder(other)
    return rest != 0 && (rest < 0) != (other < 0) ? rest &+ other : rest
  }

  init(near value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= Double(Self.max) {
      self = Self.max
    } else if value <= Double(Self.min) {
      self = Self.min
    } else {
      self = Self(value)
    }
  }
}

extension Int8: ReferenceInteger {}
extension Int16: ReferenceInteger {}
extension Int32: ReferenceInteger {}
extension Int64: ReferenceInteger {}
extension UInt8: ReferenceInteger {}
extension UInt16: ReferenceInteger {}
extension UInt32: ReferenceInteger {}
extension UInt64: ReferenceInteger {}

extension ReferenceScalar {
  static var lowest: Self { -infinity }
  static var highest: Self { infinity }
  var absolute: Self { magnitude }
  var negated: Self { -self }
  var signed: Self { self > 0 ? 1 : self < 0 ? -1 : self }
  var double: Double { Double(self) }
  var root: Self { squareRoot() }

  func plus(_ other: Self) -> Self { self + other }
  func minus(_ other: Self) -> Self { self - other }
  func times(_ other: Self) -> Self { self * other }
  func over(_ other: Self) -> Self { self / other }
  func remainder(_ other: Self) -> Self { truncatingRemainder(dividingBy: other) }

  func modulo(_ other: Self) -> Self {
    let rest = remainder(other)
    if rest == 0 { return Self(signOf: other, magnitudeOf: 0) }
    return (rest < 0) != (other < 0) ? rest + other : rest
  }

  init(near value: Double) { self = Self(value) }
}
