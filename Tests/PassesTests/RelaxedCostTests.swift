import DenseRuntime
import IR
import Passes
import Testing

/// The relaxed cost and its agreement with collapsed networks.
struct RelaxedCostTests {
  /// A gated network with the cost of its gates.
  private struct Setting {
    var model: Model
    var gates: [Gate]
    var cost: RelaxedCost

    init(seed: UInt64) throws {
      model = Model(graph: RandomNetwork(seed: seed, steps: 3 + Int(seed) % 6).graph)
      gates = try AugmentPass().run(on: &model).gates
      let facts = try GraphFacts(model.graph)
      let table = try #require(try GateTable(model))
      cost = try RelaxedCost(
        model.graph, facts, ChannelAnalysis(model.graph, facts), table)
    }
  }

  @Test(arguments: 0..<20)
  func openGatesCostWhatTheDenseModelDoes(seed: Int) throws {
    let setting = try Setting(seed: UInt64(seed))
    let table = try #require(try GateTable(setting.model))
    #expect(setting.cost.dense == Double(table.dense.macs))
  }

  @Test(arguments: 0..<20)
  func gradientIsTheDerivative(seed: Int) throws {
    let setting = try Setting(seed: UInt64(seed))
    var random = SeededGenerator(seed: UInt64(seed))
    let weights = setting.gates.map { gate in
      (0..<gate.size).map { _ in Double.random(in: 0.1...1, using: &random) }
    }
    let (value, gradient) = setting.cost.valueAndGradient(weights)
    #expect(abs(value - setting.cost.value(weights)) <= 1e-9 * value)
    for gate in weights.indices {
      for channel in weights[gate].indices {
        var moved = weights
        moved[gate][channel] += 1e-6
        let slope = (setting.cost.value(moved) - value) / 1e-6
        #expect(abs(slope - gradient[gate][channel]) <= 1e-4 * max(abs(slope), value * 1e-3))
      }
    }
  }

  /// A chain loses exactly what its closed gates cost.
  @Test func closedGatesCostNothing() throws {
    var graph = Graph(name: "chain")
    let input = graph.addInput("x", .tensor(.float32, Shape([1, 3, 8, 8])))
    var value = input
    for (index, channels) in [6, 8, 4].enumerated() {
      let inputs = index == 0 ? 3 : [6, 8][index - 1]
      let weight = graph.addConstant(
        "w\(index)",
        Tensor(
          (0..<(channels * inputs * 9)).map { Float($0 % 7) - 3 },
          shape: [channels, inputs, 3, 3]))
      let type = ValueType.tensor(.float32, Shape([1, channels, 8, 8]))
      value = graph.add(
        .conv, [value, weight], attributes: ["pads": .ints([1, 1, 1, 1])], result: "c\(index)", type
      )
      if index < 2 { value = graph.add(.relu, [value], result: "r\(index)", type) }
    }
    graph.addOutput(value)
    var model = Model(graph: graph)
    let report = try AugmentPass().run(on: &model)
    #expect(report.gates.map(\.size) == [6, 8])
    let table = try #require(try GateTable(model))
    let facts = try GraphFacts(model.graph)
    let cost = try RelaxedCost(model.graph, facts, ChannelAnalysis(model.graph, facts), table)
    let weights: [[Double]] = [[1, 0, 1, 0, 0, 1], [0, 1, 1, 1, 0, 0, 0, 1]]
    for (gate, open) in zip(table.gates, weights) {
      let scores = try #require(model.graph.value(named: gate.scoreName))
      model.graph.setConstant(scores, Tensor(open.map { Float($0 * 2 - 1) * 1e4 }))
    }
    let collapsed = try CollapsePass().run(on: &model, evaluator: Interpreter())
    #expect(cost.value(weights) == Double(collapsed.macsAfter))
    #expect(collapsed.macsAfter == 64 * 9 * (3 * 3 + 3 * 4 + 4 * 4))
    #expect(collapsed.closed == 7)
    #expect(collapsed.open == 7)
    #expect(collapsed.removedChannels == 7)
  }

  /// Units of a recurrent network count as rows, and once more beside the inputs as columns.
  @Test func unitsCountAsRowsAndColumns() throws {
    var model = try GraphParser.model(
      """
      graph @main(%x: f32[5, 1, 3]) -> (%y: f32[5, 1, 2]) {
        %w1: f32[2, 16, 3] = const seeded(1)
        %r1: f32[2, 16, 4] = const seeded(2)
        %w2: f32[1, 18, 8] = const seeded(3)
        %r2: f32[1, 18, 6] = const seeded(4)
        %v: f32[6, 2] = const seeded(5)
        %flat: i64[3] = const dense[0, 0, -1]
        %one: i64[1] = const dense[1]
        %h1: f32[5, 2, 1, 4] = LSTM(%x, %w1, %r1) {direction: "bidirectional", hidden_size: 4}
        %t1: f32[5, 1, 2, 4] = Transpose(%h1) {perm: [0, 2, 1, 3]}
        %f1: f32[5, 1, 8] = Reshape(%t1, %flat)
        %h2: f32[5, 1, 1, 6] = GRU(%f1, %w2, %r2) {hidden_size: 6}
        %f2: f32[5, 1, 6] = Squeeze(%h2, %one)
        %y: f32[5, 1, 2] = MatMul(%f2, %v)
      }
      """)
    let gates = try AugmentPass().run(on: &model).gates
    #expect(gates.map(\.size) == [4, 6])
    let table = try #require(try GateTable(model))
    let facts = try GraphFacts(model.graph)
    let cost = try RelaxedCost(model.graph, facts, ChannelAnalysis(model.graph, facts), table)
    func count(_ first: Int, _ second: Int) -> Int {
      5 * 2 * 4 * first * (3 + first) + 5 * 3 * second * (2 * first + second) + 5 * second * 2
    }
    #expect(cost.dense == Double(count(4, 6)))
    let weights: [[Double]] = [[1, 0, 0, 1], [0, 1, 1, 1, 0, 0]]
    #expect(cost.value(weights) == Double(count(2, 3)))
    let soft: [[Double]] = [[0.5, 0.25, 1, 0.75], [1, 0.5, 0.125, 0.5, 1, 0.25]]
    let (value, gradient) = cost.valueAndGradient(soft)
    for gate in soft.indices {
      for channel in soft[gate].indices {
        var moved = soft
        moved[gate][channel] += 1e-6
        let slope = (cost.value(moved) - value) / 1e-6
        #expect(abs(slope - gradient[gate][channel]) <= 1e-4 * abs(slope))
      }
    }
    for (gate, open) in zip(table.gates, weights) {
      let scores = try #require(model.graph.value(named: gate.scoreName))
      model.graph.setConstant(scores, Tensor(open.map { Float($0 * 2 - 1) * 1e4 }))
    }
    let collapsed = try CollapsePass().run(on: &model, evaluator: Interpreter())
    #expect(collapsed.macsAfter == count(2, 3))
  }
}
