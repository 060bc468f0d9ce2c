import IR

/// How products make channels from channels.
extension ChannelNumbering {
  /// RotaryEmbedding: an element is zero where it and its partner are.
  mutating func rotated(_ place: Place) -> [ChannelClass] {
    let operands = contributions(0, place)
    var partners = Array(operands.indices)
    if place.axis + 1 == place.signature.results[0]?.count {
      guard let pairs = Schema.rotatedPartners(place.context), pairs.count == place.extent else {
        return operands.map { _ in freshClass() }
      }
      partners = pairs
    }
    func isZero(_ index: Int) -> Bool {
      guard case .channel(let channel, _) = operands[index] else { return false }
      return channel.isZero
    }
    return operands.indices.map {
      isZero($0) && isZero(partners[$0]) ? .zero : freshClass()
    }
  }

  /// A product along an axis that it does not sum over: zero where one of `factors` is.
  mutating func multiplied(_ place: Place, by factors: [Int]) -> [ChannelClass] {
    let all = factors.map { contributions($0, place) }
    let results = mapped(place)
    return results.enumerated().map { index, result in
      let isZero = all.contains { operand in
        guard index < operand.count, case .channel(let channel, _) = operand[index] else {
          return false
        }
        return channel.isZero
      }
      return isZero ? .zero : result
    }
  }

  /// A convolution or matrix product along its outputs.
  mutating func contracted(_ contraction: Contraction, _ place: Place) -> [ChannelClass] {
    let count = contraction.groups * contraction.outputs
    guard count == place.extent, let weight = graph.tensor(of: place.node.input(1)),
      let data = place.node.input(0), let bias = contraction.bias(graph)
    else { return (0..<place.extent).map { _ in freshClass() } }
    let used = contraction.usage(weight)
    let inputs = sliceClasses(data, contraction.dataAxis)
    let values = weight.doubles ?? []
    var result: [ChannelClass] = []
    result.reserveCapacity(count)
    for group in 0..<contraction.groups {
      for output in 0..<contraction.outputs {
        let row = (group * contraction.outputs + output) * contraction.inputs
        var live: [(input: Int, channel: ChannelClass)] = []
        var isKnown = true
        for input in 0..<contraction.inputs where used[row + input] {
          guard let channel = inputs?[group * contraction.inputs + input] else {
            isKnown = false
            break
          }
          if !channel.isZero { live.append((input, channel)) }
          if live.count > 1, channel.constant == nil {
            isKnown = false
            break
          }
        }
        let offset = bias[group * contraction.outputs + output]
        guard isKnown else {
          result.append(freshClass())
          continue
        }
        result.append(
          kernelled(contraction, place, values, group, output, live, offset))
      }
    }
    return result
  }

  /// One output of a contraction whose inputs are all constants, or one channel.
  private mutating func kernelled(
    _ contraction: Contraction, _ place: Place, _ weight: [Double], _ group: Int, _ output: Int,
    _ live: [(input: Int, channel: ChannelClass)], _ bias: Double
  ) -> ChannelClass {
    guard let first = live.first else { return .constant(bias) }
    let areConstants = live.allSatisfy { $0.channel.constant != nil }
    guard areConstants || (live.count == 1 && contraction.inputs == 1) else { return freshClass() }
    var taps = [Double](repeating: 0, count: contraction.taps)
    for (input, channel) in live {
      let start = contraction.offset(group: group, output: output, input: input)
      for tap in 0..<contraction.taps {
        taps[tap] += weight[start + tap] * channel.scale * contraction.alpha
      }
    }
    if areConstants, !contraction.hasBorders {
      return .constant(taps.reduce(bias, +))
    }
    guard let scale = taps.max(by: { abs($0) < abs($1) }), scale != 0 else {
      return .constant(bias)
    }
    return made(
      place, [areConstants ? 0 : first.channel.function],
      taps.map { $0 / scale } + [bias / scale], scale: scale)
  }
}
