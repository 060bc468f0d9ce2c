import Foundation
import IR

/// Fits one node to fewer indices of an axis that it computes across.
///
///     %y: f32[N, 8] = LayerNormalization(%x, %w, %b)
///
/// of which 6 channels stay becomes
///
///     %x.padded: f32[N, 8] = Pad(%x, [0, 0, 0, 2])
///     %y.whole: f32[N, 8] = LayerNormalization(%x.padded, w ++ [1, 1], b ++ [0, 0])
///     %y: f32[N, 6] = Slice(%y.whole, [0], [6], [1])
///
/// A Pad or Slice that is there already is widened instead. A root-mean-square norm gets another
/// scale and epsilon, a mean a factor.
struct CompensationEdit {
  let node: NodeID
  let form: Compensation
  let signature: AxisSignature
  let label: AxisSignature.Label
  /// The extent before and after.
  let whole: Int
  let kept: Int
  /// The type of result 0 before.
  let type: ValueType
  /// What readers of the virtual column multiply it by, one number an output; empty without one.
  var columns: [(reader: NodeID, weights: [Double])] = []

  /// The edits that a removal takes; `virtual` holds the norms that get a virtual column.
  static func all(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis,
    keeping keeps: [GroupID: [Bool]], virtual: Set<NodeID>
  ) -> [CompensationEdit] {
    var edits: [CompensationEdit] = []
    for id in graph.nodes {
      guard let signature = facts.signature(of: id) else { continue }
      for (index, info) in signature.labels.enumerated() {
        let label = AxisSignature.Label(index: index)
        guard case .compensated(let form) = info.freedom,
          let layout = analysis.layout(of: label, in: id), !layout.groups.isEmpty,
          let mask = layout.mask(keeps), mask.contains(false), mask.contains(true)
        else { continue }
        var edit = CompensationEdit(
          node: id, form: form, signature: signature, label: label, whole: mask.count,
          kept: mask.count { $0 },
          type: graph[id].output(0).map { facts.type(of: $0) } ?? .unknown)
        if virtual.contains(id), let column = VirtualColumn(id, graph, facts) {
          edit.columns = column.weights(without: mask, graph, analysis, keeping: keeps)
        }
        edits.append(edit)
      }
    }
    return edits
  }

  private var removed: Int { whole - kept }

  /// Edits a graph whose constants and types are cut; `types` holds the types that values have after
  /// the removal. Returns the values that took the place of others.
  func apply(to graph: inout Graph, _ types: inout [ValueID: ValueType]) -> [ValueID: ValueID] {
    switch form {
    case .mean:
      scaleMean(in: &graph, types)
      return [:]
    case .rootMeanSquare(_, let scale):
      rescale(scale, in: &graph)
      return [:]
    case .standardization(let data, let scale, let offset):
      if let scale { extend(OperandSite(node, scale), by: 1, in: &graph) }
      if let offset { extend(OperandSite(node, offset), by: 0, in: &graph) }
      for operand in data { pad(operand, in: &graph, &types) }
      return cutResults(in: &graph, &types)
    }
  }

  /// Multiplies the result by the part of the channels that stays; a factor that follows takes it in.
  private func scaleMean(in graph: inout Graph, _ types: [ValueID: ValueType]) {
    guard let result = graph[node].output(0) else { return }
    let part = Double(kept) / Double(whole)
    if let use = graph.onlyUse(of: result), graph[use.node].op == .mul,
      let tensor = graph.tensor(of: graph[use.node].input(1 - use.operand)), tensor.count == 1,
      let factor = tensor.doubles?.first
    {
      graph.setConstant(
        Tensor(rounding: [factor * part], to: tensor.type, shape: tensor.shape),
        at: OperandSite(use.node, 1 - use.operand))
      return
    }
    let type = types[result] ?? type
    let name = graph[result].name
    let factor = graph.addConstant(
      graph.freshName(name + ".part"),
      Tensor(rounding: [part], to: type.element ?? .float32, shape: []))
    let scaled = graph.add(
      .mul, [factor, factor], result: graph.freshName(name + ".scaled"), type, at: .after(node))
    guard let product = graph[scaled].producer else { return }
    _ = graph.replace(result, with: scaled)
    graph.setInput(product, 0, result)
  }

  private func rescale(_ scale: Int, in graph: inout Graph) {
    let part = Double(kept) / Double(whole)
    guard let tensor = graph.tensor(of: graph[node].input(scale)), let values = tensor.doubles
    else {
      return
    }
    graph.setConstant(
      Tensor(rounding: values.map { $0 / part.squareRoot() }, to: tensor.type, shape: tensor.shape),
      at: OperandSite(node, scale))
    graph.setAttribute(node, "epsilon", .float(Float(Double(epsilon(in: graph)) / part)))
  }

  private func epsilon(in graph: Graph) -> Float {
    if let given = graph[node].attributes.float("epsilon") { return given }
    for spec in graph[node].op.schema.attributes where spec.name == "epsilon" {
      if case .equals(.float(let value)) = spec.absence { return value }
    }
    return 0
  }

  /// Appends elements to a parameter until it is as long as it was.
  private func extend(_ site: OperandSite, by value: Double, in graph: inout Graph) {
    guard let tensor = graph.tensor(of: graph[site.node].input(site.operand)),
      let values = tensor.doubles
    else { return }
    let all = values + Array(repeating: value, count: removed)
    graph.setConstant(Tensor(rounding: all, to: tensor.type, shape: [all.count]), at: site)
  }

  /// The axis of an operand or a result that the label runs along.
  private func axis(in terms: [AxisSignature.Term]?) -> Int? {
    terms?.firstIndex(of: .label(label))
  }

  /// Appends zeros to a data operand.
  private func pad(_ operand: Int, in graph: inout Graph, _ types: inout [ValueID: ValueType]) {
    guard let value = graph[node].input(operand), let axis = axis(in: signature.operands[operand])
    else { return }
    if let tensor = graph.tensor(of: value), let values = tensor.doubles {
      let rows = values.count / max(kept, 1)
      let padded = (0..<rows).flatMap { row in
        values[(row * kept)..<((row + 1) * kept)] + Array(repeating: 0, count: removed)
      }
      graph.setConstant(
        Tensor(rounding: padded, to: tensor.type, shape: tensor.shape.dropLast() + [whole]),
        at: OperandSite(node, operand))
      return
    }
    if let producer = graph[value].producer, var pads = zeroPads(producer, graph),
      graph.onlyUse(of: value) != nil
    {
      pads[pads.count / 2 + axis] += Int64(removed)
      graph.setConstant(Tensor(pads), at: OperandSite(producer, 1))
      widen(value, axis, in: &graph, &types)
      return
    }
    let type = types[value] ?? graph[value].type
    guard let tensor = type.tensor, var shape = tensor.shape else { return }
    shape[axis] = .known(whole)
    var pads = [Int64](repeating: 0, count: 2 * shape.count)
    pads[shape.count + axis] = Int64(removed)
    let name = graph.freshName(graph[value].name + ".padded")
    let amounts = graph.addConstant(graph.freshName(name + ".pads"), Tensor(pads))
    let padded = graph.add(
      .pad, [value, amounts], result: name, .tensor(tensor.element, shape), at: .before(node))
    graph.setInput(node, operand, padded)
  }

  /// The amounts of a Pad that appends constant zeros along all axes; nil if a node is none.
  private func zeroPads(_ id: NodeID, _ graph: Graph) -> [Int64]? {
    let content = graph[id]
    guard content.op == .pad, content.attributes.string("mode") ?? "constant" == "constant",
      content.input(3) == nil, let pads = graph.tensor(of: content.input(1))?.integers
    else { return nil }
    if content.input(2) != nil, graph.tensor(of: content.input(2))?.doubles != [0] { return nil }
    return pads.map { Int64($0) }
  }

  /// Gives a value its old extent back.
  private func widen(
    _ value: ValueID, _ axis: Int, in graph: inout Graph, _ types: inout [ValueID: ValueType]
  ) {
    let type = types[value] ?? graph[value].type
    guard let tensor = type.tensor, var shape = tensor.shape else { return }
    shape[axis] = .known(whole)
    types[value] = .tensor(tensor.element, shape)
    graph.setType(value, .tensor(tensor.element, shape))
  }

  /// Cuts the zeros' results off again.
  private func cutResults(
    in graph: inout Graph, _ types: inout [ValueID: ValueType]
  ) -> [ValueID: ValueID] {
    var moved: [ValueID: ValueID] = [:]
    for (index, output) in graph[node].outputs.enumerated() {
      guard let result = output, index < signature.results.count,
        let axis = axis(in: signature.results[index])
      else { continue }
      let narrow = types[result] ?? graph[result].type
      let uses = graph.uses(of: result)
      widen(result, axis, in: &graph, &types)
      if index == 0, !columns.isEmpty {
        cutVirtual(result, axis, uses, narrow, in: &graph, &types)
        continue
      }
      let isCut = uses.allSatisfy { use in
        guard case .operand(let reader, 0) = use else { return false }
        return isPrefix(reader, axis, graph)
      }
      if isCut { continue }
      moved[result] = cut(result, axis, at: kept, uses, narrow, in: &graph, &types)
    }
    return moved
  }

  /// Takes the first `end` indices of a result in the place of it.
  private func cut(
    _ result: ValueID, _ axis: Int, at end: Int, _ uses: [Graph.Use], _ narrow: ValueType,
    in graph: inout Graph, _ types: inout [ValueID: ValueType]
  ) -> ValueID {
    let name = graph[result].name
    graph.rename(result, graph.freshName(name + ".whole"))
    let bounds = [0, end, axis].enumerated().map { position, number in
      graph.addConstant(
        graph.freshName(name + [".start", ".end", ".axis"][position]), Tensor([Int64(number)]))
    }
    let cut = graph.add(
      .slice, [result] + bounds.map { $0 }, name: name + ".cut", result: name, narrow,
      at: .after(node))
    for case .operand(let reader, let operand) in uses { graph.setInput(reader, operand, cut) }
    types[cut] = narrow
    return cut
  }

  /// Leaves one of the appended zeros in: the virtual column, which readers get another input for.
  private func cutVirtual(
    _ result: ValueID, _ axis: Int, _ uses: [Graph.Use], _ type: ValueType, in graph: inout Graph,
    _ types: inout [ValueID: ValueType]
  ) {
    guard let tensor = type.tensor, var shape = tensor.shape else { return }
    shape[axis] = .known(kept + 1)
    _ = cut(
      result, axis, at: kept + 1, uses, .tensor(tensor.element, shape), in: &graph, &types)
    for (reader, weights) in columns {
      guard let tensor = graph.tensor(of: graph[reader].input(1)), let values = tensor.doubles
      else {
        continue
      }
      let isTransposed =
        graph[reader].op == .gemm && graph[reader].attributes.int("transB") ?? 0 != 0
      var extended: [Double] = []
      if isTransposed {
        for (row, weight) in weights.enumerated() {
          extended += values[(row * kept)..<((row + 1) * kept)] + [weight]
        }
      } else {
        extended = values + weights
      }
      let shape = isTransposed ? [weights.count, kept + 1] : [kept + 1, weights.count]
      graph.setConstant(
        Tensor(rounding: extended, to: tensor.type, shape: shape), at: OperandSite(reader, 1))
    }
  }

  /// Whether a node takes the first indices of this axis alone, no more than stay.
  private func isPrefix(_ id: NodeID, _ axis: Int, _ graph: Graph) -> Bool {
    let content = graph[id]
    guard content.op == .slice, let rank = content.input(0).flatMap({ graph[$0].type.rank }),
      graph.tensor(of: content.input(1))?.integers == [0],
      let ends = graph.tensor(of: content.input(2))?.integers, ends.count == 1,
      (1...kept).contains(ends[0]), let axes = graph.tensor(of: content.input(3))?.integers,
      axes == [axis] || axes == [axis - rank]
    else { return false }
    return content.input(4) == nil || graph.tensor(of: content.input(4))?.integers == [1]
  }
}
