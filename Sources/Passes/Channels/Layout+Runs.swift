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
    case .product(let factors):
      guard let extent, let index = factors.firstIndex(where: { $0.groups.contains(group) }),
        case .group(_, let size) = factors[index],
        let slow = Layout.product(Array(factors[..<index])).extent, size > 0
      else { return nil }
      return [
        Run(segment: start..<(start + extent), repeats: [slow, extent / (slow * size)])
      ]
    }
  }
}
