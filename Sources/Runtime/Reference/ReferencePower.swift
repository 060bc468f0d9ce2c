import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The reference kernel of Pow, whose exponents may be of another type than the bases.
enum ReferencePower: NumberKernel {
  case pow

  func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    if try call.operand(1).type.isInteger, T.elementType.isInteger {
      return try call.integers(Exponents<T>(), by: 1)
    }
    let exponent = try call.operand(1)
    guard exponent.type.isInteger || exponent.type.isFloatingPoint, let values = exponent.doubles
    else { throw call.unsupportedType(exponent.type) }
    let wide = call.replacingOperands([call.operands[0], Tensor(values, shape: exponent.shape)])
    return try withExtendedLifetime(wide) { () throws(Diagnostic) in
      try ReferenceElementwise.binary(wide) { (x: T, y: Double) in
        T(near: power(x.double, y))
      }
    }
  }

  private func power(_ base: Double, _ exponent: Double) -> Double {
    exponent == 2 ? base * base : libraryPower(base, exponent)
  }

  /// Whole exponents of whole bases, modulo 2^bits.
  private struct Exponents<Base: ReferenceNumber>: IntegerKernel {
    func run<T: ReferenceInteger>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      try ReferenceElementwise.binary(call) { (x: Base, y: T) in
        guard y >= 0 else { return Base(near: libraryPower(x.double, y.double)) }
        var (result, square, rest) = (1 as Base, x, y)
        while rest > 0 {
          if rest & 1 == 1 { result = result.times(square) }
          square = square.times(square)
          rest >>= 1
        }
        return result
      }
    }
  }
}

private func libraryPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
