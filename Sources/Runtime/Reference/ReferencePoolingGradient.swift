import IR

/// Reference kernels of the gradients of pooling.
enum ReferencePoolingGradient {
  /// MaxPoolGradient.
  static func maxPool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(1).shape
    let window = try ReferencePooling.geometry(call, shape)
    let dy = try call.elements(0, type, shape: Array(shape[..<2]) + window.output)
    let x = try call.elements(1, type)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    return [
      try call.make(type, shape) { dx in
        for plane in 0..<(shape[0] * shape[1]) {
          var position = plane * outputCount
          WindowGeometry.forEachIndex(of: window.output) { output in
            var best: Int?
            WindowGeometry.forEachIndex(of: window.kernel) { taps in
              guard let offset = ReferencePooling.element(window, output, taps) else { return }
              let place = plane * inputCount + offset
              if best.map({ x[place] > x[$0] }) ?? true { best = place }
            }
            if let best { dx[best] += dy[position] }
            position += 1
          }
        }
      }
    ]
  }

  /// AveragePoolGradient.
  static func averagePool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    guard let shape = call.node.attributes.ints("input_shape") else {
      throw call.invalid("no attribute 'input_shape'")
    }
    let window = try ReferencePooling.geometry(call, shape)
    let dy = try call.elements(0, type, shape: Array(shape[..<2]) + window.output)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    let countsPadding = call.node.attributes.int("count_include_pad") == 1
    return [
      try call.make(type, shape) { dx in
        var position = 0
        WindowGeometry.forEachIndex(of: window.output) { output in
          var taken: [Int] = []
          var padded = 0
          WindowGeometry.forEachIndex(of: window.kernel) { taps in
            if let offset = ReferencePooling.element(window, output, taps) {
              taken.append(offset)
            } else if ReferencePooling.isPadding(window, output, taps) {
              padded += 1
            }
          }
          let divisor = S(taken.count + (countsPadding ? padded : 0))
          for plane in 0..<(shape[0] * shape[1]) {
            for offset in taken {
              dx[plane * inputCount + offset] += dy[plane * outputCount + position] / divisor
            }
          }
          position += 1
        }
      }
    ]
  }
}
