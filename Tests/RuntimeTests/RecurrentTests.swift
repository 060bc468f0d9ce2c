import DenseRuntime
import IR
import Testing

/// Tests of sessions on recurrent networks.
@Suite struct RecurrentTests {
  /// One layer of an operator with so many gates.
  private struct Layer {
    var op: Operator
    var gates: Int
    var steps = 5
    var batch = 1
    var inputs = 3
    var hidden = 4
    var direction = "forward"
    var isBatchFirst = false
    var more: Attributes = [:]

    /// Adds the layer; `states` are how many first states it is given.
    func add(
      to sketch: inout GraphSketch, _ x: ValueID, bias: Bool = true, states: Int = 0,
      lengths: [Int32]? = nil, results: [Bool] = [true, true, true]
    ) -> [ValueID?] {
      let count = direction == "bidirectional" ? 2 : 1
      let rows = gates * hidden
      var operands: [ValueID?] = [
        x, sketch.constant([count, rows, inputs]),
        sketch.constant([count, rows, hidden]) { $0 / Float(hidden).squareRoot() },
        bias ? sketch.constant([count, 2 * rows]) : nil,
      ]
      operands.append(lengths.map { sketch.constant(Tensor($0)) })
      let shape = isBatchFirst ? [batch, count, hidden] : [count, batch, hidden]
      for number in 0..<states {
        operands.append(number == 0 ? sketch.input(shape) : sketch.constant(shape))
      }
      var attributes = more
      attributes["hidden_size"] = .int(hidden)
      attributes["direction"] = .string(direction)
      if isBatchFirst { attributes["layout"] = .int(1) }
      return sketch.add(
        op, operands, attributes, results: Array(results.prefix(op == .lstm ? 3 : 2)))
    }

    /// Adds an input of the layer's shape.
    func input(_ sketch: inout GraphSketch) -> ValueID {
      sketch.input(isBatchFirst ? [batch, steps, inputs] : [steps, batch, inputs])
    }
  }

  private static let kinds: [Layer] = [
    Layer(op: .lstm, gates: 4), Layer(op: .gru, gates: 3),
    Layer(op: .gru, gates: 3, more: ["linear_before_reset": .int(1)]), Layer(op: .rnn, gates: 1),
  ]

  private static let sizes: [(steps: Int, batch: Int, inputs: Int, hidden: Int)] = [
    (1, 1, 1, 1), (5, 1, 3, 4), (7, 3, 17, 33), (12, 2, 33, 48), (3, 9, 40, 5),
  ]

  private static let planned: [SessionCase] = kinds.enumerated().flatMap { number, kind in
    sizes.flatMap { size in
      ["forward", "reverse", "bidirectional"].flatMap { direction in
        [false, true].map { isBatchFirst in
          let name =
            "\(kind.op.name) \(number) \(size) \(direction), \(isBatchFirst ? "batch" : "time") first"
          return SessionCase(name: name) { sketch in
            var layer = kind
            (layer.steps, layer.batch) = (size.steps, size.batch)
            (layer.inputs, layer.hidden) = (size.inputs, size.hidden)
            (layer.direction, layer.isBatchFirst) = (direction, isBatchFirst)
            let x = layer.input(&sketch)
            let states = kind.op == .lstm ? 2 : 1
            let lengths = Array(repeating: Int32(size.steps), count: size.batch)
            let all =
              layer.add(to: &sketch, x, states: states)
              + layer.add(to: &sketch, x, bias: false, lengths: lengths)
              + layer.add(to: &sketch, x, results: [false, true, true])
            for case let result? in all { sketch.output(result) }
          }
        }
      }
    }
  }

  private static let fallbacks: [SessionCase] = [
    SessionCase(name: "clip") { sketch in
      let layer = Layer(op: .lstm, gates: 4, more: ["clip": .float(0.2)])
      let x = layer.input(&sketch)
      for case let result? in layer.add(to: &sketch, x) { sketch.output(result) }
    },
    SessionCase(name: "other functions") { sketch in
      let names = ["Relu", "Tanh", "HardSigmoid"]
      let layer = Layer(op: .lstm, gates: 4, more: ["activations": .strings(names)])
      let x = layer.input(&sketch)
      for case let result? in layer.add(to: &sketch, x) { sketch.output(result) }
    },
    SessionCase(name: "coupled gates") { sketch in
      let layer = Layer(op: .lstm, gates: 4, more: ["input_forget": .int(1)])
      let x = layer.input(&sketch)
      for case let result? in layer.add(to: &sketch, x) { sketch.output(result) }
    },
    SessionCase(name: "sequences of different lengths") { sketch in
      var layer = Layer(op: .gru, gates: 3)
      layer.batch = 3
      let x = layer.input(&sketch)
      for case let result? in layer.add(to: &sketch, x, lengths: [5, 2, 0]) {
        sketch.output(result)
      }
    },
    SessionCase(name: "weights from an input") { sketch in
      let x = sketch.input([5, 1, 3])
      let (w, r) = (sketch.input([1, 4, 3]), sketch.input([1, 4, 4]))
      sketch.output(sketch.add(.rnn, [x, w, r], ["hidden_size": .int(4)]))
    },
  ]

  @Test(arguments: planned + fallbacks)
  func computesWhatTheInterpreterDoes(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 2))
  }

  @Test(arguments: planned) func needsNoReferenceKernels(_ test: SessionCase) throws {
    try test.checkKernels()
  }

  @Test(arguments: planned) func doesNotDependOnThreads(_ test: SessionCase) throws {
    try test.checkThreads()
  }

  @Test(arguments: fallbacks) func leavesOtherFormsToReferenceKernels(_ test: SessionCase) throws {
    let steps = try Session(test.sketch().graph).statistics.steps
    #expect(steps.contains { $0.kind.hasPrefix("reference") })
  }
}
