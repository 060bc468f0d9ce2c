import IR

/// What normalizations make of channels along the axis they normalize over.
extension ChannelNumbering {
  /// Channels that are zero leave a root-mean-square norm as zero, and a standardization as multiples
  /// of one function, −μ / √(variance + epsilon), plus their offset; a scale of zero leaves the
  /// offset alone.
  mutating func normalized(_ place: Place, _ form: Compensation) -> [ChannelClass] {
    let isZero = zeros(of: form.data, at: place)
    guard place.result == 0 else { return isZero.map { $0 ? .zero : freshClass() } }
    switch form {
    case .mean: return isZero.map { _ in freshClass() }
    case .rootMeanSquare(_, let scale):
      guard let factors = graph.tensor(of: place.node.input(scale))?.doubles else {
        return isZero.map { _ in freshClass() }
      }
      return zip(isZero, factors).map { $0 || $1 == 0 ? .zero : freshClass() }
    case .standardization(_, nil, _):
      return isZero.map { $0 ? made(place, [0], scale: 1) : freshClass() }
    case .standardization(_, let scale?, let offset):
      guard let factors = graph.tensor(of: place.node.input(scale))?.doubles,
        factors.count == isZero.count
      else { return isZero.map { _ in freshClass() } }
      let offsets =
        offset.flatMap { graph.tensor(of: place.node.input($0))?.doubles }
        ?? factors.map { _ in 0 }
      guard offsets.count == factors.count else { return isZero.map { _ in freshClass() } }
      return isZero.indices.map { index in
        if factors[index] == 0 { return .constant(offsets[index]) }
        guard isZero[index] else { return freshClass() }
        return made(place, [0], [offsets[index] / factors[index]], scale: factors[index])
      }
    }
  }

  /// For every index of the place's axis whether all of the given operands are zero there.
  mutating func zeros(of data: [Int], at place: Place) -> [Bool] {
    var result = [Bool](repeating: true, count: place.extent)
    for operand in data {
      let own = contributions(operand, place)
      guard own.count == place.extent else { return result.map { _ in false } }
      for (index, contribution) in own.enumerated() {
        guard case .channel(let channel, 0) = contribution, channel.isZero else {
          result[index] = false
          continue
        }
      }
    }
    return result
  }

  /// For every channel of an axis that a node normalizes over whether it enters as zero; nil where
  /// that is not known.
  func silence(of id: NodeID, axis: Int) -> [Bool]? {
    guard let signature = facts.signature(of: id), let terms = signature.results.first ?? nil,
      axis < terms.count, case .label(let label) = terms[axis],
      let form = signature.compensation(of: terms[axis])
    else { return nil }
    return silence(of: form.data, along: label, of: id)
  }

  /// For every index of a label whether all of the given operands are zero there; nil where that is
  /// not known.
  func silence(of data: [Int], along label: AxisSignature.Label, of id: NodeID) -> [Bool]? {
    var silent: [Bool]?
    for index in data {
      guard let value = graph[id].input(index),
        let own = facts.signature(of: id)?.operands[index]?.firstIndex(of: .label(label)),
        let zeros = zeros(of: value, axis: own)
      else { return nil }
      silent = silent.map { zip($0, zeros).map { $0 && $1 } } ?? zeros
    }
    return silent
  }
}
