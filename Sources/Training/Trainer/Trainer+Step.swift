import IR

extension Trainer {
  /// The first samples of the training part as a batch.
  public func firstBatch() throws(Diagnostic) -> Batch {
    try assembler.batch(0, of: Array(0..<training.count), epoch: 0)
  }

  /// Takes the first step of a run on a batch, as often as it is called, and returns the loss
  /// before it; the model is left as it is.
  public func step(on batch: Batch) throws(Diagnostic) -> Double {
    let loss = try forward(batch, state: state, number: 0)
    try update(&state, number: 0)
    return loss
  }
}
