import Foundation
import Frontend
import IR

/// ONNX test cases for tests of `pcc check`.
enum SampleCases {
  /// A model of one node that reads `x` and makes `y`, both float32[3].
  static func model(_ op: Operator, domain: String = "") -> Model {
    var graph = Graph(name: "case")
    let type = ValueType.tensor(.float32, [.known(3)])
    let x = graph.addInput("x", type)
    let node = graph.addNode(
      op, [x], attributes: [:], name: "", opaqueType: op == .opaque ? "Unheard" : "",
      results: [(name: "y", type: type)])
    graph.annotate(node, domain: domain, overload: "", residue: Residue())
    if let y = graph[node].output(0) { graph.addOutput(y) }
    return Model(graph: graph, irVersion: 8, opset: 17)
  }

  /// Writes a case with one data set into a folder of the workplace.
  static func write(
    _ model: Model, inputs: [Tensor], outputs: [Tensor], to name: String, in place: Workplace
  ) throws {
    let folder = place[name + "/test_data_set_0"]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try ModelWriter().write(model, to: place[name + "/model.onnx"], overwrite: .always)
    for (role, tensors) in [("input", inputs), ("output", outputs)] {
      for (index, tensor) in tensors.enumerated() {
        try place.write(encoded(tensor), to: "\(name)/test_data_set_0/\(role)_\(index).pb")
      }
    }
  }

  /// A tensor of few small axes as a `TensorProto` with raw data.
  private static func encoded(_ tensor: Tensor) -> [UInt8] {
    let raw = tensor.withBytes { Array($0) }
    return tensor.shape.flatMap { [1 << 3, UInt8($0)] } + [2 << 3, UInt8(tensor.type.rawValue)]
      + [9 << 3 | 2, UInt8(raw.count)] + raw
  }
}
