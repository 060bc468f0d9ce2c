import IR

/// What is known of one channel of a value: it is `scale` times the function numbered `function` of
/// the other axes' positions.
///
/// Function 0 is the constant 1, so zero is (0, 0) and a constant v is (0, v).
struct ChannelClass: Hashable {
  var function: Int
  var scale: Double

  /// The channel that is zero everywhere.
  static let zero = ChannelClass(function: 0, scale: 0)

  /// A channel that has one value everywhere.
  static func constant(_ value: Double) -> ChannelClass { ChannelClass(function: 0, scale: value) }

  /// Whether the channel is zero everywhere.
  var isZero: Bool { scale == 0 }

  /// The value that the channel has everywhere, if it is one.
  var constant: Double? { scale == 0 ? 0 : function == 0 ? scale : nil }
}

/// Numbers functions so that equal constructions get equal numbers.
struct FunctionTable {
  /// How a function is made: by a node or from a constant, from other functions and numbers.
  struct Key: Hashable {
    enum Origin: Hashable {
      case node(NodeID, result: Int)
      case value(ValueID, index: Int)
      case content([UInt64])
    }

    var origin: Origin
    var functions: [Int] = []
    var numbers: [UInt64] = []
    /// Tells apart the parts of a channel that an operator spreads over several.
    var part = 0
  }

  private var numbers: [Key: Int] = [:]
  private var count = 1

  /// The number of a function made in that way.
  mutating func number(_ key: Key) -> Int {
    if let number = numbers[key] { return number }
    defer { count += 1 }
    numbers[key] = count
    return count
  }

  /// A function that equals no other.
  mutating func fresh() -> Int {
    defer { count += 1 }
    return count
  }
}
