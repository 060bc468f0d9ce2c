import IR

/// One application of a reference kernel: the node, its operands and the limits it works under.
///
/// Whoever calls a kernel keeps the call alive until the kernel returns: buffers that `elements`
/// hands out point into the operands.
struct ReferenceCall {
  let node: Node
  let operands: [Tensor?]
  /// Whether values that the graph types as float32 are held as float64.
  let isWidened: Bool
  /// The most bytes a result may take.
  let maximumBytes: Int

  /// Where the node is, for diagnostics.
  var site: Site { Site(nodes: [node.name], op: node.type) }

  /// An error about the node or its operands.
  func invalid(_ message: String) -> Diagnostic { .invalid(message, at: site) }

  /// An error about something the reference kernels cannot do.
  func unsupported(_ message: String) -> Diagnostic { .unsupported(message, at: site) }

  /// The operand, if it is given.
  func optional(_ index: Int) -> Tensor? { index < operands.count ? operands[index] : nil }

  /// The operand; throws if it is left out.
  func operand(_ index: Int) throws(Diagnostic) -> Tensor {
    guard let tensor = optional(index) else { throw invalid("operand \(index) is missing") }
    return tensor
  }

  /// The elements of an integer operand; throws if it is left out or of another type.
  func integers(_ index: Int) throws(Diagnostic) -> [Int] {
    let tensor = try operand(index)
    guard tensor.type.isInteger, let values = tensor.integers else {
      throw invalid("operand \(index) is of type \(tensor.type.textName), expected integers")
    }
    return values
  }

  /// The elements of an operand; throws if it is left out or of another type.
  func elements<Element: TensorElement>(_ index: Int, _ type: Element.Type) throws(Diagnostic)
    -> UnsafeBufferPointer<Element>
  {
    let tensor = try operand(index)
    guard tensor.type == Element.elementType else {
      throw invalid(
        "operand \(index) is of type \(tensor.type.textName), expected "
          + Element.elementType.textName)
    }
    // Safety: the operands outlive the kernel, see the type's comment.
    return tensor.withElements(of: type) { $0 }
  }

  /// The elements of an operand of a certain shape; throws if it differs.
  func elements<Element: TensorElement>(
    _ index: Int, _ type: Element.Type, shape: [Int]
  ) throws(Diagnostic) -> UnsafeBufferPointer<Element> {
    let found = try operand(index).shape
    guard found == shape else {
      throw invalid("operand \(index) has shape \(found), expected \(shape)")
    }
    return try elements(index, type)
  }

  /// Throws if the extents of an operand other than its zeros multiply beyond what an integer
  /// holds.
  func checkOperands() throws(Diagnostic) {
    for case let tensor? in operands where Tensor.count(of: tensor.shape.map { max($0, 1) }) == nil
    {
      throw unsupported("an operand of shape \(tensor.shape) is not supported")
    }
  }

  /// Throws unless a tensor of this type and shape is within the limit; a string takes as much as
  /// the largest numbers at least.
  func admit(_ type: ElementType, _ shape: [Int]) throws(Diagnostic) {
    guard Tensor.count(of: shape.map { Swift.max($0, 1) }) != nil,
      let count = Tensor.count(of: shape),
      let bytes = (type == .string ? .complex128 : type).byteCount(of: count),
      bytes <= maximumBytes
    else {
      throw unsupported(
        "result of type \(type.textName) and shape \(shape) exceeds \(maximumBytes) bytes")
    }
  }

  /// Makes a result, zeros at first, which `fill` completes; throws if it is too large.
  func make<Element: TensorElement>(
    _ type: Element.Type, _ shape: [Int], _ fill: (UnsafeMutableBufferPointer<Element>) -> Void
  ) throws(Diagnostic) -> Tensor {
    try admit(Element.elementType, shape)
    var tensor = Tensor(zeros: Element.elementType, shape: shape)
    tensor.withMutableElements(of: type, fill)
    return tensor
  }

  /// Makes a result of any type, zeros at first, whose bytes `fill` completes.
  func makeBytes(
    _ type: ElementType, _ shape: [Int], _ fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(Diagnostic) -> Tensor {
    try admit(type, shape)
    var tensor = Tensor(zeros: type, shape: shape)
    tensor.withMutableBytes(fill)
    return tensor
  }

  /// The axis an attribute or operand names, counted from the front; negative ones count from the
  /// end. Throws unless it is below `rank`.
  func axis(_ axis: Int, rank: Int) throws(Diagnostic) -> Int {
    let (resolved, overflow) = axis.addingReportingOverflow(axis < 0 ? rank : 0)
    guard !overflow, (0..<rank).contains(resolved) else {
      throw invalid("axis \(axis) is out of range for rank \(rank)")
    }
    return resolved
  }

  /// The axes, counted from the front; throws if one is out of range or occurs twice.
  func axes(_ axes: [Int], rank: Int) throws(Diagnostic) -> [Int] {
    var resolved: [Int] = []
    for item in axes {
      let axis = try axis(item, rank: rank)
      if resolved.contains(axis) { throw invalid("axis \(axis) occurs twice in \(axes)") }
      resolved.append(axis)
    }
    return resolved
  }

  /// The bytes of one element; throws for strings and packed types.
  func elementBytes(_ type: ElementType) throws(Diagnostic) -> Int {
    guard type.bitWidth >= 8 else {
      throw unsupported("elements of type \(type.textName) are not supported")
    }
    return type.bitWidth / 8
  }

  /// Runs the kernel for the floating-point type of an operand; 16-bit types are computed in float32
  /// and rounded once.
  func floating(
    by index: Int = 0,
    _ single: (ReferenceCall, Float.Type) throws(Diagnostic) -> [Tensor?],
    _ double: (ReferenceCall, Double.Type) throws(Diagnostic) -> [Tensor?]
  ) throws(Diagnostic) -> [Tensor?] {
    let type = try operand(index).type
    switch type {
    case .float32: return try single(self, Float.self)
    case .float64: return try double(self, Double.self)
    case .float16, .bfloat16:
      let wide = replacingOperands(
        operands.map { tensor in
          guard let tensor, tensor.type == type, let values = tensor.floats else { return tensor }
          return Tensor(values, shape: tensor.shape)
        })
      let results = try withExtendedLifetime(wide) { () throws(Diagnostic) in
        try single(wide, Float.self)
      }
      return results.map { tensor in
        guard let tensor, tensor.type == .float32, let values = tensor.doubles else {
          return tensor
        }
        return Tensor(rounding: values, to: type, shape: tensor.shape)
      }
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32, .uint64,
      .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      throw unsupportedType(type)
    }
  }

  /// The error for operands of a type the kernel does not compute.
  func unsupportedType(_ type: ElementType) -> Diagnostic {
    unsupported("operands of type \(type.textName) are not supported")
  }

  /// The same call on other operands.
  func replacingOperands(_ operands: [Tensor?]) -> ReferenceCall {
    ReferenceCall(
      node: node, operands: operands, isWidened: isWidened, maximumBytes: maximumBytes)
  }
}
