import IR

/// Samples in memory.
struct MemoryStore: SampleStore {
  let elements: Sample.Elements
  /// The extents of one sample, channels first.
  let extents: [Int]
  let labels: Dataset.Labels
  let count: Int
  let file: String

  var isRagged: Bool { false }
  var knowsClasses: Bool {
    if case .classes(_, 1) = labels { return true }
    return false
  }

  func sample(_ index: Int) throws(Diagnostic) -> Sample {
    let size = extents.reduce(1, *)
    let range = (index * size)..<((index + 1) * size)
    let part: Sample.Elements =
      switch elements {
      case .bytes(let bytes): .bytes(Array(bytes[range]))
      case .floats(let floats): .floats(Array(floats[range]))
      case .integers(let integers): .integers(Array(integers[range]))
      }
    return Sample(elements: part, extents: extents, label: try label(index))
  }

  func label(_ index: Int) throws(Diagnostic) -> Sample.Label {
    switch labels {
    case .none: return .none
    case .classes(let all, let each):
      return .classes(Array(all[(index * each)..<((index + 1) * each)]))
    case .values(let all, let extents):
      let each = extents.reduce(1, *)
      return .values(Array(all[(index * each)..<((index + 1) * each)]))
    }
  }

  func site(of index: Int) -> String { file }
}
