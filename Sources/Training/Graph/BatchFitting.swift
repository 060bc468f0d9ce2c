import DenseRuntime
import IR
import Passes

/// Fits a graph that was exported for one batch size to another, by rewriting the extents that its
/// constants hold.
///
///     %x: f32[1, 4, 6]                              %x: f32[8, 4, 6]
///     %y = Reshape(%x, dense[1, 4, 2, 3])     =>    %y = Reshape(%x, dense[8, 4, 2, 3])
///     %z = Concat(%c: f32[1, 1, 6], %x)             %e = Expand(%c, dense[8, 1, 6])
///                                                   %z = Concat(%e, %x)
///
/// For each value it is known which axis the samples lie along, and within how many blocks of
/// it. An operator that would mix samples, or of which that is not known, is refused.
struct BatchFitting {
  /// Where the samples are: along `axis`, within `outer` blocks of it.
  private struct Mark: Equatable {
    var axis: Int
    var outer = 1
  }

  private var builder: GradientBuilder
  private let old: Int
  private let new: Int
  private var marks: [ValueID: Mark] = [:]

  /// The graph, fitted to `batch` samples along the first axis of the inputs if it was made for
  /// another number; as it is if it was made for any.
  ///
  /// Throws `unsupported` if the inputs are made for different numbers.
  static func fitted(_ graph: Graph, _ inputs: [ValueID], batch: Int) throws(Diagnostic) -> Graph {
    var declared: [ValueID: [Int]] = [:]
    for input in inputs { declared[input] = graph[input].type.shape?.known }
    let sizes = Set(declared.values.compactMap(\.first))
    guard let old = sizes.first, sizes != [batch], old > 0 else { return graph }
    guard sizes.count == 1, declared.count == inputs.count else {
      throw .unsupported(
        "the inputs are made for different batches: \(inputs.map { "\(graph[$0].type)" })")
    }
    var model = Model(graph: graph)
    try inferTypes(of: &model.graph, declared)
    _ = try FoldShapes().run(on: &model, PassContext(evaluator: Interpreter()))
    FixedValues.fold(in: &model.graph, except: [], for: [.resize])
    try inferTypes(of: &model.graph, declared)
    return try fit(model.graph, inputs, from: old, to: batch)
  }

  private static func inferTypes(of graph: inout Graph, _ shapes: [ValueID: [Int]])
    throws(Diagnostic)
  {
    let facts = try GraphFacts(graph, inputShapes: shapes)
    for value in graph.values where graph[value].constant == nil {
      graph.setType(value, facts.type(of: value))
    }
  }

  /// The graph, whose types are known and whose shapes are constants, fitted from `old` to `new`
  /// samples along the first axis of the inputs.
  private static func fit(_ graph: Graph, _ inputs: [ValueID], from old: Int, to new: Int)
    throws(Diagnostic) -> Graph
  {
    var fitting = BatchFitting(GradientBuilder(graph), from: old, to: new)
    for input in inputs {
      fitting.marks[input] = Mark(axis: 0)
      try fitting.resize(input, axis: 0)
    }
    for id in graph.nodes {
      if graph[id].inputs.contains(where: { $0.map { fitting.marks[$0] != nil } ?? false }) {
        try fitting.visit(id)
      }
    }
    try fitting.checkOutputs()
    return fitting.builder.graph
  }

  private init(_ builder: GradientBuilder, from old: Int, to new: Int) {
    self.builder = builder
    self.old = old
    self.new = new
  }

  /// Operators each of whose elements follows from those at its own place.
  private static let elementwise: Set<Operator> = [
    .relu, .leakyRelu, .clip, .sigmoid, .hardSigmoid, .hardSwish, .tanh, .elu, .selu, .celu,
    .softplus, .softsign, .gelu, .microsoftGelu, .quickGelu, .fastGelu, .biasGelu, .mish, .swish,
    .swiGLU, .prelu, .add, .sub, .mul, .div, .abs, .neg, .exp, .log, .sqrt, .cast, .identity, .pow,
    .erf, .reciprocal, .sin, .cos, .min, .max, .sum, .mean, .where, .dropout, .equal, .greater,
    .greaterOrEqual, .less, .lessOrEqual, .not, .and, .or, .thresholdedRelu, .shrink, .mod, .sign,
    .floor, .ceil, .round,
  ]
  /// Operators that want samples along the first axis.
  private static let images: Set<Operator> = [
    .conv, .convTranspose, .batchNormalization, .instanceNormalization, .groupNormalization,
    .maxPool, .averagePool, .lpPool, .globalAveragePool, .globalMaxPool, .depthToSpace,
    .spaceToDepth, .flatten, .localResponseNormalization,
  ]
  /// Operators that keep samples apart along every axis but those they name.
  private static let named: Set<Operator> = [
    .concat, .split, .softmax, .logSoftmax, .layerNormalization, .rmsNormalization,
    .simplifiedLayerNormalization,
  ]
  /// Operators whose result tells whether samples were mixed: their axis is gone, or has another
  /// extent, or the operands do not fit any more.
  private static let telling: Set<Operator> = [
    .matMul, .gemm, .einsum, .reduceMean, .reduceSum, .reduceMax, .reduceMin, .reduceProd,
    .reduceL1, .reduceL2, .reduceSumSquare, .reduceLogSum, .reduceLogSumExp, .argMax, .squeeze,
    .unsqueeze, .transpose, .slice, .gather, .pad, .reshape, .expand, .resize,
  ]
  private static let recurrent: Set<Operator> = [.lstm, .gru, .rnn]

  private mutating func visit(_ id: NodeID) throws(Diagnostic) {
    let node = builder.graph[id]
    builder.position = .before(id)
    builder.scope = node.outputs.lazy.compactMap(\.self).first.map { builder.graph[$0].name } ?? ""
    try check(node)
    if node.op == .reshape || node.op == .expand || node.op == .resize { try rewrite(id) }
    if node.op == .concat || BatchFitting.recurrent.contains(node.op) { try expandOthers(id) }
    let types = try node.op.schema.shape(builder.context(of: builder.graph[id]))
    for (index, value) in node.outputs.enumerated() {
      guard let value, builder.graph[value].type.element != nil else { continue }
      guard index < types.count, let shape = types[index].shape?.known else {
        throw refusal(node, "a shape follows from data")
      }
      try mark(value, shape, of: node)
    }
  }

  /// Notes where the samples are in a result of the given extents.
  private mutating func mark(_ value: ValueID, _ shape: [Int], of node: Node) throws(Diagnostic) {
    let before = try builder.shape(value)
    if node.op == .reshape, let known = marks[value] {
      return try resize(value, axis: known.axis)
    }
    let changed = before.indices.filter { $0 < shape.count && shape[$0] != before[$0] }
    guard before.count == shape.count, changed.count == 1, let axis = changed.first,
      before[axis] % old == 0, shape[axis] == (try scaled(before[axis]))
    else { throw refusal(node, "the samples are mixed") }
    marks[value] = Mark(axis: axis, outer: firstMark(of: node)?.outer ?? 1)
    try resize(value, axis: axis)
  }

  /// An extent of `old` samples or several times as many, for the new number.
  private func scaled(_ extent: Int) throws(Diagnostic) -> Int {
    let (product, overflow) = (extent / old).multipliedReportingOverflow(by: new)
    guard !overflow else { throw .invalid("an extent of \(extent) for \(new) samples") }
    return product
  }

  /// Throws if an output has as many rows as there are samples, but not one a sample.
  private func checkOutputs() throws(Diagnostic) {
    for output in builder.graph.outputs {
      guard let mark = marks[output], mark != Mark(axis: 0),
        try builder.shape(output).first == new
      else { continue }
      throw .unsupported(
        "the model is made for a batch of \(old) and cannot be fitted to one of \(new): the"
          + " output has its samples along axis \(mark.axis)",
        at: Site(value: builder.graph[output].name))
    }
  }

  /// Where the samples are in the first operand that has some.
  private func firstMark(of node: Node) -> Mark? {
    node.inputs.compactMap { $0.flatMap { marks[$0] } }.first
  }

  private mutating func resize(_ value: ValueID, axis: Int) throws(Diagnostic) {
    guard let type = builder.graph[value].type.tensor, var shape = type.shape?.known else { return }
    shape[axis] = try scaled(shape[axis])
    builder.graph.setType(value, .tensor(type.element, Shape(shape)))
  }

  /// Throws unless the node is known to keep samples apart.
  private func check(_ node: Node) throws(Diagnostic) {
    let known = node.inputs.compactMap { $0.flatMap { marks[$0] } }
    guard known.allSatisfy({ $0.outer == known.first?.outer }) else {
      throw refusal(node, "its operands hold the samples in different orders")
    }
    for (index, input) in node.inputs.enumerated() {
      guard let input, let mark = marks[input] else { continue }
      let rank = try builder.shape(input).count
      if BatchFitting.elementwise.contains(node.op) {
        continue
      } else if BatchFitting.telling.contains(node.op) {
        if try keepsPlaces(node, along: mark.axis) { continue }
      } else if BatchFitting.images.contains(node.op) {
        if index == 0, mark == Mark(axis: 0) { continue }
      } else if BatchFitting.named.contains(node.op) {
        let axis = node.axis("axis", node.op == .split ? 0 : -1, rank: rank)
        let isRow = node.op.schema.inputs.minimum == 2 || node.op == .layerNormalization
        if isRow ? mark.axis < axis : mark.axis != axis && !node.flag("pcc_flatten") { continue }
      } else if BatchFitting.recurrent.contains(node.op) {
        let isData = index == 0 || (4...6).contains(index)
        if isData, mark == Mark(axis: index == 4 || node.flag("layout") ? 0 : 1) { continue }
      }
      throw refusal(node, "it is not known to keep samples apart")
    }
  }

  /// Whether what a Slice, a Pad or a Resize moves, which extents do not tell, stays where it is
  /// along an axis.
  private func keepsPlaces(_ node: Node, along axis: Int) throws(Diagnostic) -> Bool {
    guard node.op == .slice || node.op == .pad || node.op == .resize, let input = node.input(0),
      let result = node.output(0)
    else { return true }
    let shape = try builder.shape(input)
    let isResize = node.op == .resize
    let given = isResize ? node.attributes.ints("axes") : integers(node, 3)
    let named = node.op == .slice ? integers(node, 1)?.count ?? shape.count : shape.count
    let axes = (given ?? Array(0..<named)).map { $0 < 0 ? $0 + shape.count : $0 }
    guard let index = axes.firstIndex(of: axis) else { return true }
    if isResize {
      let scales = builder.graph.tensor(of: node.input(2))?.floats ?? []
      return try scaled(builder.shape(result)[axis]) == shape[axis]
        && (!scales.indices.contains(index) || scales[index] == 1)
        && node.attributes.string("coordinate_transformation_mode") != "tf_crop_and_resize"
    }
    guard let starts = integers(node, 1) else { return false }
    if node.op == .pad {
      return starts.count == 2 * axes.count && starts[index] == 0
        && starts[index + axes.count] == 0
    }
    let steps = node.input(4) == nil ? [] : integers(node, 4) ?? [0]
    return starts.indices.contains(index) && starts[index] == 0
      && (!steps.indices.contains(index) || steps[index] == 1)
  }

  /// The integers of a constant operand.
  private func integers(_ node: Node, _ index: Int) -> [Int]? {
    node.input(index).flatMap { builder.graph.tensor(of: $0)?.integers }
  }

  /// Gives the target of a Reshape or an Expand, or the sizes of a Resize, the new extents.
  private mutating func rewrite(_ id: NodeID) throws(Diagnostic) {
    let node = builder.graph[id]
    guard let input = node.input(0), let result = node.output(0) else { return }
    guard let mark = marks[input] else { throw refusal(node, "the extents follow from data") }
    let from = try builder.shape(input)
    var target = try builder.shape(result)
    var place = Mark(axis: mark.axis + target.count - from.count, outer: mark.outer)
    if node.op == .reshape {
      place = try moved(mark, from, to: target, node)
    }
    guard target.indices.contains(place.axis), target[place.axis] % (old * place.outer) == 0 else {
      throw refusal(node, "the extents \(target) have no place for the samples")
    }
    target[place.axis] = try scaled(target[place.axis])
    if node.op == .resize {
      guard node.input(3) != nil, node.attributes.ints("axes") == nil else { return }
      builder.graph.setInput(id, 3, builder.integers(target))
    } else {
      builder.graph.setInput(id, 1, builder.integers(target))
    }
    if node.op == .reshape { marks[result] = place }
  }

  /// Where samples are after a Reshape: behind as many elements as before.
  private func moved(_ mark: Mark, _ from: [Int], to target: [Int], _ node: Node)
    throws(Diagnostic) -> Mark
  {
    guard Tensor.count(of: from.map { max($0, 1) }) != nil,
      Tensor.count(of: target.map { max($0, 1) }) != nil
    else { throw refusal(node, "the extents \(from) or \(target) are too large") }
    let before = from[..<mark.axis].reduce(1, *) * mark.outer
    var outer = 1
    for (axis, extent) in target.enumerated() {
      if outer == before, extent % old == 0, axis + 1 < target.count || before == 1 {
        return Mark(axis: axis)
      }
      if extent > 0, outer > 0, before > outer, before % outer == 0,
        extent % (before / outer * old) == 0, axis + 2 == target.count || extent != before / outer
      {
        return Mark(axis: axis, outer: before / outer)
      }
      outer *= extent
    }
    throw refusal(node, "the extents \(target) have no place for the samples")
  }

  /// Repeats what is the same for all samples where the operator wants one of each.
  private mutating func expandOthers(_ id: NodeID) throws(Diagnostic) {
    let node = builder.graph[id]
    let isRecurrent = BatchFitting.recurrent.contains(node.op)
    guard let known = firstMark(of: node) else { return }
    for (index, input) in node.inputs.enumerated() {
      guard let input, marks[input] == nil, !isRecurrent || (4...6).contains(index) else {
        continue
      }
      let axis = isRecurrent ? (index == 4 || node.flag("layout") ? 0 : 1) : known.axis
      var shape = try builder.shape(input)
      guard old == 1, known.outer == 1, shape[axis] == 1 else {
        throw refusal(node, "operand \(index) differs between samples")
      }
      shape[axis] = new
      builder.graph.setInput(id, index, try builder.spread(input, shape))
    }
  }

  private func refusal(_ node: Node, _ reason: String) -> Diagnostic {
    .unsupported(
      "the model is made for a batch of \(old) and cannot be fitted to one of \(new): \(reason)",
      at: builder.site(of: node))
  }
}
