import IR

/// Gradients of operators that read or write elements at computed places.
enum IndexingGradients {
  /// GatherElements: each gradient is added at the place it was read from.
  static func gatherElements(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    var attributes = request.node.attributes(["axis"])
    attributes["reduction"] = .string("add")
    return [
      try b.apply(
        .scatterElements,
        [b.zeros(b.shape(x), like: x), b.operand(request, 1), b.resultGradient(request)],
        attributes)
    ]
  }

  /// GatherND: the same with slices.
  static func gatherND(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    let indices = try withBatch(
      &b, b.operand(request, 1), axes: request.node.attributes.int("batch_dims") ?? 0)
    return [
      try b.apply(
        .scatterND, [b.zeros(b.shape(x), like: x), indices, b.resultGradient(request)],
        ["reduction": .string("add")])
    ]
  }

  /// Indices whose last axis names the places along `axes` batch axes, too.
  private static func withBatch(_ b: inout GradientBuilder, _ indices: ValueID, axes: Int)
    throws(Diagnostic) -> ValueID
  {
    guard axes > 0 else { return indices }
    let shape = Array(try b.shape(indices).dropLast())
    var parts: [ValueID] = []
    for axis in 0..<axes {
      let inner = shape[(axis + 1)...].reduce(1, *)
      let numbers = (0..<shape.reduce(1, *)).map { Int64($0 / inner % shape[axis]) }
      parts.append(
        b.constant(Tensor(numbers, shape: shape + [1]), name: b.scope + ".batch"))
    }
    return try b.join(parts + [indices], shape.count)
  }

  /// ScatterElements that replaces or adds.
  static func scatterElements(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    try scatter(
      &b, request, .scatterElements, .gatherElements, request.node.attributes(["axis"]))
  }

  /// ScatterND that replaces or adds.
  static func scatterND(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    try scatter(&b, request, .scatterND, .gatherND, [:])
  }

  /// The gradients of a write; where several updates go to one place, the last one is the result.
  private static func scatter(
    _ b: inout GradientBuilder, _ request: GradientRequest, _ write: Operator, _ read: Operator,
    _ attributes: Attributes
  ) throws(Diagnostic) -> [ValueID?] {
    let dy = try b.resultGradient(request)
    let indices = try b.operand(request, 1)
    let updates = try b.operand(request, 2)
    let reduction = request.node.attributes.string("reduction") ?? "none"
    guard reduction == "none" || reduction == "add" else {
      throw .unsupported(
        "no gradient: reduction '\(reduction)', only none and add have one",
        at: b.site(of: request.node))
    }
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      gradients[0] =
        reduction == "add"
        ? dy
        : try b.apply(write, [dy, indices, b.zeros(b.shape(updates), like: dy)], attributes)
    }
    if request.needs(2) {
      let share = try b.apply(read, [dy, indices], attributes)
      guard reduction == "none" else {
        gradients[2] = share
        return gradients
      }
      let shape = try b.shape(updates)
      let numbers = b.constant(
        Tensor(Array(0..<Int64(shape.reduce(1, *))), shape: shape), name: b.scope + ".places")
      let empty = b.constant(
        Tensor(zeros: .int64, shape: try b.shape(dy)), name: b.scope + ".unwritten")
      let written = try b.apply(
        read, [b.apply(write, [empty, indices, numbers], attributes), indices], attributes)
      gradients[2] = try b.keep(share, where: b.apply(.equal, [written, numbers]))
    }
    return gradients
  }

  /// ReverseSequence undoes itself.
  static func reverseSequence(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    [
      try b.apply(
        .reverseSequence, [b.resultGradient(request), b.operand(request, 1)],
        request.node.attributes)
    ]
  }

  /// TopK: to the places of the chosen elements.
  static func topK(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    let dy = try b.resultGradient(request)
    var places = request.node.output(1)
    if places == nil {
      places = try b.apply(
        .topK, [x, b.operand(request, 1)], request.node.attributes, results: 2)[1]
    }
    let axis = request.node.attributes.int("axis") ?? -1
    return [
      try b.apply(
        .scatterElements, [b.zeros(b.shape(x), like: x), places, dy], ["axis": .int(axis)])
    ]
  }

  /// OneHot: what the marked, and what the other, elements of the result sum up to.
  static func oneHot(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try b.resultGradient(request)
    let flags = try b.numbers([0, 1], [2], like: dy)
    let marks = try b.apply(
      .oneHot, [b.operand(request, 0), b.operand(request, 1), flags],
      request.node.attributes(["axis"]))
    let axes = Array(try b.shape(dy).indices)
    let on = try b.total(b.times(dy, marks), over: axes, keeping: false)
    let all = try b.total(dy, over: axes, keeping: false)
    return [
      nil, nil, try b.join([b.view(b.minus(all, on), [1]), b.view(on, [1])], 0),
    ]
  }

  /// Compress by a constant condition: a Gather of the elements it leaves.
  static func compress(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    var x = try b.operand(node, 0)
    guard let tensor = b.graph.tensor(of: try b.operand(node, 1)), tensor.type == .bool else {
      throw .unsupported("no gradient: a condition that is not constant", at: b.site(of: node))
    }
    let flags = tensor.withElements(of: Bool.self) { Array($0) }
    let places = flags.indices.filter { flags[$0] }
    guard let axis = node.attributes.int("axis") else {
      x = try b.view(x, [b.shape(x).reduce(1, *)])
      return [try b.apply(.gather, [x, b.integers(places)], ["axis": .int(0)])]
    }
    return [try b.apply(.gather, [x, b.integers(places)], ["axis": .int(axis)])]
  }

  /// MaxUnpool: a ScatterElements of all elements into zeros, which grow to the result.
  static func maxUnpool(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(node, 0)
    let shape = try b.shape(x)
    let wanted = try b.shape(b.result(node))
    let kernel = node.attributes.ints("kernel_shape") ?? []
    let strides = node.attributes.ints("strides") ?? kernel.map { _ in 1 }
    let pads = node.attributes.ints("pads") ?? Array(repeating: 0, count: 2 * kernel.count)
    var inner = Array(shape.prefix(2))
    for axis in kernel.indices {
      inner.append(
        (shape[axis + 2] - 1) * strides[axis] + kernel[axis] - pads[axis]
          - pads[axis + kernel.count])
    }
    let count = shape.reduce(1, *)
    let flat = try b.apply(
      .scatterElements,
      [
        b.zeros([inner.reduce(1, *)], like: x), b.view(b.operand(node, 1), [count]),
        b.view(x, [count]),
      ])
    let image = try b.view(flat, inner)
    if inner == wanted { return [image] }
    let more = zip(wanted, inner).map { $0 - $1 }
    return [try b.apply(.pad, [image, b.integers(inner.map { _ in 0 } + more)])]
  }
}
