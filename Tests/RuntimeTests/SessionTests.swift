import DenseRuntime
import IR
import Testing

/// Tests that sessions compute what the interpreter computes.
@Suite struct SessionTests {
  private static let channels = [1, 3, 5, 17, 31, 33, 100]

  private static let convolutions: [SessionCase] = channels.flatMap { channels in
    [1, 3].flatMap { batch -> [SessionCase] in
      [
        SessionCase(name: "conv 3x3 of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 7, 6])
          let y = sketch.conv(x, [channels, channels, 3, 3], ["pads": .ints([1, 1, 1, 1])])
          sketch.output(sketch.conv(y, [5, channels, 1, 1]))
        },
        SessionCase(name: "strided conv from 3 to \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, 3, 9, 8])
          sketch.output(
            sketch.conv(
              x, [channels, 3, 3, 2], bias: false,
              [
                "strides": .ints([2, 1]), "dilations": .ints([1, 2]), "pads": .ints([1, 0, 0, 1]),
              ]))
        },
        SessionCase(name: "depthwise conv of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 6, 6])
          let y = sketch.conv(
            x, [channels, 1, 3, 3],
            ["group": .int(channels), "auto_pad": .string("SAME_UPPER"), "strides": .ints([2, 2])])
          sketch.output(sketch.add(.relu, [y]))
        },
        SessionCase(name: "transposed conv of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 4, 5])
          let w = sketch.constant([channels, 3, 3, 3])
          let b = sketch.constant([3])
          let y = sketch.add(
            .convTranspose, [x, w, b],
            [
              "strides": .ints([2, 2]), "pads": .ints([1, 0, 1, 1]),
              "output_padding": .ints([1, 0]),
            ])
          sketch.output(sketch.add(.relu, [y]))
        },
      ]
    }
  }

  private static let others: [SessionCase] = [
    SessionCase(name: "grouped conv") { sketch in
      let x = sketch.input([2, 12, 5, 5])
      sketch.output(sketch.conv(x, [18, 4, 3, 3], ["group": .int(3)]))
    },
    SessionCase(name: "grouped transposed conv with an affine part") { sketch in
      let x = sketch.input([2, 12, 5, 5])
      let w = sketch.constant([12, 5, 2, 2])
      let y = sketch.add(
        .convTranspose, [x, w, nil], ["group": .int(3), "strides": .ints([2, 2])])
      sketch.output(sketch.batchNormalization(y, 15))
    },
    SessionCase(name: "1-D conv") { sketch in
      let x = sketch.input([2, 5, 20])
      let y = sketch.conv(x, [7, 5, 3], ["pads": .ints([2, 0]), "strides": .ints([2])])
      let z = sketch.add(.maxPool, [y], ["kernel_shape": .ints([3]), "strides": .ints([2])])
      sketch.output(z)
    },
    SessionCase(name: "3-D conv") { sketch in
      let x = sketch.input([1, 2, 4, 5, 4])
      sketch.output(sketch.conv(x, [3, 2, 3, 3, 2], ["pads": .ints([1, 0, 1, 0, 1, 1])]))
    },
    SessionCase(name: "conv with a weight from an input") { sketch in
      let x = sketch.input([1, 3, 6, 6])
      let w = sketch.input([4, 3, 3, 3])
      sketch.output(sketch.add(.conv, [x, w]))
    },
    SessionCase(name: "pooling") { sketch in
      let x = sketch.input([2, 5, 9, 7])
      let window: Attributes = [
        "kernel_shape": .ints([3, 2]), "strides": .ints([2, 2]), "pads": .ints([1, 0, 1, 1]),
        "ceil_mode": .int(1),
      ]
      var counting = window
      counting["count_include_pad"] = .int(1)
      sketch.output(sketch.add(.maxPool, [x], window))
      sketch.output(sketch.add(.averagePool, [x], window))
      sketch.output(sketch.add(.averagePool, [x], counting))
      sketch.output(sketch.add(.globalAveragePool, [x]))
    },
    SessionCase(name: "pooling with indices and dilations") { sketch in
      let x = sketch.input([2, 3, 9, 7])
      let results = sketch.add(
        .maxPool, [x], ["kernel_shape": .ints([2, 2]), "dilations": .ints([2, 1])],
        results: [true, true])
      for case let value? in results { sketch.output(value) }
    },
    SessionCase(name: "mean over positions") { sketch in
      let x = sketch.input([2, 3, 5, 5])
      let y = sketch.conv(x, [17, 3, 3, 3])
      let axes = sketch.integers([2, -1])
      sketch.output(sketch.add(.reduceMean, [y, axes], ["keepdims": .int(0)]))
    },
    SessionCase(name: "classifier head") { sketch in
      let x = sketch.input([3, 4, 5, 5])
      let y = sketch.conv(x, [33, 4, 3, 3])
      let flat = sketch.add(.flatten, [y])
      let w = sketch.constant([10, 33 * 9]) { $0 / 10 }
      let b = sketch.constant([10])
      let logits = sketch.add(.gemm, [flat, w, b], ["transB": .int(1)])
      sketch.output(sketch.add(.softmax, [logits]))
      sketch.output(sketch.add(.logSoftmax, [logits], ["axis": .int(1)]))
    },
    SessionCase(name: "gemm forms") { sketch in
      let a = sketch.input([70, 90])
      let b = sketch.input([40, 70])
      let c = sketch.constant([90, 1])
      let y = sketch.add(
        .gemm, [a, b, c],
        ["transA": .int(1), "transB": .int(1), "alpha": .float(0.5), "beta": .float(2)])
      sketch.output(sketch.add(.tanh, [y]))
      let row = sketch.input([1, 40])
      let w = sketch.constant([40, 300])
      sketch.output(sketch.add(.gemm, [row, w, nil]))
    },
    SessionCase(name: "matmul forms") { sketch in
      let a = sketch.input([2, 3, 4, 5])
      let b = sketch.input([3, 5, 6])
      sketch.output(sketch.add(.matMul, [a, b]))
      let w = sketch.constant([5, 7])
      sketch.output(sketch.add(.matMul, [a, w]))
      let vector = sketch.input([5])
      sketch.output(sketch.add(.matMul, [a, vector]))
      let row = sketch.input([4])
      sketch.output(sketch.add(.matMul, [row, a]))
      sketch.output(sketch.add(.matMul, [vector, w]))
    },
    SessionCase(name: "broadcasting") { sketch in
      let x = sketch.input([2, 17, 4, 3])
      let image = sketch.conv(x, [17, 17, 1, 1])
      for shape in [
        [17, 1, 1], [1, 17, 1, 1], [2, 17, 1, 1], [], [1], [4, 3], [3], [2, 1, 4, 1],
      ] {
        for op in [Operator.add, .sub, .mul, .div] {
          let other = sketch.constant(shape) { $0 + 2 }
          let runtime = sketch.add(.abs, [sketch.input(shape)])
          let shifted = sketch.add(.add, [runtime, sketch.constant([]) { _ in 1 }])
          sketch.output(sketch.add(op, [image, other]))
          sketch.output(sketch.add(op, [other, image]))
          sketch.output(sketch.add(op, [image, shifted]))
          sketch.output(sketch.add(op, [shifted, x]))
        }
      }
    },
    SessionCase(name: "broadcasting of both operands") { sketch in
      let a = sketch.input([4, 1, 3])
      let b = sketch.input([5, 1])
      sketch.output(sketch.add(.mul, [a, b]))
      let rows = sketch.input([4, 6, 32])
      let bias = sketch.input([32])
      sketch.output(sketch.add(.sub, [bias, sketch.add(.add, [rows, bias])]))
    },
    SessionCase(name: "functions") { sketch in
      let x = sketch.input([2, 5, 4, 3])
      let image = sketch.conv(x, [5, 5, 3, 3], ["pads": .ints([1, 1, 1, 1])])
      let low = sketch.constant([]) { _ in -0.25 }
      for value in [x, image] {
        for op in [
          Operator.relu, .sigmoid, .tanh, .hardSwish, .hardSigmoid, .leakyRelu, .abs, .neg, .exp,
        ] {
          sketch.output(sketch.add(op, [value]))
        }
        sketch.output(sketch.add(.clip, [value, low]))
        sketch.output(sketch.add(.sqrt, [sketch.add(.abs, [value])]))
        sketch.output(sketch.add(.log, [sketch.add(.exp, [value])]))
      }
    },
    SessionCase(name: "concat, split, slice and resize of images") { sketch in
      let x = sketch.input([2, 3, 4, 4])
      let a = sketch.conv(x, [5, 3, 3, 3], ["pads": .ints([1, 1, 1, 1])])
      let b = sketch.conv(x, [17, 3, 1, 1])
      let joined = sketch.add(.concat, [a, b, x], ["axis": .int(1)])
      let y = sketch.conv(joined, [4, 25, 3, 3], ["pads": .ints([1, 1, 1, 1])])
      let parts = sketch.add(
        .split, [y, sketch.integers([1, 3])], ["axis": .int(1)], results: [true, true])
      for case let part? in parts { sketch.output(part) }
      let sizes = sketch.integers([2, 4, 8, 8])
      sketch.output(sketch.add(.resize, [y, nil, nil, sizes], ["mode": .string("nearest")]))
      sketch.output(sketch.add(.resize, [y, nil, nil, sizes], ["mode": .string("linear")]))
      let (starts, ends, axes) = (
        sketch.integers([-1]), sketch.integers([0]), sketch.integers([2])
      )
      sketch.output(sketch.add(.slice, [y, starts, ends, axes, sketch.integers([-2])]))
      sketch.output(sketch.add(.pad, [y, sketch.integers([0, 0, 1, 1, 0, 0, 2, 0])]))
      sketch.output(sketch.add(.transpose, [y], ["perm": .ints([0, 2, 3, 1])]))
      let mean = sketch.add(.globalAveragePool, [y])
      sketch.output(sketch.add(.expand, [mean, sketch.integers([2, 4, 3, 3])]))
    },
    SessionCase(name: "moving parts of 1-D images") { sketch in
      let y = sketch.conv(sketch.input([2, 3, 11]), [5, 3, 3])
      let range = [[1, 1, 8], [2, 3, 0], [0, 1, 2], [1, 1, -3]].map { sketch.integers($0) }
      sketch.output(sketch.add(.slice, [y] + range))
      let seven = sketch.constant([]) { _ in 7 }
      sketch.output(
        sketch.add(.pad, [y, sketch.integers([2, 3]), seven, sketch.integers([-1])]))
      let scales = [sketch.constant([2]) { _ in 1 }, sketch.constant([1]) { _ in 2.5 }]
      let joined = sketch.add(.concat, scales, ["axis": .int(0)])
      for mode in ["nearest", "linear", "cubic"] {
        let z = sketch.add(.resize, [y, nil, joined], ["mode": .string(mode)])
        sketch.output(sketch.conv(z, [4, 5, 3], ["pads": .ints([1, 1])]))
      }
      let parts = sketch.add(
        .split, [y], ["axis": .int(-2), "num_outputs": .int(2)], results: [true, true])
      for case let part? in parts { sketch.output(part) }
    },
    SessionCase(name: "inputs, constants and aliases as outputs") { sketch in
      let x = sketch.input([2, 6])
      let shape = sketch.integers([3, 4])
      let y = sketch.add(.relu, [x])
      let z = sketch.add(.reshape, [y, shape])
      sketch.output(x)
      sketch.output(z)
      sketch.output(y)
      sketch.output(sketch.constant([3]))
      sketch.output(sketch.add(.identity, [x]))
      sketch.output(sketch.add(.dropout, [z]))
    },
    SessionCase(name: "shape arithmetic") { sketch in
      let x = sketch.input([2, 6, 4])
      let shape = sketch.add(.shape, [x])
      let first = sketch.add(.gather, [shape, sketch.integers([0])])
      let target = sketch.add(.concat, [first, sketch.integers([-1])], ["axis": .int(0)])
      sketch.output(sketch.add(.reshape, [x, target]))
      let number = sketch.add(.cast, [shape], ["to": .int(1)])
      sketch.output(sketch.add(.sqrt, [number]))
    },
    SessionCase(name: "empty tensors") { sketch in
      let x = sketch.input([0, 3, 4, 4])
      let y = sketch.conv(x, [5, 3, 3, 3])
      sketch.output(sketch.add(.relu, [y]))
    },
  ]

  private static let patterns: [SessionCase] = [
    SessionCase(name: "residual block") { sketch in
      let x = sketch.input([2, 17, 6, 6])
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1])]
      let a = sketch.conv(x, [33, 17, 3, 3], bias: false, pads)
      let b = sketch.add(.relu, [sketch.batchNormalization(a, 33)])
      let c = sketch.batchNormalization(sketch.conv(b, [17, 33, 3, 3], bias: false, pads), 17)
      let y = sketch.add(.relu, [sketch.add(.add, [c, x])])
      let d = sketch.conv(y, [17, 17, 3, 3], pads)
      sketch.output(sketch.add(.relu, [sketch.add(.add, [y, d])]))
    },
    SessionCase(name: "projection block") { sketch in
      let x = sketch.input([1, 5, 8, 8])
      let a = sketch.batchNormalization(
        sketch.conv(x, [16, 5, 3, 3], ["pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 2])]), 16)
      let b = sketch.batchNormalization(
        sketch.conv(x, [16, 5, 1, 1], ["strides": .ints([2, 2])]), 16)
      sketch.output(sketch.add(.leakyRelu, [sketch.add(.add, [a, b])]))
    },
    SessionCase(name: "scale and shift of channels") { sketch in
      let x = sketch.input([2, 5, 4, 4])
      let a = sketch.conv(x, [7, 5, 1, 1])
      let b = sketch.add(.mul, [sketch.constant([1, 7, 1, 1]), a])
      let c = sketch.add(.add, [b, sketch.constant([7, 1, 1])])
      let d = sketch.add(.mul, [c, sketch.constant([])])
      sketch.output(sketch.add(.hardSwish, [d]))
    },
    SessionCase(name: "clip") { sketch in
      let x = sketch.input([2, 5, 4, 4])
      let six = sketch.constant([]) { _ in 0.6 }
      let zero = sketch.constant([]) { _ in 0 }
      sketch.output(sketch.add(.clip, [sketch.conv(x, [7, 5, 3, 3]), zero, six]))
    },
    SessionCase(name: "silu and hard swish from gates") { sketch in
      let x = sketch.input([2, 5, 4, 4])
      let a = sketch.conv(x, [7, 5, 3, 3])
      let b = sketch.add(.mul, [a, sketch.add(.sigmoid, [a])])
      let c = sketch.conv(b, [7, 7, 1, 1])
      let gate = sketch.add(
        .hardSigmoid, [c], ["alpha": .float(1 / 6), "beta": .float(0.5)])
      sketch.output(sketch.add(.mul, [gate, c]))
    },
    SessionCase(name: "squeeze and excitation") { sketch in
      let x = sketch.input([2, 5, 4, 4])
      let a = sketch.add(.relu, [sketch.conv(x, [16, 5, 3, 3])])
      let mean = sketch.add(.globalAveragePool, [a])
      let b = sketch.add(.relu, [sketch.conv(mean, [4, 16, 1, 1])])
      let gate = sketch.add(.sigmoid, [sketch.conv(b, [16, 4, 1, 1])])
      let c = sketch.add(.mul, [a, gate])
      sketch.output(sketch.add(.add, [c, a]))
    },
    SessionCase(name: "normalisation before the convolution") { sketch in
      let x = sketch.input([2, 5, 4, 4])
      let a = sketch.conv(x, [9, 5, 3, 3], ["pads": .ints([1, 1, 1, 1])])
      let n = sketch.add(.relu, [sketch.batchNormalization(a, 9)])
      let b = sketch.conv(n, [9, 9, 3, 3], ["pads": .ints([1, 1, 1, 1])])
      let sum = sketch.add(.add, [a, b])
      sketch.output(sketch.add(.relu, [sketch.batchNormalization(sum, 9)]))
    },
    SessionCase(name: "a value read twice") { sketch in
      let x = sketch.input([1, 5, 4, 4])
      let a = sketch.conv(x, [5, 5, 1, 1])
      let b = sketch.add(.relu, [a])
      sketch.output(sketch.add(.add, [a, b]))
      sketch.output(sketch.add(.add, [b, b]))
      sketch.output(a)
    },
  ]

  private static let all = convolutions + others + patterns + GradientCases.all

  @Test(arguments: all) func computesWhatTheInterpreterDoes(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 2))
  }

  @Test(arguments: others + patterns + GradientCases.all)
  func computesTheSameWithoutFusion(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 1, fuses: false))
  }

  @Test(arguments: all) func doesNotDependOnThreads(_ test: SessionCase) throws {
    try test.checkThreads()
  }

  /// Of pooling, only gradients of images in channels-last order have kernels.
  @Test(arguments: GradientCases.all.filter { $0.name != "gradients of pooling" })
  func plansGradients(_ test: SessionCase) throws {
    let kinds = try Session(test.sketch().graph).statistics.steps.map(\.kind)
    #expect(!kinds.contains { $0.hasPrefix("reference") })
  }

  @Test(arguments: [-2, 3]) func refusesLabelsOutOfRange(_ label: Int) throws {
    var graph = Graph(name: "label")
    let z = graph.addInput("z", .tensor(.float32, [.known(2), .known(3)]))
    let y = graph.addInput("y", .tensor(.int64, [.known(2)]))
    graph.addOutput(
      graph.add(
        .softmaxCrossEntropy, [z, y], attributes: ["ignore_index": .int(-1)], result: "loss",
        .unknown))
    let inputs = [
      "z": Tensor([Float](repeating: 0, count: 6), shape: [2, 3]), "y": Tensor([1, Int64(label)]),
    ]
    let session = try Session(graph)
    let found = #expect(throws: Diagnostic.self) { try session.run(inputs) }
    #expect(found?.message.contains("label \(label)") == true)
  }

  @Test func measuresItsSteps() throws {
    let sketch = Self.patterns[0].sketch()
    let session = try Session(sketch.graph, options: SessionOptions(threads: 2, profiles: true))
    _ = try session.run(sketch.inputs)
    let statistics = session.statistics
    #expect(statistics.steps.allSatisfy { $0.nanoseconds > 0 })
    #expect(statistics.macs == 2 * 6 * 6 * 9 * (17 * 33 * 2 + 17 * 17))
    #expect(statistics.arenaBytes > 0 && statistics.persistentBytes > 0)
  }

  @Test func fusesAResidualBlockIntoItsConvolutions() throws {
    let sketch = Self.patterns[0].sketch()
    let fused = try Session(sketch.graph).statistics.steps
    #expect(fused.filter { $0.kind == "Conv" }.count == 3)
    #expect(!fused.contains { ["Relu", "Add", "BatchNormalization"].contains($0.kind) })
    let plain = try Session(sketch.graph, options: SessionOptions(fuses: false)).statistics.steps
    #expect(plain.filter { $0.kind == "Relu" }.count == 3)
  }
}
