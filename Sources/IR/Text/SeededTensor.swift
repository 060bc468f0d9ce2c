/// Tensors that a seed describes: the same on every machine, and known again by the printer.
///
/// Element i of seed n depends on n and i alone.
public struct SeededTensor: Hashable, Sendable {
  public var seed: Int
  /// Whether every element is positive, between 0.5 and 1.5.
  public var isPositive: Bool
  /// An axis and its indices at which everything is zero.
  public var zeros: Zeros?

  /// Indices of one axis.
  public struct Zeros: Hashable, Sendable {
    public var axis: Int
    public var indices: [Int]

    /// Creates a list of indices.
    public init(axis: Int, indices: [Int]) {
      self.axis = axis
      self.indices = indices
    }
  }

  /// Creates a description.
  public init(seed: Int, isPositive: Bool = false, zeros: Zeros? = nil) {
    self.seed = seed
    self.isPositive = isPositive
    self.zeros = zeros
  }

  /// The largest seed the printer looks for.
  static let seedLimit = 255

  /// Element `index` of floating-point tensors: a multiple of 2^-11 in [-1, 1), exact in every
  /// format from float16 on except bfloat16.
  func element(_ index: Int) -> Double {
    let value = Double(bits(index) >> 52) / 2048 - 1
    return isPositive ? (value < 0 ? -value : value) + 0.5 : value
  }

  /// SplitMix64's output function of a counter.
  private func bits(_ index: Int) -> UInt64 {
    var z = UInt64(bitPattern: Int64(seed)) &* 0xD134_2543_DE82_EF95
    z = z &+ UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15 &+ 0x632B_E59B_D9B4_E019
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The tensor; nil for types other than float16, bfloat16, float32, float64, int32, int64 and
  /// bool, and for zeros outside the shape. Integers are small and not negative.
  ///
  /// - Precondition: the shape's count does not overflow.
  public func tensor(_ type: ElementType, shape: [Int]) -> Tensor? {
    guard let count = Tensor.count(of: shape) else { return nil }
    var values = (0..<count).map(element)
    if let zeros {
      guard zeros.axis >= 0, zeros.axis < shape.count,
        zeros.indices.allSatisfy({ $0 >= 0 && $0 < shape[zeros.axis] })
      else { return nil }
      let inner = shape[(zeros.axis + 1)...].reduce(1, *)
      let dead = Set(zeros.indices)
      for index in values.indices where dead.contains(index / inner % shape[zeros.axis]) {
        values[index] = 0
      }
    }
    switch type {
    case .float16, .bfloat16, .float32, .float64:
      return Tensor(rounding: values, to: type, shape: shape)
    case .int64: return Tensor(values.map { Int64(($0 + 1) * 4) }, shape: shape)
    case .int32: return Tensor(values.map { Int32(($0 + 1) * 4) }, shape: shape)
    case .bool: return Tensor(values.map { $0 >= 0 }, shape: shape)
    case .uint8, .int8, .uint16, .int16, .string, .uint32, .uint64, .complex64, .complex128,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2,
      .float8e8m0, .uint2, .int2:
      return nil
    }
  }

  /// The description of a floating-point tensor that a seed up to 255 makes; nil for others.
  public init?(of tensor: Tensor) {
    guard tensor.type.isFloatingPoint, let values = tensor.doubles else { return nil }
    let probes = values.indices.lazy.filter { values[$0] != 0 }.prefix(8)
    guard !probes.isEmpty else { return nil }
    for isPositive in [false, true] {
      for seed in 0...SeededTensor.seedLimit {
        var candidate = SeededTensor(seed: seed, isPositive: isPositive)
        guard probes.allSatisfy({ abs(candidate.element($0) - values[$0]) < 0.01 }) else {
          continue
        }
        if candidate.tensor(tensor.type, shape: tensor.shape) == tensor {
          self = candidate
          return
        }
        for axis in tensor.shape.indices {
          candidate.zeros = Zeros(axis: axis, indices: deadIndices(values, tensor.shape, axis))
          if candidate.zeros?.indices.isEmpty == false,
            candidate.tensor(tensor.type, shape: tensor.shape) == tensor
          {
            self = candidate
            return
          }
        }
      }
    }
    return nil
  }
}

/// The indices of an axis at which every value is zero.
private func deadIndices(_ values: [Double], _ shape: [Int], _ axis: Int) -> [Int] {
  let inner = shape[(axis + 1)...].reduce(1, *)
  var isDead = [Bool](repeating: true, count: shape[axis])
  for index in values.indices where values[index] != 0 {
    isDead[index / inner % shape[axis]] = false
  }
  return isDead.indices.filter { isDead[$0] }
}
