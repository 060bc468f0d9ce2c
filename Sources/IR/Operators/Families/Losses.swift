/// Losses of the scores of classes against labels.
extension Schema {
  /// NegativeLogLikelihoodLoss: operands are logarithms of probabilities [n, c, …], labels [n, …]
  /// and the weights of classes [c].
  static let negativeLogLikelihoodLoss = loss(results: .exactly(1))

  /// SoftmaxCrossEntropyLoss: the same of scores, whose LogSoftmax over the classes is result 1.
  static let softmaxCrossEntropyLoss = loss(results: .between(1...2))

  private static func loss(results: Arity) -> Schema {
    .mixing(
      because: "takes a loss over it", inputs: .between(2...3), outputs: results,
      attributes: [.derived("ignore_index", .int), .string("reduction", "mean")],
      positions: Plain.noPositions
    ) { context throws(Diagnostic) in
      let reduction = context.string("reduction", default: "mean")
      guard ["mean", "none", "sum"].contains(reduction) else {
        throw context.invalid("reduction is '\(reduction)', expected mean, none or sum")
      }
      var samples = context.shape(1)
      if let scores = context.shape(0) {
        guard scores.count >= 2 else {
          throw context.invalid("scores of rank \(scores.count), expected 2 or more")
        }
        let labels = try context.shape(1, ofRank: scores.count - 1)
        var merged: Shape = []
        for (left, right) in zip([scores[0]] + scores.dropFirst(2), labels) {
          merged.append(try context.merge(left, right, "an extent of scores and labels"))
        }
        samples = merged
        if context.has(2) {
          let weights = try context.shape(2, ofRank: 1)
          _ = try context.merge(scores[1], weights[0], "the number of classes")
        }
      }
      let element = context.element(0)
      return context.results([
        context.result(element, reduction == "none" ? samples : []), context.inputs[0] ?? .unknown,
      ])
    }
  }
}
