import COnnx
import IR

/// Writes ONNX files.
public struct ModelWriter: Sendable {
  /// The metadata key by which pcc knows the models it wrote.
  public static let versionKey = "pcc.version"

  /// Creates a writer.
  public init() {}

  /// Writes the model to `path`, and tensors that came from data files to a data file beside it
  /// first. Throws an `unsupported` diagnostic for what the model's operator set cannot express, an
  /// environment error if a file cannot be written or may not be replaced; then nothing has
  /// changed.
  public func write(_ model: Model, to path: String, overwrite: OutputFile.Overwrite)
    throws(Diagnostic)
  {
    do throws(Diagnostic) {
      try OutputFile.check(path, overwrite: overwrite)
      let emitter = Emitter()
      try withExtendedLifetime(emitter.arena) { () throws(Diagnostic) in
        let proto = try emitter.message(model)
        emitter.external.setName(beside: path, emitter.arena)
        try checkSize(proto)
        try emitter.external.write()
        let file = try OutputFile(path, overwrite: overwrite)
        let sink = FileSink(file)
        try sink.write(proto)
        try file.commit()
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// The encoded model; tensors that came from data files are refused.
  public func encode(_ model: Model) throws(Diagnostic) -> [UInt8] {
    let emitter = Emitter()
    return try withExtendedLifetime(emitter.arena) { () throws(Diagnostic) in
      let proto = try emitter.message(model)
      guard emitter.external.isEmpty else {
        throw .unsupported("a model with external data is not written to memory")
      }
      try checkSize(proto)
      return WireBytes.pack(UnsafePointer(proto))
    }
  }

  private func checkSize(_ proto: UnsafeMutablePointer<Onnx__ModelProto>) throws(Diagnostic) {
    let size = onnx__model_proto__get_packed_size(proto)
    guard size <= ModelReader.sizeLimit else {
      throw .unsupported(
        "the model takes \(size) bytes, more than protobuf's 2 GiB",
        notes: ["weights in external data do not count"])
    }
  }
}

/// Streams packed messages into a file.
private final class FileSink {
  private let file: OutputFile
  private var failure: Diagnostic?

  init(_ file: OutputFile) { self.file = file }

  /// Packs the message piece by piece.
  func write(_ proto: UnsafeMutablePointer<Onnx__ModelProto>) throws(Diagnostic) {
    var sink = COnnxSink()
    sink.context = Unmanaged.passUnretained(self).toOpaque()
    sink.base.append = { buffer, count, data in
      // Safety: the buffer is the first member of the `COnnxSink` below, whose context is alive.
      let context = buffer.flatMap {
        UnsafeRawPointer($0).assumingMemoryBound(to: COnnxSink.self).pointee.context
      }
      guard let context else { return }
      Unmanaged<FileSink>.fromOpaque(context).takeUnretainedValue()
        .append(UnsafeRawBufferPointer(start: data, count: count))
    }
    withUnsafeMutablePointer(to: &sink) { pointer in
      pointer.withMemoryRebound(to: ProtobufCBuffer.self, capacity: 1) { buffer in
        _ = onnx__model_proto__pack_to_buffer(proto, buffer)
      }
    }
    if let failure { throw failure }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil else { return }
    do throws(Diagnostic) { try file.write(bytes) } catch { failure = error }
  }
}
