import DenseRuntime
import IR
import Testing

/// Proves a node's axis signature on numbers: indices are removed from free labels at random, the
/// operands are cut and the node is edited accordingly, and what it computes then must be the cut
/// of what it computed before. Along contracted labels one factor is zero at the removed indices, and
/// so is what a recurrent node multiplies its removed units by; along compensated ones all data
/// operands are, and the compensation is what it says.
public struct SignatureCheck {
  let facts: GraphFacts
  let node: NodeID
  let signature: AxisSignature
  /// The extents of all labels, named ones included.
  var extents: [Int]
  private var random: SystemSeed

  /// Draws from SplitMix64.
  private struct SystemSeed {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
  }

  /// Runs the check on the last node of a graph.
  public static func run(_ graph: Graph, seed: Int) throws {
    let facts = try GraphFacts(graph)
    guard let node = graph.nodes.last, let signature = facts.signature(of: node) else {
      Issue.record("no signature")
      return
    }
    var inputs: [ValueID: Tensor] = [:]
    for (name, tensor) in try SeededInputs(seed: seed).tensors(for: graph) {
      if let value = graph.value(named: name) { inputs[value] = tensor }
    }
    let values = try Interpreter().trace(graph, inputs: inputs)
    let operands = graph[node].inputs.map { $0.flatMap { values[$0] ?? graph.tensor(of: $0) } }
    var check = SignatureCheck(
      facts: facts, node: node, signature: signature,
      extents: Array(repeating: 0, count: signature.labels.count),
      random: SystemSeed(state: UInt64(seed)))
    let results = try Interpreter().evaluate(graph[node], operands)
    for (value, tensor) in zip(graph[node].outputs, results) {
      guard let value, let tensor else { continue }
      let type = facts.type(of: value)
      let fits = type.shape.map { zip($0, tensor.shape).allSatisfy { $0.value ?? $1 == $1 } }
      if type.element != tensor.type || type.rank != tensor.rank || fits != true {
        Issue.record("inferred \(type), computed \(tensor.type.textName)\(tensor.shape)")
      }
    }
    guard check.resolve(operands, results) else {
      Issue.record("the labels' extents do not follow from the operands")
      return
    }
    try check.prove(operands)
  }

  /// Finds the extents of labels from the shapes of tensors; false if they contradict the
  /// signature.
  private mutating func resolve(_ operands: [Tensor?], _ results: [Tensor?]) -> Bool {
    var isKnown = signature.labels.map { $0.extent.value != nil }
    for (index, label) in signature.labels.enumerated() { extents[index] = label.extent.value ?? 1 }
    let terms = zip(signature.operands + signature.results, operands + results)
    for _ in 0..<4 {
      for (axes, tensor) in terms {
        guard let axes, let tensor else { continue }
        guard axes.count == tensor.rank else { return false }
        for (axis, term) in axes.enumerated() {
          let open = AxisSignature.labels(of: term).filter { !isKnown[$0.index] }
          guard open.count == 1, let label = open.first else { continue }
          extents[label.index] = 1
          let rest = count(of: term)
          if case .concatenation = term {
            extents[label.index] = tensor.shape[axis] - rest + 1
          } else {
            extents[label.index] = tensor.shape[axis] / rest
          }
          isKnown[label.index] = true
        }
      }
    }
    for (axes, tensor) in terms {
      guard let axes, let tensor else { continue }
      for (axis, term) in axes.enumerated() where count(of: term) != tensor.shape[axis] {
        return false
      }
    }
    return true
  }

  private func count(of term: AxisSignature.Term) -> Int {
    switch term {
    case .label(let label): extents[label.index]
    case .product(let terms): terms.reduce(1) { $0 * count(of: $1) }
    case .concatenation(let terms): terms.reduce(0) { $0 + count(of: $1) }
    }
  }

  /// Of every index of a term, whether it stays.
  private func mask(_ term: AxisSignature.Term, _ kept: [[Bool]]) -> [Bool] {
    switch term {
    case .label(let label): kept[label.index]
    case .product(let terms):
      terms.reduce([true]) { outer, inner in
        let part = mask(inner, kept)
        return outer.flatMap { flag in part.map { flag && $0 } }
      }
    case .concatenation(let terms): terms.flatMap { mask($0, kept) }
    }
  }

  private func cut(
    _ tensor: Tensor, _ axes: [AxisSignature.Term], _ kept: [[Bool]]
  ) -> Tensor {
    axes.enumerated().reduce(tensor) { result, entry in
      let flags = mask(entry.element, kept)
      return result.gathering(flags.indices.filter { flags[$0] }, axis: entry.offset)
    }
  }

  /// Whether a label is contracted: it stands in operands and in no result.
  private func isContracted(_ label: Int) -> Bool {
    func stands(in sides: [[AxisSignature.Term]?]) -> Bool {
      sides.contains { axes in
        (axes ?? []).flatMap(AxisSignature.labels(of:)).contains { $0.index == label }
      }
    }
    return stands(in: signature.operands) && !stands(in: signature.results)
  }

  private mutating func prove(_ operands: [Tensor?]) throws {
    var kept: [[Bool]] = []
    for (label, extent) in zip(signature.labels, extents) {
      var flags = Array(repeating: true, count: extent)
      if label.freedom == .free || label.isCompensated, label.extent.value != nil, extent > 1 {
        for index in flags.indices { flags[index] = random.next(below: 3) > 0 }
        flags[random.next(below: extent)] = true
      }
      kept.append(flags)
    }
    var full = operands
    for (label, info) in signature.labels.enumerated() where kept[label].contains(false) {
      if case .compensated(let form) = info.freedom {
        for operand in form.data { silence(label, kept, in: &full, [operand]) }
      } else if isContracted(label) {
        silence(label, kept, in: &full, Array(signature.operands.indices))
      }
    }
    if let recurrence = signature.recurrence {
      silence(recurrence, kept[recurrence.label.index], in: &full)
    }
    let graph = facts.graph
    let before = try Interpreter().evaluate(graph[node], full)
    var cutOperands = zip(full, signature.operands).map { tensor, axes in
      tensor.map { tensor in axes.map { cut(tensor, $0, kept) } ?? tensor }
    }
    var edited = try edit(kept, &cutOperands)
    for label in kept.indices where kept[label].contains(false) {
      compensate(label, kept[label], &edited, &cutOperands)
    }
    var after = try Interpreter().evaluate(edited[node], cutOperands)
    for label in kept.indices where kept[label].contains(false) {
      compensate(label, kept[label], in: &after)
    }
    for (index, (old, new)) in zip(before, after).enumerated() {
      guard graph[node].output(index) != nil, let old, let new else { continue }
      let expected = signature.results[index].map { cut(old, $0, kept) } ?? old
      let difference = NumericDifference(new, expected)
      if !difference.isWithin(1e-5) { Issue.record("result \(index): \(difference)") }
    }
  }

  /// Zeroes the removed indices of a contracted label in the first operand that has it.
  private func silence(
    _ label: Int, _ kept: [[Bool]], in operands: inout [Tensor?], _ candidates: [Int]
  ) {
    var only = extents.map { Array(repeating: true, count: $0) }
    only[label] = kept[label]
    for index in candidates {
      guard let axes = signature.operands[index], let tensor = operands[index],
        let values = tensor.doubles,
        let axis = axes.firstIndex(where: {
          AxisSignature.labels(of: $0).contains { $0.index == label }
        })
      else { continue }
      let flags = mask(axes[axis], only)
      let inner = tensor.shape[(axis + 1)...].reduce(1, *)
      let zeroed = values.enumerated().map { flags[$0 / inner % flags.count] ? $1 : 0 }
      operands[index] = Tensor(rounding: zeroed, to: tensor.type, shape: tensor.shape)
      return
    }
  }

  /// Zeroes what the last states of removed units are multiplied by.
  private func silence(
    _ recurrence: AxisSignature.Recurrence, _ kept: [Bool], in operands: inout [Tensor?]
  ) {
    guard let tensor = operands[recurrence.operand], let values = tensor.doubles else { return }
    let inner = tensor.shape[(recurrence.axis + 1)...].reduce(1, *)
    let zeroed = values.enumerated().map { kept[$0 / inner % kept.count] ? $1 : 0 }
    operands[recurrence.operand] = Tensor(rounding: zeroed, to: tensor.type, shape: tensor.shape)
  }

  /// Fits the node and its operands to fewer indices of a compensated label.
  private func compensate(
    _ label: Int, _ flags: [Bool], _ graph: inout Graph, _ operands: inout [Tensor?]
  ) {
    let term = AxisSignature.Term.label(AxisSignature.Label(index: label))
    guard let form = signature.compensation(of: term) else { return }
    let part = Double(flags.count { $0 }) / Double(flags.count)
    switch form {
    case .mean: return
    case .rootMeanSquare(_, let scale):
      guard let tensor = operands[scale], let values = tensor.doubles else { return }
      operands[scale] = Tensor(
        rounding: values.map { $0 / part.squareRoot() }, to: tensor.type, shape: tensor.shape)
      let isSkip = graph[node].op == .skipSimplifiedLayerNormalization
      let epsilon = Double(graph[node].attributes.float("epsilon") ?? (isSkip ? 1e-12 : 1e-5))
      graph.setAttribute(node, "epsilon", .float(Float(epsilon / part)))
    case .standardization(let data, let scale, let offset):
      let fitted: [Int] = data + [scale, offset].compactMap { $0 }
      for operand in fitted {
        let value: Double = operand == scale ? 1 : 0
        guard let tensor = operands[operand], let values = tensor.doubles else { continue }
        let width = tensor.shape.last ?? 1
        let tail = [Double](repeating: value, count: flags.count - width)
        var filled: [Double] = []
        for row in 0..<(values.count / width) {
          filled += values[(row * width)..<((row + 1) * width)]
          filled += tail
        }
        operands[operand] = Tensor(
          rounding: filled, to: tensor.type, shape: tensor.shape.dropLast() + [flags.count])
      }
    }
  }

  /// Does to results what the compensation of a label says.
  private func compensate(_ label: Int, _ flags: [Bool], in results: inout [Tensor?]) {
    let term = AxisSignature.Term.label(AxisSignature.Label(index: label))
    guard let form = signature.compensation(of: term) else { return }
    let left = flags.count { $0 }
    for (index, tensor) in results.enumerated() where index < signature.results.count {
      guard let tensor, let values = tensor.doubles else { continue }
      if form == .mean {
        let part = Double(left) / Double(flags.count)
        results[index] = Tensor(
          rounding: values.map { $0 * part }, to: tensor.type, shape: tensor.shape)
      } else if case .standardization = form, signature.results[index]?.last == term {
        results[index] = tensor.gathering(Array(0..<left), axis: tensor.rank - 1)
      }
    }
  }

  /// The graph with the node fitted to the new extents.
  private func edit(_ kept: [[Bool]], _ operands: inout [Tensor?]) throws -> Graph {
    let old = facts.context(of: node)
    var signature = self.signature
    for (index, flags) in kept.enumerated() where signature.labels[index].extent.value != nil {
      signature.setExtent(
        AxisSignature.Label(index: index), .known(flags.count { $0 }))
    }
    func fit(_ type: ValueType?, _ axes: [AxisSignature.Term]?) -> ValueType? {
      guard let tensor = type?.tensor, let shape = tensor.shape, let axes else { return type }
      return .tensor(
        tensor.element, zip(shape, axes).map { signature.extent(of: $1).map(Dim.known) ?? $0 })
    }
    let context = OperatorContext(
      node: old.node, inputs: zip(old.inputs, signature.operands).map(fit),
      outputs: zip(old.outputs, signature.results).map(fit), constants: old.constants,
      shapeValues: old.shapeValues, formerInputs: old.inputs)
    let edit = old.node.op.schema.extents(context, signature)
    var graph = facts.graph
    for (index, tensor) in edit.operands {
      while operands.count <= index { operands.append(nil) }
      operands[index] = tensor
      let constant = graph.addConstant(graph.freshName("edit"), tensor)
      graph.setInput(node, index, constant)
    }
    for name in edit.removedAttributes { graph.setAttribute(node, name, nil) }
    for (name, attribute) in edit.attributes { graph.setAttribute(node, name, attribute) }
    return graph
  }
}
