import IR

/// Samples in `.npy` files of an archive, one a file.
struct ArrayFileStore: SampleStore {
  /// One sample.
  struct Item: Sendable {
    var array: TarFile.Entry
    var label: Int32?
    /// The archive.
    var path: String
  }

  /// The largest array that is read, in bytes.
  private static let limit = 1 << 30

  let items: [Item]
  var count: Int { items.count }
  var isRagged: Bool { false }
  var knowsClasses: Bool { items.first?.label != nil }

  func sample(_ index: Int) throws(Diagnostic) -> Sample {
    let item = items[index]
    do throws(Diagnostic) {
      guard item.array.content.count <= Self.limit else {
        throw .unsupported("has \(item.array.content.count) bytes, more than \(Self.limit)")
      }
      let array = try NumPyArray.read(item.array.content.read(0, item.array.content.count))
      guard array.rank > 0, array.count > 0 else {
        throw .invalid("an array of shape \(array.shape), expected a sample")
      }
      let extents = ImageLayout.extents(of: array.shape, .nchw)
      if array.type == .uint8 {
        return Sample(
          elements: .bytes(array.withBytes(Array.init)), extents: extents, label: try label(index))
      }
      guard array.type.isFloatingPoint, let floats = array.floats else {
        throw .unsupported(
          "an array of type \(array.type.textName), expected uint8 or float32")
      }
      return Sample(elements: .floats(floats), extents: extents, label: try label(index))
    } catch {
      var named = error
      named.site.file = site(of: index)
      throw named
    }
  }

  func label(_ index: Int) throws(Diagnostic) -> Sample.Label {
    items[index].label.map { .classes([$0]) } ?? .none
  }

  func site(of index: Int) -> String { "\(items[index].path): \(items[index].array.name)" }
}
