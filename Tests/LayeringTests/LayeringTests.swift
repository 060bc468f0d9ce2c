import Foundation
import Testing

/// Which target may import which, and where operators are told apart.
@Suite struct LayeringTests {
  /// The project's own modules that each target's sources may import.
  static let allowed: [String: Set<String>] = [
    "IR": [],
    "Frontend": ["IR", "COnnx"],
    "Passes": ["IR"],
    "Runtime": ["IR", "CKernels", "CBLAS"],
    "Training": ["IR", "Passes", "DenseRuntime", "CKernels", "CZlib", "CImages"],
    "Driver": ["IR", "Frontend", "Passes", "DenseRuntime", "Training"],
    "pcc": ["IR", "Frontend", "Passes", "DenseRuntime", "Training", "Driver"],
  ]

  /// All modules of the project.
  static let modules: Set<String> = [
    "COnnx", "CKernels", "CBLAS", "CZlib", "CPNG", "CJPEG", "CImages", "IR", "Frontend", "Passes",
    "DenseRuntime", "Training", "Driver",
  ]

  /// The files that may tell operators apart by a table: knowledge, arithmetic (naive and planned),
  /// gradients, and the forms of older operator sets.
  static let tables: Set<String> = [
    "IR/Operators/Operator+Schema.swift", "Runtime/Reference/Operator+Reference.swift",
    "Runtime/Kernels/Operator+Kernel.swift", "Training/Gradients/Operator+Gradient.swift",
    "Frontend/OpsetAdapters/OpsetForms.swift",
  ]

  static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources")

  /// The Swift files below a folder by their path in `Sources`.
  static func files(_ folder: String) throws -> [(path: String, text: String)] {
    let root = sources.appendingPathComponent(folder)
    let names = try #require(FileManager.default.enumerator(atPath: root.path))
    return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map {
      ("\(folder)/\($0)", try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8))
    }
  }

  @Test(arguments: allowed.keys.sorted()) func importsOnlyWhatLiesBelow(_ target: String) throws {
    let may = try #require(LayeringTests.allowed[target])
    let files = try LayeringTests.files(target)
    #expect(!files.isEmpty)
    for (path, text) in files {
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ").filter {
          !["public", "package", "internal", "@_exported", "@preconcurrency"].contains($0)
        }
        guard words.first == "import", let module = words.last.map(String.init) else { continue }
        if LayeringTests.modules.contains(module) {
          #expect(may.contains(module), "\(path) imports \(module)")
        }
      }
    }
  }

  @Test func onlyTheTablesSwitchOverOperators() throws {
    let names =
      "conv|convTranspose|batchNormalization|relu|leakyRelu|softmax|maxPool|averagePool|"
      + "reduceMean|reduceSum|gemm|matMul|flatten|reshape|squeeze|unsqueeze|transpose|concat|resize"
    let pattern = try Regex("(?m)^\\s*case \\.([a-zA-Z]+, \\.)*(\(names))\\b")
    var found: Set<String> = []
    for target in LayeringTests.allowed.keys {
      for (path, text) in try LayeringTests.files(target) where text.contains(pattern) {
        found.insert(path)
      }
    }
    #expect(found == LayeringTests.tables)
  }

  @Test func everyTargetIsListed() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: LayeringTests.sources.path)
    let swift = folders.filter { folder in
      (try? LayeringTests.files(folder))?.isEmpty == false
    }
    #expect(Set(swift) == Set(LayeringTests.allowed.keys))
  }
}
