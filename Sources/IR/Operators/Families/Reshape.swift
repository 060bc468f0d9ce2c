/// Reshape.
extension Schema {
  static let reshape = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [.int("allowzero", 0)],
    shape: { context throws(Diagnostic) in
      guard let asked = context.dims(1) else {
        let shape = try context.unknownShape(ofRank: context.length(1))
        return [context.result(context.element(0), shape)]
      }
      return [context.result(context.element(0), try reshaped(context, asked))]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], let shape = context.resultShape(0)?.known,
        shape.count <= 2, Tensor.count(of: shape) == values.count
      else { return [nil] }
      return [values]
    },
    axes: { context in
      guard let source = context.shape(0), let target = context.resultShape(0) else {
        return AxisSignature(operands: 2, results: 1)
      }
      guard
        shapeOperand(context, source: source, target: target) != nil
          || context.length(1) == target.count
      else {
        return AxisRules.blockAll(context, because: "takes its extents from a computed shape")
      }
      var signature = AxisSignature(operands: 2, results: 1)
      let terms = Refactoring.terms(from: source, to: target, &signature)
      signature.operands[0] = terms.source
      signature.results[0] = terms.target
      return signature
    },
    cost: Plain.noCost,
    extents: { context, _ in
      guard let source = context.shape(0), let target = context.resultShape(0) else {
        return .none
      }
      guard let shape = shapeOperand(context, source: source, target: target) else {
        return context.patch(1, to: target, copies: true)
      }
      if shape == context.constants[1]?.integers { return .none }
      return ExtentEdit(operands: [1: Tensor(shape.map(Int64.init))])
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// The shape a Reshape returns when asked for `asked`, in which 0 copies and -1 is derived.
  private static func reshaped(
    _ context: OperatorContext, _ asked: [Dim]
  ) throws(Diagnostic) -> Shape {
    let source = context.shape(0)
    let copies = !context.flag("allowzero")
    var result: Shape = []
    var derived: Int?
    for (axis, extent) in asked.enumerated() {
      switch extent {
      case .known(-1):
        guard derived == nil else { throw context.invalid("the shape holds -1 twice") }
        derived = axis
        result.append(.unknown)
      case .known(0) where copies:
        guard let source else { result.append(.unknown); continue }
        guard axis < source.count else {
          throw context.invalid("the shape copies axis \(axis) of a rank of \(source.count)")
        }
        result.append(source[axis])
      case .known(let value):
        guard value >= 0 else { throw context.invalid("the shape asks for an extent of \(value)") }
        result.append(extent)
      case .named, .unknown: result.append(extent)
      }
    }
    guard let source else { return result }
    if let derived {
      result[derived] = try quotient(context, source, result, except: derived)
    } else if let before = source.known, let after = result.known {
      guard let count = Tensor.count(of: before), count == Tensor.count(of: after) else {
        throw context.invalid("the elements of shape \(source) do not fill the shape \(result)")
      }
    } else if let open = result.firstIndex(where: { $0.value == nil }),
      result.filter({ $0.value == nil }).count == 1, source.known != nil
    {
      result[open] = try quotient(context, source, result, except: open)
    }
    return result
  }

  /// The extent at `place` that gives `target` as many elements as `source`; unknown where it is no
  /// product.
  private static func quotient(
    _ context: OperatorContext, _ source: Shape, _ target: Shape, except place: Int
  ) throws(Diagnostic) -> Dim {
    let others = target.enumerated().filter { $0.offset != place }.map(\.element)
    var above = source.filter { $0.value == nil }
    var below: [Dim] = []
    for extent in others where extent.value == nil {
      if let match = above.firstIndex(where: { $0.isCertainly(extent) }) {
        above.remove(at: match)
      } else {
        below.append(extent)
      }
    }
    guard let whole = Tensor.count(of: source.compactMap(\.value)),
      let part = Tensor.count(of: others.compactMap(\.value))
    else { throw context.invalid("the element count overflows") }
    guard part > 0 else { return .unknown }
    if below.isEmpty, above.isEmpty {
      guard whole % part == 0 else {
        throw context.invalid("\(whole) elements cannot be divided by the shape \(target)")
      }
      return .known(whole / part)
    }
    if below.isEmpty, above.count == 1, whole == part { return above[0] }
    guard let all = DimProduct(above.reduce(.known(whole), *)),
      let rest = DimProduct(below.reduce(.known(part), *))
    else { return .unknown }
    return all.divided(by: rest)?.dim ?? .unknown
  }

  /// Constant contents of a Reshape's shape operand that lead from `source` to `target` whatever the
  /// extents that are not known; nil if there are none.
  static func shapeOperand(
    _ context: OperatorContext, source: Shape, target: Shape
  ) -> [Int]? {
    shapeOperand(
      from: source, to: target, keeping: context.constants[1]?.integers ?? [],
      copies: !context.flag("allowzero"))
  }

  /// Constant contents of a shape operand that lead from `source` to `target` whatever the extents
  /// that are not known; nil if there are none. `copies` says that 0 copies an extent.
  ///
  /// Elements 0 and -1 of `old` stay where they are right. An extent that is not known is copied by 0
  /// if it stays in its place, else derived by -1.
  public static func shapeOperand(
    from source: Shape, to target: Shape, keeping old: [Int] = [], copies: Bool = true
  ) -> [Int]? {
    var isDerived = old.contains(-1)
    var result: [Int] = []
    for (axis, extent) in target.enumerated() {
      let isCopy = copies && axis < source.count && source[axis] == extent
      if axis < old.count, old[axis] == -1 || old[axis] == 0 && isCopy {
        result.append(old[axis])
      } else if let value = extent.value {
        guard value != 0 || isCopy || !copies else { return nil }
        result.append(value)
      } else if copies, axis < source.count, extent.isCertainly(source[axis]) {
        result.append(0)
      } else if !isDerived {
        isDerived = true
        result.append(-1)
      } else {
        return nil
      }
    }
    return result
  }
}
