import Foundation
import Frontend
import IR

/// A model read from a file.
struct ModelFile {
  let path: String
  var model: Model

  /// Reads the model; diagnostics name the file.
  init(_ path: String) throws(Diagnostic) {
    self.path = path
    do {
      model = try ModelReader().read(path)
    } catch { throw error.inFile(path) }
  }

  /// The size of the file and of the files it refers to, in bytes.
  static func size(of path: String, model: Model) -> Int {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    var files: Set<String> = [path]
    for value in model.graph.constants {
      guard case .external(let fields)? = model.graph[value].constant?.encoding,
        let location = fields.first(where: { $0.key == "location" })?.value
      else { continue }
      files.insert(folder.appendingPathComponent(location).path)
    }
    return files.reduce(0) { sum, file in
      let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      return sum + (size ?? 0)
    }
  }

  /// Checks that pcc knows every operator the model needs; see `Graph.requireKnownOperators()`.
  func requireKnownOperators() throws(Diagnostic) {
    try locating { () throws(Diagnostic) in try model.graph.requireKnownOperators() }
  }

  /// Calls `body`, whose diagnostics then name the file.
  func locating<Result>(
    _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    do { return try body() } catch { throw error.inFile(path) }
  }
}

/// Where a command writes a model, and over what it may write.
struct ModelTarget {
  let path: String
  let overwrite: OutputFile.Overwrite

  /// Checks that the target may be written, before any work is done for it.
  init(_ path: String, overwrites: Bool) throws(Diagnostic) {
    self.path = path
    overwrite = overwrites ? .always : .ownFiles
    try OutputFile.check(path, overwrite: overwrite)
  }

  /// Writes a model, marked as written by pcc unless it is to stay as it is.
  func write(_ model: Model, isMarked: Bool = true) throws(Diagnostic) {
    var model = model
    if isMarked { Version.stamp(&model) }
    do {
      try ModelWriter().write(model, to: path, overwrite: overwrite)
    } catch { throw error.inFile(path) }
  }
}
