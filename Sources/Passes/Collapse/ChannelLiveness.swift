import IR

/// Backward analysis: finds the channels of each value that no output depends on.
///
/// A contraction needs an input channel only if an output that is needed has a weight for it; a
/// product does not need what it multiplies by zero. Everything else needs what its results need.
struct ChannelLiveness {
  let numbering: ChannelNumbering
  let graph: Graph
  private let facts: GraphFacts
  let removable: RemovableIndices
  private(set) var needs: [ValueAxis: [Bool]] = [:]
  /// The norms for whose dead channels a virtual column has to stand.
  private(set) var virtual: Set<NodeID> = []
  /// The channels that a sum or a norm does not need only because they are zero, and the inputs of
  /// contractions of which the same holds: they have to go, or to stay zero.
  var zeroTerms: [ValueAxis: [Bool]] = [:]
  private(set) var zeroInputs: [NodeID: [Bool]] = [:]
  private var needed: Set<ValueID> = []
  private let pinned: [ValueAxis: [Bool]]
  /// The zeros that stay, so that sums and norms need them.
  let standing: [ValueAxis: [Bool]]

  /// Analyses the graph that `numbering` is about; `graph` may hold other weights by now.
  init(
    _ numbering: ChannelNumbering, _ graph: Graph, _ removable: RemovableIndices,
    pinned: [ValueAxis: [Bool]], standing: [ValueAxis: [Bool]] = [:]
  ) {
    self.standing = standing
    self.numbering = numbering
    self.removable = removable
    self.graph = graph
    self.facts = numbering.facts
    self.pinned = pinned
    for value in graph.values {
      for axis in numbering.axes(of: value) {
        guard let extent = numbering.analysis.layouts(of: value)?[axis].known.extent else {
          continue
        }
        let place = ValueAxis(value: value, axis: axis)
        needs[place] = pinned[place] ?? Array(repeating: false, count: extent)
        if pinned[place]?.contains(true) == true { needed.insert(value) }
      }
    }
    for output in graph.outputs { needAll(output) }
    for node in graph.nodes.reversed() { visit(node) }
  }

  private mutating func needAll(_ value: ValueID) {
    needed.insert(value)
    for axis in numbering.axes(of: value) {
      let place = ValueAxis(value: value, axis: axis)
      needs[place] = needs[place]?.map { _ in true }
    }
  }

  private mutating func need(_ value: ValueID, _ axis: Int, _ mask: [Bool]) {
    let place = ValueAxis(value: value, axis: axis)
    guard let old = needs[place], old.count == mask.count else { return needAll(value) }
    needs[place] = zip(old, mask).map { $0 || $1 }
  }

  /// Whether any part of a value is needed.
  private func isNeeded(_ value: ValueID) -> Bool {
    needed.contains(value)
      && numbering.axes(of: value).allSatisfy {
        needs[ValueAxis(value: value, axis: $0)]?.contains(true) ?? true
      }
  }

  private mutating func visit(_ id: NodeID) {
    let node = graph[id]
    virtualize(id)
    let results = node.outputs.compactMap { $0 }.filter(isNeeded)
    if node.op == .opaque || !node.subgraphs.isEmpty || results.isEmpty {
      let isDead =
        results.isEmpty && node.outputs.allSatisfy { $0.map { graph.uses(of: $0).isEmpty } ?? true }
      if results.isEmpty, !isDead, node.op != .opaque, node.subgraphs.isEmpty { return }
      for graph in node.subgraphs { for capture in graph.captures { needAll(capture.outer) } }
      for case let value? in node.inputs { needAll(value) }
      return
    }
    if node.op == .shape { return }
    guard let signature = numbering.signature(of: id) else {
      for case let value? in node.inputs { needAll(value) }
      return
    }
    if let recurrence = signature.recurrence { needStates(node, recurrence, signature) }
    for (operand, input) in node.inputs.enumerated() {
      guard let value = input, graph[value].constant == nil else { continue }
      guard operand < signature.operands.count, let terms = signature.operands[operand] else {
        needAll(value)
        continue
      }
      needed.insert(value)
      for axis in numbering.axes(of: value) {
        guard axis < terms.count, let extent = needs[ValueAxis(value: value, axis: axis)]?.count
        else {
          needAll(value)
          break
        }
        var mask: [Bool]
        if operand == 0, let contraction = numbering.contractions[id], axis == contraction.dataAxis,
          let weighted = weighted(contraction, node), weighted.count == extent
        {
          mask = weighted
        } else {
          mask = mapped(terms[axis], extent, results, node, signature)
        }
        if let summed = summed(node, operand, value, axis, signature), summed.count == extent {
          rely(on: ValueAxis(value: value, axis: axis), zip(mask, summed).map { $0 && !$1 })
          mask = zip(mask, summed).map { $0 && $1 }
        }
        if let silent = silent(id, operand, axis, signature), silent.count == extent {
          let isSummed = !isMapped(terms[axis], signature)
          mask = zip(mask, silent).map { isSummed ? !$1 : $0 || !$1 }
          rely(on: ValueAxis(value: value, axis: axis), zip(mask, silent).map { !$0 && $1 })
        } else if AxisSignature.labels(of: terms[axis]).contains(where: signature.isCompensated) {
          mask = mask.map { _ in true }
        }
        if let factors = factors(id, node, operand, value, axis), factors.count == extent {
          mask = zip(mask, factors).map { $0 && $1 }
        }
        need(value, axis, mask)
      }
    }
  }

  /// The inputs of a contraction that a needed output has a weight for.
  private mutating func weighted(_ contraction: Contraction, _ node: Node) -> [Bool]? {
    guard let weight = graph.tensor(of: node.input(1)),
      let wanted = wanted(contraction, node)
    else { return nil }
    let used = contraction.usage(weight)
    let zeros = zeros(contraction, node)
    let outputs = contraction.groups * contraction.outputs
    var mask = [Bool](repeating: false, count: contraction.groups * contraction.inputs)
    for row in 0..<outputs where wanted[row] {
      let first = row / contraction.outputs * contraction.inputs
      for input in 0..<contraction.inputs where used[row * contraction.inputs + input] {
        mask[first + input] = true
      }
    }
    guard let zeros else { return mask }
    zeroInputs[contraction.node] = zip(mask, zeros).map { $0 && $1 }
    return zip(mask, zeros).map { $0 && !$1 }
  }

  /// The outputs of a contraction that are needed; nil if their count is not known.
  private func wanted(_ contraction: Contraction, _ node: Node) -> [Bool]? {
    let outputs = contraction.groups * contraction.outputs
    let all = [Bool](repeating: true, count: outputs)
    guard let axis = contraction.resultAxis else {
      guard let signature = facts.signature(of: contraction.node),
        let recurrence = signature.recurrence
      else { return all }
      guard let units = neededUnits(node, recurrence, signature), !units.isEmpty else { return all }
      return all.indices.map { units[$0 % units.count] }
    }
    guard let result = node.output(0) else { return nil }
    let wanted = needs[ValueAxis(value: result, axis: axis)] ?? all
    return wanted.count == outputs ? wanted : nil
  }

  /// The units of a recurrent node that a result is needed of; nil if they are not followed.
  private func neededUnits(
    _ node: Node, _ recurrence: AxisSignature.Recurrence, _ signature: AxisSignature
  ) -> [Bool]? {
    guard let count = signature[recurrence.label].extent.value else { return nil }
    var units = [Bool](repeating: false, count: count)
    for (index, output) in node.outputs.enumerated() {
      guard let value = output, needed.contains(value) else { continue }
      guard let axis = signature.results[index]?.firstIndex(of: .label(recurrence.label)),
        let mask = needs[ValueAxis(value: value, axis: axis)], mask.count == count
      else { return nil }
      units = zip(units, mask).map { $0 || $1 }
    }
    return units
  }

  /// Needs the units of a recurrent node on which needed ones depend through the weight of its
  /// states: r[d, g·u, c] of any direction d and gate g, rows with the unit as fastest factor.
  private mutating func needStates(
    _ node: Node, _ recurrence: AxisSignature.Recurrence, _ signature: AxisSignature
  ) {
    guard var units = neededUnits(node, recurrence, signature) else { return }
    let count = units.count
    if let weight = graph.tensor(of: node.input(recurrence.operand)), weight.rank == 3,
      weight.shape[2] == count, recurrence.axis == 2, let values = weight.doubles
    {
      var readers = [Set<Int>](repeating: [], count: count)
      for (position, value) in values.enumerated() where value != 0 {
        readers[position % count].insert(position / count % count)
      }
      var isStable = false
      while !isStable {
        isStable = true
        for unit in 0..<count where !units[unit] && readers[unit].contains(where: { units[$0] }) {
          units[unit] = true
          isStable = false
        }
      }
    } else {
      units = units.map { _ in true }
    }
    for (index, output) in node.outputs.enumerated() {
      guard let value = output,
        let axis = signature.results[index]?.firstIndex(of: .label(recurrence.label))
      else { continue }
      need(value, axis, units)
    }
  }

  /// Lets the channels of a norm that enter as zeros and that only contractions read leave all the
  /// same: a virtual column stands for them.
  private mutating func virtualize(_ id: NodeID) {
    guard let column = VirtualColumn(id, graph, facts),
      var mask = needs[ValueAxis(value: column.result, axis: column.axis)],
      pinned[ValueAxis(value: column.result, axis: column.axis)] == nil,
      let zeros = numbering.silence(of: id, axis: column.axis), zeros.count == mask.count,
      let offsets = column.offsets(graph), offsets.count == mask.count
    else { return }
    let channels = mask.indices.filter { mask[$0] && zeros[$0] && offsets[$0] == 0 }
    for channel in channels { mask[channel] = false }
    guard !channels.isEmpty, mask.contains(true) else { return }
    needs[ValueAxis(value: column.result, axis: column.axis)] = mask
    virtual.insert(id)
  }

  /// Whether a term's indices travel to a result.
  private func isMapped(_ term: AxisSignature.Term, _ signature: AxisSignature) -> Bool {
    let labels = Set(AxisSignature.labels(of: term))
    return signature.results.contains { terms in
      (terms ?? []).contains { !labels.isDisjoint(with: AxisSignature.labels(of: $0)) }
    }
  }

  /// The indices of an operand's axis that lead to needed indices of the results.
  private func mapped(
    _ term: AxisSignature.Term, _ extent: Int, _ results: [ValueID], _ node: Node,
    _ signature: AxisSignature
  ) -> [Bool] {
    let all = [Bool](repeating: true, count: extent)
    let labels = Set(AxisSignature.labels(of: term))
    let free =
      ChannelNumbering.rearranging.contains(node.op)
      ? nil
      : labels.filter { signature[$0].freedom == .free || signature.isCompensated($0) }
    var mask = [Bool](repeating: false, count: extent)
    for (index, output) in node.outputs.enumerated() {
      guard let value = output, results.contains(value) else { continue }
      guard index < signature.results.count, let terms = signature.results[index] else {
        return all
      }
      var own = all
      var isMapped = false
      for (axis, target) in terms.enumerated()
      where !labels.isDisjoint(with: AxisSignature.labels(of: target)) {
        isMapped = true
        let isMixed = free.map { $0.count < labels.count } ?? false
        guard
          let correspondence = AxisCorrespondence(
            from: term, to: target, signature, along: isMixed ? free : nil),
          let wanted = needs[ValueAxis(value: value, axis: axis)],
          correspondence.sources.count == wanted.count
        else { continue }
        var reached = [Bool](repeating: false, count: extent)
        for (position, sources) in correspondence.sources.enumerated() where wanted[position] {
          for source in sources {
            guard source < extent else { return all }
            reached[source] = true
          }
        }
        own = zip(own, reached).map { $0 && $1 }
      }
      if !isMapped { return all }
      mask = zip(mask, own).map { $0 || $1 }
    }
    return mask
  }

  /// For every index of an operand's axis whether the node multiplies it by something that is not
  /// zero; nil where it does not multiply channel by channel.
  private func factors(_ id: NodeID, _ node: Node, _ operand: Int, _ value: ValueID, _ axis: Int)
    -> [Bool]?
  {
    if node.op == .batchNormalization, operand == 0, axis == 1 {
      return BatchNorm(node, graph).map { norm in norm.factors.map { $0 != 0 } }
    }
    guard node.op == .mul, let other = node.input(1 - operand), other != value,
      let result = node.output(0), let rank = facts.types[result]?.rank,
      let own = facts.types[value]?.rank, let peer = facts.types[other]?.rank
    else { return nil }
    let place = axis + (rank - own) - (rank - peer)
    guard place >= 0 else { return nil }
    if let tensor = graph.tensor(of: other) {
      guard let values = tensor.doubles, tensor.shape[place] > 1 else { return nil }
      let inner = tensor.shape[(place + 1)...].reduce(1, *)
      var mask = [Bool](repeating: false, count: tensor.shape[place])
      for (index, value) in values.enumerated() where value != 0 {
        mask[index / inner % tensor.shape[place]] = true
      }
      return mask
    }
    guard let classes = numbering.classes[ValueAxis(value: other, axis: place)] else { return nil }
    let mine = numbering.classes[ValueAxis(value: value, axis: axis)]
    return classes.enumerated().map { index, channel in
      let isMineZero = mine.map { index < $0.count && $0[index].isZero } ?? false
      return !channel.isZero || (isMineZero && operand == 0)
    }
  }

  /// For every index of every group whether some value needs it.
  func groupNeeds() -> [GroupID: [Bool]] {
    var result: [GroupID: [Bool]] = [:]
    for group in numbering.analysis.groups {
      result[group.id] = Array(repeating: !group.isFree, count: group.size)
    }
    for (place, mask) in needs {
      guard let layout = numbering.analysis.layouts(of: place.value)?[place.axis] else { continue }
      for group in layout.groups {
        guard let coordinates = layout.known.coordinates(of: group) else { continue }
        for (position, coordinate) in coordinates.enumerated() where mask[position] {
          if let index = coordinate { result[group]?[index] = true }
        }
      }
    }
    return result
  }
}
