import IR

/// Gradients of losses.
enum LossGradients {
  /// Softmax with cross-entropy, from the probabilities that the forward node hands over.
  static let softmaxCrossEntropy: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    guard let probabilities = request.node.output(1) else {
      throw .invalid(
        "result 1 is left out, but the gradient reads it", at: builder.site(of: request.node))
    }
    let logits = try builder.operand(request, 0)
    let labels = try builder.operand(request, 1)
    return [
      builder.add(
        .softmaxCrossEntropyGradient,
        [try builder.resultGradient(request), probabilities, labels],
        attributes: request.node.attributes, name: builder.gradientName(logits), like: logits)
    ]
  }

  /// Cross-entropy from soft targets, whose forward node hands the gradient over.
  static let softTargetCrossEntropy: GradientRule.Builder = {
    (builder, request) throws(Diagnostic) in
    guard let slope = request.node.output(1) else {
      throw .invalid(
        "result 1 is left out, but the gradient reads it", at: builder.site(of: request.node))
    }
    let logits = try builder.operand(request, 0)
    return [
      builder.add(
        .mul, [slope, try builder.resultGradient(request)], name: builder.gradientName(logits),
        like: logits)
    ]
  }
}
