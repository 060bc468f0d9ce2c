import Foundation
import IR

/// The binary form of CIFAR-10 and CIFAR-100: records of labels and 32 x 32 pixels, red, green,
/// blue.
enum CIFARDataset {
  /// How the records of a file begin.
  private enum Kind {
    /// One byte, the class.
    case ten
    /// Two bytes, the superclass and the class.
    case hundred

    var labels: Int { self == .ten ? 1 : 2 }
    var classes: Int { self == .ten ? 10 : 100 }
    /// The file with the names of the classes, one a line.
    var names: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }
  }

  private static let pixels = 3 * 32 * 32
  private static let batches = (1...5).map { "data_batch_\($0).bin" }

  /// Reads a folder; nil if it has none of the files.
  static func read(_ folder: String) throws(Diagnostic) -> DataSource? {
    func present(_ names: [String]) -> [String] {
      names.map { "\(folder)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
    }
    let tens = (present(batches), present(["test_batch.bin"]))
    let hundreds = (present(["train.bin"]), present(["test.bin"]))
    for (kind, (training, evaluation)) in [(Kind.ten, tens), (.hundred, hundreds)]
    where !training.isEmpty || !evaluation.isEmpty {
      return DataSource(
        training: try training.isEmpty ? nil : dataset(training, kind),
        evaluation: try evaluation.isEmpty ? nil : dataset(evaluation, kind))
    }
    return nil
  }

  /// Reads one of the files, which its name tells; nil for any other name.
  static func readFile(_ path: String) throws(Diagnostic) -> DataSource? {
    let name = URL(fileURLWithPath: path).lastPathComponent
    if batches.contains(name) {
      return DataSource(training: try dataset([path], .ten), evaluation: nil)
    }
    switch name {
    case "test_batch.bin":
      return DataSource(training: nil, evaluation: try dataset([path], .ten))
    case "train.bin": return DataSource(training: try dataset([path], .hundred), evaluation: nil)
    case "test.bin": return DataSource(training: nil, evaluation: try dataset([path], .hundred))
    default: return nil
    }
  }

  private static func dataset(_ paths: [String], _ kind: Kind) throws(Diagnostic) -> Dataset {
    let record = kind.labels + pixels
    var parts: [RowFile] = []
    var classes: [Int32] = []
    for path in paths {
      let file = try DataFile(path: path)
      guard file.count > 0, file.count % record == 0 else {
        throw Diagnostic.invalid(
          "has \(file.count) bytes, expected records of \(record) bytes"
        ).inFile(path)
      }
      let count = file.count / record
      parts.append(
        try RowFile(
          file, extents: [3, 32, 32], count: count, offset: kind.labels, stride: record))
      for index in 0..<count {
        let offset = index * record + kind.labels - 1
        let label = Int(try file.read(offset, 1)[0])
        guard label < kind.classes else {
          throw Diagnostic.invalid(
            "label \(label) at offset \(offset) is out of range, expected one below \(kind.classes)"
          ).inFile(path)
        }
        classes.append(Int32(label))
      }
    }
    let folder = URL(fileURLWithPath: paths[0]).deletingLastPathComponent().path
    return try Dataset(
      RowStore(parts, labels: .classes(classes), labelFile: paths[0]), labelFile: paths[0],
      classNames: ClassNames.read("\(folder)/\(kind.names)", count: kind.classes))
  }
}
