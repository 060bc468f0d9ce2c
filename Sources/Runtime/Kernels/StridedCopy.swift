/// A copy of elements from one arrangement in memory to another, both regular.
struct StridedCopy {
  /// An axis: its extent, and the elements from one place on it to the next in source and target.
  struct Axis: Hashable {
    var extent: Int
    var source: Int
    var target: Int
  }

  /// The axes round a tile, outermost first.
  private let outer: [Axis]
  /// The rows of a tile, and what they are made of.
  private let rows: Axis
  private let columns: Axis
  private let bytes: Int

  /// The rows that one unit of work takes.
  private static let rowsPerUnit = 16

  /// Creates the copy of a tensor of `shape` and `bytes` an element; nil where elements have no
  /// size that is copied at once.
  ///
  /// - Precondition: there are as many strides as extents, and no extent is 0.
  init?(shape: [Int], source: [Int], target: [Int], bytes: Int) {
    guard [1, 2, 4, 8].contains(bytes) else { return nil }
    self.bytes = bytes
    var axes = StridedCopy.merged(
      shape.indices.map { Axis(extent: shape[$0], source: source[$0], target: target[$0]) })
    // The columns are what the target has side by side, the rows what the source has.
    columns =
      StridedCopy.take(&axes) { $0.target == 1 } ?? StridedCopy.take(&axes) { _ in true }
      ?? Axis(extent: 1, source: 1, target: 1)
    rows =
      (columns.source == 1 ? nil : StridedCopy.take(&axes) { $0.source == 1 })
      ?? StridedCopy.take(&axes) { _ in true } ?? Axis(extent: 1, source: 0, target: 0)
    outer = axes
  }

  /// The elements that are copied.
  var count: Int { outer.reduce(rows.extent * columns.extent) { $0 * $1.extent } }

  /// The units of work, each of which can be done apart from the others.
  var units: Int { outer.reduce(blocks) { $0 * $1.extent } }

  private var blocks: Int {
    (rows.extent + StridedCopy.rowsPerUnit - 1) / StridedCopy.rowsPerUnit
  }

  /// Copies some units; source and target are where the first elements lie.
  func run(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, units: Range<Int>) {
    switch bytes {
    case 1: run(UInt8.self, source, target, units)
    case 2: run(UInt16.self, source, target, units)
    case 4: run(UInt32.self, source, target, units)
    default: run(UInt64.self, source, target, units)
    }
  }

  private func run<Element: FixedWidthInteger>(
    _: Element.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ units: Range<Int>
  ) {
    // Safety: the caller's strides and extents stay within both tensors.
    let from = source.assumingMemoryBound(to: Element.self)
    let to = target.assumingMemoryBound(to: Element.self)
    for unit in units {
      let first = unit % blocks * StridedCopy.rowsPerUnit
      var (x, y) = (from + first * rows.source, to + first * rows.target)
      var rest = unit / blocks
      for axis in outer.reversed() {
        let place = rest % axis.extent
        rest /= axis.extent
        x += place * axis.source
        y += place * axis.target
      }
      copyTile(x, y, rows: min(StridedCopy.rowsPerUnit, rows.extent - first))
    }
  }

  @inline(__always)
  private func copyTile<Element: FixedWidthInteger>(
    _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, rows count: Int
  ) {
    let (rows, columns) = (rows, columns)
    if columns.source == 1, columns.target == 1 {
      for row in 0..<count {
        (y + row * rows.target).update(from: x + row * rows.source, count: columns.extent)
      }
    } else if columns.source == 0, columns.target == 1 {
      for row in 0..<count {
        (y + row * rows.target).update(repeating: x[row * rows.source], count: columns.extent)
      }
    } else if rows.source == 1, columns.target == 1 {
      for column in 0..<columns.extent {
        let (a, b) = (x + column * columns.source, y + column)
        for row in 0..<count { b[row * rows.target] = a[row] }
      }
    } else {
      for row in 0..<count {
        let (a, b) = (x + row * rows.source, y + row * rows.target)
        for column in 0..<columns.extent { b[column * columns.target] = a[column * columns.source] }
      }
    }
  }

  /// Axes without those of extent 1, and with those as one that lie alike in source and target.
  private static func merged(_ axes: [Axis]) -> [Axis] {
    var merged: [Axis] = []
    for axis in axes where axis.extent != 1 {
      if let last = merged.last, last.source == axis.source * axis.extent,
        last.target == axis.target * axis.extent
      {
        merged[merged.count - 1] = Axis(
          extent: last.extent * axis.extent, source: axis.source, target: axis.target)
      } else {
        merged.append(axis)
      }
    }
    return merged
  }

  /// Takes the innermost axis that is wanted out of the list.
  private static func take(_ axes: inout [Axis], where isWanted: (Axis) -> Bool) -> Axis? {
    axes.lastIndex(where: isWanted).map { axes.remove(at: $0) }
  }
}
