/// A dense tensor of any ONNX element type, row-major, with value semantics.
public struct Tensor: Sendable {
  /// The element type.
  public let type: ElementType
  /// The extent of every axis; empty for a scalar.
  public let shape: [Int]
  private var storage: Storage

  private enum Storage: Sendable {
    case bytes(TensorBytes)
    case strings([[UInt8]])
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The number of axes.
  public var rank: Int { shape.count }

  /// The number of elements of a shape; nil if it overflows or an extent is negative.
  public static func count(of shape: [Int]) -> Int? {
    if shape.contains(where: { $0 < 0 }) { return nil }
    if shape.contains(0) { return 0 }
    var total = 1
    for extent in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      total = product
    }
    return total
  }

  /// Creates a tensor over `bytes`; nil unless their number fits type and shape.
  public init?(type: ElementType, shape: [Int], bytes: TensorBytes) {
    guard type != .string, let count = Tensor.count(of: shape),
      type.byteCount(of: count) == bytes.count
    else { return nil }
    self.type = type
    self.shape = shape
    self.storage = .bytes(bytes)
  }

  /// Creates a tensor of strings; nil unless their number fits the shape.
  public init?(strings: [[UInt8]], shape: [Int]) {
    guard Tensor.count(of: shape) == strings.count else { return nil }
    self.type = .string
    self.shape = shape
    self.storage = .strings(strings)
  }

  /// Creates a tensor whose memory `initialize` fills; it is handed all bytes, uninitialised.
  ///
  /// - Precondition: `type` is not `.string`, the shape's count does not overflow.
  public init(
    type: ElementType, shape: [Int],
    initializingWith initialize: (UnsafeMutableRawBufferPointer)
      throws -> Void
  ) rethrows {
    guard type != .string, let count = Tensor.count(of: shape), let size = type.byteCount(of: count)
    else { preconditionFailure("tensor of \(type.textName)\(shape) has no byte size") }
    let bytes = TensorBytes(uninitialized: size)
    try initialize(bytes.buffer)
    self.type = type
    self.shape = shape
    self.storage = .bytes(bytes)
  }

  /// Creates a tensor of zeros.
  public init(zeros type: ElementType, shape: [Int]) {
    self.init(type: type, shape: shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }

  /// Creates a tensor from elements of a native type in row-major order.
  ///
  /// - Precondition: the number of elements is that of the shape.
  public init<Element: TensorElement>(_ elements: [Element], shape: [Int]) {
    precondition(Tensor.count(of: shape) == elements.count, "element count does not fit shape")
    self.init(type: Element.elementType, shape: shape) { memory in
      elements.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
  }

  /// Creates a one-dimensional tensor.
  public init<Element: TensorElement>(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// Creates a tensor with no axes.
  public init<Element: TensorElement>(scalar: Element) {
    self.init([scalar], shape: [])
  }

  /// The memory that holds the elements, shared with this tensor; nil for strings.
  package var sharedBytes: TensorBytes? {
    switch storage {
    case .bytes(let bytes): bytes
    case .strings: nil
    }
  }

  /// Calls `body` with the elements' bytes; strings have none.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    switch storage {
    case .bytes(let bytes):
      // Safety: the storage outlives the call, which holds a reference to it.
      return try withExtendedLifetime(bytes) { try body(UnsafeRawBufferPointer(bytes.buffer)) }
    case .strings: return try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  /// Calls `body` with the elements' bytes for writing; copies them first if they are shared.
  public mutating func withMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    switch storage {
    case .bytes(var bytes):
      storage = .strings([])
      if !isKnownUniquelyReferenced(&bytes) { bytes = bytes.copy() }
      defer { storage = .bytes(bytes) }
      return try body(bytes.buffer)
    case .strings: return try body(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
  }

  /// Calls `body` with the elements as a native type.
  ///
  /// - Precondition: `Element` is the native type of `type`.
  public func withElements<Element: TensorElement, Result>(
    of: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    precondition(type == Element.elementType, "tensor of \(type) read as \(Element.self)")
    // Safety: type and alignment (malloc's at least) were checked or arranged above.
    return try withBytes { try body($0.bindMemory(to: Element.self)) }
  }

  /// Calls `body` with the elements as a native type for writing.
  ///
  /// - Precondition: `Element` is the native type of `type`.
  public mutating func withMutableElements<Element: TensorElement, Result>(
    of: Element.Type, _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    precondition(type == Element.elementType, "tensor of \(type) written as \(Element.self)")
    return try withMutableBytes { try body($0.bindMemory(to: Element.self)) }
  }

  /// The strings of a string tensor, else empty.
  public var strings: [[UInt8]] {
    switch storage {
    case .bytes: []
    case .strings(let strings): strings
    }
  }

  /// The same elements in another shape.
  ///
  /// - Precondition: the shapes have equal counts.
  public func reshaped(to shape: [Int]) -> Tensor {
    precondition(Tensor.count(of: shape) == count, "reshape from \(self.shape) to \(shape)")
    return Tensor(type: type, shape: shape, storage: storage)
  }

  private init(type: ElementType, shape: [Int], storage: Storage) {
    self.type = type
    self.shape = shape
    self.storage = storage
  }
}

extension Tensor: Equatable {
  /// Whether type, shape and every bit agree; a nan equals itself, 0 and -0 differ.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.type == right.type, left.shape == right.shape else { return false }
    if left.type == .string { return left.strings == right.strings }
    return left.withBytes { a in right.withBytes { b in a.elementsEqual(b) } }
  }
}
