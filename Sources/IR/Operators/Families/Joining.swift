/// Operators that lay axes one after another, or take them apart.
extension Schema {
  static let concat = Schema(
    inputs: .atLeast(1), outputs: .exactly(1), attributes: [.required("axis", .int)],
    shape: { context throws(Diagnostic) in
      let element = context.commonElement(context.inputs.indices)
      guard let rank = context.inputs.lazy.compactMap({ $0?.shape?.count }).first else {
        return [context.result(element, nil)]
      }
      let axis = try context.axis(context.int("axis", default: 0), rank: rank)
      var result: Shape = Array(repeating: .unknown, count: rank)
      result[axis] = .known(0)
      for index in context.inputs.indices {
        let shape = context.shape(index) ?? Array(repeating: .unknown, count: rank)
        guard shape.count == rank else {
          throw context.invalid("operand \(index) of rank \(shape.count), expected \(rank)")
        }
        for position in 0..<rank {
          result[position] =
            position == axis
            ? result[axis] + shape[axis]
            : try context.merge(result[position], shape[position], "axis \(position)")
        }
      }
      return [context.result(element, result)]
    },
    shapeValues: { context in
      guard context.resultShape(0)?.count ?? 1 == 1 else { return [nil] }
      var values: [Dim] = []
      for index in context.inputs.indices {
        guard let part = context.shapeValues[index] else { return [nil] }
        values += part
      }
      return [values]
    },
    axes: { context in
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      guard let result = context.resultShape(0),
        let axis = try? context.axis(context.int("axis", default: 0), rank: result.count)
      else { return signature }
      let terms = signature.free(result)
      var parts: [AxisSignature.Term] = []
      for index in context.inputs.indices {
        guard let shape = context.shape(index) else { continue }
        var operand = terms
        operand[axis] = .label(signature.free(shape[axis]))
        parts.append(operand[axis])
        signature.operands[index] = operand
      }
      signature.results[0] = terms
      signature.results[0]?[axis] = AxisSignature.concatenation(parts)
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// Split: sizes in operand 1, or equal ones, the last smaller, if `num_outputs` is given or
  /// nothing.
  static let split = Schema(
    inputs: .between(1...2), outputs: .atLeast(1),
    attributes: [.int("axis", 0), .derived("num_outputs", .int)],
    shape: { context throws(Diagnostic) in
      let count = context.node.outputs.count
      guard let shape = context.shape(0) else {
        return Array(repeating: context.result(context.element(0), nil), count: count)
      }
      let axis = try context.axis(context.int("axis", default: 0), rank: shape.count)
      return try splitSizes(context, whole: shape[axis]).map { size in
        var part = shape
        part[axis] = size
        return context.result(context.element(0), part)
      }
    },
    shapeValues: { context in
      let nothing = [[Dim]?](repeating: nil, count: context.outputs.count)
      guard let values = context.shapeValues[0], context.shape(0)?.count == 1,
        let sizes = try? splitSizes(context, whole: .known(values.count)),
        let counts = sizes.known, counts.reduce(0, +) == values.count
      else { return nothing }
      var rest = values[...]
      return counts.map { size in
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
      }
    },
    axes: { context in
      var signature = AxisSignature(
        operands: context.inputs.count, results: context.outputs.count)
      guard let shape = context.shape(0),
        let axis = try? context.axis(context.int("axis", default: 0), rank: shape.count)
      else { return signature }
      if context.has(1), context.integers(1) == nil {
        return AxisRules.blockAll(context, because: "takes its sizes from a computed shape")
      }
      guard let sizes = try? splitSizes(context, whole: shape[axis]) else { return signature }
      let terms = signature.free(shape)
      let parts = signature.free(sizes)
      signature.operands[0] = terms
      signature.operands[0]?[axis] = AxisSignature.concatenation(parts)
      for index in context.outputs.indices where context.outputs[index] != nil {
        signature.results[index] = terms
        signature.results[index]?[axis] = parts[index]
      }
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let shape = context.shape(0),
        let axis = try? context.axis(context.int("axis", default: 0), rank: shape.count),
        let sizes = splitParts(signature, axis)
      else { return .none }
      if sizes == context.constants[1]?.integers { return .none }
      if !context.has(1), let whole = shape[axis].value,
        (try? splitSizes(context, whole: .known(whole)))?.known == sizes
      {
        return .none
      }
      return ExtentEdit(
        operands: [1: Tensor(sizes.map(Int64.init))],
        removedAttributes: context.node.attributes["num_outputs"] == nil ? [] : ["num_outputs"])
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// The extents of the pieces in an operand's split axis, as the signature has them.
  private static func splitParts(_ signature: AxisSignature, _ axis: Int) -> [Int]? {
    guard let terms = signature.operands[0], axis < terms.count else { return nil }
    return AxisSignature.labels(of: terms[axis]).map { signature[$0].extent }.known
  }

  /// The sizes of the pieces of an axis of extent `whole`.
  private static func splitSizes(
    _ context: OperatorContext, whole: Dim
  ) throws(Diagnostic) -> [Dim] {
    let count = context.node.outputs.count
    if context.has(1) {
      guard let sizes = context.dims(1) else { return Array(repeating: .unknown, count: count) }
      guard sizes.count == count else {
        throw context.invalid("\(sizes.count) sizes for \(count) results")
      }
      if let sizes = sizes.known {
        let total = sizes.reduce(CheckedInt(0)) { $0 + CheckedInt($1) }.value
        guard sizes.allSatisfy({ $0 >= 0 }), let total, whole.value == nil || whole.value == total
        else { throw context.invalid("sizes \(sizes) do not sum to \(whole)") }
      }
      return sizes
    }
    if let asked = context.node.attributes.int("num_outputs"), asked != count {
      throw context.invalid("num_outputs is \(asked), but there are \(count) results")
    }
    guard let whole = whole.value else {
      return count == 1 ? [whole] : Array(repeating: .unknown, count: count)
    }
    let size = whole.dividedRoundingUp(by: count)
    guard context.node.attributes["num_outputs"] != nil || whole % count == 0 else {
      throw context.invalid("an axis of \(whole) does not split into \(count) equal parts")
    }
    let last = whole - size * (count - 1)
    guard last >= 0 else {
      throw context.invalid("an axis of \(whole) does not split into \(count) parts of \(size)")
    }
    return Array(repeating: .known(size), count: count - 1) + [.known(last)]
  }
}

extension AxisSignature {
  /// Terms one after the other; the term itself if there is one.
  static func concatenation(_ terms: [Term]) -> Term {
    terms.count == 1 ? terms[0] : .concatenation(terms)
  }
}
