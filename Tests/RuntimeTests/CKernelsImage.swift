import CKernels

/// The kernels of every variant that this processor runs.
let kernelVariants: [ck_kernels] = [.CK_BASELINE, .CK_AVX2, .CK_AVX512].compactMap {
  ck_kernels_for($0)?.pointee
}

/// A seeded source of numbers that are not all alike.
struct KernelNoise {
  private var state: UInt64

  /// Starts the sequence of `seed`.
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  /// Returns the next bits.
  mutating func bits() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// Returns a float in -1 ..< 1.
  mutating func float() -> Float { Float(bits() >> 40) / Float(1 << 23) - 1 }

  /// Returns an integer of `range`.
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(bits() >> 33) % range.count
  }

  /// Returns `count` floats in -1 ..< 1.
  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
}

/// An NHWC tensor in memory of its own: a border of zeros around it, NaN everywhere else, so that
/// what a kernel reads out of place shows in its result, and what it writes there can be found.
final class KernelImage {
  /// The tensor's extents.
  let shape: ck_shape
  private let memory: UnsafeMutableBufferPointer<Float>
  private let border: ck_border
  private let pixel: Int
  private let row: Int
  private let image: Int

  /// Allocates zeros with `gap` unused floats a pixel.
  init(_ shape: ck_shape, border: ck_border = ck_border(), gap: Int = 0) {
    self.shape = shape
    self.border = border
    pixel = shape.channels + gap
    row = (border.left + shape.width + border.right) * pixel
    image = (border.top + shape.height + border.bottom) * row
    memory = .allocate(capacity: image * shape.batch + 32)
    memory.initialize(repeating: .nan)
    for n in 0..<shape.batch {
      for y in -border.top..<shape.height + border.bottom {
        for x in -border.left..<shape.width + border.right {
          for c in 0..<shape.channels { self[n, y, x, c] = 0 }
        }
      }
    }
  }

  deinit { memory.deallocate() }

  private var origin: Int { 16 + border.top * row + border.left * pixel }

  /// The view that kernels read.
  var source: ck_source {
    ck_source(data: memory.baseAddress! + origin, pixel: pixel, row: row, image: image)
  }

  /// The view that kernels write.
  var target: ck_target {
    ck_target(data: memory.baseAddress! + origin, pixel: pixel, row: row, image: image)
  }

  /// Accesses one element, inside the border too.
  subscript(n: Int, y: Int, x: Int, c: Int) -> Float {
    get { memory[origin + n * image + y * row + x * pixel + c] }
    set { memory[origin + n * image + y * row + x * pixel + c] = newValue }
  }

  /// Sets every element, in NHWC order.
  func fill(_ value: (Int, Int, Int, Int) -> Float) {
    forEach { n, y, x, c in self[n, y, x, c] = value(n, y, x, c) }
  }

  /// Fills the tensor with noise.
  func fill(_ noise: inout KernelNoise) {
    forEach { n, y, x, c in self[n, y, x, c] = noise.float() }
  }

  /// Visits every element's position.
  func forEach(_ body: (Int, Int, Int, Int) -> Void) {
    for n in 0..<shape.batch {
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          for c in 0..<shape.channels { body(n, y, x, c) }
        }
      }
    }
  }

  /// The elements in NHWC order.
  var elements: [Float] {
    var result: [Float] = []
    forEach { n, y, x, c in result.append(self[n, y, x, c]) }
    return result
  }

  /// Whether all floats outside the tensor are as they were made.
  var surroundingsAreIntact: Bool {
    var outside = [Bool](repeating: true, count: memory.count)
    forEach { n, y, x, c in outside[origin + n * image + y * row + x * pixel + c] = false }
    var zeros = 0
    for i in memory.indices where outside[i] {
      if memory[i] == 0 { zeros += 1 } else if !memory[i].isNaN { return false }
    }
    let padded =
      (border.top + shape.height + border.bottom) * (border.left + shape.width + border.right)
    return zeros == (padded - shape.height * shape.width) * shape.batch * shape.channels
  }
}

/// Returns how far `found` is from `expected` in units of `scale`; infinite for NaN.
func distance(_ found: Float, _ expected: Double, scale: Double) -> Double {
  let difference = abs(Double(found) - expected)
  if difference == 0 { return 0 }
  return difference.isNaN ? .infinity : difference / scale
}
