import IR

/// Data sets in NumPy files: samples, and perhaps labels `y`.
enum ArrayDataset {
  /// Reads a `.npy` file with samples alone, or a `.npz` file with an array for each of the model's
  /// `inputs`, or `x` for its only one, `y`, and perhaps the same with `_val` and `_test` behind their
  /// names. `_train` may stand behind the first.
  static func read(_ path: String, inputs: [String], layout: SampleLayout) throws(Diagnostic)
    -> DataSource
  {
    do throws(Diagnostic) {
      let file = try DataFile(path: path)
      if path.hasSuffix(".npy") {
        return DataSource(training: try dataset([("x", file)], nil, layout), evaluation: nil)
      }
      let archive = try ZipArchive(file)
      var found: [String: ZipArchive.Entry] = [:]
      for entry in archive.entries {
        guard entry.name.hasSuffix(".npy") else {
          throw Diagnostic.invalid("member '\(entry.name)' of a .npz archive is no .npy file")
        }
        let name = String(entry.name.dropLast(4))
        found[name.hasSuffix("_train") ? String(name.dropLast(6)) : name] = entry
      }
      let names = inputs.allSatisfy { found[$0] != nil } && !inputs.isEmpty ? inputs : ["x"]
      func part(_ part: String) throws(Diagnostic) -> Dataset? {
        let present = names.filter { found[$0 + part] != nil }
        if present.isEmpty { return nil }
        guard present.count == names.count else {
          throw .invalid("of the arrays \(names.map { $0 + part }) only \(present) are there")
        }
        var arrays: [(name: String, file: DataFile)] = []
        for name in names {
          guard let entry = found[name + part] else { continue }
          arrays.append((name + part, try archive.file(of: entry)))
        }
        let labels = try found["y" + part].map { entry throws(Diagnostic) in
          try archive.file(of: entry)
        }
        return try dataset(arrays, labels, layout)
      }
      guard let training = try part("") else {
        let wanted = inputs.count < 2 ? "array 'x'" : "arrays \(inputs)"
        throw Diagnostic.invalid("has no \(wanted), but \(found.keys.sorted())")
      }
      return DataSource(train: training, val: try part("_val"), test: try part("_test"))
    } catch { throw error.inFile(path) }
  }

  /// A data set of samples [N, …] and labels `y`: whole numbers are classes, one a sample or one a
  /// pixel; others are target numbers.
  private static func dataset(
    _ arrays: [(name: String, file: DataFile)], _ y: DataFile?, _ layout: SampleLayout
  ) throws(Diagnostic) -> Dataset {
    var columns: [(name: String, rows: RowFile)] = []
    for (name, file) in arrays {
      let samples = try rows(file, name)
      guard !samples.extents.isEmpty else {
        throw .invalid("array '\(name)' has shape [\(samples.count)], expected samples on axis 0")
      }
      columns.append((name, samples))
    }
    let (samples, path) = (columns[0].rows, columns[0].rows.file.path)
    func set(_ labels: RowStore.Labels) throws(Diagnostic) -> Dataset {
      let first = try RowStore([samples], labels: labels, layout: layout, labelFile: path)
      let store = try ColumnStore(first, further: Array(columns.dropFirst()))
      return try Dataset(store, labelFile: path)
    }
    guard let y else { return try set(.none) }
    let labels = try rows(y, "y")
    guard labels.count == samples.count else {
      throw .invalid(
        "array 'y' has shape \([labels.count] + labels.extents), expected \(samples.count) rows")
    }
    guard let whole = try labels.tensor(0).integers else {
      return try set(.rows(labels)).arranged(labels.extents)
    }
    guard whole.count == 1 else { return try set(.rows(labels)) }
    let classes = try labels.whole().integers?.compactMap { Int32(exactly: $0) } ?? []
    guard classes.count == labels.count else {
      throw .invalid("array 'y' has labels beyond 32 bits")
    }
    return try set(.classes(classes))
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
