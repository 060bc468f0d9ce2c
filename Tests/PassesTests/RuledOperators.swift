import IR
import TestSupport

/// The operators that channels can be traced through.
enum RuledOperators {
  /// Operators that no network here can hold: the extents of Compress are not known before it runs.
  private static let exempt: Set<Operator> = [.compress]

  /// The operators that have a rule, by the recorded signatures: those of which a free label stands
  /// in an operand and in another operand or a result.
  static func all() throws -> Set<Operator> {
    let lines = try TestData.text(TestData.url("golden/axis-signatures.txt")).split(separator: "\n")
    var found: Set<Operator> = []
    for (line, signature) in zip(lines, lines.dropFirst()) where signature.hasPrefix("    ") {
      let call = line.split(separator: "|").last?.split(separator: "(").first ?? ""
      let words = call.split(separator: " ").last?.split(separator: ":") ?? []
      guard let name = words.last else { continue }
      let domain = words.count > 1 ? words[0] : ""
      let base = name.split(separator: "/").first ?? name
      let op = Operator(domain: String(domain), name: String(base))
      if travels(signature) { found.insert(op) }
    }
    return found.subtracting(exempt)
  }

  /// Whether a label that is not blocked stands in two places, the first of which is an operand.
  private static func travels(_ signature: Substring) -> Bool {
    var seen: Set<Character> = []
    var isBlocked = false
    for character in signature {
      if character == "~" {
        isBlocked = true
      } else if character.isLetter {
        if !isBlocked, !seen.insert(character).inserted { return true }
        isBlocked = false
      }
    }
    return false
  }
}
