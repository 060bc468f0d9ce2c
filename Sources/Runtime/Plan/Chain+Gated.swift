import CKernels
import IR

/// Activations that are written as a product of x with a function of x.
extension Chain {
  /// Takes in `x · Sigmoid(x)`, and `x · HardSigmoid(x)` where it is HardSwish.
  mutating func takeGated(_ facts: PlanFacts, except taken: Set<NodeID>) -> Bool {
    let readers = facts.readers(of: result)
    guard readers.count == 2, !facts.isOutput(result) else { return false }
    for (gate, product) in [(readers[0], readers[1]), (readers[1], readers[0])] {
      guard let found = Chain.activation(of: facts.graph[gate], facts),
        facts.graph[product].op == .mul,
        let factor = facts.graph[gate].output(0), facts.soleReader(of: factor) == product
      else { continue }
      let isHardSwish =
        found.function == .CK_HARD_SIGMOID && (found.a * 6 - 1).magnitude < 1e-6 && found.b == 0.5
      guard found.function == .CK_SIGMOID || isHardSwish else { return false }
      return take(
        [gate, product], isHardSwish ? .CK_HARD_SWISH : .CK_SILU, facts, except: taken)
    }
    return false
  }

  /// Takes in Gelu as exporters write it: a product of x, 1 + Erf(x / √2) and 1/2 in any order.
  mutating func takeErrorGated(_ facts: PlanFacts, except taken: Set<NodeID>) {
    let readers = facts.readers(of: result)
    guard readers.count == 2, !facts.isOutput(result) else { return }
    for (scaling, other) in [(readers[0], readers[1]), (readers[1], readers[0])] {
      guard let scaled = Chain.factor(scaling, of: result, facts),
        (scaled.factor * scaled.factor * 2 - 1).magnitude < 1e-6,
        let erf = facts.soleReader(of: scaled.result), facts.graph[erf].op == .erf,
        let error = facts.graph[erf].output(0), let sum = facts.soleReader(of: error),
        facts.graph[sum].op == .add,
        facts.graph[sum].reads.contains(where: { Chain.number($0, facts) == 1 }),
        let gate = facts.graph[sum].output(0)
      else { continue }
      // What is left is x · gate / 2, of which any two may be multiplied first.
      var nodes = [scaling, erf, sum]
      var (left, right, factor) = (result, gate, 1.0)
      if let halved = Chain.factor(other, of: left, facts) {
        nodes.append(other)
        (left, factor) = (halved.result, halved.factor)
      } else if let next = facts.soleReader(of: right),
        let halved = Chain.factor(next, of: right, facts)
      {
        nodes.append(next)
        (right, factor) = (halved.result, halved.factor)
      }
      guard let product = facts.soleReader(of: right), facts.graph[product].op == .mul,
        Set(facts.graph[product].reads) == [left, right],
        left == result ? product == other : facts.soleReader(of: left) == product,
        let output = facts.graph[product].output(0)
      else { return }
      nodes.append(product)
      if factor == 1, let last = facts.soleReader(of: output),
        let halved = Chain.factor(last, of: output, facts)
      {
        nodes.append(last)
        factor = halved.factor
      }
      if factor == 0.5 { _ = take(nodes, .CK_GELU, facts, except: taken) }
      return
    }
  }

  /// What a product with a number, or a quotient by one, multiplies `value` by, and its result.
  private static func factor(_ id: NodeID, of value: ValueID, _ facts: PlanFacts)
    -> (factor: Double, result: ValueID)?
  {
    let node = facts.graph[id]
    guard node.op == .mul || node.op == .div, let output = node.output(0), let left = node.input(0),
      let right = node.input(1), left == value || node.op == .mul && right == value,
      let factor = number(left == value ? right : left, facts)
    else { return nil }
    return (node.op == .mul ? factor : 1 / factor, output)
  }

  /// The number that a constant of one element is.
  private static func number(_ value: ValueID, _ facts: PlanFacts) -> Double? {
    guard let tensor = facts.constant(value), tensor.count == 1 else { return nil }
    return tensor.doubles?.first
  }
}
