import IR

/// Reference kernels of Conv and ConvTranspose, over any number of spatial axes.
enum ReferenceConvolution {
  /// Conv: `y[n, o, p] = b[o] + Σ_{i, t} w[o, i, t] · x[n, g·I + i, p · stride + t · dilation -
  /// pad]`.
  static func conv<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let input = try call.operand(0).shape
    let weight = try call.operand(1).shape
    let group = call.node.attributes.int("group") ?? 1
    guard input.count >= 3, weight.count == input.count, group >= 1, weight[0] % group == 0,
      weight[1].multipliedReportingOverflow(by: group) == (input[1], false),
      (call.node.attributes.ints("kernel_shape") ?? Array(weight[2...])) == Array(weight[2...])
    else {
      throw call.invalid(
        "weight of shape \(weight) with \(group) groups does not fit an input of shape \(input)")
    }
    let window = try WindowGeometry(
      call.node, kernel: Array(weight[2...]), input: Array(input[2...]), use: .convolution)
    let x = try call.elements(0, type)
    let w = try call.elements(1, type)
    let bias = try call.optional(2) == nil ? nil : call.elements(2, type, shape: [weight[0]])
    let plan = Walk(window)
    let (inner, perGroup) = (weight[1], weight[0] / group)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    return [
      try call.make(type, [input[0], weight[0]] + window.output) { y in
        for batch in 0..<input[0] {
          for channel in 0..<weight[0] {
            let target = (batch * weight[0] + channel) * outputCount
            if let bias {
              for position in 0..<outputCount { y[target + position] = bias[channel] }
            }
            for depth in 0..<inner {
              let source =
                (batch * input[1] + channel / perGroup * inner + depth) * inputCount
              let taps = (channel * inner + depth) * plan.taps.count
              for (number, tap) in plan.taps.enumerated() {
                let factor = w[taps + number]
                for run in tap.runs {
                  for index in 0..<tap.count {
                    y[target + run.output + index] +=
                      factor * x[source + run.input + index * plan.step]
                  }
                }
              }
            }
          }
        }
      }
    ]
  }

  /// ConvTranspose: each `x[n, i, p]` is added, times `w[i, o, t]`, to
  /// `y[n, g·O + o, p · stride + t · dilation - pad]`.
  static func convTranspose<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let input = try call.operand(0).shape
    let weight = try call.operand(1).shape
    let group = call.node.attributes.int("group") ?? 1
    guard input.count >= 3, weight.count == input.count, group >= 1, weight[0] == input[1],
      input[1] % group == 0,
      (call.node.attributes.ints("kernel_shape") ?? Array(weight[2...])) == Array(weight[2...])
    else {
      throw call.invalid(
        "weight of shape \(weight) with \(group) groups does not fit an input of shape \(input)")
    }
    let window = try TransposedGeometry(
      call.node, kernel: Array(weight[2...]), input: Array(input[2...]))
    let (channels, overflow) = weight[1].multipliedReportingOverflow(by: group)
    if overflow { throw call.invalid("\(group) groups of \(weight[1]) channels overflow") }
    let x = try call.elements(0, type)
    let w = try call.elements(1, type)
    let bias = try call.optional(2) == nil ? nil : call.elements(2, type, shape: [channels])
    let (outer, perGroup) = (weight[1], input[1] / group)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    let kernelCount = window.kernel.reduce(1, *)
    return [
      try call.make(type, [input[0], channels] + window.output) { y in
        if let bias {
          for index in y.indices { y[index] = bias[index / outputCount % channels] }
        }
        var tap = 0
        WindowGeometry.forEachIndex(of: window.kernel) { taps in
          var position = 0
          WindowGeometry.forEachIndex(of: window.input) { positions in
            defer { position += 1 }
            guard let place = window.place(positions, taps) else { return }
            for batch in 0..<input[0] {
              for depth in 0..<input[1] {
                let value = x[(batch * input[1] + depth) * inputCount + position]
                for channel in 0..<outer {
                  let target = batch * channels + depth / perGroup * outer + channel
                  y[target * outputCount + place] +=
                    value * w[(depth * outer + channel) * kernelCount + tap]
                }
              }
            }
          }
          tap += 1
        }
      }
    ]
  }

  /// The runs along the last axis that each tap of a window reads and adds to.
  struct Walk {
    /// A run of output elements and the input element that the first of them reads.
    struct Run {
      let output: Int
      let input: Int
    }

    /// The runs of one tap, all of the same length.
    struct Tap {
      let count: Int
      let runs: [Run]
    }

    private(set) var taps: [Tap] = []
    /// The distance of the inputs of neighbouring outputs.
    let step: Int

    /// Lists the runs of a window with one or more axes.
    init(_ window: WindowGeometry) {
      let axes = window.kernel.count
      let (inputs, outputs) = (
        Strided.strides(of: window.input), Strided.strides(of: window.output)
      )
      step = window.strides[axes - 1]
      var taps: [Tap] = []
      WindowGeometry.forEachIndex(of: window.kernel) { tap in
        let ranges = (0..<axes).map { window.positions(axis: $0, tap: tap[$0]) }
        var runs: [Run] = []
        WindowGeometry.forEachIndex(of: ranges.dropLast().map(\.count)) { index in
          let first = (index + [0]).enumerated().map { ranges[$0.offset].lowerBound + $0.element }
          var run = (output: 0, input: 0)
          for axis in 0..<axes {
            run.output += first[axis] * outputs[axis]
            run.input +=
              window.coordinate(axis: axis, position: first[axis], tap: tap[axis]) * inputs[axis]
          }
          runs.append(Run(output: run.output, input: run.input))
        }
        let count = ranges[axes - 1].count
        taps.append(Tap(count: count, runs: count == 0 ? [] : runs))
      }
      self.taps = taps
    }
  }
}
