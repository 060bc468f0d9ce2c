import IR

extension OperatorContext {
  /// Whether a channel of zeros in an operand would give results that are not finite: a divisor, the
  /// argument of a logarithm.
  func divergesAtZero(_ operand: Int) -> Bool {
    let poles: Set<Operator> = [.log, .reciprocal, .acosh, .reduceLogSum, .lpNormalization]
    if operand == 0, poles.contains(node.op) { return true }
    if operand == 1 { return node.op == .div || node.op == .mod }
    return node.op == .pow && constants[1]?.doubles?.allSatisfy { $0 > 0 } != true
  }
}
