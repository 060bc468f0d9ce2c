/// Operators that pick indices of axes.
extension Schema {
  /// Slice: operands are the data, starts, ends, and perhaps axes and steps.
  static let slice = Schema(
    inputs: .between(3...5), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), nil)]
      }
      guard let cuts = try sliceCuts(context) else {
        return [context.result(context.element(0), shape.map { _ in .unknown })]
      }
      var result = shape
      for cut in cuts { result[cut.axis] = cut.extent(of: shape[cut.axis]) }
      return [context.result(context.element(0), result)]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], let shape = context.shape(0)?.known,
        (1...2).contains(shape.count), Tensor.count(of: shape) == values.count,
        let cuts = try? sliceCuts(context)
      else { return [nil] }
      var places = shape.map { Array(0..<$0) }
      for cut in cuts {
        guard let range = cut.range(of: .known(shape[cut.axis])) else { return [nil] }
        places[cut.axis] = range.indices
      }
      guard places.count == 2 else { return [places[0].map { values[$0] }] }
      return [places[0].flatMap { row in places[1].map { values[row * shape[1] + $0] } }]
    },
    axes: { context in
      guard let shape = context.shape(0), let cuts = try? sliceCuts(context) else {
        return AxisRules.blockAll(context, because: "cuts axes that are not constant")
      }
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      var operand: [AxisSignature.Term] = []
      var result: [AxisSignature.Term] = []
      for (axis, extent) in shape.enumerated() {
        guard let cut = cuts.first(where: { $0.axis == axis }), !cut.isWhole else {
          operand.append(.label(signature.free(extent)))
          result.append(operand[axis])
          continue
        }
        if let range = cut.range(of: extent), let whole = extent.value, range.step > 1,
          whole % range.step == 0, range.start < range.step, range.count == whole / range.step
        {
          let taken = AxisSignature.Term.label(signature.free(.known(range.count)))
          let step = signature.blocked([.known(range.step)], "is stepped over")
          operand.append(.product([taken] + step))
          result.append(taken)
          continue
        }
        guard let range = cut.range(of: extent), range.step == 1, range.count > 0,
          let whole = extent.value
        else {
          let reason = "cuts it with a step or at places that are not constant"
          operand.append(.label(signature.blocked(extent, because: reason)))
          result.append(
            .label(signature.blocked(cut.extent(of: extent), because: reason)))
          continue
        }
        let taken = AxisSignature.Term.label(signature.free(.known(range.count)))
        operand.append(
          signature.concatenation(
            before: range.start, taken, after: whole - range.start - range.count))
        result.append(taken)
      }
      signature.operands[0] = operand
      signature.results[0] = result
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let terms = signature.operands[0], let results = signature.results[0],
        let cuts = try? sliceCuts(context)
      else { return .none }
      var starts: [Int] = []
      var ends: [Int] = []
      for cut in cuts {
        if case .concatenation(let parts) = terms[cut.axis],
          let before = signature.extent(of: parts.prefix { $0 != results[cut.axis] }),
          let taken = signature.extent(of: results[cut.axis])
        {
          starts.append(before)
          ends.append(before + taken)
        } else if let start = cut.start, let end = cut.end {
          starts.append(start)
          if case .product(let factors) = terms[cut.axis],
            let whole = signature.extent(of: .product(factors))
          {
            ends.append(min(end, whole))
          } else {
            ends.append(end)
          }
        } else {
          return .none
        }
      }
      var edit = ExtentEdit.none
      if starts != context.constants[1]?.integers {
        edit.operands[1] = Tensor(starts.map(Int64.init))
      }
      if ends != context.constants[2]?.integers { edit.operands[2] = Tensor(ends.map(Int64.init)) }
      if !edit.isEmpty, context.constants[3] == nil {
        edit.operands[3] = Tensor(cuts.map { Int64($0.axis) })
      }
      if !edit.isEmpty, context.has(4), context.constants[4] == nil {
        edit.operands[4] = Tensor(cuts.map { Int64($0.step ?? 1) })
      }
      return edit
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// What a Slice takes of the axes it names; nil if those are not known.
  static func sliceCuts(_ context: OperatorContext) throws(Diagnostic) -> [SliceCut]? {
    guard let rank = context.shape(0)?.count else { return nil }
    let starts = context.dims(1)
    let ends = context.dims(2)
    let steps = context.has(4) ? context.integers(4) : nil
    let numbers: [Int]
    if context.has(3) {
      guard let given = context.integers(3) else { return nil }
      numbers = given
    } else {
      guard let count = starts?.count ?? ends?.count ?? context.length(1) ?? context.length(2)
      else {
        return nil
      }
      guard count <= rank else {
        throw context.invalid("\(count) starts for a rank of \(rank)")
      }
      numbers = Array(0..<count)
    }
    let axes = try context.axes(numbers, rank: rank)
    for list in [starts?.count, ends?.count, steps?.count] {
      if let list, list != axes.count {
        throw context.invalid("\(list) numbers for \(axes.count) axes")
      }
    }
    if steps?.contains(0) == true { throw context.invalid("a step is 0") }
    return axes.enumerated().map { position, axis in
      SliceCut(
        axis: axis, start: starts?[position].value, end: ends?[position].value,
        symbolicEnd: ends?[position],
        step: context.has(4) ? steps?[position] : 1)
    }
  }

  /// Gather takes the indices of operand 1 from one axis: the axes of the indices stand in its
  /// place.
  static let gather = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [.int("axis", 0)],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0), let indices = context.shape(1) else {
        return [context.result(context.element(0), nil)]
      }
      let axis = try context.axis(context.int("axis", default: 0), rank: shape.count)
      if let extent = shape[axis].value, let constant = context.integers(1),
        let wrong = constant.first(where: { $0 < -extent || $0 >= extent })
      {
        throw context.invalid("index \(wrong) is outside an axis of \(extent)")
      }
      return [
        context.result(context.element(0), shape[..<axis] + indices + shape[(axis + 1)...])
      ]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], context.shape(0)?.count == 1,
        let indices = context.integers(1), context.shape(1)?.count ?? 2 <= 1,
        indices.allSatisfy({ $0 >= -values.count && $0 < values.count })
      else { return [nil] }
      return [indices.map { values[$0 < 0 ? $0 + values.count : $0] }]
    },
    axes: { context in
      var signature = AxisSignature(operands: 2, results: 1)
      guard let shape = context.shape(0), let indices = context.shape(1),
        let axis = try? context.axis(context.int("axis", default: 0), rank: shape.count)
      else { return signature }
      var terms = signature.free(shape)
      let places =
        context.constants[1] == nil
        ? signature.free(indices)
        : signature.blocked(indices, "is picked by constant indices")
      if let pattern = indexPattern(context, axis, &signature) {
        terms[axis] = pattern.source
        signature.operands[0] = terms
        signature.results[0] = terms[..<axis] + [pattern.picked] + terms[(axis + 1)...]
        return signature
      }
      terms[axis] = .label(signature.blocked(shape[axis], because: "picks single indices of it"))
      signature.operands[0] = terms
      signature.operands[1] = places
      signature.results[0] = terms[..<axis] + places + terms[(axis + 1)...]
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let rank = context.shape(0)?.count,
        let axis = try? context.axis(context.int("axis", default: 0), rank: rank),
        signature.operands[1] == nil, let old = context.constants[1], old.rank == 1,
        let source = signature.operands[0]?[axis], let picked = signature.results[0]?[axis],
        let indices = signature.indices(of: picked, in: source), indices != old.integers
      else { return .none }
      let tensor =
        old.type == .int32
        ? Tensor(indices.map { Int32(clamping: $0) }) : Tensor(indices.map { Int64($0) })
      return ExtentEdit(operands: [1: tensor])
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// The pattern in which a Gather with constant indices on one axis picks from computed data; nil
  /// if there is none.
  private static func indexPattern(
    _ context: OperatorContext, _ axis: Int, _ signature: inout AxisSignature
  ) -> IndexPattern? {
    guard context.constants[0] == nil, let tensor = context.constants[1], tensor.rank == 1,
      let extent = context.shape(0)?[axis].value, let numbers = tensor.integers
    else { return nil }
    return IndexPattern(
      numbers.map { $0 < 0 ? $0 + extent : $0 }, extent: extent, &signature)
  }
}

/// What Slice takes of one axis, as far as it is known.
struct SliceCut {
  var axis: Int
  var start: Int?
  var end: Int?
  /// The end as an extent, known or not.
  var symbolicEnd: Dim?
  var step: Int?

  /// Whether it takes all indices in order, whatever the extent.
  var isWhole: Bool { start == 0 && step == 1 && (end ?? 0) >= Int(Int32.max) }

  /// The range of an axis of a known extent.
  func range(of extent: Dim) -> SliceRange? {
    guard let extent = extent.value, let start, let end, let step else { return nil }
    return SliceRange(start: start, end: end, step: step, extent: extent)
  }

  /// The extent that is left of an axis.
  func extent(of whole: Dim) -> Dim {
    if isWhole { return whole }
    if let range = range(of: whole) { return .known(range.count) }
    if start == 0, step == 1, let symbolicEnd, symbolicEnd.isCertainly(whole) { return whole }
    return .unknown
  }
}

extension AxisSignature {
  /// The extent of a term, if known.
  public func extent(of term: Term) -> Int? {
    switch term {
    case .label(let label): return self[label].extent.value
    case .product(let terms):
      return terms.reduce(CheckedInt(1)) { $0 * CheckedInt(extent(of: $1)) }.value
    case .concatenation(let terms): return extent(of: terms)
    }
  }

  /// The sum of the extents of terms, if known.
  func extent(of terms: some Sequence<Term>) -> Int? {
    terms.reduce(CheckedInt(0)) { $0 + CheckedInt(extent(of: $1)) }.value
  }

  /// A term with so many indices, each a free label, on either side; itself if there are none.
  mutating func concatenation(before: Int, _ middle: Term, after: Int) -> Term {
    var parts = [middle]
    if before > 0 { parts.insert(.label(free(.known(before))), at: 0) }
    if after > 0 { parts.append(.label(free(.known(after)))) }
    return AxisSignature.concatenation(parts)
  }
}
