import IR
import Training

/// Tensors that the user gives as `name=file`.
enum GivenInputs {
  /// Reads the files; each argument is split at the longest name of an input that fits.
  ///
  /// Throws a `usage` diagnostic for names that are no inputs, and diagnostics that name the file for
  /// unreadable or unsuitable ones.
  static func read(
    _ arguments: [String], for graph: Graph
  ) throws(Diagnostic) -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for argument in arguments {
      let names = graph.inputs.map { graph[$0].name }
      let fitting = names.filter { argument.hasPrefix($0 + "=") }
      guard let name = fitting.max(by: { $0.count < $1.count }) else {
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        throw Diagnostic(
          kind: .usage, "'\(argument)' names no input of the model: its inputs are \(list)")
      }
      guard inputs[name] == nil else {
        throw Diagnostic(kind: .usage, "input '\(name)' is given twice")
      }
      let path = String(argument.dropFirst(name.count + 1))
      do {
        inputs[name] = try tensor(named: name, in: path)
      } catch { throw error.inFile(path) }
    }
    return inputs
  }

  private static func tensor(named name: String, in path: String) throws(Diagnostic) -> Tensor {
    let bytes = try FileBytes.read(path)
    guard bytes.starts(with: [0x50, 0x4B]) else { return try NumPyArray.read(bytes) }
    let arrays = try NumPyArchive.read(bytes)
    if let array = arrays.first(where: { $0.name == name })?.array { return array }
    guard arrays.count == 1 else {
      throw .invalid("a .npz archive of \(arrays.count) arrays, none named '\(name)'")
    }
    return arrays[0].array
  }
}
