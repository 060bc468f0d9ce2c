/// What pcc has to say about a model, a file or a run: an error that ends the work, or a warning.
///
/// Messages are lower case, without a final period, with quotes round names; they say what was
/// found and what was expected. Advice goes to `notes`.
public struct Diagnostic: Error, Hashable, Sendable {
  /// How bad it is.
  public enum Level: String, Sendable {
    case error, warning
  }

  /// Whose matter it is; decides the exit status of a command.
  public enum Kind: String, Sendable {
    /// The model, the data or the labels are wrong.
    case invalid
    /// The model or the data are right, but beyond what pcc can do.
    case unsupported
    /// A path, the disk or the memory failed.
    case environment
    /// Two results that should agree differ, or training diverged.
    case difference
    /// The command line is wrong.
    case usage
    /// A bug of pcc's own.
    case bug
  }

  public var level: Level
  public var kind: Kind
  public var message: String
  public var site: Site
  public var notes: [String]

  /// Creates a diagnostic.
  public init(
    _ level: Level = .error, kind: Kind, _ message: String, at site: Site = .unknown,
    notes: [String] = []
  ) {
    self.level = level
    self.kind = kind
    self.message = message
    self.site = site
    self.notes = notes
  }

  /// An error about wrong content.
  public static func invalid(
    _ message: String, at site: Site = .unknown, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(kind: .invalid, message, at: site, notes: notes)
  }

  /// An error about content that pcc cannot handle.
  public static func unsupported(
    _ message: String, at site: Site = .unknown, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(kind: .unsupported, message, at: site, notes: notes)
  }

  /// An error of the machine: paths, disk, memory.
  public static func environment(
    _ message: String, at site: Site = .unknown, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(kind: .environment, message, at: site, notes: notes)
  }

  /// A warning about content that pcc handles, but not as the user may expect.
  public static func warning(
    _ message: String, at site: Site = .unknown, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(.warning, kind: .unsupported, message, at: site, notes: notes)
  }

  /// Returns the diagnostic with `file` as the outermost part of its site, unless it names one.
  public func inFile(_ file: String) -> Diagnostic {
    var copy = self
    if copy.site.file == nil { copy.site.file = file }
    return copy
  }
}

extension Diagnostic: CustomStringConvertible {
  /// The diagnostic on one line, notes following in parentheses.
  public var description: String {
    let place = site.description
    let tail = notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"
    return (place.isEmpty ? "" : place + ": ") + "\(level.rawValue): \(message)\(tail)"
  }
}
