import IR
import RealModule

/// The number types the reference kernels compute in.
protocol ReferenceScalar: TensorElement, Real, BinaryFloatingPoint {}

extension Float: ReferenceScalar {}
extension Double: ReferenceScalar {}
