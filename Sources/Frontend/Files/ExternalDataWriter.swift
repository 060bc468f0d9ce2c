import COnnx
import IR

/// Collects the tensors that go into a data file beside the model.
///
/// The file's name holds a digest of its content, so that no model ever points at the data of
/// another version of itself.
final class ExternalDataWriter {
  private static let alignment = 64

  private var chunks: [(offset: Int, memory: UnsafeMutableRawBufferPointer)] = []
  private var offsets: [UnsafeMutableRawPointer: (offset: Int, count: Int)] = [:]
  private var locations: [UnsafeMutablePointer<Onnx__StringStringEntryProto>] = []
  private var size = 0
  private var digest = Digest()
  private var path = ""

  /// Whether no tensor is external.
  var isEmpty: Bool { locations.isEmpty }

  /// Places a tensor's bytes, which must stay where they are, and sets `external_data` of its
  /// message.
  func add(
    _ memory: UnsafeMutableRawBufferPointer, _ fields: [Constant.ExternalField],
    to proto: UnsafeMutablePointer<Onnx__TensorProto>, _ arena: ProtoArena
  ) {
    let offset = place(memory)
    var values = ["location": "", "offset": String(offset), "length": String(memory.count)]
    var entries: [(key: String, value: String)] = []
    for field in fields {
      if let value = values.removeValue(forKey: field.key) { entries.append((field.key, value)) }
    }
    for key in ["location", "offset", "length"] {
      if let value = values[key] { entries.append((key, value)) }
    }
    proto.pointee.n_external_data = entries.count
    proto.pointee.external_data = arena.entries(entries)
    for (index, entry) in entries.enumerated() where entry.key == "location" {
      if let message = proto.pointee.external_data[index] { locations.append(message) }
    }
  }

  private func place(_ memory: UnsafeMutableRawBufferPointer) -> Int {
    if let start = memory.baseAddress, let known = offsets[start], known.count == memory.count {
      return known.offset
    }
    let alignment = ExternalDataWriter.alignment
    let offset = (size + alignment - 1) / alignment * alignment
    size = offset + memory.count
    chunks.append((offset, memory))
    digest.add(offset)
    digest.add(UnsafeRawBufferPointer(memory))
    if let start = memory.baseAddress { offsets[start] = (offset, memory.count) }
    return offset
  }

  /// Names the data file of the model at `path` in all messages.
  func setName(beside path: String, _ arena: ProtoArena) {
    let name = "\(FilePath.name(of: path)).\(digest.text).data"
    for location in locations { location.pointee.value = arena.string(name) }
    self.path = FilePath.directory(of: path) + "/" + name
  }

  /// Writes the data file, if there is anything to write.
  func write() throws(Diagnostic) {
    guard !isEmpty else { return }
    let file = try OutputFile(path, overwrite: .always)
    var position = 0
    for chunk in chunks {
      try file.write([UInt8](repeating: 0, count: chunk.offset - position))
      try file.write(UnsafeRawBufferPointer(chunk.memory))
      position = chunk.offset + chunk.memory.count
    }
    try file.commit()
  }
}
