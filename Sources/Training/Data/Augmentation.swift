import IR

/// Random changes to training samples that leave their labels right.
public struct Augmentation: Hashable, Sendable {
  /// Whether half the samples are mirrored left to right.
  public var flip: Bool
  /// By how many pixels a sample is shifted at most in each direction; what moves in is 0 before
  /// normalisation, as if the sample were padded and cropped.
  public var crop: Int

  /// Creates an augmentation; by default nothing changes.
  public init(flip: Bool = false, crop: Int = 0) {
    self.flip = flip
    self.crop = crop
  }

  /// Nothing changes.
  public static let none = Augmentation()

  /// Reads a list such as `flip,crop:2`; throws `usage` for anything else.
  public init(parsing text: String) throws(Diagnostic) {
    self.init()
    for word in text.split(separator: ",") where word != "none" {
      let parts = word.split(separator: ":")
      if parts == ["flip"] {
        flip = true
      } else if parts.count == 2, parts[0] == "crop", let pixels = Int(parts[1]),
        (0...1024).contains(pixels)
      {
        crop = pixels
      } else {
        throw Diagnostic(
          kind: .usage, "augmentation '\(word)' is unknown, expected flip, crop:N or none")
      }
    }
  }
}
