import IR

/// Lets all readers of constants with the same type, shape and bytes read the first of them.
///
///     %a = const dense[1.0]; %b = const dense[1.0]; %y = Add(%a, %b)
///     ->   %a = const dense[1.0]; %y = Add(%a, %a)
///
/// Weights that were equal by chance are one weight afterwards, also for whoever trains the model.
/// Left alone are constants that callers know by name: inputs and outputs of the graph, whether or
/// not a caller may override them, those of gates, and those that other parts of the file name;
/// sparse initializers too.
public struct MergeEqualConstants: Pass {
  public static let name = "merge-equal-constants"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      var firsts: [Key: [ValueID]] = [:]
      var changes = 0
      for value in graph.constants {
        guard let tensor = graph.tensor(of: value), isFree(value, names, in: graph) else {
          continue
        }
        let key = Key(tensor)
        if let first = firsts[key]?.first(where: { graph.tensor(of: $0) == tensor }) {
          guard !graph.uses(of: value).isEmpty else { continue }
          graph.replaceUses(of: value, with: first)
          graph.erase(value)
          changes += 1
        } else {
          firsts[key, default: []].append(value)
        }
      }
      return changes
    }
  }

  /// Whether nobody needs the constant under its own name.
  private func isFree(_ value: ValueID, _ names: ReservedNames, in graph: Graph) -> Bool {
    if case .sparseInitializer? = graph[value].constant?.origin { return false }
    return !graph.inputs.contains(value) && !graph.isOutput(value)
      && !names.contains(value, of: graph)
  }

  /// What equal tensors have in common, cheap to compute.
  private struct Key: Hashable {
    private static let samples = 64
    var type: ElementType
    var shape: [Int]
    /// Bytes at places spread over the tensor.
    var bytes: [UInt8]

    init(_ tensor: Tensor) {
      type = tensor.type
      shape = tensor.shape
      bytes = tensor.withBytes { all in
        let step = max(all.count / Key.samples, 1)
        return stride(from: 0, to: all.count, by: step).map { all[$0] }
      }
    }
  }
}
