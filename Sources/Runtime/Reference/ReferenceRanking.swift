import IR

/// Reference kernels of operators that order elements along an axis, or add them up one after the
/// other.
enum ReferenceRanking {
  /// The elements along one axis of a tensor: `count` of them, `stride` apart.
  struct Lines {
    let axis: Int
    let count: Int
    let stride: Int
    /// The tensor's shape.
    let shape: [Int]

    /// Reads the shape of operand 0.
    init(_ call: ReferenceCall, axis: Int) throws(Diagnostic) {
      shape = try call.operand(0).shape
      self.axis = try call.axis(axis, rank: shape.count)
      count = shape[self.axis]
      stride = shape[(self.axis + 1)...].reduce(1, *)
    }

    /// Calls `body` with the place of each line's first element, in the order of results in which
    /// the axis counts `extent`, and with that result's place.
    func forEach(resultExtent extent: Int, _ body: (_ source: Int, _ target: Int) -> Void) {
      let outer = shape[..<axis].reduce(1, *)
      for block in 0..<outer {
        for offset in 0..<stride {
          body(block * count * stride + offset, block * extent * stride + offset)
        }
      }
    }
  }

  /// ArgMax and ArgMin; a nan goes before all numbers.
  struct Argument: NumberKernel {
    let isMaximum: Bool

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let x = try call.elements(0, type)
      let attributes = call.node.attributes
      if try call.operand(0).shape.isEmpty { return [Tensor(scalar: Int64(0))] }
      let lines = try Lines(call, axis: attributes.int("axis") ?? 0)
      guard lines.count > 0 else {
        throw call.invalid("axis \(lines.axis) has no elements to choose from")
      }
      let takesLast = attributes.int("select_last_index") ?? 0 != 0
      var result = lines.shape
      result[lines.axis] = 1
      let places = try call.make(Int64.self, result) { y in
        lines.forEach(resultExtent: 1) { source, target in
          var best = 0
          for index in 1..<lines.count {
            let (old, new) = (x[source + best * lines.stride], x[source + index * lines.stride])
            let isBetter = old == old && (new != new || (isMaximum ? new > old : new < old))
            if isBetter || takesLast && (new == old || new != new && old != old) { best = index }
          }
          y[target] = Int64(best)
        }
      }
      guard attributes.int("keepdims") ?? 1 == 0 else { return [places] }
      result.remove(at: lines.axis)
      return [places.reshaped(to: result)]
    }
  }

  /// TopK; equal elements in the order of their places.
  struct TopK: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let x = try call.elements(0, type)
      let attributes = call.node.attributes
      let lines = try Lines(call, axis: attributes.int("axis") ?? -1)
      let counts = try call.integers(1)
      guard counts.count == 1, (0...lines.count).contains(counts[0]) else {
        throw call.invalid("operand 1 is \(counts), expected one number up to \(lines.count)")
      }
      let isLargest = attributes.int("largest") ?? 1 != 0
      func precedes(_ a: T, _ b: T) -> Bool {
        if a != a || b != b { return isLargest ? a != a && b == b : a == a && b != b }
        return isLargest ? a > b : a < b
      }
      var shape = lines.shape
      shape[lines.axis] = counts[0]
      try call.admit(.int64, shape)
      try call.admit(.int64, lines.shape)
      var chosen = Array(repeating: (line: 0, source: 0), count: shape.reduce(1, *))
      lines.forEach(resultExtent: counts[0]) { source, target in
        let order = (0..<lines.count).sorted { a, b in
          let (left, right) = (x[source + a * lines.stride], x[source + b * lines.stride])
          return precedes(left, right) || !precedes(right, left) && a < b
        }
        for (rank, line) in order.prefix(counts[0]).enumerated() {
          chosen[target + rank * lines.stride] = (line, source + line * lines.stride)
        }
      }
      return [
        try call.make(type, shape) { y in for i in y.indices { y[i] = x[chosen[i].source] } },
        Tensor(chosen.map { Int64($0.line) }, shape: shape),
      ]
    }
  }

  /// CumSum and CumProd.
  struct Cumulation: NumberKernel {
    let isProduct: Bool

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let x = try call.elements(0, type)
      let axes = try call.integers(1)
      guard axes.count == 1 else {
        throw call.invalid("operand 1 has \(axes.count) elements, expected 1")
      }
      let lines = try Lines(call, axis: axes[0])
      let isExclusive = call.node.attributes.int("exclusive") ?? 0 != 0
      let isReverse = call.node.attributes.int("reverse") ?? 0 != 0
      return [
        try call.make(type, lines.shape) { y in
          lines.forEach(resultExtent: lines.count) { source, _ in
            var total: T = isProduct ? 1 : 0
            for step in 0..<lines.count {
              let place = source + (isReverse ? lines.count - 1 - step : step) * lines.stride
              let next = isProduct ? total.times(x[place]) : total.plus(x[place])
              y[place] = isExclusive ? total : next
              total = next
            }
          }
        }
      ]
    }
  }
}
