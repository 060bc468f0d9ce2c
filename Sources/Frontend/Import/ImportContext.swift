import COnnx
import IR

/// What holds for all graphs of a model while it is imported.
final class ImportContext {
  /// A model-local function's identity.
  struct FunctionKey: Hashable {
    let domain: String
    let name: String
    let overload: String
  }

  let irVersion: Int
  /// The version of the default operator set; nil if the model imports none.
  let opset: Int?
  /// The model-local functions, which outlive the import.
  let functions: [FunctionKey: UnsafeMutablePointer<Onnx__FunctionProto>]
  /// The functions whose bodies are being read, outermost first.
  var callStack: [FunctionKey] = []
  /// How many nodes functions have been expanded to.
  var expandedNodes = 0
  let tensors: TensorImport
  /// Every name of a value anywhere in the model, so that new names collide with none.
  private var names: Set<String> = []
  /// Every name that a node, a function or a graph's outputs anywhere in the model read.
  private var readNames: Set<String> = []

  /// Creates a context.
  init(
    irVersion: Int, opset: Int?,
    functions: [FunctionKey: UnsafeMutablePointer<Onnx__FunctionProto>], tensors: TensorImport
  ) {
    self.irVersion = irVersion
    self.opset = opset
    self.functions = functions
    self.tensors = tensors
  }

  /// Notes the names of a graph and its subgraphs.
  func collectNames(of graph: UnsafeMutablePointer<Onnx__GraphProto>) throws(Diagnostic) {
    let content = graph.pointee
    for info in Proto.list(content.n_input, content.input) {
      if let name = try Proto.text(info.pointee.name) { names.insert(name) }
    }
    for tensor in Proto.list(content.n_initializer, content.initializer) {
      if let name = try Proto.text(tensor.pointee.name) { names.insert(name) }
    }
    for tensor in Proto.list(content.n_sparse_initializer, content.sparse_initializer) {
      if let name = try Proto.text(tensor.pointee.values?.pointee.name) { names.insert(name) }
    }
    for info in Proto.list(content.n_output, content.output) {
      if let name = try Proto.text(info.pointee.name) { readNames.insert(name) }
    }
    try collectNames(of: Proto.list(content.n_node, content.node))
  }

  /// Notes the names that the body of a function reads, and those of its subgraphs.
  func collectNames(of function: UnsafeMutablePointer<Onnx__FunctionProto>) throws(Diagnostic) {
    let content = function.pointee
    readNames.formUnion(try Proto.texts(content.n_output, content.output))
    try collectNames(of: Proto.list(content.n_node, content.node))
  }

  /// Whether anything in the model reads a value of that name.
  func isRead(_ name: String) -> Bool { readNames.contains(name) }

  private func collectNames(
    of nodes: [UnsafeMutablePointer<Onnx__NodeProto>]
  ) throws(Diagnostic) {
    for node in nodes {
      names.formUnion(try Proto.texts(node.pointee.n_output, node.pointee.output))
      readNames.formUnion(try Proto.texts(node.pointee.n_input, node.pointee.input))
      for attribute in Proto.list(node.pointee.n_attribute, node.pointee.attribute) {
        if let graph = attribute.pointee.g { try collectNames(of: graph) }
        for graph in Proto.list(attribute.pointee.n_graphs, attribute.pointee.graphs) {
          try collectNames(of: graph)
        }
      }
    }
  }

  /// A name that no value of the model bears yet: `base`, or `base.2`, `base.3` and so on.
  func freshName(_ base: String) -> String {
    var name = base
    var number = 2
    while !names.insert(name).inserted {
      name = "\(base).\(number)"
      number += 1
    }
    return name
  }
}
