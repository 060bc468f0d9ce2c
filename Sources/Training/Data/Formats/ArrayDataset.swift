import IR

/// Data sets in NumPy files: samples `x`, and perhaps labels `y`.
enum ArrayDataset {
  /// Reads a `.npy` file with samples alone, or a `.npz` file with `x` and `y`, and perhaps
  /// `x_val`, `y_val`, `x_test` and `y_test`.
  static func read(_ path: String, layout: SampleLayout) throws(Diagnostic) -> DataSource {
    do throws(Diagnostic) {
      let file = try DataFile(path: path)
      if path.hasSuffix(".npy") {
        return DataSource(training: try dataset(file, nil, layout), evaluation: nil)
      }
      let archive = try ZipArchive(file)
      var found: [String: DataFile] = [:]
      for entry in archive.entries {
        guard entry.name.hasSuffix(".npy") else {
          throw Diagnostic.invalid("member '\(entry.name)' of a .npz archive is no .npy file")
        }
        let name = String(entry.name.dropLast(4))
        if Self.names.contains(name) { found[name] = try archive.file(of: entry) }
      }
      guard let x = found["x"] else {
        let names = archive.entries.map { String($0.name.dropLast(4)) }
        throw Diagnostic.invalid("has no array 'x', but \(names.sorted())")
      }
      var source = DataSource(training: try dataset(x, found["y"], layout), evaluation: nil)
      if let samples = found["x_val"] {
        source.validation = try dataset(samples, found["y_val"], layout)
      }
      if let samples = found["x_test"] {
        source.evaluation = try dataset(samples, found["y_test"], layout)
      }
      return source
    } catch { throw error.inFile(path) }
  }

  /// The arrays that are read.
  private static let names: Set<String> = ["x", "y", "x_val", "y_val", "x_test", "y_test"]

  /// A data set of samples `x` [N, …] and labels `y`: whole numbers are classes, one a sample or
  /// one a pixel; others are target numbers.
  private static func dataset(_ x: DataFile, _ y: DataFile?, _ layout: SampleLayout)
    throws(Diagnostic) -> Dataset
  {
    let samples = try rows(x, "x")
    guard !samples.extents.isEmpty else {
      throw .invalid("array 'x' has shape [\(samples.count)], expected samples on axis 0")
    }
    guard samples.type == .uint8 || samples.type.isFloatingPoint else {
      throw .unsupported(
        "array 'x' is of type \(samples.type.textName), expected uint8 or float32")
    }
    guard let y else {
      return try Dataset(
        RowStore([samples], labels: .none, layout: layout, labelFile: x.path), labelFile: x.path)
    }
    let labels = try rows(y, "y")
    guard labels.count == samples.count else {
      throw .invalid(
        "array 'y' has shape \([labels.count] + labels.extents), expected \(samples.count) rows")
    }
    guard let whole = try labels.tensor(0).integers else {
      let set = try Dataset(
        RowStore([samples], labels: .rows(labels), layout: layout, labelFile: x.path),
        labelFile: x.path)
      return set.arranged(labels.extents)
    }
    guard whole.count == 1 else {
      return try Dataset(
        RowStore([samples], labels: .rows(labels), layout: layout, labelFile: x.path),
        labelFile: x.path)
    }
    let classes = try labels.whole().integers?.compactMap { Int32(exactly: $0) } ?? []
    guard classes.count == labels.count else {
      throw .invalid("array 'y' has labels beyond 32 bits")
    }
    return try Dataset(
      RowStore([samples], labels: .classes(classes), layout: layout, labelFile: x.path),
      labelFile: x.path)
  }

  /// The rows of an array, where it lies; one whose first axis runs fastest is read as a whole.
  private static func rows(_ file: DataFile, _ name: String) throws(Diagnostic) -> RowFile {
    do throws(Diagnostic) {
      var header = try NumPyHeader(file.read(0, min(file.count, NumPyHeader.longestStart)))
      var content = file
      if header.isColumnMajor {
        content = DataFile(
          try NumPyArray.write(NumPyArray.read(file.read(0, file.count))), path: file.path)
        header = try NumPyHeader(content.read(0, min(content.count, NumPyHeader.longestStart)))
      }
      guard let count = Tensor.count(of: header.shape),
        let size = header.type.byteCount(of: count), size == content.count - header.dataOffset
      else {
        throw .invalid(
          "a .npy array of shape \(header.shape) and type \(header.type.textName), but with"
            + " \(content.count - header.dataOffset) bytes of elements")
      }
      guard let rows = header.shape.first, count > 0 else {
        throw .invalid("shape \(header.shape), expected samples on axis 0")
      }
      return try RowFile(
        content, type: header.type, isByteSwapped: header.isByteSwapped,
        extents: Array(header.shape.dropFirst()), count: rows, offset: header.dataOffset)
    } catch {
      throw Diagnostic(
        error.level, kind: error.kind, "array '\(name)': \(error.message)", at: error.site)
    }
  }
}
