import IR
import RealModule

/// Reference kernels of operators that carry a state from one piece of a sequence to the next.
enum ReferenceStreaming {
  /// TensorScatter: the cache with the update written along `axis`, in each image from its index
  /// on; mode circular goes round at the end.
  static func scatter(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let cache = try call.operand(0)
    let update = try call.operand(1)
    let axis = try call.axis(call.node.attributes.int("axis") ?? -2, rank: cache.rank)
    var rest = update.shape
    if update.rank == cache.rank { rest[axis] = cache.shape[axis] }
    guard axis > 0, rest == cache.shape, update.shape[axis] <= cache.shape[axis],
      update.type == cache.type
    else {
      throw call.invalid(
        "\(update.type.textName)\(update.shape) into \(cache.type.textName)\(cache.shape) along"
          + " axis \(axis)")
    }
    let batch = cache.shape[0]
    let starts =
      try call.optional(2) == nil ? Array(repeating: 0, count: batch) : call.integers(2)
    guard starts.count == batch else {
      throw call.invalid("\(starts.count) indices for a batch of \(batch)")
    }
    let (length, written) = (cache.shape[axis], update.shape[axis])
    let mode = call.node.attributes.string("mode") ?? "linear"
    guard mode == "linear" || mode == "circular" else {
      throw call.invalid("mode is '\(mode)', expected linear or circular")
    }
    if mode == "linear" {
      for start in starts where !(0...(length - written)).contains(start) {
        throw call.invalid("\(written) positions from \(start) on into a cache of \(length)")
      }
    }
    var places = Array(0..<cache.count)
    let inner = cache.shape[(axis + 1)...].reduce(1, *)
    let blocks = cache.shape[..<axis].reduce(1, *)
    for block in 0..<blocks where written > 0 {
      let start = starts[block / (blocks / batch)]
      let first = (start % length + length) % length
      for position in 0..<written {
        let target = (block * length + (first + position) % length) * inner
        let source = (block * written + position) * inner
        for index in 0..<inner { places[target + index] = ~(source + index) }
      }
    }
    return [try call.pick(cache, or: update, places, cache.shape)]
  }

  /// CausalConvWithState: each channel's kernel over it and the positions before, then the
  /// activation; result 1 holds the last positions.
  static func convolve<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.shape(0, rank: 3)
    let (channels, length) = (shape[1], shape[2])
    let taps = try call.shape(1, rank: 3)[2]
    guard taps >= 1 else { throw call.invalid("a kernel without taps") }
    let kernel = try call.elements(1, type, shape: [channels, 1, taps])
    let bias = try call.optionalElements(2, type, shape: [channels])
    let held = [shape[0], channels, taps - 1]
    let past = try call.optionalElements(3, type, shape: held)
    let activation = call.node.attributes.string("activation") ?? "none"
    guard ["none", "silu", "swish"].contains(activation) else {
      throw call.invalid("activation is '\(activation)', expected none, silu or swish")
    }
    let input = try call.elements(0, type)
    func element(_ row: Int, _ place: Int) -> S {
      place < taps - 1
        ? past?[row * (taps - 1) + place] ?? 0 : input[row * length + place - (taps - 1)]
    }
    let output = try call.make(type, shape) { output in
      for index in output.indices {
        let (row, position) = index.quotientAndRemainder(dividingBy: length)
        var sum = bias?[row % channels] ?? 0
        for tap in 0..<taps {
          sum += kernel[row % channels * taps + tap] * element(row, position + tap)
        }
        output[index] = activation == "none" ? sum : ReferenceSmoothing.selfGated(sum)
      }
    }
    let state = try call.make(type, held) { state in
      for index in state.indices {
        let (row, place) = index.quotientAndRemainder(dividingBy: taps - 1)
        state[index] = element(row, length + place)
      }
    }
    return [output, state]
  }
}
