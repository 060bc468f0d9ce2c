import IR

/// The identity of a channel group within one analysis.
public struct GroupID: Hashable, Comparable, Sendable {
  public let index: Int
  init(_ index: Int) { self.index = index }
  public static func < (left: GroupID, right: GroupID) -> Bool { left.index < right.index }
}

/// What the indices of one axis stand for.
///
/// Products are mixed radix with the slowest factor first; segments of a concatenation follow one
/// another. A plain extent belongs to no channel group.
public indirect enum Layout: Hashable, Sendable {
  case group(GroupID, extent: Int)
  case plain(Dim)
  case product([Layout])
  case concatenation([Layout])

  /// The extent, if known.
  public var extent: Int? {
    switch self {
    case .group(_, let extent): return extent
    case .plain(let dim): return dim.value
    case .product(let factors):
      var total = 1
      for factor in factors {
        guard let extent = factor.extent else { return nil }
        let (product, overflow) = total.multipliedReportingOverflow(by: extent)
        if overflow { return nil }
        total = product
      }
      return total
    case .concatenation(let segments):
      var total = 0
      for segment in segments {
        guard let extent = segment.extent else { return nil }
        total += extent
      }
      return total
    }
  }

  /// The factors of a product, the layout itself if it is none.
  var factors: [Layout] {
    if case .product(let factors) = self { return factors }
    return [self]
  }

  /// The layout without the factors of products that are no channels and of no known extent: as many
  /// indices for every one of those that remain, which go or stay together.
  var known: Layout {
    switch self {
    case .group, .plain: return self
    case .concatenation(let segments): return .concatenation(segments.map(\.known))
    case .product(let factors):
      return .product(
        factors.map(\.known).filter { factor in
          if case .plain(let extent) = factor { return extent.value != nil }
          return true
        })
    }
  }

  /// The groups in it, each once, in order of appearance.
  public var groups: [GroupID] {
    var found: [GroupID] = []
    collect(into: &found)
    return found
  }

  private func collect(into found: inout [GroupID]) {
    switch self {
    case .group(let group, _): if !found.contains(group) { found.append(group) }
    case .plain: break
    case .product(let parts), .concatenation(let parts):
      for part in parts { part.collect(into: &found) }
    }
  }

  /// For every index of the axis the index within `group`, nil where another group or none stands;
  /// nil if an extent is unknown.
  public func coordinates(of group: GroupID) -> [Int?]? {
    switch self {
    case .group(let other, let extent):
      return other == group ? (0..<extent).map { $0 } : Array(repeating: nil, count: extent)
    case .plain(let dim):
      guard let extent = dim.value else { return nil }
      return Array(repeating: nil, count: extent)
    case .product(let factors):
      var result: [Int?] = [nil]
      for factor in factors {
        guard let inner = factor.coordinates(of: group) else { return nil }
        var next: [Int?] = []
        next.reserveCapacity(result.count * inner.count)
        for outer in result { for index in inner { next.append(outer ?? index) } }
        result = next
      }
      return result
    case .concatenation(let segments):
      var result: [Int?] = []
      for segment in segments {
        guard let part = segment.coordinates(of: group) else { return nil }
        result += part
      }
      return result
    }
  }

  /// For every index of the axis whether it stays when of each group in `keeps` only the marked
  /// indices stay; nil if an extent is unknown.
  public func mask(_ keeps: [GroupID: [Bool]]) -> [Bool]? {
    switch self {
    case .group(let group, let extent): return keeps[group] ?? Array(repeating: true, count: extent)
    case .plain(let dim): return dim.value.map { Array(repeating: true, count: $0) }
    case .product(let factors):
      var result = [true]
      for factor in factors {
        guard let inner = factor.mask(keeps) else { return nil }
        result = result.flatMap { outer in inner.map { outer && $0 } }
      }
      return result
    case .concatenation(let segments):
      var result: [Bool] = []
      for segment in segments {
        guard let part = segment.mask(keeps) else { return nil }
        result += part
      }
      return result
    }
  }
}
