import IR

/// Graphs over volumes: batch, channels, depth, height, width.
enum VolumeCases {
  /// Convolutions of all forms, fused and not.
  static let convolutions: [SessionCase] = [1, 3, 5, 17, 33].flatMap { channels in
    [1, 2].flatMap { batch -> [SessionCase] in
      [
        SessionCase(name: "3x3x3 conv of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 3, 7, 6])
          let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
          let a = sketch.conv(x, [channels, channels, 3, 3, 3], bias: false, pads)
          let b = sketch.add(.relu, [sketch.batchNormalization(a, channels)])
          let c = sketch.conv(
            b, [channels, channels, 1, 3, 3], ["pads": .ints([0, 1, 1, 0, 1, 1])])
          let d = sketch.conv(
            c, [channels, channels, 3, 1, 1], ["pads": .ints([1, 0, 0, 1, 0, 0])])
          sketch.output(sketch.add(.leakyRelu, [sketch.add(.add, [d, b])]))
        },
        SessionCase(name: "strided 3-D conv from 2 to \(channels) channels, batch \(batch)") {
          sketch in
          let x = sketch.input([batch, 2, 9, 8, 7])
          let y = sketch.conv(
            x, [channels, 2, 3, 2, 3],
            [
              "strides": .ints([2, 1, 3]), "dilations": .ints([2, 1, 1]),
              "pads": .ints([3, 0, 1, 1, 1, 2]),
            ])
          sketch.output(sketch.add(.tanh, [y]))
        },
        SessionCase(name: "depthwise 3-D conv of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 5, 6, 5])
          let y = sketch.conv(
            x, [channels, 1, 3, 3, 3],
            [
              "group": .int(channels), "auto_pad": .string("SAME_UPPER"),
              "strides": .ints([2, 2, 1]),
            ])
          let z = sketch.conv(y, [2 * channels, channels, 1, 1, 1])
          sketch.output(sketch.add(.hardSwish, [z]))
        },
        SessionCase(name: "transposed 3-D conv of \(channels) channels, batch \(batch)") { sketch in
          let x = sketch.input([batch, channels, 3, 4, 5])
          let w = sketch.constant([channels, 3, 3, 3, 2])
          let y = sketch.add(
            .convTranspose, [x, w, sketch.constant([3])],
            [
              "strides": .ints([2, 2, 1]), "pads": .ints([1, 1, 0, 0, 1, 1]),
              "output_padding": .ints([1, 0, 0]),
            ])
          sketch.output(sketch.add(.relu, [y]))
        },
        SessionCase(name: "3-D block with squeeze, \(channels) channels, batch \(batch)") {
          sketch in
          let x = sketch.input([batch, 3, 4, 5, 5])
          let a = sketch.conv(x, [channels, 3, 3, 3, 3], ["pads": .ints([1, 1, 1, 1, 1, 1])])
          let mean = sketch.add(.globalAveragePool, [a])
          let gate = sketch.add(.sigmoid, [sketch.conv(mean, [channels, channels, 1, 1, 1])])
          let b = sketch.add(.mul, [a, gate])
          sketch.output(sketch.add(.relu, [sketch.add(.add, [b, a])]))
        },
      ]
    }
  }

  /// Operators that follow convolutions.
  static let others: [SessionCase] = [
    SessionCase(name: "grouped 3-D conv") { sketch in
      let x = sketch.input([2, 12, 4, 5, 5])
      let y = sketch.conv(
        x, [18, 4, 3, 3, 3], ["group": .int(3), "auto_pad": .string("SAME_LOWER")])
      sketch.output(sketch.batchNormalization(y, 18))
    },
    SessionCase(name: "grouped transposed 3-D conv with an affine part") { sketch in
      let x = sketch.input([2, 6, 3, 4, 4])
      let w = sketch.constant([6, 5, 2, 2, 2])
      let y = sketch.add(
        .convTranspose, [x, w, nil], ["group": .int(3), "strides": .ints([2, 2, 2])])
      sketch.output(sketch.add(.relu, [sketch.batchNormalization(y, 15)]))
    },
    SessionCase(name: "3-D conv with a weight from an input") { sketch in
      let x = sketch.input([1, 3, 4, 6, 6])
      let w = sketch.input([4, 3, 2, 3, 3])
      sketch.output(sketch.add(.conv, [x, w]))
    },
    SessionCase(name: "3-D conv to one layer and from one") { sketch in
      let x = sketch.input([3, 4, 3, 9, 9])
      let a = sketch.conv(x, [16, 4, 3, 3, 3], ["pads": .ints([0, 1, 1, 0, 1, 1])])
      let b = sketch.conv(a, [16, 16, 3, 3, 3], ["pads": .ints([1, 1, 1, 1, 1, 1])])
      let c = sketch.conv(b, [5, 16, 1, 3, 3], ["pads": .ints([0, 1, 1, 0, 1, 1])])
      sketch.output(sketch.add(.flatten, [c]))
    },
    SessionCase(name: "pooling of volumes") { sketch in
      let x = sketch.input([2, 5, 6, 9, 7])
      let window: Attributes = [
        "kernel_shape": .ints([3, 3, 2]), "strides": .ints([2, 2, 2]),
        "pads": .ints([1, 1, 0, 0, 1, 1]), "ceil_mode": .int(1),
      ]
      var counting = window
      counting["count_include_pad"] = .int(1)
      let flat: Attributes = ["kernel_shape": .ints([1, 2, 2]), "strides": .ints([1, 2, 2])]
      let deep: Attributes = [
        "kernel_shape": .ints([2, 1, 1]), "dilations": .ints([3, 1, 1]),
        "pads": .ints([1, 0, 0, 0, 0, 0]),
      ]
      for op in [Operator.maxPool, .averagePool] {
        let results = [window, counting, flat, deep]
          .filter { op == .averagePool || $0["count_include_pad"] == nil }
          .map { sketch.add(op, [x], $0) }
        results.forEach { sketch.output($0) }
      }
      sketch.output(sketch.add(.globalAveragePool, [x]))
    },
    SessionCase(name: "pooling of volumes between convolutions") { sketch in
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
      let x = sketch.conv(sketch.input([2, 3, 5, 6, 6]), [9, 3, 3, 3, 3], pads)
      let window: Attributes = ["kernel_shape": .ints([2, 2, 2]), "strides": .ints([2, 2, 2])]
      let a = sketch.conv(sketch.add(.maxPool, [x], window), [17, 9, 3, 3, 3], pads)
      let b = sketch.conv(sketch.add(.averagePool, [x], window), [17, 9, 3, 3, 3], pads)
      let sum = sketch.add(.add, [a, b])
      sketch.output(sketch.conv(sum, [3, 17, 3, 3, 3], pads))
      let axes = sketch.integers([2, -1, 3])
      sketch.output(sketch.add(.reduceMean, [sum, axes], ["keepdims": .int(0)]))
      sketch.output(sketch.add(.globalAveragePool, [sum]))
    },
    SessionCase(name: "volumes for several tasks") { sketch in
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
      let x = sketch.input([3, 16, 9, 10, 11])
      let a = sketch.add(.relu, [sketch.conv(x, [16, 16, 3, 3, 3], pads)])
      let b = sketch.add(.mul, [a, sketch.input([3, 16, 1, 1, 1])])
      let window: Attributes = ["kernel_shape": .ints([3, 2, 2]), "strides": .ints([1, 1, 2])]
      sketch.output(sketch.add(.maxPool, [b], window))
      sketch.output(sketch.add(.averagePool, [b], window))
      sketch.output(sketch.add(.globalAveragePool, [b]))
      sketch.output(b)
    },
    SessionCase(name: "resized volumes") { sketch in
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
      let y = sketch.conv(sketch.input([2, 3, 3, 4, 5]), [5, 3, 3, 3, 3], pads)
      let sizes = [[2, 5, 6, 8, 10], [2, 5, 2, 4, 13], [2, 5, 7, 3, 5]]
      for (size, mode) in zip(sizes, ["linear", "nearest", "cubic"]) {
        let z = sketch.add(
          .resize, [y, nil, nil, sketch.integers(size)], ["mode": .string(mode)])
        sketch.output(sketch.conv(z, [4, 5, 3, 3, 3], pads))
        sketch.output(z)
      }
    },
    SessionCase(name: "volumes joined and split") { sketch in
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
      let x = sketch.input([2, 3, 4, 5, 6])
      let a = sketch.conv(x, [5, 3, 3, 3, 3], pads)
      let b = sketch.conv(x, [17, 3, 1, 1, 1])
      let joined = sketch.add(.concat, [a, b, x], ["axis": .int(1)])
      let y = sketch.conv(joined, [4, 25, 3, 3, 3], pads)
      let parts = sketch.add(
        .split, [y, sketch.integers([1, 3])], ["axis": .int(1)], results: [true, true])
      for case let part? in parts { sketch.output(sketch.add(.relu, [part])) }
      sketch.output(y)
    },
    SessionCase(name: "arithmetic on volumes") { sketch in
      let x = sketch.input([2, 17, 3, 4, 3])
      let a = sketch.conv(x, [17, 17, 3, 3, 3], ["pads": .ints([1, 1, 1, 1, 1, 1])])
      let b = sketch.conv(x, [17, 17, 1, 1, 1])
      for op in [Operator.add, .sub, .mul, .div] {
        let low = sketch.add(.add, [sketch.add(.abs, [b]), sketch.constant([]) { _ in 1 }])
        sketch.output(sketch.add(op, [a, low]))
        sketch.output(sketch.add(op, [low, x]))
      }
      for shape in [[17, 1, 1, 1], [1, 17, 1, 1, 1], [2, 17, 1, 1, 1]] {
        sketch.output(sketch.add(.add, [a, sketch.input(shape)]))
        sketch.output(sketch.add(.relu, [sketch.add(.mul, [sketch.input(shape), b])]))
        sketch.output(sketch.add(.mul, [a, sketch.constant(shape)]))
      }
      for op in [Operator.relu, .sigmoid, .exp, .hardSigmoid] {
        sketch.output(sketch.add(op, [a]))
      }
      sketch.output(sketch.add(.prelu, [a, sketch.constant([17, 1, 1, 1])]))
      sketch.output(sketch.add(.pow, [b, sketch.constant([]) { _ in 3 }]))
    },
    SessionCase(name: "3-D windows that see only padding") { sketch in
      let x = sketch.input([1, 3, 2, 4, 4])
      let pads: Attributes = ["pads": .ints([2, 0, 0, 1, 0, 0])]
      let y = sketch.conv(x, [4, 3, 1, 3, 3], pads)
      let w = sketch.constant([3, 4, 1, 2, 2])
      let z = sketch.add(.convTranspose, [x, w], ["strides": .ints([2, 1, 1])])
      sketch.output(sketch.add(.relu, [y]))
      sketch.output(sketch.add(.hardSigmoid, [z]))
      let other = sketch.conv(x, [4, 3, 1, 3, 3], bias: false, pads)
      sketch.output(sketch.add(.relu, [sketch.add(.add, [other, y])]))
    },
  ]

  /// Graphs of which some nodes may be left to reference kernels.
  static let fallbacks: [SessionCase] = [
    SessionCase(name: "moving parts of volumes") { sketch in
      let pads: Attributes = ["pads": .ints([1, 1, 1, 1, 1, 1])]
      let y = sketch.conv(sketch.input([2, 3, 4, 5, 6]), [5, 3, 3, 3, 3], pads)
      let range = [[1, 1, 3], [4, 4, 0], [1, 2, 3], [2, 1, -1]].map { sketch.integers($0) }
      sketch.output(sketch.add(.slice, [y] + range))
      sketch.output(sketch.add(.pad, [y, sketch.integers([0, 0, 1, 0, 1, 0, 0, 2, 1, 0])]))
      let sizes = sketch.integers([2, 5, 8, 10, 12])
      let z = sketch.add(.resize, [y, nil, nil, sizes], ["mode": .string("linear")])
      sketch.output(sketch.conv(z, [4, 5, 3, 3, 3], pads))
      let mean = sketch.add(.globalAveragePool, [y])
      sketch.output(sketch.add(.expand, [mean, sketch.integers([2, 5, 4, 2, 2])]))
      sketch.output(sketch.add(.transpose, [y], ["perm": .ints([0, 2, 3, 4, 1])]))
      let shape = sketch.integers([2, 20, 5, 6])
      sketch.output(sketch.conv(sketch.add(.reshape, [y, shape]), [3, 20, 1, 1]))
      for shape in [[4, 1, 1], [5, 6], [2, 1, 4, 1, 1], [2, 5, 4, 1, 1]] {
        sketch.output(sketch.add(.mul, [y, sketch.input(shape)]))
      }
      let scale = sketch.constant([5])
      sketch.output(sketch.add(.instanceNormalization, [y, scale, sketch.constant([5])]))
      let axes = sketch.integers([3, 4])
      sketch.output(sketch.add(.reduceMean, [y, axes]))
      let parts = sketch.add(
        .split, [y, sketch.integers([1, 3])], ["axis": .int(2)], results: [true, true])
      for case let part? in parts { sketch.output(sketch.add(.relu, [part])) }
      sketch.output(sketch.add(.concat, [y, y], ["axis": .int(2)]))
    },
    SessionCase(name: "gradients of 3-D convolutions") { sketch in
      let x = sketch.input([2, 6, 5, 6, 5])
      let w = sketch.input([8, 3, 3, 2, 3])
      let window: Attributes = [
        "group": .int(2), "strides": .ints([2, 1, 2]), "pads": .ints([1, 0, 1, 1, 1, 1]),
      ]
      let dy = sketch.add(.tanh, [sketch.add(.conv, [x, w], window)])
      var forData = window
      forData["input_shape"] = .ints([2, 6, 5, 6, 5])
      var forWeight = window
      forWeight["weight_shape"] = .ints([8, 3, 3, 2, 3])
      sketch.output(sketch.add(.add, [sketch.add(.convInputGradient, [dy, w], forData), x]))
      sketch.output(sketch.add(.convWeightGradient, [dy, x], forWeight))
    },
  ]
}
