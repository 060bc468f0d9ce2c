/// An Einsum node's axes, letter by letter.
public struct EinsumView: Sendable {
  /// What an axis is called: a letter of the equation, or one of those an ellipsis stands for,
  /// counted from the last.
  public enum Axis: Hashable, Sendable {
    case letter(Character)
    case ellipsis(fromEnd: Int)
  }

  /// The axes of each operand.
  public private(set) var operands: [[Axis]] = []
  /// The axes of the result.
  public private(set) var output: [Axis] = []
  /// The extent of each axis.
  public private(set) var extents: [Axis: Dim] = [:]

  /// Reads a node; nil if a rank is unknown.
  public init?(_ context: OperatorContext) throws(Diagnostic) {
    let equation = context.string("equation", default: "").filter { $0 != " " }
    let halves = equation.split(separator: ">", omittingEmptySubsequences: false)
    guard halves.count <= 2, halves.count == 1 || halves[0].hasSuffix("-") else {
      throw context.invalid("equation '\(equation)' has no single arrow")
    }
    let left = halves.count == 2 ? halves[0].dropLast() : halves[0]
    let parts = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == context.inputs.count else {
      throw context.invalid("equation '\(equation)' is of \(parts.count) operands")
    }
    var counts: [Character: Int] = [:]
    var dots = 0
    for (index, part) in parts.enumerated() {
      guard let shape = context.shape(index) else { return nil }
      let axes = try EinsumView.axes(part, rank: shape.count, context)
      dots = max(dots, axes.count { if case .ellipsis = $0 { true } else { false } })
      for (axis, extent) in zip(axes, shape) {
        let known = extents[axis] ?? .known(1)
        guard let merged = known.broadcast(with: extent) else {
          throw context.invalid("an axis of the equation is \(known) and \(extent)")
        }
        extents[axis] = merged
        if case .letter(let letter) = axis { counts[letter, default: 0] += 1 }
      }
      operands.append(axes)
    }
    let ellipsis = (0..<dots).reversed().map { Axis.ellipsis(fromEnd: $0) }
    if halves.count == 2 {
      let named = try EinsumView.axes(String(halves[1]), rank: nil, context, ellipsis)
      guard Set(named).count == named.count, named.allSatisfy({ extents[$0] != nil }) else {
        throw context.invalid("the result of equation '\(equation)' has a wrong axis")
      }
      output = named
    } else {
      output = ellipsis + counts.filter { $0.value == 1 }.keys.sorted().map { .letter($0) }
    }
  }

  /// The axes of one part of an equation; an ellipsis stands for what `rank` leaves, or for `dots`.
  private static func axes(
    _ part: String, rank: Int?, _ context: OperatorContext, _ dots: [Axis] = []
  ) throws(Diagnostic) -> [Axis] {
    var axes: [Axis] = []
    var rest = part[...]
    let letters = part.count { $0 != "." }
    while let first = rest.first {
      if first == "." {
        guard rest.hasPrefix("..."), !rest.dropFirst(3).contains(".") else {
          throw context.invalid("'\(part)' is no list of axes")
        }
        rest = rest.dropFirst(3)
        let missing = rank.map { max($0 - letters, 0) }
        axes += missing.map { (0..<$0).reversed().map { .ellipsis(fromEnd: $0) } } ?? dots
      } else {
        guard first.isASCII, first.isLetter else {
          throw context.invalid("'\(part)' is no list of axes")
        }
        rest = rest.dropFirst()
        axes.append(.letter(first))
      }
    }
    if let rank, axes.count != rank {
      throw context.invalid("an operand of rank \(rank) is called '\(part)'")
    }
    return axes
  }

  /// Whether no operand has an axis twice, and all extents of an axis are certainly equal.
  func isPlain(_ context: OperatorContext) -> Bool {
    for (index, axes) in operands.enumerated() {
      guard Set(axes).count == axes.count, let shape = context.shape(index) else { return false }
      for (axis, extent) in zip(axes, shape) {
        guard let whole = extents[axis], whole == extent, extent != .unknown else { return false }
      }
    }
    return true
  }
}
