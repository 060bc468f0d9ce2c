import Training

extension Batch {
  /// What the first input takes, if that is floats.
  var elements: [Float] {
    guard case .floats(let floats) = inputs.first else { return [] }
    return floats
  }
}
