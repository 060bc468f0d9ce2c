import IR

/// What is known of operators that have no rule of their own but keep numbers.
extension ChannelNumbering {
  /// A number where all operands from `first` on are that number.
  mutating func chosen(_ place: Place, from first: Int) -> [ChannelClass] {
    let all = place.node.inputs.indices.dropFirst(first).map { contributions($0, place) }
    return (0..<place.extent).map { index in
      var values: Set<Double> = []
      for operand in all {
        guard index < operand.count, case .channel(let channel, _) = operand[index],
          let value = channel.constant
        else { return freshClass() }
        values.insert(value)
      }
      guard values.count == 1, let value = values.first, value == 0 || place.node.op != .sum
      else { return freshClass() }
      return .constant(value)
    }
  }

  /// Any operator that keeps zero channels of operand 0 zero.
  mutating func silenced(_ place: Place) -> [ChannelClass] {
    let isMixed = AxisSignature.labels(of: place.term).contains {
      place.signature[$0].freedom != .free
    }
    if isMixed, !ChannelNumbering.rearranging.contains(place.node.op) {
      return (0..<place.extent).map { _ in freshClass() }
    }
    return contributions(0, place).map { contribution in
      switch contribution {
      case .channel(let channel, _) where channel.isZero: return .zero
      case .channels(let several, _) where several.allSatisfy(\.isZero): return .zero
      case .channel, .channels, .nothing, .unknown: return freshClass()
      }
    }
  }
}
