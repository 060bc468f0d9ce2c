import COnnx
import IR

/// Turns an unpacked `ModelProto` into a model.
struct Importer {
  private let external: ExternalDataReader

  /// Imports with external data from `external`.
  init(external: ExternalDataReader) { self.external = external }

  /// The model; takes the tensors' payloads out of `proto`.
  func model(_ proto: UnsafeMutablePointer<Onnx__ModelProto>) throws(Diagnostic) -> Model {
    let source = proto.pointee
    guard let graphProto = source.graph else {
      throw .invalid("not an ONNX model: it has no graph")
    }
    guard source.has_ir_version != 0, let irVersion = Int(exactly: source.ir_version),
      irVersion > 0
    else { throw .invalid("not an ONNX model: it has no IR version") }
    var imports: [Model.OpsetImport] = []
    for item in Proto.list(source.n_opset_import, source.opset_import) {
      imports.append(
        Model.OpsetImport(
          domain: try Proto.text(item.pointee.domain) ?? "", version: Int(item.pointee.version),
          fields: WireBytes.unknownFields(of: item.pointee.base)))
    }
    var functions: [ImportContext.FunctionKey: UnsafeMutablePointer<Onnx__FunctionProto>] = [:]
    for function in Proto.list(source.n_functions, source.functions) {
      let domain = try Proto.text(function.pointee.domain) ?? ""
      let key = ImportContext.FunctionKey(
        domain: domain == "ai.onnx" ? "" : domain,
        name: try Proto.text(function.pointee.name) ?? "",
        overload: try Proto.text(function.pointee.overload) ?? "")
      guard functions.updateValue(function, forKey: key) == nil else {
        throw .invalid("function '\(key.name)' of domain '\(key.domain)' is defined twice")
      }
    }
    var model = Model(graph: Graph(name: ""), irVersion: irVersion)
    model.opsetImports = imports
    model.producerName = try Proto.text(source.producer_name)
    model.producerVersion = try Proto.text(source.producer_version)
    model.domain = try Proto.text(source.domain)
    model.modelVersion = source.has_model_version != 0 ? Int(source.model_version) : nil
    model.functions = Proto.list(source.n_functions, source.functions).map {
      WireBytes.pack(UnsafePointer($0))
    }
    model.residue = Residue(
      docString: try Proto.text(source.doc_string),
      metadata: try Proto.entries(source.n_metadata_props, source.metadata_props),
      fields: Proto.encoded(field: 20, source.n_training_info, source.training_info)
        + Proto.encoded(field: 26, source.n_configuration, source.configuration)
        + WireBytes.unknownFields(of: source.base))
    let context = ImportContext(
      irVersion: irVersion, opset: model.opset, functions: functions,
      tensors: TensorImport(external: external))
    try context.collectNames(of: graphProto)
    for function in functions.values { try context.collectNames(of: function) }
    model.graph = try GraphImport(context).run(graphProto)
    return model
  }
}
