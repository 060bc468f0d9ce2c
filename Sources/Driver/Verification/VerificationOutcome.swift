/// What a verification found.
public struct VerificationOutcome: Hashable, Sendable, Encodable {
  /// The largest difference of two elements.
  public var maxAbs = 0.0
  /// The largest difference relative to the largest value of the output it was found in.
  public var maxRel = 0.0
  /// The relative difference that was allowed.
  public var tolerance = 0.0
  /// How many inputs were compared.
  public var samples = 0
  /// How many operators could not be run and were cut out.
  public var cuts = 0
  /// Their types.
  public var cutOperators: Set<String> = []
  /// Sizes at which the reference itself does not work.
  public var skippedSizes: [String] = []
  /// The output with the largest relative difference.
  public var worst: String?
  /// Outputs whose shapes differ, with both shapes.
  public var shapes: [String: [[Int]]] = [:]
  /// Outputs that held no finite number, so that comparing them says little.
  public var notFinite: Set<String> = []
  /// Outputs beyond an operator that could not be run, which were not compared.
  public var uncompared: Set<String> = []
  /// Whether no difference exceeds the tolerance.
  public var ok = true

  /// Creates the outcome of no comparison yet.
  init() {}

  /// Takes a difference into account.
  mutating func note(_ difference: OutputDifference, of output: String) {
    maxAbs = max(maxAbs, difference.largest)
    if difference.relative > maxRel || worst == nil {
      maxRel = max(maxRel, difference.relative)
      worst = output
    }
    if !difference.shapes.isEmpty { shapes[output] = difference.shapes }
    if !difference.isTelling { notFinite.insert(output) }
  }

  private enum CodingKeys: CodingKey {
    case maxAbs, maxRel, tolerance, samples, cuts, cutOperators, skippedSizes, worst, shapes,
      notFinite, uncompared
    case ok
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(maxAbs, forKey: .maxAbs)
    try container.encode(maxRel, forKey: .maxRel)
    try container.encode(tolerance, forKey: .tolerance)
    try container.encode(samples, forKey: .samples)
    try container.encode(cuts, forKey: .cuts)
    try container.encode(cutOperators.sorted(), forKey: .cutOperators)
    try container.encode(skippedSizes, forKey: .skippedSizes)
    try container.encode(worst, forKey: .worst)
    if !shapes.isEmpty { try container.encode(shapes, forKey: .shapes) }
    try container.encode(notFinite.sorted(), forKey: .notFinite)
    try container.encode(uncompared.sorted(), forKey: .uncompared)
    try container.encode(ok, forKey: .ok)
  }

  /// The outcome on one line.
  public var summary: String {
    let names = cutOperators.sorted()
    let unlike = shapes.min { $0.key < $1.key }.map { output, shapes in
      "output '\(output)' has shape " + shapes.map { "\($0)" }.joined(separator: " and ")
    }
    let listed = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    let parts = [
      "\(ok ? "equal" : "different") on \(samples) samples",
      unlike ?? "",
      "largest difference \(Quantity.scientific(maxAbs))",
      "relative \(Quantity.scientific(maxRel)) (allowed \(Quantity.scientific(tolerance)))",
      cuts == 0 ? "" : "\(cuts) operators cut out (\(listed))",
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
