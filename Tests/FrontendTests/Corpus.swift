import Foundation
import Frontend
import IR
import TestSupport

/// The small models of testdata/models.
enum Corpus {
  /// The names, without extension.
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// Names of models that onnxruntime could run.
  static let expectedNames = names.filter { FileManager.default.fileExists(atPath: expected($0)) }

  static let folder = TestData.url("models")

  /// The path of a model.
  static func path(_ name: String) -> String {
    folder.appendingPathComponent(name + ".onnx").path
  }

  /// The path of the tensors that onnxruntime took and gave.
  static func expected(_ name: String) -> String {
    folder.appendingPathComponent("expected/\(name).onnx").path
  }

  /// The bytes of a model.
  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// The operators of a graph and its subgraphs that were left opaque.
  static func opaqueTypes(_ graph: Graph) -> Set<String> {
    var types: Set<String> = []
    for id in graph.nodes {
      let node = graph[id]
      if node.op == .opaque { types.insert(node.opaqueType) }
      for subgraph in node.subgraphs { types.formUnion(opaqueTypes(subgraph)) }
    }
    return types
  }
}

/// A folder that is removed with the last reference.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("pcc-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  /// The names of all files, hidden ones included.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// The error that `body` throws; nil if it throws none.
func diagnostic(_ body: () throws -> Void) -> Diagnostic? {
  do {
    try body()
    return nil
  } catch {
    return error as? Diagnostic
  }
}
