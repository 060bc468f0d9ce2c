import IR

/// How Scatter operators reduce updates into the data.
enum ScatterReduction: String {
  case add, mul, min, max

  /// A copy of `x` into which updates are reduced at positions, one after the other.
  func reduce(
    _ call: ReferenceCall, _ x: Tensor, _ updates: Tensor, _ positions: [Int]
  ) throws(Diagnostic) -> Tensor {
    switch x.type {
    case .float32: return apply(x, updates, positions, real(Float.self))
    case .float64: return apply(x, updates, positions, real(Double.self))
    case .float16: return apply(x, updates, positions, real(Float16.self))
    case .bfloat16:
      let function = real(Float.self)
      return apply(x, updates, positions) { (a: BFloat16, b: BFloat16) in
        BFloat16(function(a.float, b.float))
      }
    case .int8: return apply(x, updates, positions, whole(Int8.self))
    case .int16: return apply(x, updates, positions, whole(Int16.self))
    case .int32: return apply(x, updates, positions, whole(Int32.self))
    case .int64: return apply(x, updates, positions, whole(Int64.self))
    case .uint8: return apply(x, updates, positions, whole(UInt8.self))
    case .uint16: return apply(x, updates, positions, whole(UInt16.self))
    case .uint32: return apply(x, updates, positions, whole(UInt32.self))
    case .uint64: return apply(x, updates, positions, whole(UInt64.self))
    case .string, .bool, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      throw call.unsupportedType(x.type)
    }
  }

  private func apply<T: TensorElement>(
    _ x: Tensor, _ updates: Tensor, _ positions: [Int], _ function: (T, T) -> T
  ) -> Tensor {
    var result = x
    result.withMutableElements(of: T.self) { target in
      updates.withElements(of: T.self) { source in
        for (place, position) in positions.enumerated() {
          target[position] = function(target[position], source[place])
        }
      }
    }
    return result
  }

  /// The function on floating-point numbers; a nan stays one.
  private func real<T: BinaryFloatingPoint>(_ type: T.Type) -> (T, T) -> T {
    switch self {
    case .add: { $0 + $1 }
    case .mul: { $0 * $1 }
    case .min: { $0.isNaN || $0 < $1 ? $0 : $1 }
    case .max: { $0.isNaN || $0 > $1 ? $0 : $1 }
    }
  }

  /// The function on integers, modulo 2^bits.
  private func whole<T: FixedWidthInteger>(_ type: T.Type) -> (T, T) -> T {
    switch self {
    case .add: { $0 &+ $1 }
    case .mul: { $0 &* $1 }
    case .min: { Swift.min($0, $1) }
    case .max: { Swift.max($0, $1) }
    }
  }
}
