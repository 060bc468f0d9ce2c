import IR

/// The kernels of a contraction under edit; outputs are numbered over all groups.
struct ContractionWeights {
  private let contraction: Contraction
  private let tensor: Tensor?
  private var values: [Double]
  private var isChanged = false

  /// Reads the weight of a contraction of `graph`.
  init(_ contraction: Contraction, _ graph: Graph) {
    self.contraction = contraction
    tensor = graph.tensor(of: graph[contraction.node].input(1))
    values = tensor?.doubles ?? []
  }

  private func start(_ row: Int, _ input: Int) -> Int {
    contraction.offset(
      group: row / contraction.outputs, output: row % contraction.outputs, input: input)
  }

  /// Multiplies a kernel; by 0 it becomes zeros whatever it holds.
  mutating func scale(row: Int, input: Int, by factor: Double) {
    isChanged = true
    let start = start(row, input)
    for tap in start..<(start + contraction.taps) {
      values[tap] = factor == 0 ? 0 : values[tap] * factor
    }
  }

  /// Adds `factor` times the kernel of one input to another's.
  mutating func add(row: Int, from source: Int, to target: Int, times factor: Double) {
    isChanged = true
    let from = start(row, source)
    let to = start(row, target)
    for tap in 0..<contraction.taps { values[to + tap] += factor * values[from + tap] }
  }

  /// The sum of a kernel's taps, times alpha.
  func sum(row: Int, input: Int) -> Double {
    let start = start(row, input)
    return values[start..<(start + contraction.taps)].reduce(0, +) * contraction.alpha
  }

  /// Writes the kernels back if any changed.
  func store(in graph: inout Graph) {
    guard isChanged, let tensor else { return }
    graph.setConstant(
      Tensor(rounding: values, to: tensor.type, shape: tensor.shape),
      at: OperandSite(contraction.node, 1))
  }
}

extension Contraction {
  /// Whether a bias can be added to or changed in the node.
  func canSetBias(_ graph: Graph) -> Bool {
    takesBias(graph) && beta != 0 && bias(graph) != nil
  }

  /// Sets the bias of every output, `beta` included.
  ///
  /// - Precondition: `canSetBias` holds.
  func setBias(_ bias: [Double], in graph: inout Graph) {
    let old = graph.tensor(of: graph[node].input(biasOperand))
    let values = biasElements(beta == 1 ? bias : bias.map { $0 / beta }, others: old?.doubles)
    let weight = graph.tensor(of: graph[node].input(1))
    if let old {
      let shape = old.count == values.count ? old.shape : [values.count]
      graph.setConstant(
        Tensor(rounding: values, to: old.type, shape: shape), at: OperandSite(node, biasOperand))
      return
    }
    let base = graph[node].outputs.compactMap { $0 }.first.map { graph[$0].name } ?? "bias"
    let isStacked = biasOperand != 2 && weight != nil
    let directions = isStacked ? weight?.shape[0] ?? 1 : 1
    let shape = isStacked ? [directions, values.count / max(directions, 1)] : [values.count]
    let constant = graph.addConstant(
      graph.freshName(base + ".bias"),
      Tensor(rounding: values, to: weight?.type ?? .float32, shape: shape))
    graph.setInput(node, biasOperand, constant)
  }
}
