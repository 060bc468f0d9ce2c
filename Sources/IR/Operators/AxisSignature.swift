/// Which axes of a node's operands and results run over the same indices, in the manner of einsum.
///
/// Every axis of every operand and result is a term over labels. A label that stands in an operand
/// and a result is *mapped*: result index c depends on operand index c alone. A label that stands
/// in operands only is *contracted*: summed over, so that an index at which one factor is zero adds
/// nothing. A label that stands in a constant operand and a result, but in no other operand, is
/// *produced*: it opens a channel group. A label that stands in results only is *filled*: nothing
/// of the operands travels along it, and `Schema.extents` fits the node to any extent. A blocked
/// label is *mixed*: the operator computes across it. So it does across a compensated one, but in a
/// way that the node can be fitted to, as long as the indices that leave were zero.
///
///     Conv                x[n, i, ~, ~]  w[o, i, ~, ~]  b[o]      ->  y[n, o, ~, ~]
///     Conv, g groups      x[n, g·i, ~, ~]  w[g·o, i, ~, ~]  b[g·o]  ->  y[n, g·o, ~, ~]
///     Flatten, axis 1     x[n, c, h, w]                          ->  y[n, c·h·w]
///     Concat, axis 1      x[n, a, h, w]  z[n, b, h, w]           ->  y[n, a ++ b, h, w]
///     Slice 2..<6 of 8    x[n, a ++ b ++ c]                      ->  y[n, b]
public struct AxisSignature: Hashable, Sendable {
  /// One set of indices, named within the signature by its position in `labels`.
  public struct Label: Hashable, Sendable {
    public let index: Int

    /// Names the label at that place in `labels`.
    public init(index: Int) { self.index = index }
  }

  /// What may happen to the indices of a label.
  public enum Freedom: Hashable, Sendable {
    /// Any subset may stay.
    case free
    /// Those may leave at which the data operands are zero, if the node is fitted to that.
    case compensated(Compensation)
    /// All stay, for this reason: a phrase that continues "X ...", as "slides along it".
    case blocked(String)
  }

  /// The extent of a label and what may happen to it.
  public struct LabelInfo: Hashable, Sendable {
    public var extent: Dim
    public var freedom: Freedom
  }

  /// Units whose own last states, and through a weight those of all others, make their next ones.
  public struct Recurrence: Hashable, Sendable {
    /// The units: produced by the node's constant operands, mapped to its results.
    public var label: Label
    /// The operand, and its axis, that the last states of all units are multiplied along: a unit may
    /// go only where it is zero there.
    public var operand: Int
    public var axis: Int
  }

  /// What an axis runs over.
  public indirect enum Term: Hashable, Sendable {
    case label(Label)
    /// Mixed radix, the slowest factor first; the empty product has extent 1.
    case product([Term])
    /// One after the other.
    case concatenation([Term])

    /// An axis of extent 1 that is broadcast or counts nothing.
    public static let one = Term.product([])
  }

  /// The labels' extents and freedoms.
  public private(set) var labels: [LabelInfo] = []
  /// A term for every axis of every operand; nil for operands that are left out, that carry shapes
  /// or indices, or of which nothing may change.
  public var operands: [[Term]?]
  /// A term for every axis of every result; nil where nothing may change.
  public var results: [[Term]?]
  /// The label that the node feeds back to itself, if it does.
  public var recurrence: Recurrence?

  /// Creates a signature without labels in which nothing may change.
  public init(operands: Int, results: Int) {
    self.operands = Array(repeating: nil, count: operands)
    self.results = Array(repeating: nil, count: results)
  }

  /// Makes a label of which any indices may be removed.
  public mutating func free(_ extent: Dim) -> Label {
    labels.append(LabelInfo(extent: extent, freedom: .free))
    return Label(index: labels.count - 1)
  }

  /// Makes a label of which all indices stay.
  public mutating func blocked(_ extent: Dim, because reason: String) -> Label {
    labels.append(LabelInfo(extent: extent, freedom: .blocked(reason)))
    return Label(index: labels.count - 1)
  }

  /// Makes a label whose indices may be removed where the data operands are zero.
  public mutating func compensated(_ extent: Dim, _ form: Compensation) -> Label {
    labels.append(LabelInfo(extent: extent, freedom: .compensated(form)))
    return Label(index: labels.count - 1)
  }

  /// The extent and freedom of a label.
  public subscript(label: Label) -> LabelInfo { labels[label.index] }

  /// Gives a label another extent, as `Schema.extents` wants to be asked.
  public mutating func setExtent(_ label: Label, _ extent: Dim) {
    labels[label.index].extent = extent
  }

  /// Lets indices of a label leave where the data operands are zero.
  public mutating func compensate(_ label: Label, _ form: Compensation) {
    labels[label.index].freedom = .compensated(form)
  }

  /// Blocks a label.
  public mutating func block(_ label: Label, because reason: String) {
    labels[label.index].freedom = .blocked(reason)
  }

  /// The labels of a term, in order.
  public static func labels(of term: Term) -> [Label] {
    switch term {
    case .label(let label): [label]
    case .product(let terms), .concatenation(let terms): terms.flatMap(labels(of:))
    }
  }
}
