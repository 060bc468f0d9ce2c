/// A table of text for a terminal: a header, a rule, and rows with aligned columns.
public struct Table: Sendable {
  /// A column.
  public struct Column: Sendable {
    /// The side at which cells are flush.
    public enum Alignment: Sendable {
      case left, right
    }

    public var title: String
    public var alignment: Alignment

    /// A column of words.
    public static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }

    /// A column of numbers.
    public static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
  }

  public var columns: [Column]
  public private(set) var rows: [[String]] = []

  /// The narrowest a column of words is cut down to.
  private static let narrowest = 8

  /// Creates a table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Appends a row.
  ///
  /// - Precondition: there is a cell for each column.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count) columns")
    rows.append(cells)
  }

  /// The table as lines; where it is wider than `width` columns of words are cut, the widest first.
  public func render(width: Int? = nil) -> String {
    let lines = [columns.map(\.title)] + rows
    var widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    if let width { fit(&widths, to: width - 2 * (columns.count - 1)) }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    var text = lines.map { line(of: $0, widths) }
    text.insert(rule, at: 1)
    return text.joined(separator: "\n")
  }

  private func fit(_ widths: inout [Int], to room: Int) {
    var excess = widths.reduce(0, +) - room
    while excess > 0 {
      let candidates = columns.indices.filter {
        columns[$0].alignment == .left && widths[$0] > Self.narrowest
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
      excess -= 1
    }
  }

  private func line(of cells: [String], _ widths: [Int]) -> String {
    let padded = columns.indices.map { index in
      let cell = Self.cut(cells[index], to: widths[index])
      let blanks = String(repeating: " ", count: widths[index] - cell.count)
      return columns[index].alignment == .left ? cell + blanks : blanks + cell
    }
    var line = padded.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func cut(_ cell: String, to width: Int) -> String {
    cell.count <= width ? cell : cell.prefix(width - 1) + "…"
  }
}
