import IR
import RealModule

/// Reference kernels of reductions along the axes that operand 1 names; all if it names none,
/// unless `noop_with_empty_axes` is 1.
enum ReferenceReduction: NumberKernel {
  case sum, mean, max, min, prod, l1, l2, sumSquare, logSum, logSumExp

  func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let plan = try ReferenceReduction.Plan(call)
    let x = try call.elements(0, type)
    if case .logSumExp = self { return [try logSumExp(call, plan, x)] }
    let combine = combine(type)
    let start = start(type)
    let finish = finish(type, plan.count)
    return [
      try call.make(type, plan.result) { y in
        for index in y.indices { y[index] = start }
        plan.forEach { target, source in y[target] = combine(y[target], x[source]) }
        for index in y.indices { y[index] = finish(y[index]) }
      }
    ]
  }

  /// The result over no elements, before it is finished.
  private func start<T: ReferenceNumber>(_ type: T.Type) -> T {
    switch self {
    case .max: T.lowest
    case .min: T.highest
    case .prod: 1
    case .sum, .mean, .l1, .l2, .sumSquare, .logSum, .logSumExp: 0
    }
  }

  private func combine<T: ReferenceNumber>(_ type: T.Type) -> (T, T) -> T {
    switch self {
    case .sum, .mean, .logSum, .logSumExp: { $0.plus($1) }
    case .max: { $0 != $0 || $0 > $1 ? $0 : $1 }
    case .min: { $0 != $0 || $0 < $1 ? $0 : $1 }
    case .prod: { $0.times($1) }
    case .l1: { $0.plus($1.absolute) }
    case .l2, .sumSquare: { $0.plus($1.times($1)) }
    }
  }

  /// What is done to each result in the end; the mean of no integers is 0.
  private func finish<T: ReferenceNumber>(_ type: T.Type, _ count: Int) -> (T) -> T {
    switch self {
    case .mean:
      let divisor = T(near: Double(count))
      return count == 0 && T.elementType.isInteger ? { $0 } : { $0.over(divisor) }
    case .l2: return { $0.root }
    case .logSum: return { T(near: Double.log($0.double)) }
    case .sum, .max, .min, .prod, .l1, .sumSquare, .logSumExp: return { $0 }
    }
  }

  /// log Σ exp x as m + log Σ exp(x − m), with the largest number m.
  private func logSumExp<T: ReferenceNumber>(
    _ call: ReferenceCall, _ plan: Plan, _ x: UnsafeBufferPointer<T>
  ) throws(Diagnostic) -> Tensor {
    try call.make(T.self, plan.result) { y in
      var largest = Array(repeating: -Double.infinity, count: y.count)
      var sums = Array(repeating: 0.0, count: y.count)
      plan.forEach { target, source in
        largest[target] = Double.maximum(largest[target], x[source].double)
      }
      plan.forEach { target, source in
        let shift = largest[target].isFinite ? largest[target] : 0
        sums[target] += Double.exp(x[source].double - shift)
      }
      for index in y.indices {
        let shift = largest[index].isFinite ? largest[index] : 0
        y[index] = T(near: Double.log(sums[index]) + shift)
      }
    }
  }

  /// ReduceMax and ReduceMin, on truth values too: whether any, or all, are true.
  static func extremum(_ call: ReferenceCall, _ kind: ReferenceReduction) throws(Diagnostic)
    -> [Tensor?]
  {
    guard try call.operand(0).type == .bool else { return try call.numbers(kind) }
    let plan = try Plan(call)
    let x = try call.elements(0, Bool.self)
    let isAny = kind == .max
    return [
      try call.make(Bool.self, plan.result) { y in
        for index in y.indices { y[index] = !isAny }
        plan.forEach { target, source in
          if x[source] == isAny { y[target] = isAny }
        }
      }
    ]
  }

  /// Which elements a reduction combines into which.
  struct Plan {
    private let shape: [Int]
    private let strides: [Int]
    /// The result's shape.
    let result: [Int]
    /// How many elements each result combines.
    let count: Int

    /// Reads axes and attributes.
    init(_ call: ReferenceCall) throws(Diagnostic) {
      shape = try call.operand(0).shape
      var axes = try call.optional(1) == nil ? [] : call.axes(call.integers(1), rank: shape.count)
      if axes.isEmpty, call.node.attributes.int("noop_with_empty_axes") ?? 0 == 0 {
        axes = Array(shape.indices)
      }
      let shape = shape
      let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
      let keepsAxes = call.node.attributes.int("keepdims") ?? 1 != 0
      result = keepsAxes ? kept : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
      strides = Strided.strides(of: kept, broadcastTo: shape)
      count = axes.reduce(1) { $0 * shape[$1] }
    }

    /// Calls `body` with the places of each result and of every element that goes into it.
    func forEach(_ body: (_ target: Int, _ source: Int) -> Void) {
      let step = strides.last ?? 0
      Strided.forEachRow(of: shape, strides: [strides]) { position, offsets in
        for index in 0..<(shape.last ?? 1) { body(offsets[0] + index * step, position + index) }
      }
    }
  }
}
