import IR

/// What stayed of a constant.
public struct ConstantCut: Hashable, Sendable {
  /// The constant's name before, and the name of what stayed.
  public let source: String
  public let name: String
  /// The indices that stayed on each axis, of those before.
  public let kept: [[Int]]

  /// What stays of a tensor of the shape before.
  public func applied(to tensor: Tensor) -> Tensor {
    kept.enumerated().reduce(tensor) { rest, axis in
      axis.element.count == rest.shape[axis.offset]
        ? rest : rest.gathering(axis.element, axis: axis.offset)
    }
  }

  /// This cut, of something that was cut before.
  func after(_ former: ConstantCut?) -> ConstantCut {
    guard let former else { return self }
    return ConstantCut(
      source: former.source, name: name,
      kept: zip(former.kept, kept).map { old, new in new.map { old[$0] } })
  }
}
