import IR

extension InputMetadata {
  /// The most samples that are measured.
  private static let most = 20_000

  /// The mean and standard deviation of each channel of a training part, to six decimals; bytes
  /// count from 0 to 1.
  ///
  /// More than 20,000 samples are not measured, but a seeded choice of as many. Samples are read
  /// one after the other.
  public static func measured(on training: Dataset, seed: UInt64 = 0) throws(Diagnostic)
    -> InputMetadata
  {
    var random = RandomSource(seed: seed, stream: 0x3EA5)
    let positions =
      training.count <= most
      ? Array(0..<training.count) : Array(random.permutation(training.count).prefix(most))
    let channels = training.extents.count == 3 ? training.extents[0] : 1
    var moments = Array(repeating: Moments(), count: channels)
    for position in positions {
      let sample = try training.sample(position)
      let size = sample.elements.count / channels
      for channel in 0..<channels {
        let range = (channel * size)..<((channel + 1) * size)
        switch sample.elements {
        case .bytes(let bytes): moments[channel].add(bytes[range]) { Double($0) / 255 }
        case .floats(let floats): moments[channel].add(floats[range]) { Double($0) }
        case .integers:
          throw Diagnostic(kind: .usage, "--normalize auto wants pixels or floats, not tokens")
        }
      }
    }
    func rounded(_ number: Double) -> Double { (number * 1e6).rounded() / 1e6 }
    let deviations = moments.map { rounded(($0.spread / max($0.count, 1)).squareRoot()) }
    return InputMetadata(
      mean: moments.map { rounded($0.mean) }, std: deviations.map { $0 > 0 ? $0 : 1 })
  }

  /// How many numbers there are, their mean, and the sum of squared differences from it.
  private struct Moments {
    var count = 0.0
    var mean = 0.0
    var spread = 0.0

    /// Adds numbers, by the formula of Chan, Golub and LeVeque.
    mutating func add<Element>(_ elements: ArraySlice<Element>, _ value: (Element) -> Double) {
      let more = Double(elements.count)
      guard more > 0 else { return }
      let own = elements.reduce(0) { $0 + value($1) } / more
      let ownSpread = elements.reduce(0) { $0 + (value($1) - own) * (value($1) - own) }
      let total = count + more
      let difference = own - mean
      spread += ownSpread + difference * difference * count * more / total
      mean += difference * more / total
      count = total
    }
  }
}
