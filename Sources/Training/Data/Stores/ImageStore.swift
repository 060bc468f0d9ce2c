import IR

/// Images in files or in parts of files, with a class each, with masks, or without labels.
struct ImageStore: SampleStore {
  /// One image.
  struct Item: Sendable {
    var image: Source
    var mask: Source?
    /// The class; nil if there is a mask or no label.
    var label: Int32?
  }

  /// Where an image's bytes are.
  enum Source: Sendable {
    case path(String)
    case part(DataFile, name: String)

    /// The bytes.
    func open() throws(Diagnostic) -> DataFile {
      switch self {
      case .path(let path): try DataFile(path: path)
      case .part(let file, _): file
      }
    }

    /// What the source is called.
    var name: String {
      switch self {
      case .path(let path): path
      case .part(let file, let name): "\(file.path): \(name)"
      }
    }
  }

  let items: [Item]
  var count: Int { items.count }
  var isRagged: Bool { true }
  var knowsClasses: Bool { items.first?.label != nil }

  func sample(_ index: Int) throws(Diagnostic) -> Sample {
    let item = items[index]
    let (pixels, extents) = try opened(item.image) { file throws(Diagnostic) in
      try ImageDecoder.image(file)
    }
    let label = try mask(of: item, matching: Array(extents.dropFirst()))
    return Sample(elements: .bytes(pixels), extents: extents, label: label)
  }

  private func mask(of item: Item, matching extents: [Int]?) throws(Diagnostic) -> Sample.Label {
    guard let mask = item.mask else { return item.label.map { .classes([$0]) } ?? .none }
    return try opened(mask) { file throws(Diagnostic) in
      let (labels, found) = try ImageDecoder.mask(file)
      if let extents, found != extents {
        throw Diagnostic.invalid(
          "the mask has \(found[0])x\(found[1]) pixels, its image \(extents[0])x\(extents[1])")
      }
      return .classes(labels)
    }
  }

  /// Calls `body` with the bytes of a source; errors name it.
  private func opened<Result>(
    _ source: Source, _ body: (DataFile) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    do throws(Diagnostic) { return try body(source.open()) } catch {
      var named = error
      named.site.file = source.name
      throw named
    }
  }

  func label(_ index: Int) throws(Diagnostic) -> Sample.Label {
    try mask(of: items[index], matching: nil)
  }

  func site(of index: Int) -> String { items[index].image.name }
}
