import IR

/// The names of values that something outside of a graph's nodes refers to.
struct ReservedNames {
  /// What the model's gates name: their constants, and the values they multiply.
  private var gates: Set<String> = []
  /// What the file says of the model beyond what pcc understands, such as training steps.
  private let fields: [UInt8]

  /// Collects the names that a model's gates use.
  init(_ model: Model) {
    fields = model.residue.fields
    guard let table = try? GateTable(model) else { return }
    gates.insert(GateTable.sharpnessName)
    for gate in table.gates {
      gates.formUnion([gate.scoreName, gate.weightName])
      gates.formUnion(gate.sites.indices.map(gate.weightName(at:)))
      gates.formUnion(gate.sites.map(\.value))
    }
  }

  /// Whether the model's gates need the value under its name.
  func isGated(_ value: ValueID, of graph: Graph) -> Bool { gates.contains(graph[value].name) }

  /// Whether gates need the value under its name, or it occurs among the bytes that pcc only passes
  /// on.
  func contains(_ value: ValueID, of graph: Graph) -> Bool {
    let name = graph[value].name
    return gates.contains(name) || occurs(name, in: fields)
      || occurs(name, in: graph.residue.fields)
  }

  private func occurs(_ name: String, in bytes: [UInt8]) -> Bool {
    let pattern = Array(name.utf8)
    guard !pattern.isEmpty, bytes.count >= pattern.count else { return false }
    return (0...(bytes.count - pattern.count)).contains { start in
      bytes[start...].starts(with: pattern)
    }
  }
}
