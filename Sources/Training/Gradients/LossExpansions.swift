import IR

/// Losses of ONNX as logarithms picked at the labels.
enum LossExpansions {
  /// NegativeLogLikelihoodLoss.
  static func likelihood(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    [try loss(&b, node, of: b.operand(node, 0))]
  }

  /// SoftmaxCrossEntropyLoss: that of the LogSoftmax of scores, which is result 1.
  static func crossEntropy(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let logarithms = try b.apply(.logSoftmax, [b.operand(node, 0)], ["axis": .int(1)])
    return [try loss(&b, node, of: logarithms), logarithms]
  }

  /// Minus the logarithm at each label, times the class's weight; the mean is one by weights.
  private static func loss(_ b: inout GradientBuilder, _ node: Node, of logarithms: ValueID)
    throws(Diagnostic) -> ValueID
  {
    var labels = try b.operand(node, 1)
    let shape = try b.shape(labels)
    let places = [shape[0], 1] + shape.dropFirst()
    var isCounted: ValueID?
    if let ignored = node.attributes.int("ignore_index") {
      let number = try b.cast(b.integers([ignored]), like: labels)
      let isIgnored = try b.apply(.equal, [labels, number])
      isCounted = try b.apply(.not, [isIgnored])
      labels = try b.select(isIgnored, b.cast(b.integers([0]), like: labels), labels)
    }
    let picked = try b.apply(
      .gatherElements, [logarithms, b.view(labels, places)], ["axis": .int(1)])
    var losses = try b.affine(b.view(picked, shape), by: -1)
    var weights = try b.numbers(
      Array(repeating: 1, count: shape.reduce(1, *)), shape, like: losses)
    if let given = node.input(2) { weights = try b.apply(.gather, [given, labels]) }
    if let isCounted { weights = try b.keep(weights, where: isCounted) }
    losses = try b.times(losses, weights)
    let axes = Array(shape.indices)
    switch node.attributes.string("reduction") ?? "mean" {
    case "none": return losses
    case "sum": return try b.total(losses, over: axes, keeping: false)
    default:
      let sum = try b.total(losses, over: axes, keeping: false)
      return try b.over(sum, b.total(weights, over: axes, keeping: false))
    }
  }
}
