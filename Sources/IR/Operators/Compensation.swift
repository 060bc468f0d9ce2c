/// How a node that computes across an axis is fitted to fewer indices of it.
///
/// With D indices of which D' stay, a = D'/D. Each form computes exactly what the node computed
/// before, as long as its data operands were zero at the indices that left.
public enum Compensation: Hashable, Sendable {
  /// A mean over the axis: the results are multiplied by a.
  case mean
  /// x·scale / √(mean x² + epsilon): the scale becomes scale/√a, epsilon becomes epsilon/a. What is
  /// zero stays zero.
  case rootMeanSquare(data: [Int], scale: Int)
  /// (x − μ)·scale / √(variance + epsilon) + offset with statistics over D: zeros follow the data
  /// operands, a scale of 1 and an offset of 0 the parameters, and results end at D'. What is zero
  /// leaves as a multiple of −μ / √(variance + epsilon), one function for all indices, plus the
  /// offset. Without a scale the parameters do not run along the axis, and all zeros leave alike.
  case standardization(data: [Int], scale: Int?, offset: Int?)

  /// The operands that are computed across; the others hold an element an index.
  public var data: [Int] {
    switch self {
    case .mean: [0]
    case .rootMeanSquare(let data, _), .standardization(let data, _, _): data
    }
  }

  /// Whether zeros of the data operands are zeros of result 0.
  public var keepsZero: Bool {
    switch self {
    case .mean, .rootMeanSquare: true
    case .standardization: false
    }
  }

  /// What the compensated node costs or changes: a phrase that follows "X".
  public var phrase: String {
    switch self {
    case .mean: "averages over it: a factor makes up for channels that leave"
    case .rootMeanSquare:
      "normalizes over it: its scale and epsilon make up for channels that leave"
    case .standardization:
      "normalizes over it: zeros take the place of channels that leave, so that it stays as wide"
    }
  }
}

extension AxisSignature.LabelInfo {
  /// Whether indices leave only if the node is fitted to that.
  public var isCompensated: Bool {
    if case .compensated = freedom { return true }
    return false
  }
}

extension AxisSignature {
  /// Whether indices of a label leave only if the node is fitted to that.
  public func isCompensated(_ label: Label) -> Bool { self[label].isCompensated }

  /// The compensation of a term that is one label; nil if indices of it leave without, or stay.
  public func compensation(of term: Term) -> Compensation? {
    guard case .label(let label) = term, case .compensated(let form) = self[label].freedom else {
      return nil
    }
    return form
  }
}
