import IR
import RealModule

/// Reference kernels of operators that count, and of window functions.
enum ReferenceGeneration {
  /// Range on integers and floating-point numbers.
  struct Range: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let (start, end) = (try only(call, 0, type), try only(call, 1, type))
      let step = try only(call, 2, type)
      guard step != 0, step == step, start == start, end == end else {
        throw call.invalid("the step is 0, or a bound is nan")
      }
      if T.elementType.isInteger {
        return [
          try numbers(call, try whole(call, 0), try whole(call, 1), try whole(call, 2), start, step)
        ]
      }
      let count = ((end.double - start.double) / step.double).rounded(.up)
      guard let total = Int(exactly: max(count, 0)) else {
        throw call.unsupported("a range of \(count) numbers is not supported")
      }
      return [try make(call, total, start, step)]
    }

    private func numbers<T: ReferenceNumber>(
      _ call: ReferenceCall, _ first: Int, _ last: Int, _ stride: Int, _ start: T, _ step: T
    ) throws(Diagnostic) -> Tensor {
      let (span, overflow) = last.subtractingReportingOverflow(first)
      guard !overflow, stride != -1 || span != .min else {
        throw call.unsupported("a range from \(first) to \(last) is not supported")
      }
      let (quotient, rest) = span.quotientAndRemainder(dividingBy: stride)
      let isPartial = rest != 0 && (rest < 0) == (stride < 0)
      return try make(call, max(0, isPartial ? quotient + 1 : quotient), start, step)
    }

    private func make<T: ReferenceNumber>(
      _ call: ReferenceCall, _ count: Int, _ start: T, _ step: T
    )
      throws(Diagnostic) -> Tensor
    {
      try call.make(T.self, [count]) { y in
        for index in y.indices { y[index] = start.plus(T(near: Double(index)).times(step)) }
      }
    }

    private func only<T: TensorElement>(_ call: ReferenceCall, _ index: Int, _ type: T.Type)
      throws(Diagnostic) -> T
    {
      let values = try call.elements(index, type)
      guard values.count == 1 else {
        throw call.invalid("operand \(index) has \(values.count) elements, expected 1")
      }
      return values[0]
    }

    private func whole(_ call: ReferenceCall, _ index: Int) throws(Diagnostic) -> Int {
      let values = try call.integers(index)
      guard values.count == 1 else {
        throw call.invalid("operand \(index) has \(values.count) elements, expected 1")
      }
      return values[0]
    }
  }

  /// Window functions: sums of cosines of 0, 1 and 2 periods.
  enum Window {
    case blackman, hann, hamming

    private var weights: (Double, Double, Double) {
      switch self {
      case .blackman: (0.42, -0.5, 0.08)
      case .hann: (0.5, -0.5, 0)
      case .hamming: (25.0 / 46, -21.0 / 46, 0)
      }
    }

    /// The window of the size that operand 0 gives.
    func compute(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
      let sizes = try call.integers(0)
      guard sizes.count == 1, sizes[0] >= 0 else {
        throw call.invalid("the size is \(sizes), expected one number from 0 on")
      }
      let size = sizes[0]
      let isPeriodic = call.node.attributes.int("periodic") ?? 1 != 0
      let period = Double(isPeriodic ? size : max(size - 1, 1))
      let (constant, single, double) = weights
      let window = try call.make(Double.self, [size]) { y in
        for index in y.indices {
          let angle = 2 * Double.pi * Double(index) / period
          y[index] = constant + single * Double.cos(angle) + double * Double.cos(2 * angle)
        }
      }
      let type = try call.named("output_datatype") ?? .float32
      return [try ReferenceCast.convert(call, window, to: call.held(type))]
    }
  }

  /// Size: the number of elements.
  static func size(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    [Tensor(scalar: Int64(try call.operand(0).count))]
  }
}
