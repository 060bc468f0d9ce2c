import IR

/// Samples in files of equal rows, one file for each input of a model.
struct ColumnStore: SampleStore {
  /// The samples as the first input takes them, with the labels.
  let first: RowStore
  /// What the further inputs take.
  let further: [RowFile]

  var count: Int { first.count }
  var isRagged: Bool { false }
  var knowsClasses: Bool { first.knowsClasses }

  /// Throws `invalid` unless all files have as many rows.
  init(_ first: RowStore, further: [(name: String, rows: RowFile)]) throws(Diagnostic) {
    for (name, rows) in further where rows.count != first.count {
      throw .invalid("array '\(name)' has \(rows.count) rows, expected \(first.count)")
    }
    self.first = first
    self.further = further.map(\.rows)
  }

  func sample(_ index: Int) throws(Diagnostic) -> Sample {
    let sample = try first.sample(index)
    var others: [Sample.Input] = []
    for rows in further {
      others.append(Sample.Input(elements: try rows.elements(index), extents: rows.extents))
    }
    return Sample(
      elements: sample.elements, extents: sample.extents, further: others, label: sample.label)
  }

  func label(_ index: Int) throws(Diagnostic) -> Sample.Label { try first.label(index) }

  func site(of index: Int) -> String { first.site(of: index) }
}
