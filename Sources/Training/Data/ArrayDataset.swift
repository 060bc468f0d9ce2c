import Foundation
import IR

/// Data sets in NumPy files: samples `x`, and perhaps labels `y`.
enum ArrayDataset {
  /// The largest file that is read.
  private static let limit = 1 << 34

  /// Reads a `.npy` file with samples alone, or a `.npz` file with `x` and `y`, and perhaps
  /// `x_test` and `y_test` for the evaluation.
  static func read(_ path: String, layout: SampleLayout) throws(Diagnostic) -> DataSource {
    do throws(Diagnostic) {
      let bytes = try contents(path)
      if path.hasSuffix(".npy") {
        let samples = try dataset(NumPyArray.read(bytes), nil, layout, path)
        return DataSource(training: samples, evaluation: nil)
      }
      var arrays: [String: Tensor] = [:]
      for (name, array) in try NumPyArchive.read(bytes) { arrays[name] = array }
      guard let x = arrays["x"] else {
        throw Diagnostic.invalid("has no array 'x', but \(arrays.keys.sorted())")
      }
      var source = DataSource(
        training: try dataset(x, arrays["y"], layout, path), evaluation: nil)
      if let test = arrays["x_test"] {
        source.evaluation = try dataset(test, arrays["y_test"], layout, path)
      }
      return source
    } catch { throw error.inFile(path) }
  }

  private static func contents(_ path: String) throws(Diagnostic) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes?[.size] as? Int, size <= limit else {
      throw .unsupported("is larger than \(limit) bytes")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .environment("cannot be read")
    }
    return Array(data)
  }

  /// A data set of samples `x` [N, …] and labels `y`: whole numbers are classes, one a sample or
  /// one a pixel; others are target numbers.
  static func dataset(
    _ x: Tensor, _ y: Tensor?, _ layout: SampleLayout, _ path: String
  ) throws(Diagnostic) -> Dataset {
    guard x.rank >= 2, x.count > 0 else {
      throw .invalid("array 'x' has shape \(x.shape), expected samples on axis 0")
    }
    var extents = Array(x.shape.dropFirst())
    let isTurned = layout == .nhwc && extents.count == 3
    let elements: Dataset.Elements
    if x.type == .uint8 {
      let bytes = x.withBytes(Array.init)
      elements = .bytes(isTurned ? channelsFirst(bytes, extents) : bytes)
    } else if let floats = x.floats, x.type.isFloatingPoint {
      elements = .floats(isTurned ? channelsFirst(floats, extents) : floats)
    } else {
      throw .unsupported("array 'x' is of type \(x.type.textName), expected uint8 or float32")
    }
    if isTurned { extents = [extents[2], extents[0], extents[1]] }
    if extents.count == 2 { extents = [1] + extents }
    var labels = Dataset.Labels.none
    if let y {
      guard y.rank >= 1, y.shape[0] == x.shape[0] else {
        throw .invalid("array 'y' has shape \(y.shape), expected \(x.shape[0]) rows")
      }
      let positions = y.shape.dropFirst().reduce(1, *)
      if let classes = y.integers {
        let exact = classes.compactMap { Int32(exactly: $0) }
        guard exact.count == classes.count else {
          throw .invalid("array 'y' has labels beyond 32 bits")
        }
        labels = .classes(exact, positions: positions)
      } else if let values = y.floats {
        labels = .values(values, extents: Array(y.shape.dropFirst()))
      } else {
        throw .unsupported("array 'y' is of type \(y.type.textName)")
      }
    }
    return try Dataset(elements: elements, extents: extents, labels: labels, file: path)
  }

  /// The elements of samples [height, width, channels] with the channels first.
  private static func channelsFirst<Element>(_ elements: [Element], _ extents: [Int]) -> [Element] {
    let (area, channels) = (extents[0] * extents[1], extents[2])
    var turned: [Element] = []
    turned.reserveCapacity(elements.count)
    for start in stride(from: 0, to: elements.count, by: area * channels) {
      for channel in 0..<channels {
        for place in 0..<area { turned.append(elements[start + place * channels + channel]) }
      }
    }
    return turned
  }
}
