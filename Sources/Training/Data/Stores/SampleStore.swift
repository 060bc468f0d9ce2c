import IR

/// Where samples lie: read one at a time, in any order, by any thread.
protocol SampleStore: Sendable {
  /// How many there are.
  var count: Int { get }
  /// Whether samples may differ in size, as images in files do.
  var isRagged: Bool { get }
  /// Whether labels are classes of whole samples that are known without reading samples.
  var knowsClasses: Bool { get }

  /// Reads a sample; throws if it is damaged.
  func sample(_ index: Int) throws(Diagnostic) -> Sample

  /// Reads a sample's label alone.
  func label(_ index: Int) throws(Diagnostic) -> Sample.Label

  /// Where a sample is found, for diagnostics.
  func site(of index: Int) -> String
}
