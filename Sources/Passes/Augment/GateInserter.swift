import IR

/// Writes planned gates into a graph, in standard operators only.
///
///     %X: f32[1, 8, 4, 4] = Relu(%c)
///     %y: f32[1, 4, 4, 4] = Conv(%X, %w)
///
/// becomes
///
///     %NAME.s.k: f32[8] = Mul(%NAME.s, %pcc.k)
///     %NAME.w: f32[8] = Sigmoid(%NAME.s.k)
///     %X: f32[1, 8, 4, 4] = Relu(%c)
///     %NAME.w@0: f32[8, 1, 1] = Reshape(%NAME.w, %NAME.w@0.shape)
///     %X.gated: f32[1, 8, 4, 4] = Mul(%X, %NAME.w@0)
///     %y: f32[1, 4, 4, 4] = Conv(%X.gated, %w)
struct GateInserter {
  private var graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private var weights: [ValueID] = []
  /// What a value is called after the gates inserted so far.
  private var current: [ValueID: ValueID] = [:]
  private(set) var table: [Gate] = []

  /// Inserts gates with the given score into `graph`.
  static func insert(
    _ gates: [PlannedGate], score: Float, into graph: inout Graph, _ facts: GraphFacts,
    _ analysis: ChannelAnalysis
  ) -> [Gate] {
    var inserter = GateInserter(graph: graph, facts: facts, analysis: analysis)
    inserter.makeWeights(gates, score)
    inserter.makeSites(gates)
    graph = inserter.graph
    return inserter.table
  }

  private init(graph: Graph, facts: GraphFacts, analysis: ChannelAnalysis) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
  }

  private mutating func makeWeights(_ gates: [PlannedGate], _ score: Float) {
    let sharpness = graph.addConstant(
      GateTable.sharpnessName, Tensor(scalar: GateTable.initialSharpness))
    let first = graph.nodes.first
    for gate in gates {
      let entry = Gate(name: gate.name, size: gate.size, kind: gate.kind, sites: [])
      table.append(entry)
      let scores = graph.addConstant(
        entry.scoreName, Tensor([Float](repeating: score, count: gate.size)))
      let type = ValueType.tensor(.float32, [.known(gate.size)])
      let position: Graph.Position = first.map { .before($0) } ?? .atEnd
      let scaled = graph.add(
        .mul, [scores, sharpness], result: graph.freshName(entry.scoreName + ".k"), type,
        at: position)
      weights.append(
        graph.add(.sigmoid, [scaled], result: entry.weightName, type, at: position))
    }
  }

  /// Groups the sites that share a value and an axis: gates of several segments make one product.
  private mutating func makeSites(_ gates: [PlannedGate]) {
    struct Place: Hashable {
      var value: ValueID
      var use: OperandSite?
      var axis: Int
    }
    var order: [Place] = []
    var members: [Place: [(gate: Int, site: PlannedGate.Site)]] = [:]
    for (index, gate) in gates.enumerated() {
      for site in gate.sites {
        guard gate.kind == .channel else {
          insert([(index, site)], use: nil, value: site.value, axis: site.axis)
          continue
        }
        let place = Place(value: site.value, use: site.use, axis: site.axis)
        if members[place] == nil { order.append(place) }
        members[place, default: []].append((index, site))
      }
      if index + 1 == gates.count || gates[index + 1].kind != .channel {
        for place in order {
          for sites in GateInserter.layers(members[place] ?? []) {
            insert(sites, use: place.use, value: place.value, axis: place.axis)
          }
        }
        order = []
        members = [:]
      }
    }
  }

  /// Distributes the sites of one axis so that segments of the same product do not overlap, as those
  /// of two factors of an axis do.
  private static func layers(_ sites: [(gate: Int, site: PlannedGate.Site)])
    -> [[(gate: Int, site: PlannedGate.Site)]]
  {
    var layers: [[(gate: Int, site: PlannedGate.Site)]] = []
    for member in sites {
      let layer = layers.firstIndex { others in
        others.allSatisfy { other in
          guard let mine = member.site.segment, let segment = other.site.segment else {
            return false
          }
          return !mine.overlaps(segment)
        }
      }
      if let layer { layers[layer].append(member) } else { layers.append([member]) }
    }
    return layers
  }

  private mutating func insert(
    _ sites: [(gate: Int, site: PlannedGate.Site)], use: OperandSite?, value: ValueID, axis: Int
  ) {
    let operand = use.flatMap { graph[$0.node].input($0.operand) }
    let target = operand ?? current[value] ?? value
    let name = graph[target].name
    let type = facts.types[value] ?? graph[value].type
    guard let shape = type.shape, let element = type.element else { return }
    let position = position(of: target, use)
    for (gate, site) in sites {
      table[gate].sites.append(
        Gate.Site(
          value: name, axis: site.axis,
          segment: site.segment.map { [$0.lowerBound, $0.upperBound] } ?? [],
          repeats: site.repeats == [1, 1] ? nil : site.repeats))
    }
    let factor = factor(
      sites, extent: shape.isEmpty ? nil : shape[axis].value, trailing: shape.count - axis - 1,
      element, named: name, at: position)
    let uses = graph.uses(of: target)
    let gated = graph.add(
      .mul, [target, factor], result: graph.freshName(name + ".gated"), type, at: position)
    if let use {
      graph.setInput(use.node, use.operand, gated)
      return
    }
    for case .operand(let node, let index) in uses { graph.setInput(node, index, gated) }
    current[value] = gated
  }

  /// Where the product of a value stands: right behind it, or before the only node that reads it.
  private func position(of value: ValueID, _ use: OperandSite?) -> Graph.Position {
    if let use { return .before(use.node) }
    guard case .node(let producer, _) = graph[value].definition,
      let next = graph.node(after: producer)
    else { return .atEnd }
    return .before(next)
  }

  /// The weights of one product: those of its gates by segment, ones between them. What is the same
  /// for every index of a slower factor is written once and repeated.
  private mutating func factor(
    _ sites: [(gate: Int, site: PlannedGate.Site)], extent: Int?, trailing: Int,
    _ element: ElementType, named name: String, at position: Graph.Position
  ) -> ValueID {
    let sorted = sites.sorted {
      ($0.site.segment?.lowerBound ?? 0) < ($1.site.segment?.lowerBound ?? 0)
    }
    guard let extent, let count = GateInserter.repetitions(of: sorted, extent) else {
      return row(sorted, extent: extent, trailing: trailing, element, named: name, at: position)
    }
    let period = extent / count
    let first = Array(sorted.prefix(sorted.count / count))
    let row = row(first, extent: period, trailing: 0, element, named: name, at: position)
    let rows = graph.add(
      .expand, [row, constant([count, period], name + ".gate.extents")],
      result: graph.freshName(name + ".gate.rows"),
      .tensor(element, Shape([count, period])), at: position)
    return reshape(
      rows, to: [extent] + Array(repeating: 1, count: trailing), element, name + ".gate.factor",
      at: position)
  }

  /// How often the sites on an axis repeat themselves at equal distances; nil for once.
  private static func repetitions(
    of sites: [(gate: Int, site: PlannedGate.Site)], _ extent: Int
  ) -> Int? {
    guard sites.count > 1 else { return nil }
    for count in (2...sites.count).reversed()
    where sites.count % count == 0 && extent % count == 0 {
      let period = extent / count
      let step = sites.count / count
      let repeats = sites.indices.allSatisfy { index in
        guard let segment = sites[index].site.segment,
          let first = sites[index % step].site.segment, first.upperBound <= period
        else { return false }
        let shift = index / step * period
        return sites[index].gate == sites[index % step].gate
          && sites[index].site.repeats == sites[index % step].site.repeats
          && segment == (first.lowerBound + shift)..<(first.upperBound + shift)
      }
      if repeats { return count }
    }
    return nil
  }

  private mutating func row(
    _ sorted: [(gate: Int, site: PlannedGate.Site)], extent: Int?, trailing: Int,
    _ element: ElementType, named name: String, at position: Graph.Position
  ) -> ValueID {
    var parts: [ValueID] = []
    var next = 0
    for (gate, site) in sorted {
      if let segment = site.segment, segment.lowerBound > next {
        parts.append(ones(segment.lowerBound - next, trailing, element, name))
      }
      parts.append(weight(gate, site, trailing, element, at: position))
      next = site.segment?.upperBound ?? next
    }
    if let extent, sorted.contains(where: { $0.site.segment != nil }), next < extent {
      parts.append(ones(extent - next, trailing, element, name))
    }
    if parts.count == 1 { return parts[0] }
    let total = Dim.known(extent ?? next)
    return graph.add(
      .concat, parts.map { $0 }, attributes: ["axis": .int(0)],
      result: graph.freshName(name + ".gate"),
      .tensor(element, [total] + Array(repeating: .known(1), count: trailing)), at: position)
  }

  private mutating func ones(
    _ count: Int, _ trailing: Int, _ element: ElementType, _ name: String
  ) -> ValueID {
    graph.addConstant(
      graph.freshName(name + ".open"),
      Tensor(
        rounding: Array(repeating: 1, count: count), to: element,
        shape: [count] + Array(repeating: 1, count: trailing)))
  }

  /// One gate's weights in the element type and shape that its site needs.
  private mutating func weight(
    _ gate: Int, _ site: PlannedGate.Site, _ trailing: Int, _ element: ElementType,
    at position: Graph.Position
  ) -> ValueID {
    var value = weights[gate]
    let size = table[gate].size
    let final = table[gate].weightName(at: table[gate].sites.count - 1)
    let slow = site.repeats[0]
    let fast = site.repeats[1]
    let isExpanded = slow * fast > 1
    let needsShape = site.segment != nil && trailing > 0
    if element != .float32 {
      let name = isExpanded || needsShape ? final + ".cast" : final
      value = graph.add(
        .cast, [value], attributes: ["to": .int(Int(element.rawValue))],
        result: graph.freshName(name), .tensor(element, [.known(size)]), at: position)
    }
    if isExpanded {
      value = reshape(value, to: [1, size, 1], element, final + ".factors", at: position)
      let shape = [slow, size, fast]
      let operand = constant(shape, final + ".extents")
      value = graph.add(
        .expand, [value, operand], result: graph.freshName(final + ".expanded"),
        .tensor(element, Shape(shape)), at: position)
    }
    if isExpanded || needsShape {
      value = reshape(
        value, to: [slow * size * fast] + Array(repeating: 1, count: trailing), element, final,
        at: position)
    }
    return value
  }

  private mutating func reshape(
    _ value: ValueID, to shape: [Int], _ element: ElementType, _ name: String,
    at position: Graph.Position
  ) -> ValueID {
    let operand = constant(shape, name + ".shape")
    return graph.add(
      .reshape, [value, operand], result: graph.freshName(name), .tensor(element, Shape(shape)),
      at: position)
  }

  private mutating func constant(_ shape: [Int], _ name: String) -> ValueID {
    graph.addConstant(graph.freshName(name), Tensor(shape.map { Int64($0) }))
  }
}
