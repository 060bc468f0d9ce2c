import IR

extension Layout {
  /// A stretch of an axis on which every index of a group occurs equally often.
  struct Run: Hashable {
    var segment: Range<Int>
    /// Slower and faster repetitions of each index.
    var repeats: [Int]
  }

  /// The runs of a group, in order; nil if an extent is unknown or the group stands in some other
  /// manner.
  func runs(of group: GroupID) -> [Run]? {
    guard let runs = runs(of: group, from: 0), !runs.isEmpty else { return nil }
    return runs
  }

  private func runs(of group: GroupID, from start: Int) -> [Run]? {
    guard groups.contains(group) else { return [] }
    switch self {
    case .plain: return []
    case .group(_, let extent): return [Run(segment: start..<(start + extent), repeats: [1, 1])]
    case .concatenation(let segments):
      var result: [Run] = []
      var position = start
      for segment in segments {
        guard let extent = segment.extent, let part = segment.runs(of: group, from: position) else {
          return nil
        }
        result += part
        position += extent
      }
      return result
    case .product: return coordinates(of: group).flatMap { Layout.runs(in: $0, from: start) }
    }
  }

  /// The stretches of an axis on which coordinates count through a group, each index equally often;
  /// nil if a stretch does not.
  private static func runs(in coordinates: [Int?], from start: Int) -> [Run]? {
    guard let last = coordinates.compactMap({ $0 }).max() else { return nil }
    let size = last + 1
    var result: [Run] = []
    var position = 0
    while position < coordinates.count {
      guard coordinates[position] != nil else {
        position += 1
        continue
      }
      let stretch = coordinates[position...].prefix { $0 != nil }
      let fast = stretch.prefix { $0 == 0 }.count
      guard fast > 0, stretch.count % (size * fast) == 0,
        zip(0..., stretch).allSatisfy({ $0 / fast % size == $1 })
      else { return nil }
      result.append(
        Run(
          segment: (start + stretch.startIndex)..<(start + stretch.endIndex),
          repeats: [stretch.count / (size * fast), fast]))
      position = stretch.endIndex
    }
    return result
  }
}
