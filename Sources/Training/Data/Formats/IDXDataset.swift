import Foundation
import IR

/// Data sets in pairs of IDX files, as those of the MNIST family.
enum IDXDataset {
  /// The names of the parts.
  static let parts = ["train", "t10k"]

  /// Reads the pairs of a folder; nil if none of their files is there.
  static func read(_ folder: String) throws(Diagnostic) -> DataSource? {
    let source = DataSource(
      training: try readPair(in: folder, "train"), evaluation: try readPair(in: folder, "t10k"))
    return source.training == nil && source.evaluation == nil ? nil : source
  }

  /// Reads the images and labels whose names begin with `part`; nil if neither file is there.
  static func readPair(in folder: String, _ part: String) throws(Diagnostic) -> Dataset? {
    let images = find("\(part)-images", "idx3-ubyte", in: folder)
    let labels = find("\(part)-labels", "idx1-ubyte", in: folder)
    guard images != nil || labels != nil else { return nil }
    guard let images, let labels else {
      let missing = images == nil ? "\(part)-images-idx3-ubyte" : "\(part)-labels-idx1-ubyte"
      throw Diagnostic.environment("no such file: '\(missing)' or '\(missing).gz'").inFile(folder)
    }
    let pixels = try IDXFile(path: images, ranks: 3...4)
    let classes = try IDXFile(path: labels, ranks: 1...1)
    let rows = try RowFile(
      pixels.bytes, extents: Array(pixels.shape.dropFirst()), count: pixels.shape[0])
    guard classes.shape[0] == rows.count else {
      throw RowStore.mismatch(classes.shape[0], rows.count).inFile(labels)
    }
    let numbers = try classes.bytes.read(0, classes.bytes.count).map(Int32.init)
    return try Dataset(
      RowStore([rows], labels: .classes(numbers), labelFile: labels), labelFile: labels)
  }

  private static func find(_ stem: String, _ kind: String, in folder: String) -> String? {
    for separator in ["-", "."] {
      for ending in ["", ".gz"] {
        let path = URL(fileURLWithPath: folder).appendingPathComponent(
          stem + separator + kind + ending
        ).path
        if FileManager.default.fileExists(atPath: path) { return path }
      }
    }
    return nil
  }
}
