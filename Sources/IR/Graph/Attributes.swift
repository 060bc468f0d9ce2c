import OrderedCollections

/// A node's attributes by name, in the order of the source file.
public struct Attributes: Sendable, Sequence, ExpressibleByDictionaryLiteral {
  private var storage: OrderedDictionary<String, Attribute> = [:]
  /// What the source file says besides, by attribute name.
  public var notes: [String: AttributeNote] = [:]

  /// Creates attributes from a literal such as `["axis": .int(1)]`.
  ///
  /// - Precondition: no name occurs twice.
  public init(dictionaryLiteral elements: (String, Attribute)...) {
    storage = OrderedDictionary(uniqueKeysWithValues: elements)
  }

  /// The attribute of that name; setting nil removes it.
  public subscript(name: String) -> Attribute? {
    get { storage[name] }
    set { storage[name] = newValue }
  }

  /// The names, in order.
  public var names: [String] { Array(storage.keys) }

  /// How many there are.
  public var count: Int { storage.count }

  /// Whether there are none.
  public var isEmpty: Bool { storage.isEmpty }

  /// Iterates over names and attributes in order.
  public func makeIterator() -> some IteratorProtocol<(name: String, attribute: Attribute)> {
    storage.lazy.map { (name: $0.key, attribute: $0.value) }.makeIterator()
  }

  /// The integer attribute of that name.
  public func int(_ name: String) -> Int? {
    if case .int(let value)? = self[name] { value } else { nil }
  }

  /// The integer list attribute of that name.
  public func ints(_ name: String) -> [Int]? {
    if case .ints(let value)? = self[name] { value } else { nil }
  }

  /// The float attribute of that name.
  public func float(_ name: String) -> Float? {
    if case .float(let value)? = self[name] { value } else { nil }
  }

  /// The float list attribute of that name.
  public func floats(_ name: String) -> [Float]? {
    if case .floats(let value)? = self[name] { value } else { nil }
  }

  /// The string attribute of that name.
  public func string(_ name: String) -> String? {
    if case .string(let value)? = self[name] { value } else { nil }
  }

  /// The tensor attribute of that name.
  public func tensor(_ name: String) -> Tensor? {
    if case .tensor(let value)? = self[name] { value } else { nil }
  }
}
