import IR
import RealModule

/// Reference kernels of operators that draw numbers by chance.
///
/// They are deterministic: numbers follow from the attribute `seed`, or else from the node's name.
enum ReferenceChance {
  /// SplitMix64.
  private struct Source {
    private var state: UInt64

    init(_ call: ReferenceCall) {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in call.node.name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      state = call.node.attributes.float("seed").map { UInt64($0.bitPattern) } ?? hash
    }

    /// A number from 0 to below 1.
    mutating func uniform() -> Double {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }

    /// A number of the standard normal distribution, by Box and Muller's transform.
    mutating func normal() -> Double {
      let radius = Double.sqrt(-2 * Double.log(1 - uniform()))
      return radius * Double.cos(2 * Double.pi * uniform())
    }
  }

  /// RandomNormal and RandomNormalLike.
  static func normal(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let mean = Double(call.node.attributes.float("mean") ?? 0)
    let scale = Double(call.node.attributes.float("scale") ?? 1)
    return try draw(call) { source in mean + scale * source.normal() }
  }

  /// RandomUniform and RandomUniformLike.
  static func uniform(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let low = Double(call.node.attributes.float("low") ?? 0)
    let high = Double(call.node.attributes.float("high") ?? 1)
    return try draw(call) { source in low + (high - low) * source.uniform() }
  }

  private static func draw(_ call: ReferenceCall, _ next: (inout Source) -> Double)
    throws(Diagnostic) -> [Tensor?]
  {
    let like = call.optional(0)
    let shape = like?.shape ?? call.node.attributes.ints("shape") ?? []
    let named = try call.named("dtype").map(call.held)
    let type = named ?? like?.type ?? call.held(.float32)
    guard [.float32, .float64, .float16, .bfloat16].contains(type) else {
      throw call.unsupportedType(type)
    }
    var source = Source(call)
    let numbers = try call.make(Double.self, shape) { y in
      for index in y.indices { y[index] = next(&source) }
    }
    return [try ReferenceCast.convert(call, numbers, to: type)]
  }

  /// Bernoulli: 1 with the probability that each element of operand 0 is.
  static func bernoulli(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let operand = try call.operand(0)
    guard operand.type.isFloatingPoint, let chances = operand.doubles else {
      throw call.unsupportedType(operand.type)
    }
    var source = Source(call)
    let drawn = try call.make(Double.self, operand.shape) { y in
      for index in y.indices { y[index] = source.uniform() < chances[index] ? 1 : 0 }
    }
    let type = try call.named("dtype").map(call.held) ?? operand.type
    return [try ReferenceCast.convert(call, drawn, to: type)]
  }

  /// Multinomial: classes drawn by rows of log-probabilities, which need not be normalised.
  static func multinomial(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let operand = try call.operand(0)
    let count = call.node.attributes.int("sample_size") ?? 1
    guard operand.rank == 2, count >= 0, operand.shape[1] > 0 || operand.shape[0] == 0 else {
      throw call.invalid("\(count) samples of shape \(operand.shape) cannot be drawn")
    }
    guard operand.type.isFloatingPoint, let logits = operand.doubles else {
      throw call.unsupportedType(operand.type)
    }
    var source = Source(call)
    let (rows, classes) = (operand.shape[0], operand.shape[1])
    let drawn = try call.make(Int64.self, [rows, count]) { y in
      for row in 0..<rows {
        let line = logits[(row * classes)..<((row + 1) * classes)]
        let largest = line.max() ?? 0
        var total = 0.0
        let sums = line.map { logit in
          total += Double.exp(logit - largest)
          return total
        }
        for sample in 0..<count {
          let mark = source.uniform() * total
          y[row * count + sample] = Int64(sums.firstIndex { $0 > mark } ?? classes - 1)
        }
      }
    }
    return [try ReferenceCast.convert(call, drawn, to: try call.named("dtype") ?? .int32)]
  }
}
