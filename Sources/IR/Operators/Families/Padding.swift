/// Operators that change the extents of axes: Pad, Resize, Expand.
extension Schema {
  /// Pad: operands are the data, the pads (all begins, then all ends), and perhaps a value and
  /// axes.
  static let pad = Schema(
    inputs: .between(2...4), outputs: .exactly(1), attributes: [.string("mode", "constant")],
    shape: { context throws(Diagnostic) in
      let mode = context.string("mode", default: "constant")
      guard ["constant", "reflect", "edge", "wrap"].contains(mode) else {
        throw context.invalid("mode is '\(mode)'")
      }
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), nil)]
      }
      guard let pads = try padding(context) else {
        return [context.result(context.element(0), shape.map { _ in .unknown })]
      }
      var result: Shape = []
      for (extent, pad) in zip(shape, pads) {
        let padded = extent + .known(pad.begin) + .known(pad.end)
        if let extent = padded.value, extent < 0 {
          throw context.invalid("pads leave an extent of \(extent)")
        }
        result.append(padded)
      }
      return [context.result(context.element(0), result)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), let pads = try? padding(context) else {
        return AxisRules.blockAll(context, because: "pads by amounts that are not constant")
      }
      let fills = context.string("mode", default: "constant") == "constant"
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      var operand: [AxisSignature.Term] = []
      var result: [AxisSignature.Term] = []
      for (axis, (extent, pad)) in zip(shape, pads).enumerated() {
        if pad == (0, 0) {
          operand.append(.label(signature.free(extent)))
          result.append(operand[axis])
        } else if fills, pad.begin >= 0, pad.end >= 0 {
          let middle = AxisSignature.Term.label(signature.free(extent))
          operand.append(middle)
          result.append(
            signature.concatenation(before: pad.begin, middle, after: pad.end))
        } else {
          let reason = fills ? "crops it" : "copies its ends"
          operand.append(.label(signature.blocked(extent, because: reason)))
          result.append(
            .label(
              signature.blocked(
                extent + .known(pad.begin) + .known(pad.end), because: reason)))
        }
      }
      signature.operands[0] = operand
      signature.results[0] = result
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let terms = signature.results[0], let operands = signature.operands[0],
        var pads = try? padding(context), terms.count == pads.count
      else { return .none }
      var isChanged = false
      for (axis, term) in terms.enumerated() {
        guard case .concatenation(let parts) = term,
          let middle = parts.firstIndex(of: operands[axis]),
          let begin = signature.extent(of: parts[..<middle]),
          let end = signature.extent(of: parts[(middle + 1)...]), pads[axis] != (begin, end)
        else { continue }
        pads[axis] = (begin, end)
        isChanged = true
      }
      guard isChanged else { return .none }
      let numbers = pads.map(\.begin) + pads.map(\.end)
      var edit = ExtentEdit(operands: [1: Tensor(numbers.map(Int64.init))])
      if context.has(3) { edit.operands[3] = Tensor(pads.indices.map(Int64.init)) }
      return edit
    },
    response: { context in
      let isZero = !context.has(2) || context.constants[2]?.doubles == [0]
      return isZero || context.string("mode", default: "constant") != "constant" ? .linear : .other
    },
    hasBorders: { context in
      guard context.string("mode", default: "constant") == "constant" else { return false }
      guard let pads = try? padding(context) else { return true }
      return pads.contains { $0.begin > 0 || $0.end > 0 }
    })

  /// The pads of every axis, negative ones cropping; nil if they are not known.
  public static func padding(
    _ context: OperatorContext
  ) throws(Diagnostic) -> [(begin: Int, end: Int)]? {
    guard let rank = context.shape(0)?.count, let numbers = context.integers(1) else { return nil }
    var axes = Array(0..<rank)
    if context.has(3) {
      guard let given = context.integers(3) else { return nil }
      axes = try context.axes(given, rank: rank)
    }
    guard numbers.count == 2 * axes.count, numbers.allSatisfy({ abs($0.clamped) <= Window.limit })
    else {
      throw context.invalid("pads \(numbers), expected \(2 * axes.count) numbers of 32 bits")
    }
    var pads = Array(repeating: (begin: 0, end: 0), count: rank)
    for (position, axis) in axes.enumerated() {
      pads[axis] = (numbers[position], numbers[axes.count + position])
    }
    return pads
  }

  /// Expand broadcasts its operand with the shape that operand 1 lists.
  static let expand = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      let element = context.element(0)
      guard let shape = context.shape(0) else { return [context.result(element, nil)] }
      guard let target = try extents(context, 1) else {
        let rank = context.length(1).map { max($0, shape.count) }
        return [context.result(element, try context.unknownShape(ofRank: rank))]
      }
      guard let result = shape.broadcast(with: target) else {
        throw context.invalid("shape \(shape) does not broadcast with \(target)")
      }
      return [context.result(element, result)]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], values.count == 1,
        let target = context.integers(1), target.count == 1, target[0] >= 0, target[0] <= 1024
      else { return [nil] }
      return [Array(repeating: values[0], count: max(target[0], 1))]
    },
    axes: { context in
      guard let shape = context.shape(0), let result = context.resultShape(0),
        expandOperand(context, result) != nil || context.length(1) != nil
      else {
        return AxisRules.blockAll(context, because: "takes its extents from a computed shape")
      }
      var signature = AxisSignature(operands: 2, results: 1)
      var operand: [AxisSignature.Term] = []
      var terms: [AxisSignature.Term] = []
      for (axis, extent) in result.enumerated() {
        let place = axis - (result.count - shape.count)
        guard place >= 0 else {
          terms.append(.label(signature.free(extent)))
          continue
        }
        if shape[place] == extent, extent != .unknown {
          operand.append(.label(signature.free(extent)))
          terms.append(operand[place])
        } else if shape[place] == .known(1) {
          operand.append(.one)
          terms.append(.label(signature.free(extent)))
        } else {
          let reason = "may broadcast along it"
          operand.append(.label(signature.blocked(shape[place], because: reason)))
          terms.append(.label(signature.blocked(extent, because: reason)))
        }
      }
      signature.operands[0] = operand
      signature.results[0] = terms
      return signature
    },
    cost: Plain.noCost,
    extents: { context, _ in
      guard let result = context.resultShape(0) else { return .none }
      guard let shape = expandOperand(context, result) else {
        return context.length(1).map { context.patch(1, to: result.suffix($0)) } ?? .none
      }
      if shape == context.constants[1]?.integers { return .none }
      return ExtentEdit(operands: [1: Tensor(shape.map(Int64.init))])
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// Constant contents of the shape operand that expand to `result`, 1 where the operand's extent
  /// stays; nil if there are none.
  private static func expandOperand(_ context: OperatorContext, _ result: Shape) -> [Int]? {
    guard let shape = context.shape(0) else { return nil }
    let old = context.constants[1]?.integers ?? []
    var numbers: [Int] = []
    for (axis, extent) in result.enumerated() {
      let place = axis - (result.count - shape.count)
      let position = axis - (result.count - old.count)
      let stays = place >= 0 && (shape[place] == extent && extent != .unknown)
      if stays, position < 0 || old.isEmpty || old[position] == 1 {
        numbers.append(1)
      } else if let value = extent.value {
        numbers.append(value)
      } else if stays {
        numbers.append(1)
      } else if position >= 0, position < old.count, old[position] == 1 {
        numbers.append(1)
      } else {
        return nil
      }
    }
    return Array(numbers.suffix(old.isEmpty ? numbers.count : old.count))
  }
}

extension Int {
  /// The number, or one whose absolute value exists.
  fileprivate var clamped: Int { self == .min ? .max : self }
}
