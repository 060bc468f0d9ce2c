import IR

extension Graph {
  /// Shapes of inputs by identity, from shapes by name.
  func identified(_ shapes: [String: [Int]]) -> [ValueID: [Int]] {
    shapes.reduce(into: [:]) { result, entry in
      if let value = value(named: entry.key) { result[value] = entry.value }
    }
  }
}
