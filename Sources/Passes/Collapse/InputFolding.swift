import IR

/// Folds what is known of a contraction's inputs into its weights and bias, so that the inputs are
/// no longer read: constants go into the bias where no border sees fewer of them, and of the channels
/// that are multiples of one function only a carrier stays. Zeros need no folding: liveness knows that
/// nobody reads them.
///
///     y = Σ_c W_c·x_c + b,  x_c = v_c everywhere          =>  b + Σ_c (Σ taps W_c)·v_c
///     y = Σ_c W_c·x_c + b,  x_c = s_c·F, s the largest    =>  W_s := Σ_c (s_c / s)·W_c
struct InputFolding {
  private let numbering: ChannelNumbering
  private let removable: RemovableIndices

  init(_ numbering: ChannelNumbering, _ removable: RemovableIndices) {
    self.numbering = numbering
    self.removable = removable
  }

  /// Folds all contractions of a graph; returns how many inputs are no longer read.
  func fold(in graph: inout Graph) -> Int {
    var count = 0
    for node in graph.nodes {
      guard let contraction = numbering.contractions[node] else { continue }
      count += fold(contraction, in: &graph)
    }
    return count
  }

  private func fold(_ contraction: Contraction, in graph: inout Graph) -> Int {
    guard let data = graph[contraction.node].input(0),
      let classes = numbering.classes[ValueAxis(value: data, axis: contraction.dataAxis)],
      let mayGo = removable.mask(of: data, axis: contraction.dataAxis), mayGo.contains(true),
      classes.count == contraction.groups * contraction.inputs, classes.count == mayGo.count,
      let weight = graph.tensor(of: graph[contraction.node].input(1))
    else { return 0 }
    let used = contraction.usage(weight)
    let plans = (0..<contraction.groups).map { group in
      plan(contraction, group, classes, mayGo, used, canSetBias: contraction.canSetBias(graph))
    }
    let count = plans.reduce(0) { $0 + $1.constants.count + $1.merged.count }
    if count == 0 { return 0 }
    var matrix = ContractionWeights(contraction, graph)
    var bias = contraction.bias(graph) ?? []
    var changesBias = false
    for (group, plan) in plans.enumerated() {
      for output in 0..<contraction.outputs {
        let row = group * contraction.outputs + output
        for (input, value) in plan.constants {
          let added = matrix.sum(row: row, input: input) * value
          if added != 0 { changesBias = true }
          bias[row] += added
          matrix.scale(row: row, input: input, by: 0)
        }
        for (input, carrier, factor) in plan.merged {
          matrix.add(row: row, from: input, to: carrier, times: factor)
          matrix.scale(row: row, input: input, by: 0)
        }
      }
    }
    matrix.store(in: &graph)
    if changesBias { contraction.setBias(bias, in: &graph) }
    return count
  }

  /// What happens to the inputs of one group, numbered within it.
  private struct Plan {
    var constants: [(input: Int, value: Double)] = []
    var merged: [(input: Int, carrier: Int, factor: Double)] = []
  }

  private func plan(
    _ contraction: Contraction, _ group: Int, _ classes: [ChannelClass], _ mayGo: [Bool],
    _ used: [Bool], canSetBias: Bool
  ) -> Plan {
    var plan = Plan()
    var families: [Int: [Int]] = [:]
    let first = group * contraction.inputs
    for input in 0..<contraction.inputs {
      let channel = classes[first + input]
      if channel.isZero { continue }
      if let value = channel.constant, !contraction.hasBorders, canSetBias {
        if mayGo[first + input], isUsed(contraction, group, input, used) {
          plan.constants.append((input, value))
        }
      } else {
        families[channel.function, default: []].append(input)
      }
    }
    for family in families.keys.sorted() {
      let members = families[family] ?? []
      guard members.count > 1, members.contains(where: { mayGo[first + $0] }) else { continue }
      let carrier = carrier(members, classes, mayGo, first)
      let scale = classes[first + carrier].scale
      for input in members
      where input != carrier && mayGo[first + input] && isUsed(contraction, group, input, used) {
        plan.merged.append((input, carrier, classes[first + input].scale / scale))
      }
    }
    return plan
  }

  /// The member with the largest scale; one that stays anyway if it is not much smaller.
  private func carrier(_ members: [Int], _ classes: [ChannelClass], _ mayGo: [Bool], _ first: Int)
    -> Int
  {
    func largest(_ candidates: [Int]) -> Int? {
      candidates.max { left, right in
        let a = abs(classes[first + left].scale)
        let b = abs(classes[first + right].scale)
        return a == b ? left > right : a < b
      }
    }
    guard let best = largest(members) else { return members[0] }
    guard let staying = largest(members.filter { !mayGo[first + $0] }) else { return best }
    let ratio = abs(classes[first + staying].scale) / abs(classes[first + best].scale)
    return ratio >= 0.125 ? staying : best
  }

  private func isUsed(_ contraction: Contraction, _ group: Int, _ input: Int, _ used: [Bool])
    -> Bool
  {
    (0..<contraction.outputs).contains { output in
      used[(group * contraction.outputs + output) * contraction.inputs + input]
    }
  }
}
