import Foundation
import IR

/// What a `--data` argument holds: samples to train on, samples to evaluate on, or both.
public struct DataSource: Sendable {
  public var training: Dataset?
  public var evaluation: Dataset?

  /// Creates a source.
  public init(training: Dataset?, evaluation: Dataset?) {
    self.training = training
    self.evaluation = evaluation
  }

  /// Reads a folder with IDX pairs, the pair that an IDX file belongs to, or NumPy arrays: a `.npz`
  /// file with `x` and `y`, perhaps `x_test` and `y_test`, or a `.npy` file with samples alone,
  /// whose axes stand as `layout` says.
  ///
  /// Throws `environment` for paths that are missing or unreadable, `invalid` for files that are
  /// damaged or do not fit together.
  public static func read(_ path: String, layout: SampleLayout = .nchw) throws(Diagnostic)
    -> DataSource
  {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Diagnostic.environment("no such file or directory").inFile(path)
    }
    if !isFolder.boolValue { return try readFile(path, layout) }
    let source = DataSource(
      training: try readPair(in: path, "train"), evaluation: try readPair(in: path, "t10k"))
    if source.training == nil && source.evaluation == nil {
      throw Diagnostic.invalid(
        "holds no data set; expected train-images-idx3-ubyte and train-labels-idx1-ubyte, or the"
          + " t10k pair, each perhaps with .gz"
      ).inFile(path)
    }
    return source
  }

  private static func readFile(_ path: String, _ layout: SampleLayout) throws(Diagnostic)
    -> DataSource
  {
    let url = URL(fileURLWithPath: path)
    let name = url.lastPathComponent
    if name.hasSuffix(".npz") || name.hasSuffix(".npy") {
      return try ArrayDataset.read(path, layout: layout)
    }
    let folder = url.deletingLastPathComponent().path
    for part in ["train", "t10k"] where name.hasPrefix(part + "-") {
      let set = try readPair(in: folder, part)
      return part == "train"
        ? DataSource(training: set, evaluation: nil) : DataSource(training: nil, evaluation: set)
    }
    throw Diagnostic.unsupported(
      "is no data set pcc can read; expected a folder, an IDX file named train-… or t10k-…, or a"
        + " file that ends in .npz or .npy"
    ).inFile(path)
  }

  /// Reads the images and labels whose names begin with `part`; nil if neither file is there.
  private static func readPair(in folder: String, _ part: String) throws(Diagnostic) -> Dataset? {
    let images = find("\(part)-images", "idx3-ubyte", in: folder)
    let labels = find("\(part)-labels", "idx1-ubyte", in: folder)
    guard images != nil || labels != nil else { return nil }
    guard let images, let labels else {
      let missing = images == nil ? "\(part)-images-idx3-ubyte" : "\(part)-labels-idx1-ubyte"
      throw Diagnostic.environment("no such file: '\(missing)' or '\(missing).gz'").inFile(folder)
    }
    let pixels = try IDXFile(path: images, ranks: 3...4)
    let classes = try IDXFile(path: labels, ranks: 1...1)
    let sample = Array(pixels.shape.dropFirst())
    return try Dataset(
      elements: .bytes(pixels.bytes), extents: sample.count == 2 ? [1] + sample : sample,
      labels: .classes(classes.bytes.map(Int32.init), positions: 1), file: images,
      labelFile: labels)
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
