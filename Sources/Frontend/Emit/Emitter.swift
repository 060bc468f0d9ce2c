import COnnx
import IR

/// Turns a model into a `ModelProto` that points into the model's tensors.
struct Emitter {
  let arena = ProtoArena()
  let external = ExternalDataWriter()

  /// The message, valid as long as the emitter lives; throws an `unsupported` diagnostic for what
  /// the model's operator set cannot express.
  func message(_ model: Model) throws(Diagnostic) -> UnsafeMutablePointer<Onnx__ModelProto> {
    let proto = arena.message(onnx__model_proto__init)
    proto.pointee.has_ir_version = 1
    proto.pointee.ir_version = Int64(model.irVersion)
    proto.pointee.producer_name = model.producerName.map(arena.string)
    proto.pointee.producer_version = model.producerVersion.map(arena.string)
    proto.pointee.domain = model.domain.map(arena.string)
    if let version = model.modelVersion {
      proto.pointee.has_model_version = 1
      proto.pointee.model_version = Int64(version)
    }
    proto.pointee.doc_string = model.residue.docString.map(arena.string)
    let context = EmitContext(
      arena: arena, tensors: TensorEmit(arena: arena, external: external), opset: model.opset,
      irVersion: model.irVersion)
    proto.pointee.graph = try GraphEmit(model.graph, context).run()
    let imports = (model.opsetImports + missingImports(model, context.domains)).map { item in
      let message = arena.message(onnx__operator_set_id_proto__init)
      message.pointee.domain = arena.string(item.domain)
      message.pointee.has_version = 1
      message.pointee.version = Int64(item.version)
      arena.splice(item.fields, into: message)
      return message
    }
    proto.pointee.n_opset_import = imports.count
    proto.pointee.opset_import = arena.list(imports)
    proto.pointee.n_metadata_props = model.residue.metadata.count
    proto.pointee.metadata_props = arena.entries(model.residue.metadata)
    arena.splice(model.functions.flatMap { WireBytes.field(25, $0) }, into: proto)
    arena.splice(model.residue.fields, into: proto)
    return proto
  }

  /// The operator sets that only functions ask for, of whose bodies nodes stand in the graph.
  private func missingImports(_ model: Model, _ domains: DomainLog) -> [Model.OpsetImport] {
    var missing = domains.used.subtracting(model.opsetImports.map { DomainLog.key($0.domain) })
    var imports: [Model.OpsetImport] = []
    for bytes in model.functions where !missing.isEmpty {
      // Safety: the bytes were packed from a message that had been checked.
      guard let function = onnx__function_proto__unpack(nil, bytes.count, bytes) else { continue }
      defer { onnx__function_proto__free_unpacked(function, nil) }
      for item in Proto.list(function.pointee.n_opset_import, function.pointee.opset_import) {
        let domain = (try? Proto.text(item.pointee.domain)).flatMap { $0 } ?? ""
        guard missing.remove(DomainLog.key(domain)) != nil else { continue }
        imports.append(Model.OpsetImport(domain: domain, version: Int(item.pointee.version)))
      }
    }
    return imports
  }
}
