import COnnx
import IR

/// Turns one `GraphProto` into a graph; subgraphs have a parent.
final class GraphImport: FormScope {
  typealias Message = UnsafeMutablePointer<Onnx__GraphProto>

  let context: ImportContext
  let parent: GraphImport?
  var graph = Graph(name: "")
  /// The types of values as far as they are declared or follow from operators.
  private var types: [ValueID: ValueType] = [:]
  private var annotations: [String: ValueAnnotation] = [:]
  /// The values by their names in the part of the file that is read.
  private var defined: [String: ValueID] = [:]
  /// The model-local function whose body is being read into this graph or one round it, if any.
  private(set) var function: FunctionFrame?
  /// Whether the nodes of that body themselves are being read, not those of a graph within it.
  private var isBody = false

  /// Prepares the import of a main graph, or of a subgraph of `parent`'s.
  init(_ context: ImportContext, parent: GraphImport? = nil) {
    self.context = context
    self.parent = parent
    function = parent?.function
  }

  /// The version of the default operator set that holds where the file is read.
  var opset: Int? { function?.opset ?? context.opset }

  /// Reads what stands in the body of a function: only its own names are known while `body` runs.
  func entering(
    _ frame: FunctionFrame, values: [String: ValueID], _ body: () throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> [String: ValueID] {
    let outer = (defined, function, annotations, isBody)
    (defined, function, annotations, isBody) = (values, frame, [:], true)
    defer { (defined, function, annotations, isBody) = outer }
    try body()
    return defined
  }

  /// Gives a value a name that the rest of the file knows it by.
  func define(_ name: String, _ value: ValueID) { defined[name] = value }

  /// The name that a value gets whose name in the file is `name`: in the body of a function another
  /// one, so that all names differ.
  func newName(_ name: String) -> String {
    guard let function else { return name }
    if isBody, let result = function.results[name] { return result }
    return context.freshName(function.prefix + name)
  }

  /// Whether a name stands for an operand that the call of a function leaves out.
  func isOmitted(_ name: String) -> Bool {
    name.isEmpty || (defined[name] == nil && function?.omitted.contains(name) ?? false)
  }

  /// The graph; throws an `invalid` diagnostic if it is not in SSA form and topological order.
  func run(_ proto: Message) throws(Diagnostic) -> Graph {
    let source = proto.pointee
    graph.name = try Proto.text(source.name) ?? ""
    graph.residue = Residue(
      docString: try Proto.text(source.doc_string),
      metadata: try Proto.entries(source.n_metadata_props, source.metadata_props),
      fields: Proto.encoded(
        field: 14, source.n_quantization_annotation, source.quantization_annotation)
        + WireBytes.unknownFields(of: source.base))
    let inputs = Proto.list(source.n_input, source.input)
    let outputs = Proto.list(source.n_output, source.output)
    try readAnnotations(source, outputs)
    var inputNames: Set<String> = []
    for info in inputs {
      let name = try Proto.text(info.pointee.name) ?? ""
      guard !name.isEmpty else { throw .invalid("a graph input has no name") }
      guard inputNames.insert(name).inserted else {
        throw .invalid("graph input is declared twice", at: Site(value: name))
      }
    }
    try readInitializers(source, inputNames)
    for info in inputs { try readInput(info) }
    for node in Proto.list(source.n_node, source.node) { try NodeImport(self).run(node) }
    for info in outputs {
      let name = try Proto.text(info.pointee.name) ?? ""
      guard let value = resolve(name) else {
        throw .invalid("graph output is not defined", at: Site(value: name))
      }
      graph.addOutput(value)
    }
    for info in Proto.list(source.n_value_info, source.value_info) {
      let name = try Proto.text(info.pointee.name) ?? ""
      if annotations[name] != nil, function == nil { try addStray(name, info) }
    }
    return graph
  }

  /// Reads `value_info` and the outputs' types; an output's own declaration goes first.
  private func readAnnotations(
    _ source: Onnx__GraphProto, _ outputs: [UnsafeMutablePointer<Onnx__ValueInfoProto>]
  ) throws(Diagnostic) {
    for info in outputs + Proto.list(source.n_value_info, source.value_info) {
      let name = try Proto.text(info.pointee.name) ?? ""
      if annotations[name] == nil { annotations[name] = try TypeImport.annotation(info) }
    }
  }

  /// Keeps a `value_info` entry that no value of the graph took.
  private func addStray(_ name: String, _ info: UnsafeMutablePointer<Onnx__ValueInfoProto>)
    throws(Diagnostic)
  {
    graph.strayAnnotations.append((name, try TypeImport.annotation(info)))
  }

  private func readInitializers(_ source: Onnx__GraphProto, _ inputNames: Set<String>)
    throws(Diagnostic)
  {
    func origin(_ name: String) -> Constant.Origin {
      .initializer(overridable: context.irVersion >= 4 && inputNames.contains(name))
    }
    for tensor in Proto.list(source.n_initializer, source.initializer) {
      let imported = try context.tensors.tensor(tensor)
      guard !imported.name.isEmpty else { throw .invalid("an initializer has no name") }
      try addConstant(
        imported.name,
        Constant(
          imported.tensor, encoding: imported.encoding, origin: origin(imported.name),
          residue: imported.residue))
    }
    for sparse in Proto.list(source.n_sparse_initializer, source.sparse_initializer) {
      let bytes = WireBytes.pack(UnsafePointer(sparse))
      let imported = try SparseTensor.dense(sparse, context.tensors)
      guard !imported.name.isEmpty else { throw .invalid("a sparse initializer has no name") }
      try addConstant(
        imported.name, Constant(imported.tensor, origin: .sparseInitializer(bytes)))
    }
  }

  private func readInput(_ info: UnsafeMutablePointer<Onnx__ValueInfoProto>) throws(Diagnostic) {
    let name = try Proto.text(info.pointee.name) ?? ""
    let annotation = try TypeImport.annotation(info)
    if let constant = defined[name] {
      graph.declareInput(constant)
      graph.annotate(constant, annotation.rebased(on: graph[constant].type))
    } else {
      let value = graph.addInput(newName(name), annotation.type)
      defined[name] = value
      graph.annotate(value, annotation)
      types[value] = annotation.type
    }
  }

  /// Adds a constant that the file holds, with its annotation.
  @discardableResult
  func addConstant(_ name: String, _ constant: Constant) throws(Diagnostic) -> ValueID {
    try checkIsNew(name)
    let value = graph.addConstant(newName(name), constant)
    defined[name] = value
    types[value] = graph[value].type
    if let annotation = annotations.removeValue(forKey: name) {
      graph.annotate(value, annotation.rebased(on: graph[value].type))
    }
    return value
  }

  /// Adds a constant that an opset adapter made; its name is that of the node and a role.
  func addConstant(of label: String, _ role: String, _ tensor: Tensor) -> ValueID {
    let value = graph.addConstant(context.freshName("\(label).\(role)"), tensor)
    types[value] = graph[value].type
    return value
  }

  /// Takes the annotation that the file has for a node's result.
  func takeAnnotation(_ name: String) -> ValueAnnotation? {
    annotations.removeValue(forKey: name)
  }

  /// Throws if a value of that name exists already.
  func checkIsNew(_ name: String) throws(Diagnostic) {
    guard defined[name] == nil else {
      throw .invalid("value is defined twice", at: Site(value: name))
    }
  }

  /// The value of that name, captured from a graph round this one if need be.
  func resolve(_ name: String) -> ValueID? {
    if let value = defined[name] { return value }
    guard let parent, let outer = parent.resolve(name) else { return nil }
    let value = graph.addCapture(of: outer, parent.graph[outer].name, parent.graph[outer].type)
    defined[name] = value
    types[value] = parent.type(of: outer)
    return value
  }

  /// The type of a value as far as it is known.
  func type(of value: ValueID) -> ValueType { types[value] ?? graph[value].type }

  /// The tensor of a constant of this graph or one round it; nil if a caller may override it.
  func tensor(of value: ValueID?) -> Tensor? {
    guard let value else { return nil }
    if let capture = graph.captures.first(where: { $0.inner == value }) {
      return parent?.tensor(of: capture.outer)
    }
    return graph.tensor(of: value)
  }

  /// Notes the types of a node's results: what the operator's shape rule says, else the declared.
  func inferTypes(of id: NodeID) {
    let node = graph[id]
    guard node.op != .opaque else { return }
    var constants: [Int: Tensor] = [:]
    for (index, input) in node.inputs.enumerated() { constants[index] = tensor(of: input) }
    let operands = node.inputs.map { input in input.map { type(of: $0) } }
    let context = OperatorContext(
      node: node, inputs: operands, outputs: node.outputs.map { $0.map { _ in .unknown } },
      constants: constants, shapeValues: [:])
    guard let results = try? node.op.schema.shape(context) else { return }
    for (output, result) in zip(node.outputs, results) {
      guard let output, let inferred = result.tensor else { continue }
      if let declared = graph[output].type.tensor, declared.shape != nil || inferred.shape == nil {
        continue
      }
      types[output] = .tensor(inferred)
    }
  }
}

extension ValueAnnotation {
  /// The annotation of a value that has `type`, whatever type the file declares.
  func rebased(on type: ValueType) -> ValueAnnotation {
    var copy = self
    copy.type = type
    return copy
  }
}
