/// One relaxation gate of a gated model.
public struct Gate: Hashable, Sendable, Codable {
  /// What closes when the gate does.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// Channels of a group, at every producer.
    case channel
    /// Channels of one branch of a residual stream.
    case branch
    /// A whole branch at once: a gate of size 1.
    case block
  }

  /// One place where the gate multiplies.
  public struct Site: Hashable, Sendable, Codable {
    /// The value that is multiplied; the product is named after it.
    public var value: String
    /// The axis that the gate runs along; 0 for a block gate.
    public var axis: Int
    /// The first index and the one after the last on that axis; empty for a block gate.
    public var segment: [Int]
    /// How often each channel occurs within the segment where the axis is a product of factors:
    /// slower and faster repetitions; nil for once.
    public var repeats: [Int]?

    /// The value that the first gate here multiplies: each gate adds `.gated` to a name.
    public var ungated: String {
      var name = value[...]
      while name.hasSuffix(".gated") { name = name.dropLast(".gated".count) }
      return String(name)
    }

    /// Creates a site.
    public init(value: String, axis: Int, segment: [Int], repeats: [Int]? = nil) {
      self.value = value
      self.axis = axis
      self.segment = segment
      self.repeats = repeats
    }
  }

  public var name: String
  public var size: Int
  public var kind: Kind
  public var sites: [Site]

  /// Creates a gate.
  public init(name: String, size: Int, kind: Kind, sites: [Site]) {
    self.name = name
    self.size = size
    self.kind = kind
    self.sites = sites
  }

  /// The name of the initializer that is trained.
  public var scoreName: String { name + ".s" }
  /// The name of the relaxation weights, sigmoid(k·s).
  public var weightName: String { name + ".w" }
  /// The name of the weights as site number `index` multiplies by them.
  public func weightName(at index: Int) -> String { "\(name).w@\(index)" }
}
