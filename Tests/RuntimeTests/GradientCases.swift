import IR

/// Graphs of gradient operators, alone and in the patterns that training makes.
enum GradientCases {
  private static let pads: Attributes = ["pads": .ints([1, 1, 1, 1])]

  /// Every case.
  static let all = convolutions + others

  private static let convolutions: [SessionCase] = [1, 3, 5, 17, 31, 33, 100].flatMap { channels in
    [1, 3].map { batch in
      SessionCase(
        name: "gradients of a conv of \(channels) channels, batch \(batch)", tolerance: 1e-4
      ) { sketch in
        let dy = sketch.input([batch, channels, 4, 3])
        let x = sketch.input([batch, 5, 7, 6])
        let w = sketch.input([channels, 5, 3, 3])
        let window: Attributes = ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 0])]
        var forData = window
        forData["input_shape"] = .ints([batch, 5, 7, 6])
        var forWeight = window
        forWeight["weight_shape"] = .ints([channels, 5, 3, 3])
        let dx = sketch.add(.convInputGradient, [dy, w], forData)
        sketch.output(sketch.add(.add, [dx, x]))
        for value in sketch.add(.convWeightGradient, [dy, x], forWeight, results: [true, true]) {
          if let value { sketch.output(value) }
        }
      }
    }
  }

  private static let others: [SessionCase] = [
    SessionCase(name: "gradients of grouped and depthwise convs", tolerance: 1e-4) { sketch in
      for (group, inputs, outputs) in [(3, 6, 9), (17, 17, 17), (5, 5, 10)] {
        let dy = sketch.input([2, outputs, 6, 5])
        let x = sketch.input([2, inputs, 6, 5])
        let w = sketch.input([outputs, inputs / group, 3, 3])
        var window = pads
        window["group"] = .int(group)
        var forData = window
        forData["input_shape"] = .ints([2, inputs, 6, 5])
        var forWeight = window
        forWeight["weight_shape"] = .ints([outputs, inputs / group, 3, 3])
        sketch.output(sketch.add(.convInputGradient, [dy, w], forData))
        sketch.output(sketch.add(.convWeightGradient, [dy, x], forWeight))
      }
    },
    SessionCase(name: "normalisation in training, with what surrounds it", tolerance: 2e-4) {
      sketch in
      let channels = 17
      let x = sketch.input([4, channels, 5, 4])
      let skip = sketch.input([4, channels, 5, 4])
      let scale = sketch.input([channels])
      let bias = sketch.input([channels])
      let runningMean = sketch.input([channels])
      let runningVariance = sketch.add(.abs, [sketch.input([channels])])
      let a = sketch.conv(x, [channels, channels, 3, 3], pads)
      let results = sketch.add(
        .batchNormalizationTraining, [a, scale, bias, runningMean, runningVariance],
        results: [true, true, true, true, true])
      let n = results.compactMap { $0 }
      let y = sketch.add(.relu, [sketch.add(.add, [n[0], skip])])
      let dy = sketch.input([4, channels, 5, 4])
      let g = sketch.add(.reluGradient, [sketch.conv(dy, [channels, channels, 1, 1]), y])
      let gradients = sketch.add(
        .batchNormalizationGradient, [g, a, scale, n[3], n[4]], results: [true, true, true])
      for value in [y, g] + n[1...] + gradients.compactMap({ $0 }) { sketch.output(value) }
    },
    SessionCase(name: "two normalisations behind one gradient", tolerance: 2e-4) { sketch in
      let channels = 5
      let a = sketch.conv(sketch.input([2, 3, 6, 6]), [channels, 3, 3, 3])
      let b = sketch.conv(sketch.input([2, 3, 4, 4]), [channels, 3, 1, 1])
      let y = sketch.add(.relu, [sketch.add(.add, [a, b])])
      let g = sketch.add(.reluGradient, [sketch.input([2, channels, 4, 4]), y])
      for x in [a, b] {
        let vectors = (0..<3).map { _ in sketch.input([channels]) }
        let results = sketch.add(
          .batchNormalizationGradient, [g, x] + vectors, results: [true, true, true])
        for case let value? in results { sketch.output(value) }
      }
      let frozen = sketch.add(
        .batchNormalizationGradient, [g, a] + (0..<3).map { _ in sketch.input([channels]) },
        ["frozen": .int(1)], results: [true, true, true])
      for case let value? in frozen { sketch.output(value) }
    },
    SessionCase(name: "gradients of activations") { sketch in
      let low = sketch.constant([]) { _ in -0.25 }
      let flat = (sketch.input([3, 7]), sketch.input([3, 7]))
      let image = (
        sketch.conv(sketch.input([2, 3, 5, 5]), [5, 3, 3, 3], pads), sketch.input([2, 5, 5, 5])
      )
      for (dy, v) in [flat, image] {
        for op in [
          Operator.reluGradient, .leakyReluGradient, .sigmoidGradient, .tanhGradient,
          .hardSigmoidGradient, .hardSwishGradient, .absGradient,
        ] {
          sketch.output(sketch.add(op, [dy, v]))
        }
        sketch.output(sketch.add(.clipGradient, [dy, v, low, nil]))
      }
    },
    SessionCase(name: "gradients of pooling") { sketch in
      let window: Attributes = [
        "kernel_shape": .ints([3, 2]), "strides": .ints([2, 2]), "pads": .ints([1, 0, 1, 1]),
      ]
      let x = sketch.input([2, 5, 9, 7])
      let y = sketch.add(.maxPool, [x], window)
      let dy = sketch.input([2, 5, 5, 4])
      sketch.output(y)
      sketch.output(sketch.add(.maxPoolGradient, [dy, x], window))
      var average = window
      average["input_shape"] = .ints([2, 5, 9, 7])
      sketch.output(sketch.add(.averagePoolGradient, [dy], average))
      average["count_include_pad"] = .int(1)
      sketch.output(sketch.add(.averagePoolGradient, [dy], average))
      sketch.output(sketch.add(.maxPoolGradient, [dy, sketch.input([2, 5, 9, 7])], window))
    },
    SessionCase(name: "gradients of gates and sums", tolerance: 1e-4) { sketch in
      let a = sketch.conv(sketch.input([2, 3, 5, 5]), [17, 3, 3, 3], pads)
      let dy = sketch.conv(sketch.input([2, 3, 5, 5]), [17, 3, 3, 3], pads)
      for shape in [[1, 17, 1, 1], [17, 1, 1]] {
        let gate = sketch.input(shape)
        for operands in [[dy, a, gate], [dy, gate, a]] {
          for case let value? in sketch.add(.mulGradient, operands, results: [true, true]) {
            sketch.output(value)
          }
        }
        let only = sketch.add(.mulGradient, [dy, a, gate], results: [false, true])
        for case let value? in only { sketch.output(value) }
      }
      let axes = sketch.integers([0, 2, 3])
      sketch.output(sketch.add(.reduceSum, [dy, axes], ["keepdims": .int(0)]))
      sketch.output(sketch.add(.reduceSum, [dy, sketch.integers([0, -2, -1])]))
    },
    SessionCase(name: "gradients of softmax") { sketch in
      for (shape, attributes) in [
        ([3, 37], [:]), ([2, 3, 5], ["axis": .int(1), "pcc_flatten": .int(1)]),
      ] as [([Int], Attributes)] {
        let (dy, y) = (sketch.input(shape), sketch.input(shape))
        sketch.output(sketch.add(.softmaxGradient, [dy, y], attributes))
        sketch.output(sketch.add(.logSoftmaxGradient, [dy, y], attributes))
      }
    },
    SessionCase(name: "losses of labels") { sketch in
      for (shape, labels) in [([4, 5], [3, 0, -1, 4]), ([2, 5, 3], [1, 4, -1, 0, 2, 2])] {
        for smoothing in [0, 0.2] as [Float] {
          let z = sketch.input(shape)
          let y = sketch.constant(
            Tensor(labels.map { Int64($0) }, shape: [shape[0]] + shape.dropFirst(2)))
          let attributes: Attributes = ["smoothing": .float(smoothing), "ignore_index": .int(-1)]
          let loss = sketch.add(
            .softmaxCrossEntropy, [z, y], attributes, results: [true, smoothing > 0])
          for case let value? in loss { sketch.output(value) }
          sketch.output(
            sketch.add(.softmaxCrossEntropyGradient, [sketch.input([]), z, y], attributes))
        }
      }
    },
  ]
}
