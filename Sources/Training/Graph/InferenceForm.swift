import IR

/// Puts BatchNormalization that was exported in training mode into its inference form, in which a trained
/// model is written.
///
///     %y, %m, %v = BatchNormalization<training_mode = 1>(%x, …)   =>   %y = BatchNormalization(%x, …)
public enum InferenceForm {
  /// Changes a graph; results that are read besides the first keep a node as it is. Returns how many nodes
  /// changed.
  @discardableResult public static func run(on graph: inout Graph) -> Int {
    var changed = 0
    for id in graph.nodes where graph[id].op == .batchNormalization {
      let further = graph[id].outputs.dropFirst().compactMap(\.self)
      guard graph[id].attributes.int("training_mode") ?? 0 != 0,
        further.allSatisfy({ graph.uses(of: $0).isEmpty && !graph.isOutput($0) })
      else { continue }
      graph.setAttribute(id, "training_mode", nil)
      for index in 1..<max(graph[id].outputs.count, 1) { graph.omitResult(id, index) }
      changed += 1
    }
    return changed
  }
}
