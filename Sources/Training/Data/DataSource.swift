import Foundation
import IR

/// What a `--data` argument holds: samples to train on, to choose by, and to evaluate on, or some
/// of them.
public struct DataSource: Sendable {
  public var training: Dataset?
  /// What choices are made by; nil where some training samples are to be set aside.
  public var validation: Dataset?
  public var evaluation: Dataset?

  /// Creates a source.
  public init(training: Dataset?, validation: Dataset? = nil, evaluation: Dataset?) {
    self.training = training
    self.validation = validation
    self.evaluation = evaluation
  }

  /// Takes the parts of a data set under their usual names. Where there is no test part, the validation
  /// part is what is evaluated on.
  init(train: Dataset?, val: Dataset?, test: Dataset?) {
    self.init(training: train, validation: test == nil ? nil : val, evaluation: test ?? val)
  }

  /// Reads a data set of any form that is known for a model that has the given inputs; axes of images
  /// in arrays stand as `layout` says.
  ///
  /// Throws `environment` for paths that are missing or unreadable, `invalid` for files that are
  /// damaged or do not fit together.
  public static func read(
    _ path: String, inputs: [String] = [], layout: SampleLayout = .nchw
  ) throws(Diagnostic) -> DataSource {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Diagnostic.environment("no such file or directory").inFile(path)
    }
    return try isFolder.boolValue ? readFolder(path) : readFile(path, inputs, layout)
  }

  private static func readFolder(_ path: String) throws(Diagnostic) -> DataSource {
    if let source = try IDXDataset.read(path) { return source }
    if let source = try CIFARDataset.read(path) { return source }
    if let source = try TarDataset.readFolder(path) { return source }
    if let source = try FolderDataset.read(path) { return source }
    throw Diagnostic.invalid(
      "holds no data set",
      notes: [
        "expected train-images-idx3-ubyte and train-labels-idx1-ubyte or the t10k pair, each perhaps"
          + " with .gz; data_batch_1.bin and the like; train*.tar; folders train and val or test; a"
          + " folder a class; images and masks; or PNG and JPEG files"
      ]
    ).inFile(path)
  }

  private static func readFile(
    _ path: String, _ inputs: [String], _ layout: SampleLayout
  ) throws(Diagnostic) -> DataSource {
    let url = URL(fileURLWithPath: path)
    let name = url.lastPathComponent
    if name.hasSuffix(".npz") || name.hasSuffix(".npy") {
      return try ArrayDataset.read(path, inputs: inputs, layout: layout)
    }
    if TarDataset.knows(name) { return try TarDataset.readFile(path) }
    if let source = try CIFARDataset.readFile(path) { return source }
    let folder = url.deletingLastPathComponent().path
    for part in IDXDataset.parts where name.hasPrefix(part + "-") {
      let set = try IDXDataset.readPair(in: folder, part)
      return part == "train"
        ? DataSource(training: set, evaluation: nil) : DataSource(training: nil, evaluation: set)
    }
    throw Diagnostic.unsupported(
      "is no data set pcc can read; expected a folder, an IDX file named train-… or t10k-…, a"
        + " CIFAR file such as data_batch_1.bin, or a file that ends in .npz, .npy, .tar, .tar.gz or"
        + " .tgz"
    ).inFile(path)
  }
}
