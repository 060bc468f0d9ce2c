import IR
import RealModule

/// The number types the reference kernels compute in.
protocol ReferenceScalar: ReferenceNumber, Real, BinaryFloatingPoint {}

extension Float: ReferenceScalar {}
extension Double: ReferenceScalar {}
