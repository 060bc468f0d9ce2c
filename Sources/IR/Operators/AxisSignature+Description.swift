extension AxisSignature: CustomStringConvertible {
  /// The signature in the notation of the type's documentation: labels as letters, blocked ones
  /// after `~`, compensated ones after `^`, `1` for the empty product, `_` for operands and results in which nothing may
  /// change.
  public var description: String {
    operands.map(text).joined(separator: " ") + " -> " + results.map(text).joined(separator: " ")
  }

  private func text(_ axes: [Term]?) -> String {
    axes.map { "[" + $0.map(text).joined(separator: ", ") + "]" } ?? "_"
  }

  private func text(_ term: Term) -> String {
    switch term {
    case .label(let label): name(label)
    case .product(let terms): terms.isEmpty ? "1" : terms.map(factor).joined(separator: "·")
    case .concatenation(let terms): terms.map(text).joined(separator: " ++ ")
    }
  }

  private func factor(_ term: Term) -> String {
    if case .concatenation = term { return "(" + text(term) + ")" }
    return text(term)
  }

  /// The letter of a label, after `~` if it is blocked, after `^` if it is compensated.
  public func name(_ label: Label) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let letter = String(letters[label.index % letters.count])
    let name = label.index < letters.count ? letter : letter + "\(label.index / letters.count)"
    switch self[label].freedom {
    case .free: return name
    case .compensated: return "^" + name
    case .blocked: return "~" + name
    }
  }
}
