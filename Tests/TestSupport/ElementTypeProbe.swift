import DenseRuntime
import IR

/// Finds out which element types the reference kernels compute.
public enum ElementTypeProbe {
  /// The element types by operator: those of the data of a case in `testdata/operators` with which
  /// the kernel gives a result.
  public static func all() throws -> [Operator: [ElementType]] {
    var found: [Operator: Set<ElementType>] = [:]
    for table in try OperatorTable.all() {
      for type in ElementType.allCases where found[table.op]?.contains(type) != true {
        guard let typed = try? table.converted(to: type) else { continue }
        let (graph, inputs) = typed.graph()
        if (try? Interpreter().run(graph, inputs: inputs))?["y0"] != nil {
          found[table.op, default: []].insert(type)
        }
      }
    }
    return found.mapValues { types in ElementType.allCases.filter(types.contains) }
  }

  /// Element types in few words.
  public static func words(_ types: [ElementType]) -> String {
    if types.count == ElementType.allCases.count { return "all" }
    var rest = types
    var words: [String] = []
    for group in groups where group.types.allSatisfy(types.contains) {
      words.append(group.name)
      rest.removeAll(where: group.types.contains)
    }
    return (words + rest.map(\.textName)).joined(separator: ", ")
  }

  private static let groups: [(name: String, types: [ElementType])] = [
    ("float", [.float16, .bfloat16, .float32, .float64]),
    ("int", [.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64]),
    ("f8", [.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0]),
    ("6-bit", [.float6e2m3, .float6e3m2]), ("4-bit", [.uint4, .int4, .float4e2m1]),
    ("2-bit", [.uint2, .int2]),
    ("complex", [.complex64, .complex128]),
  ]
}

extension OperatorTable {
  /// The number of the operand whose type the others and the results follow.
  private var dataOperand: Int {
    [.where: 1, .oneHot: 2, .embedLayerNormalization: 2][op] ?? 0
  }

  /// The type of that operand.
  fileprivate var dataType: ElementType? {
    dataOperand < operands.count ? operands[dataOperand]?.type : nil
  }

  /// The case with all operands of the data's type in another one; nil if there is no such operand.
  fileprivate func converted(to type: ElementType) throws -> OperatorTable? {
    guard let old = dataType else { return nil }
    var copy = self
    copy.operands = try operands.map { tensor in
      guard let tensor, tensor.type == old, old != type else { return tensor }
      if type == .complex64 || type == .complex128 {
        return Tensor(zeros: type, shape: tensor.shape)
      }
      var graph = Graph(name: "cast")
      let source = graph.addInput("x", .tensor(old, Shape(tensor.shape)))
      let node = graph.addNode(
        .cast, [source], attributes: ["to": .int(Int(type.rawValue))], name: "cast",
        results: [("y", .unknown)])
      for case let output? in graph[node].outputs { graph.addOutput(output) }
      return try Interpreter().run(graph, inputs: ["x": tensor])["y"]
    }
    return copy
  }
}
