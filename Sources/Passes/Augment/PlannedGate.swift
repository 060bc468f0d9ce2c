import IR

/// A gate to be inserted.
struct PlannedGate {
  /// One place where it multiplies.
  struct Site: Hashable {
    /// The value that is multiplied.
    var value: ValueID
    /// The only operand that sees the product; nil if every reader does. For constants.
    var use: OperandSite?
    var axis: Int
    /// The indices on that axis; nil for a block gate.
    var segment: Range<Int>?
    /// Slower and faster repetitions of each channel within the segment.
    var repeats = [1, 1]
  }

  var name: String
  var size: Int
  var kind: Gate.Kind
  var sites: [Site]
}
