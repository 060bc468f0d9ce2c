import IR

/// One application of LSTM, GRU or RNN, unrolled: the products of all steps with the input at once,
/// then a few nodes a step.
///
/// Sequences of different lengths keep their states, and give zeros, where they have ended.
struct RecurrentExpansion {
  let node: Node
  let gates: Int
  let steps: Int
  let batch: Int
  let hidden: Int
  /// For each direction whether it runs backwards.
  let directions: [Bool]
  let isBatchFirst: Bool
  /// The functions of each direction.
  let activations: [[ActivationExpansion]]
  /// The number of steps of each sequence as [batch, 1]; nil where all have all.
  private let lengths: ValueID?

  /// The most steps, in all directions, that are unrolled.
  private static let limit = 4096

  /// Reads the operands and attributes of a node with so many gates and these functions by default.
  init(_ b: inout GradientBuilder, _ node: Node, gates: Int, functions: [String])
    throws(Diagnostic)
  {
    self.node = node
    self.gates = gates
    let input = try b.shape(b.operand(node, 0))
    isBatchFirst = node.flag("layout")
    (steps, batch) = isBatchFirst ? (input[1], input[0]) : (input[0], input[1])
    hidden = try b.shape(b.operand(node, 2))[2]
    let direction = node.attributes.string("direction") ?? "forward"
    directions = direction == "bidirectional" ? [false, true] : [direction == "reverse"]
    guard steps * directions.count <= RecurrentExpansion.limit else {
      throw .unsupported(
        "no gradient: \(steps) steps, at most \(RecurrentExpansion.limit) are unrolled",
        at: b.site(of: node))
    }
    activations = try RecurrentExpansion.activations(
      node, functions, directions.count, at: b.site(of: node))
    let full = Array(repeating: steps, count: batch)
    if let operand = node.input(4), b.graph.tensor(of: operand)?.integers != full {
      lengths = try b.view(operand, [batch, 1])
    } else {
      lengths = nil
    }
  }

  /// The functions of each direction that the attributes name.
  private static func activations(
    _ node: Node, _ functions: [String], _ directions: Int, at site: Site
  ) throws(Diagnostic) -> [[ActivationExpansion]] {
    var names = functions
    if case .strings(let given)? = node.attributes["activations"] { names = given }
    if names.count == functions.count { names += names }
    guard names.count >= functions.count * directions else {
      throw .invalid("\(names.count) activations for \(directions) directions", at: site)
    }
    var alphas = node.attributes.floats("activation_alpha") ?? []
    var betas = node.attributes.floats("activation_beta") ?? []
    var all: [ActivationExpansion] = []
    for name in names.prefix(functions.count * directions) {
      let uses = ActivationExpansion.parameters(of: name)
      let alpha = uses >= 1 && !alphas.isEmpty ? alphas.removeFirst() : nil
      let beta = uses >= 2 && !betas.isEmpty ? betas.removeFirst() : nil
      guard let activation = ActivationExpansion(name, alpha: alpha, beta: beta) else {
        throw .invalid("activation '\(name)' is unknown to ONNX", at: site)
      }
      all.append(activation)
    }
    return (0..<directions).map {
      Array(all[($0 * functions.count)..<(($0 + 1) * functions.count)])
    }
  }

  /// What belongs to one direction in an operand [directions, …], without that axis.
  func part(_ index: Int, _ direction: Int, _ b: inout GradientBuilder) throws(Diagnostic)
    -> ValueID
  {
    let operand = try b.operand(node, index)
    let shape = Array(try b.shape(operand).dropFirst())
    return try b.view(b.slice(operand, 0, direction..<(direction + 1)), shape)
  }

  /// The biases of input and recurrence of a direction; nil if there are none.
  func biases(_ direction: Int, _ b: inout GradientBuilder) throws(Diagnostic) -> [ValueID]? {
    guard node.input(3) != nil else { return nil }
    return try b.split(part(3, direction, &b), 0, [gates * hidden, gates * hidden])
  }

  /// The products of the input of every step with the weights, plus `bias`.
  func inputs(_ direction: Int, bias: ValueID?, _ b: inout GradientBuilder) throws(Diagnostic)
    -> [ValueID]
  {
    var x = try b.operand(node, 0)
    if isBatchFirst { x = try b.permuted(x, [1, 0, 2]) }
    let width = try b.shape(x)[2]
    let weight = try b.permuted(part(1, direction, &b), [1, 0])
    var products = try b.apply(.matMul, [b.view(x, [steps * batch, width]), weight])
    if let bias { products = try b.plus(products, bias) }
    if steps == 1 { return [products] }
    return try b.split(products, 0, Array(repeating: batch, count: steps))
  }

  /// The first states of every direction in operands, zeros where they are left out.
  func initial(_ indices: [Int], _ b: inout GradientBuilder) throws(Diagnostic) -> [[ValueID]] {
    var all: [[ValueID]] = []
    for direction in directions.indices {
      var states: [ValueID] = []
      for index in indices { states.append(try initial(index, direction, &b)) }
      all.append(states)
    }
    return all
  }

  private func initial(_ index: Int, _ direction: Int, _ b: inout GradientBuilder)
    throws(Diagnostic) -> ValueID
  {
    guard let operand = node.input(index) else {
      return try b.zeros([batch, hidden], like: b.operand(node, 0))
    }
    let axis = isBatchFirst ? 1 : 0
    return try b.view(b.slice(operand, axis, direction..<(direction + 1)), [batch, hidden])
  }

  /// `(1 - update) · fresh + update · state`.
  func mixed(
    _ update: ValueID, _ state: ValueID, _ fresh: ValueID, _ b: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    let rest = try b.times(b.affine(update, by: -1, plus: 1), fresh)
    return try b.plus(rest, b.times(update, state))
  }

  /// A value clipped as the node asks, and then a function of it.
  func activated(
    _ direction: Int, _ function: Int, _ value: ValueID, _ b: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    var value = value
    if let bound = node.attributes.float("clip").map(Double.init) {
      value = try b.apply(
        .clip, [value, b.number(-bound, like: value), b.number(bound, like: value)])
    }
    return try activations[direction][function].apply(value, &b)
  }

  /// Runs all steps of all directions; results are all first states, and the last of each kind.
  func run(
    _ b: inout GradientBuilder, _ advance: [any RecurrentStep], inputs: [[ValueID]],
    states: [[ValueID]]
  ) throws(Diagnostic) -> [ValueID?] {
    let scope = b.scope
    var histories: [ValueID] = []
    var ends: [[ValueID]] = Array(repeating: [], count: states[0].count)
    for direction in directions.indices {
      var current = states[direction]
      var outputs: [ValueID] = []
      for number in 0..<steps {
        let step = directions[direction] ? steps - 1 - number : number
        b.scope = "\(scope).\(directions[direction] ? "back" : "step")\(step)"
        let next = try advance[direction].advance(inputs[direction][step], current, &b)
        outputs.append(try settle(step, next, &current, &b))
      }
      b.scope = scope
      for kind in ends.indices {
        ends[kind].append(try b.view(current[kind], [1, batch, hidden]))
      }
      guard steps > 0 else { continue }
      for index in outputs.indices {
        outputs[index] = try b.view(outputs[index], [1, 1, batch, hidden])
      }
      histories.append(try b.join(directions[direction] ? outputs.reversed() : outputs, 0))
    }
    guard !histories.isEmpty else {
      throw .unsupported("no gradient: sequences of no steps", at: b.site(of: node))
    }
    var results: [ValueID?] = [
      try b.permuted(b.join(histories, 1), isBatchFirst ? [2, 0, 1, 3] : [0, 1, 2, 3])
    ]
    for end in ends {
      results.append(try b.permuted(b.join(end, 0), isBatchFirst ? [1, 0, 2] : [0, 1, 2]))
    }
    return results
  }

  /// Puts the next states into `current` where sequences have not ended, and returns what the step
  /// gives.
  private func settle(
    _ step: Int, _ next: [ValueID], _ current: inout [ValueID], _ b: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    guard let lengths else {
      current = next
      return next[0]
    }
    let place = b.constant(Tensor(scalar: Int64(step)), name: b.scope + ".number")
    let isRunning = try b.apply(.less, [b.cast(place, like: lengths), lengths])
    for kind in current.indices {
      current[kind] = try b.select(isRunning, next[kind], current[kind])
    }
    return try b.keep(next[0], where: isRunning)
  }
}
