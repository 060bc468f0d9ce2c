import IR

/// Samples in files of equal rows, with labels in memory or in rows of another file.
struct RowStore: SampleStore {
  /// Where the labels are.
  enum Labels: Sendable {
    case none
    /// A class a sample.
    case classes([Int32])
    /// A row a sample: whole numbers are classes, others values.
    case rows(RowFile)
  }

  /// The files with the samples, one after the other.
  let parts: [RowFile]
  let labels: Labels
  /// How the axes of an image stand in the file.
  let layout: SampleLayout
  let count: Int

  /// Takes samples and labels; throws `invalid` unless there are as many of both.
  init(
    _ parts: [RowFile], labels: Labels, layout: SampleLayout = .nchw, labelFile: String
  ) throws(Diagnostic) {
    self.parts = parts
    self.labels = labels
    self.layout = layout
    count = parts.map(\.count).reduce(0, +)
    let found: Int? =
      switch labels {
      case .none: nil
      case .classes(let classes): classes.count
      case .rows(let rows): rows.count
      }
    if let found, found != count { throw RowStore.mismatch(found, count).inFile(labelFile) }
  }

  /// Says that labels are not as many as samples.
  static func mismatch(_ labels: Int, _ samples: Int) -> Diagnostic {
    .invalid("\(labels) labels found, expected \(samples), one for each sample")
  }

  var isRagged: Bool { false }
  var knowsClasses: Bool {
    if case .classes = labels { return true }
    return false
  }

  func sample(_ index: Int) throws(Diagnostic) -> Sample {
    let (part, row) = place(index)
    let file = parts[part]
    var extents = ImageLayout.extents(of: file.extents, layout)
    var elements = try file.elements(row)
    switch elements {
    case .bytes(let bytes) where layout == .nhwc && file.extents.count == 3:
      elements = .bytes(ImageLayout.channelsFirst(bytes, file.extents))
    case .floats(let floats) where layout == .nhwc && file.extents.count == 3:
      elements = .floats(ImageLayout.channelsFirst(floats, file.extents))
    case .bytes, .floats: break
    case .integers: extents = file.extents
    }
    return Sample(elements: elements, extents: extents, label: try label(index))
  }

  private func place(_ index: Int) -> (part: Int, row: Int) {
    var row = index
    for (number, part) in parts.enumerated() {
      if row < part.count { return (number, row) }
      row -= part.count
    }
    preconditionFailure("sample \(index) of \(count)")
  }

  func label(_ index: Int) throws(Diagnostic) -> Sample.Label {
    switch labels {
    case .none: return .none
    case .classes(let classes): return .classes([classes[index]])
    case .rows(let rows):
      let row = try rows.tensor(index)
      guard let whole = row.integers else { return .values(row.floats ?? []) }
      let classes = whole.compactMap { Int32(exactly: $0) }
      guard classes.count == whole.count else {
        throw Diagnostic.invalid("label \(index) is beyond 32 bits").inFile(rows.file.path)
      }
      return .classes(classes)
    }
  }

  func site(of index: Int) -> String { parts[place(index).part].file.path }
}
