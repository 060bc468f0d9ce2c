import IR

/// What the header of a `.npy` file says of its array.
struct NumPyHeader: Hashable {
  /// The element type.
  var type: ElementType
  /// Whether the bytes of an element stand in reverse order, as in files of big-endian machines.
  var isByteSwapped: Bool
  /// Whether the first axis runs fastest.
  var isColumnMajor: Bool
  var shape: [Int]
  /// Where the elements begin, in bytes from the start of the file.
  var dataOffset: Int

  /// The longest header that is read; real ones have about a hundred bytes.
  private static let longest = 1 << 16
  /// The most bytes before the elements.
  static let longestStart = longest + 12
  /// The highest rank that is read.
  private static let highestRank = 32

  /// Reads the header at the start of `bytes`.
  ///
  /// Throws an `invalid` diagnostic for anything but a well-formed header, an `unsupported` one for
  /// objects, structures, complex numbers and text.
  init(_ bytes: some RandomAccessCollection<UInt8>) throws(Diagnostic) {
    let start = Array(bytes.prefix(12))
    guard start.count >= 10, start.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
      throw .invalid("not a .npy array: the file does not begin with \\x93NUMPY")
    }
    let length: Int
    let prefix: Int
    switch start[6] {
    case 1:
      length = Int(start[8]) | Int(start[9]) << 8
      prefix = 10
    case 2, 3:
      guard start.count == 12 else { throw .invalid("truncated .npy header") }
      length =
        Int(start[8]) | Int(start[9]) << 8 | Int(start[10]) << 16 | Int(start[11]) << 24
      prefix = 12
    default: throw .unsupported("version \(start[6]) of the .npy format, expected 1 to 3")
    }
    guard length <= Self.longest else {
      throw .invalid("a .npy header of \(length) bytes, expected at most \(Self.longest)")
    }
    let text = Array(bytes.dropFirst(prefix).prefix(length))
    guard text.count == length else { throw .invalid("truncated .npy header") }
    var parser = NumPyHeaderParser(text)
    let fields = try parser.parse()
    guard let code = fields.descr, let order = fields.isColumnMajor, let shape = fields.shape else {
      throw .invalid("a .npy header without 'descr', 'fortran_order' or 'shape'")
    }
    guard shape.count <= Self.highestRank, Tensor.count(of: shape) != nil else {
      throw .invalid("a .npy array of shape \(shape), which is no possible one")
    }
    (type, isByteSwapped) = try Self.elementType(code)
    isColumnMajor = order
    self.shape = shape
    dataOffset = prefix + length
  }

  /// The element type a `descr` stands for, and whether its bytes are swapped.
  private static func elementType(
    _ code: String
  ) throws(Diagnostic) -> (type: ElementType, isByteSwapped: Bool) {
    guard let order = code.first, "<>|=".contains(order),
      let type = names.first(where: { $0.code == code.dropFirst() })?.type
    else { throw .unsupported("a .npy array of type '\(code)', expected numbers or booleans") }
    return (type, order == ">")
  }

  /// The types that a `.npy` file can hold, by their code without the byte order.
  private static let names: [(code: String, type: ElementType)] = [
    ("f4", .float32), ("f8", .float64), ("f2", .float16), ("i8", .int64), ("i4", .int32),
    ("i2", .int16), ("i1", .int8), ("u8", .uint64), ("u4", .uint32), ("u2", .uint16),
    ("u1", .uint8), ("b1", .bool),
  ]

  /// The `descr` of an element type; nil for types that NumPy lacks.
  static func code(of type: ElementType) -> String? {
    names.first { $0.type == type }.map { (type.bitWidth == 8 ? "|" : "<") + $0.code }
  }
}
