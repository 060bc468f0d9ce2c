import IR

/// How an image gets the size that a model wants.
public enum ResizePolicy: Hashable, Sendable {
  /// The short side is scaled to `side`, by default so far that the image just covers what is
  /// wanted, and the middle is cut out.
  case crop(side: Int?)
  /// Each side is scaled by itself.
  case stretch

  /// Reads `crop`, `crop:N` or `stretch`; throws `usage` for anything else.
  public init(parsing text: String) throws(Diagnostic) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts == ["stretch"] {
      self = .stretch
    } else if parts == ["crop"] {
      self = .crop(side: nil)
    } else if parts.count == 2, parts[0] == "crop", let side = Int(parts[1]),
      (1...16384).contains(side)
    {
      self = .crop(side: side)
    } else {
      throw Diagnostic(
        kind: .usage, "resizing '\(text)' is unknown, expected crop, crop:N or stretch")
    }
  }

  /// The policy as it is written.
  public var text: String {
    switch self {
    case .crop(let side): side.map { "crop:\($0)" } ?? "crop"
    case .stretch: "stretch"
    }
  }
}
