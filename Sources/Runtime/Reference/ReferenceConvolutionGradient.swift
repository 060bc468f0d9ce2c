import IR

/// Reference kernels of the gradients of Conv.
enum ReferenceConvolutionGradient {
  /// The extents of data, weight and gradient of one convolution, and the runs it sums over.
  private struct Plan {
    let input: [Int]
    let weight: [Int]
    let walk: ReferenceConvolution.Walk
    let inputCount: Int
    let outputCount: Int

    init(_ call: ReferenceCall, input: [Int], weight: [Int], gradient: [Int]) throws(Diagnostic) {
      let group = call.node.attributes.int("group") ?? 1
      guard input.count >= 3, weight.count == input.count, group >= 1, weight[0] % group == 0,
        weight[1] * group == input[1]
      else {
        throw call.invalid("weight \(weight) does not fit data \(input) in \(group) groups")
      }
      let window = try WindowGeometry(
        call.node, kernel: Array(weight[2...]), input: Array(input[2...]), use: .convolution)
      guard gradient == [input[0], weight[0]] + window.output else {
        throw call.invalid(
          "gradient of shape \(gradient), expected \([input[0], weight[0]] + window.output)")
      }
      self.input = input
      self.weight = weight
      walk = ReferenceConvolution.Walk(window)
      inputCount = window.input.reduce(1, *)
      outputCount = window.output.reduce(1, *)
    }

    /// Calls `body` with the offsets of a data element, a weight and an element of the gradient
    /// that
    /// meet in the convolution, for all of them.
    func forEach(_ call: ReferenceCall, _ body: (_ x: Int, _ w: Int, _ dy: Int) -> Void) {
      let perGroup = weight[0] / (call.node.attributes.int("group") ?? 1)
      let inner = weight[1]
      for batch in 0..<input[0] {
        for channel in 0..<weight[0] {
          let target = (batch * weight[0] + channel) * outputCount
          for depth in 0..<inner {
            let source = (batch * input[1] + channel / perGroup * inner + depth) * inputCount
            let taps = (channel * inner + depth) * walk.taps.count
            for (number, tap) in walk.taps.enumerated() {
              for run in tap.runs {
                for index in 0..<tap.count {
                  body(
                    source + run.input + index * walk.step, taps + number,
                    target + run.output + index)
                }
              }
            }
          }
        }
      }
    }
  }

  /// ConvInputGradient.
  static func input<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    guard let shape = call.node.attributes.ints("input_shape") else {
      throw call.invalid("no attribute 'input_shape'")
    }
    let plan = try Plan(
      call, input: shape, weight: call.operand(1).shape, gradient: call.operand(0).shape)
    let dy = try call.elements(0, type)
    let w = try call.elements(1, type)
    return [
      try call.make(type, shape) { dx in
        plan.forEach(call) { x, tap, y in dx[x] += w[tap] * dy[y] }
      }
    ]
  }

  /// ConvWeightGradient.
  static func weight<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    guard let shape = call.node.attributes.ints("weight_shape") else {
      throw call.invalid("no attribute 'weight_shape'")
    }
    let plan = try Plan(
      call, input: call.operand(1).shape, weight: shape, gradient: call.operand(0).shape)
    let dy = try call.elements(0, type)
    let data = try call.elements(1, type)
    let weight = try call.make(type, shape) { dw in
      plan.forEach(call) { x, tap, y in dw[tap] += data[x] * dy[y] }
    }
    guard call.node.output(1) != nil else { return [weight] }
    let bias = try call.make(type, [shape[0]]) { db in
      for index in dy.indices { db[index / plan.outputCount % shape[0]] += dy[index] }
    }
    return [weight, bias]
  }
}
