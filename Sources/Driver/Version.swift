import IR

/// The version of pcc, and the mark it leaves in the models it writes.
public enum Version {
  public static let current = "0.1.0"

  /// The key of the metadata property that says which version wrote a model.
  public static let key = "pcc.version"

  /// Marks a model as written by this version.
  static func stamp(_ model: inout Model) { model[metadata: key] = current }
}
