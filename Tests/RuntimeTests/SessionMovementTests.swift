import DenseRuntime
import IR
import Testing

/// Tests of what sessions move, repeat and reduce, from images in channels-last order with a border
/// and from row-major tensors.
@Suite struct SessionMovementTests {
  private static let layouts = ["row-major", "channels-last"]

  private static let cases: [SessionCase] = [1, 3, 17].flatMap { channels in
    layouts.flatMap { layout in
      moves(channels, layout) + repeats(channels, layout) + rows(channels, layout)
    }
  }

  /// A value of shape 2 × channels × 4 × 6 without zeros; in channels-last order a later
  /// convolution asks for a border round it.
  private static func source(_ sketch: inout GraphSketch, _ channels: Int, _ layout: String)
    -> ValueID
  {
    let x = sketch.input([2, channels, 4, 6])
    guard layout == "channels-last" else { return sketch.add(.sigmoid, [x]) }
    let image = sketch.conv(x, [channels, channels, 1, 1])
    sketch.output(sketch.conv(image, [2, channels, 3, 3], ["pads": .ints([1, 2, 0, 1])]))
    return image
  }

  private static func moves(_ channels: Int, _ layout: String) -> [SessionCase] {
    let orders = [[0, 2, 3, 1], [0, 1, 3, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 3, 1, 2]]
    return [
      SessionCase(name: "transposed \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for order in orders {
          sketch.output(sketch.add(.transpose, [x], ["perm": .ints(order)]))
        }
      },
      SessionCase(name: "sliced \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for (start, end, axis, step) in [(-1, -100, 1, -1), (1, 4, 2, 2), (5, -7, 3, -2)] {
          let bounds = [start, end, axis, step].map { sketch.integers([$0]) }
          sketch.output(sketch.add(.slice, [x] + bounds))
        }
      },
      SessionCase(name: "split \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for (axis, sizes) in [(2, [1, 3]), (-1, [2, 4]), (0, [1, 1])] {
          let parts = sketch.add(
            .split, [x, sketch.integers(sizes)], ["axis": .int(axis)],
            results: sizes.map { _ in true })
          for case let part? in parts { sketch.output(part) }
        }
      },
      SessionCase(name: "joined \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let shapes = [
          (0, [3, channels, 4, 6]), (-2, [2, channels, 1, 6]), (3, [2, channels, 4, 5]),
        ]
        for (axis, shape) in shapes {
          let other = sketch.input(shape)
          sketch.output(sketch.add(.concat, [x, other, x], ["axis": .int(axis)]))
        }
      },
      SessionCase(name: "gathered \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for (axis, places) in [(1, [-1]), (1, [0, channels - 1, 0]), (3, [5, -6]), (0, [1])] {
          let indices = sketch.integers(places)
          sketch.output(sketch.add(.gather, [x, indices], ["axis": .int(axis)]))
        }
      },
      SessionCase(name: "padded \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let value = sketch.constant([])
        for pads in [
          [0, 1, 0, 0, 0, 2, 0, 0], [1, 0, 2, 0, 0, 0, 0, 3], [0, 0, 1, 0, 0, 0, 0, 1],
        ] {
          sketch.output(sketch.add(.pad, [x, sketch.integers(pads), value]))
        }
      },
      SessionCase(name: "depth and space of \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let wide = sketch.add(.concat, [x, x, x, x], ["axis": .int(1)])
        for mode in ["DCR", "CRD"] {
          let attributes: Attributes = ["blocksize": .int(2), "mode": .string(mode)]
          sketch.output(sketch.add(.spaceToDepth, [x], attributes))
          sketch.output(sketch.add(.depthToSpace, [wide], attributes))
        }
      },
    ]
  }

  private static func repeats(_ channels: Int, _ layout: String) -> [SessionCase] {
    let shapes = [
      [channels, 1, 1], [2, 1, 4, 1], [6], [4, 6], [1, channels, 4, 1], [2, channels, 1, 6], [1],
      [3, 1, 1, 1, 1],
    ]
    return [
      SessionCase(name: "repeated beside \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for shape in shapes {
          let other = sketch.constant(shape) { $0.magnitude + 0.5 }
          for op: Operator in [.add, .sub, .mul, .div] {
            sketch.output(sketch.add(op, [x, other]))
            sketch.output(sketch.add(op, [other, x]))
          }
        }
      },
      SessionCase(name: "repeated \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let column = sketch.add(.reduceMean, [x, sketch.integers([3])])
        sketch.output(sketch.add(.expand, [column, sketch.integers([2, channels, 4, 3])]))
        sketch.output(sketch.add(.expand, [x, sketch.integers([2, 1, 1, 1, 1])]))
        let row = sketch.add(.reduceMean, [x, sketch.integers([2])])
        sketch.output(sketch.add(.sub, [column, row]))
        sketch.output(sketch.add(.max, [row, column]))
      },
      SessionCase(name: "leaky \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for shape in [[channels, 1, 1], [1], [1, 1, 1], [4, 1]] {
          sketch.output(sketch.add(.prelu, [x, sketch.constant(shape)]))
        }
      },
      SessionCase(name: "powers of \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        for exponent: Float in [2, 3] {
          sketch.output(sketch.add(.pow, [x, sketch.constant([]) { _ in exponent }]))
        }
      },
    ]
  }

  private static func rows(_ channels: Int, _ layout: String) -> [SessionCase] {
    [
      SessionCase(name: "reduced \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let ops: [Operator] = [
          .reduceMean, .reduceSum, .reduceSumSquare, .reduceL2, .reduceMax, .reduceMin,
        ]
        let reduced = [
          [3], [1], [0, 2], [2, 3], [-1, 1], [0, 1, 2, 3], [0], [1, 0], [0, 1, 2],
        ]
        for (number, axes) in reduced.enumerated() {
          for op in ops {
            sketch.output(
              sketch.add(
                op, [x, sketch.integers(axes)], ["keepdims": .int(number % 2)]))
          }
        }
        sketch.output(sketch.add(.reduceMean, [x]))
      },
      SessionCase(name: "normalised \(layout), \(channels) channels") { sketch in
        let x = source(&sketch, channels, layout)
        let (scale, bias) = (sketch.constant([channels]), sketch.constant([channels]))
        sketch.output(sketch.add(.instanceNormalization, [x, scale, bias]))
        sketch.output(
          sketch.add(
            .groupNormalization, [x, scale, bias],
            ["num_groups": .int(1), "epsilon": .float(1e-3)]))
      },
    ]
  }

  @Test(arguments: cases, [1, 3]) func agrees(_ test: SessionCase, threads: Int) throws {
    try test.check(SessionOptions(threads: threads))
  }

  @Test(arguments: cases) func isPlanned(_ test: SessionCase) throws {
    let kinds = try Session(test.sketch().graph).statistics.steps.map(\.kind)
    #expect(!kinds.contains { $0.hasPrefix("reference") })
  }

  /// Products of one row, which take another way than others.
  @Test(arguments: [(0, 0), (0, 1), (1, 0), (1, 1)])
  func multipliesARow(_ turns: (left: Int, right: Int)) throws {
    let test = SessionCase(name: "row \(turns)") { sketch in
      let a = sketch.input(turns.left == 1 ? [70, 1] : [1, 70])
      let b = sketch.constant(turns.right == 1 ? [530, 70] : [70, 530])
      let c = sketch.constant([530])
      sketch.output(
        sketch.add(
          .gemm, [a, b, c],
          [
            "transA": .int(turns.left), "transB": .int(turns.right), "alpha": .float(0.5),
            "beta": .float(-2),
          ]))
    }
    try test.check(SessionOptions(threads: 2))
  }

  /// Equal columns have equal products with a row, in whichever part of the product they fall.
  @Test(arguments: [0, 1]) func multipliesEqualColumnsAlike(_ turnsRight: Int) throws {
    let weights = (0..<1000).map { 1 / Float($0 + 3) }
    let numbers =
      turnsRight == 1
      ? (0..<1008).flatMap { _ in weights }
      : weights.flatMap { Array(repeating: $0, count: 1008) }
    var graph = Graph(name: "g")
    let a = graph.addInput("a", .tensor(.float32, [.known(1), .known(1000)]))
    let b = graph.addConstant(
      "b", Tensor(numbers, shape: turnsRight == 1 ? [1008, 1000] : [1000, 1008]))
    let node = graph.addNode(
      .gemm, [a, b], attributes: ["transB": .int(turnsRight)], results: [("y", .unknown)])
    for case let output? in graph[node].outputs { graph.addOutput(output) }
    let session = try Session(graph, options: SessionOptions(threads: 2))
    let row = Tensor((0..<1000).map { Float($0 % 7) - 2.7 }, shape: [1, 1000])
    let found = try #require(try session.run(["a": row])["y"]?.floats)
    #expect(Set(found).count == 1)
  }
}
