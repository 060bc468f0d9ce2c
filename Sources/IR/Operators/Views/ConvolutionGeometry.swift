/// How a convolution, a transposed convolution or a pooling slides over its spatial axes: the
/// numbers its attributes and operand shapes come to, the same for shapes, kernels and gradients.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// The window along each spatial axis.
  public var windows: [Window]
  /// The number of groups; 1 for pooling.
  public var group: Int
  /// What a transposed convolution adds at the end of each axis; else zeros.
  public var outputPadding: [Int]
  /// The extents a transposed convolution is asked to return; nil if they follow from padding.
  public var outputShape: [Int]?
  /// Whether the convolution is a transposed one.
  public var isTransposed: Bool

  /// The spatial numbers for given input extents.
  public struct Resolved: Hashable, Sendable {
    public var inputs: [Int]
    public var outputs: [Int]
    public var padsBegin: [Int]
    public var padsEnd: [Int]
  }

  /// The number of spatial axes.
  public var rank: Int { windows.count }
  public var kernel: [Int] { windows.map(\.kernel) }
  public var strides: [Int] { windows.map(\.stride) }
  public var dilations: [Int] { windows.map(\.dilation) }

  /// Reads a Conv node.
  public init(convolution context: OperatorContext) throws(Diagnostic) {
    try self.init(weighted: context, isTransposed: false)
  }

  /// Reads a ConvTranspose node.
  public init(transposed context: OperatorContext) throws(Diagnostic) {
    try self.init(weighted: context, isTransposed: true)
  }

  /// Reads a MaxPool or AveragePool node.
  public init(pooling context: OperatorContext) throws(Diagnostic) {
    guard let kernel = context.node.attributes.ints("kernel_shape") else {
      throw context.invalid("attribute 'kernel_shape' is required")
    }
    self.windows = try Window.read(
      context, kernel: kernel, roundsUp: context.flag("ceil_mode"))
    self.group = 1
    self.outputPadding = kernel.map { _ in 0 }
    self.outputShape = nil
    self.isTransposed = false
    if let rank = context.shape(0)?.count, rank != kernel.count + 2 {
      throw context.invalid("input of rank \(rank), expected \(kernel.count + 2)")
    }
  }

  private init(weighted context: OperatorContext, isTransposed: Bool) throws(Diagnostic) {
    let weight = context.shape(1)
    let spatial = weight.map { $0.dropFirst(2).map { $0 } }
    if let weight, weight.count < 3 {
      throw context.invalid("weight of rank \(weight.count), expected at least 3")
    }
    if let rank = context.shape(0)?.count, let weight, rank != weight.count {
      throw context.invalid("input of rank \(rank), weight of rank \(weight.count)")
    }
    guard let kernel = context.node.attributes.ints("kernel_shape") ?? spatial?.known else {
      throw .unsupported("the kernel's extents are not known", at: context.site)
    }
    if let spatial {
      guard spatial.count == kernel.count,
        zip(spatial, kernel).allSatisfy({ $0.value == nil || $0.value == $1 })
      else {
        throw context.invalid("kernel_shape \(kernel) differs from the weight's \(spatial)")
      }
    }
    self.windows = try Window.read(context, kernel: kernel, roundsUp: false)
    self.group = context.int("group", default: 1)
    guard group >= 1 else { throw context.invalid("group is \(group), expected 1 or more") }
    self.isTransposed = isTransposed
    self.outputPadding = kernel.map { _ in 0 }
    self.outputShape = nil
    guard isTransposed else { return }
    if let added = context.node.attributes.ints("output_padding") {
      guard added.count == kernel.count, added.allSatisfy({ $0 >= 0 && $0 <= Window.limit }) else {
        throw context.invalid("output_padding \(added), expected \(kernel.count) numbers from 0 on")
      }
      self.outputPadding = added
    }
    if let asked = context.node.attributes.ints("output_shape") {
      guard asked.count == kernel.count, asked.allSatisfy({ $0 >= 1 && $0 <= Window.limit }) else {
        throw context.invalid("output_shape \(asked), expected \(kernel.count) numbers from 1 on")
      }
      self.outputShape = asked
    }
  }

  /// The extents of the result for input extents that may not all be known.
  public func outputs(for inputs: [Dim], _ context: OperatorContext) throws(Diagnostic) -> [Dim] {
    guard inputs.count == rank else {
      throw context.invalid("\(inputs.count) spatial axes, expected \(rank)")
    }
    var result: [Dim] = []
    for axis in 0..<rank {
      let extent =
        isTransposed
        ? transposedOutputs(axis, for: inputs[axis]) : windows[axis].outputs(for: inputs[axis])
      guard let extent else {
        throw context.invalid(
          "a window of \(windows[axis].span) does not fit an axis of \(inputs[axis])")
      }
      result.append(extent)
    }
    return result
  }

  /// The numbers for input extents.
  public func resolved(
    _ inputs: [Int], _ context: OperatorContext
  ) throws(Diagnostic) -> Resolved {
    let outputs = try outputs(for: Shape(inputs), context)
    var result = Resolved(inputs: inputs, outputs: [], padsBegin: [], padsEnd: [])
    for axis in 0..<rank {
      guard let extent = outputs[axis].value, let pads = pads(axis, for: inputs[axis]) else {
        throw context.invalid("the padding of an axis of \(inputs[axis]) overflows")
      }
      result.outputs.append(extent)
      result.padsBegin.append(pads.begin)
      result.padsEnd.append(pads.end)
    }
    return result
  }

  /// The numbers for the extents of the context's first operand, all of which must be known.
  public func resolved(_ context: OperatorContext) throws(Diagnostic) -> Resolved {
    guard let inputs = context.shape(0)?.dropFirst(2).map({ $0 }).known else {
      throw .unsupported("spatial extents are not known", at: context.site)
    }
    return try resolved(inputs, context)
  }

  private func pads(_ axis: Int, for input: Int) -> (begin: Int, end: Int)? {
    let window = windows[axis]
    guard isTransposed else { return window.pads(for: input) }
    let asked: Int
    switch (outputShape?[axis], window.padding) {
    case (nil, .explicit(let begin, let end)): return (begin, end)
    case (let extent?, _): asked = extent
    case (nil, .sameUpper), (nil, .sameLower):
      guard let extent = (CheckedInt(input) * CheckedInt(window.stride)).value else { return nil }
      asked = extent
    }
    guard
      let span = window.transposedSpan(for: input, outputPadding: outputPadding[axis])
    else { return nil }
    let total = max(span - asked, 0)
    return window.padding == .sameUpper
      ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
  }

  private func transposedOutputs(_ axis: Int, for input: Dim) -> Dim? {
    if let extent = outputShape?[axis] { return .known(extent) }
    guard let input = input.value else { return .unknown }
    guard let pads = pads(axis, for: input),
      let span = windows[axis].transposedSpan(for: input, outputPadding: outputPadding[axis]),
      let extent = (CheckedInt(span) - CheckedInt(pads.begin) - CheckedInt(pads.end)).value
    else { return nil }
    return extent > 0 ? .known(extent) : nil
  }
}

extension Window {
  /// The largest kernel, stride, dilation or pad: beyond it sums and products might overflow.
  static let limit = Int(Int32.max)

  /// Reads the windows of a node whose kernel is known.
  static func read(
    _ context: OperatorContext, kernel: [Int], roundsUp: Bool
  ) throws(Diagnostic) -> [Window] {
    let rank = kernel.count
    let strides = try numbers("strides", rank, context)
    let dilations = try numbers("dilations", rank, context)
    guard rank > 0, kernel.allSatisfy({ $0 >= 1 && $0 <= limit }) else {
      throw context.invalid("kernel of \(kernel), expected numbers from 1 on")
    }
    let pads = context.node.attributes.ints("pads") ?? Array(repeating: 0, count: 2 * rank)
    guard pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 && $0 <= limit }) else {
      throw context.invalid("pads \(pads), expected \(2 * rank) numbers from 0 on")
    }
    var windows: [Window] = []
    for axis in 0..<rank {
      let padding: Padding
      switch context.string("auto_pad", default: "NOTSET") {
      case "NOTSET": padding = .explicit(begin: pads[axis], end: pads[rank + axis])
      case "VALID": padding = .explicit(begin: 0, end: 0)
      case "SAME_UPPER": padding = .sameUpper
      case "SAME_LOWER": padding = .sameLower
      case let other: throw context.invalid("auto_pad is '\(other)'")
      }
      windows.append(
        Window(
          kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis], padding: padding,
          roundsUp: roundsUp))
    }
    return windows
  }

  private static func numbers(
    _ name: String, _ rank: Int, _ context: OperatorContext
  ) throws(Diagnostic) -> [Int] {
    let numbers = context.node.attributes.ints(name) ?? Array(repeating: 1, count: rank)
    guard numbers.count == rank, numbers.allSatisfy({ $0 >= 1 && $0 <= limit }) else {
      throw context.invalid("\(name) \(numbers), expected \(rank) numbers from 1 on")
    }
    return numbers
  }
}
