/// A model: the main graph and all that an ONNX file says round it.
public struct Model: Sendable {
  /// The version of one operator set the model asks for.
  public struct OpsetImport: Hashable, Sendable {
    public var domain: String
    public var version: Int
    /// Unknown fields of the message.
    public var fields: [UInt8]

    /// Creates an import.
    public init(domain: String, version: Int, fields: [UInt8] = []) {
      self.domain = domain
      self.version = version
      self.fields = fields
    }
  }

  public var irVersion: Int
  public var opsetImports: [OpsetImport]
  public var producerName: String?
  public var producerVersion: String?
  public var domain: String?
  public var modelVersion: Int?
  public var graph: Graph
  /// Model-local functions, each a `FunctionProto`, byte for byte.
  public var functions: [[UInt8]]
  public var residue: Residue

  /// Creates a model around `graph`.
  public init(graph: Graph, irVersion: Int = 10, opset: Int = 20) {
    self.irVersion = irVersion
    self.opsetImports = [OpsetImport(domain: "", version: opset)]
    self.graph = graph
    self.functions = []
    self.residue = Residue()
  }

  /// The version of the default operator set; nil if the model imports none.
  public var opset: Int? {
    opsetImports.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version
  }

  /// The metadata property of that key; setting nil removes it.
  public subscript(metadata key: String) -> String? {
    get { residue.metadata.first { $0.key == key }?.value }
    set {
      if let index = residue.metadata.firstIndex(where: { $0.key == key }) {
        if let newValue {
          residue.metadata[index].value = newValue
        } else {
          residue.metadata.remove(at: index)
        }
      } else if let newValue {
        residue.metadata.append((key, newValue))
      }
    }
  }
}
