import Foundation
import Frontend
import IR

/// One of ONNX's test cases: a folder with `model.onnx` and data sets of inputs and the outputs that
/// are expected.
struct CheckCase {
  /// The folder relative to the one that was searched.
  let name: String
  let folder: URL

  /// The content of `data.json`.
  private struct Description: Decodable {
    var rtol: Double?
    var atol: Double?
  }

  /// One data set.
  struct DataSet {
    let folder: URL
    let inputs: [URL]
    let outputs: [URL]
  }

  /// The cases in a folder, which may be one itself, sorted by path.
  ///
  /// Throws an environment error if it cannot be read, an invalid one if there is no case in it.
  static func all(in path: String) throws(Diagnostic) -> [CheckCase] {
    let root = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .environment("no such folder", at: Site(file: path))
    }
    guard isFolder.boolValue else {
      throw .environment("expected a folder, found a file", at: Site(file: path))
    }
    var cases: [CheckCase] = []
    search(root, &cases, name: "")
    guard !cases.isEmpty else {
      throw .invalid("there is no test case: no folder holds a model.onnx", at: Site(file: path))
    }
    return cases
  }

  private static func search(_ folder: URL, _ cases: inout [CheckCase], name: String) {
    if FileManager.default.fileExists(atPath: folder.appendingPathComponent("model.onnx").path) {
      cases.append(
        CheckCase(name: name.isEmpty ? folder.lastPathComponent : name, folder: folder))
      return
    }
    for child in children(of: folder) where isPlainFolder(child) {
      let part = child.lastPathComponent
      search(child, &cases, name: name.isEmpty ? part : name + "/" + part)
    }
  }

  private static func children(of folder: URL) -> [URL] {
    let found = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: [.isDirectoryKey])
    return (found ?? []).sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  /// Whether a path is a folder and no symbolic link to one, which might lead round in a circle.
  private static func isPlainFolder(_ url: URL) -> Bool {
    (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
  }

  /// The path of the model.
  var model: String { folder.appendingPathComponent("model.onnx").path }

  /// The tolerance that a `data.json` beside the model names, else the given ones.
  func tolerance(default standard: ElementTolerance) throws(Diagnostic) -> ElementTolerance {
    let file = folder.appendingPathComponent("data.json")
    guard FileManager.default.fileExists(atPath: file.path) else { return standard }
    guard let data = try? Data(contentsOf: file),
      let description = try? JSONDecoder().decode(Description.self, from: data)
    else {
      throw .invalid(
        "expected a JSON object, with numbers rtol and atol if any", at: Site(file: file.path))
    }
    return ElementTolerance(
      relative: description.rtol ?? standard.relative,
      absolute: description.atol ?? standard.absolute)
  }

  /// The data sets in the order of their numbers; throws an invalid error if there is none.
  func dataSets() throws(Diagnostic) -> [DataSet] {
    let sets = Self.numbered("test_data_set_", "", in: folder).map { folder in
      DataSet(
        folder: folder, inputs: Self.numbered("input_", ".pb", in: folder),
        outputs: Self.numbered("output_", ".pb", in: folder))
    }
    guard !sets.isEmpty else { throw .invalid("there is no test_data_set_0 beside the model") }
    return sets
  }

  /// The entries of a folder whose names are a number between `prefix` and `suffix`, in the order of
  /// the numbers.
  private static func numbered(_ prefix: String, _ suffix: String, in folder: URL) -> [URL] {
    children(of: folder).compactMap { url -> (number: Int, url: URL)? in
      let name = url.lastPathComponent
      guard name.hasPrefix(prefix), name.hasSuffix(suffix),
        let number = Int(name.dropFirst(prefix.count).dropLast(suffix.count))
      else { return nil }
      return (number, url)
    }.sorted { $0.number < $1.number }.map(\.url)
  }
}
