import IR

/// Random changes to training samples that leave their labels right.
public struct Augmentation: Hashable, Sendable {
  /// Whether half the samples are mirrored left to right.
  public var flip: Bool
  /// By how many pixels a sample is shifted at most in each direction; what moves in is 0 before
  /// normalisation, as if the sample were padded and cropped, and labels of pixels there are
  /// unknown.
  public var crop: Int
  /// Whether half the samples are mirrored top to bottom.
  public var verticalFlip = false
  /// By how many pixels a sample is shifted at most in each direction, the border repeated.
  public var shift = 0
  /// The side of a square at a random place that becomes 0 after normalisation, labels of pixels
  /// unknown; 0 for none.
  public var cutout = 0
  /// The standard deviation of normal noise, in units of a byte's range or a float's own.
  public var noise = 0.0
  /// How far the factor of a sample's brightness is from 1 at most.
  public var brightness = 0.0
  /// How far the factor of a sample's differences from its mean is from 1 at most.
  public var contrast = 0.0
  /// Both parameters of the beta distribution that samples are mixed by, one share a batch; 0 for
  /// no mixing (Zhang et al., arXiv 1710.09412).
  public var mixup = 0.0

  /// Creates an augmentation; by default nothing changes.
  public init(flip: Bool = false, crop: Int = 0) {
    self.flip = flip
    self.crop = crop
  }

  /// Whether pixels move or go.
  var moves: Bool { flip || verticalFlip || crop > 0 || shift > 0 || cutout > 0 }

  /// Nothing changes.
  public static let none = Augmentation()

  /// How augmentations are written, for messages.
  public static let forms =
    "flip, vflip, crop:N, shift:N, cutout:N, noise:S, brightness:S, contrast:S, mixup:A or none"

  /// Reads a list such as `flip,crop:2`; throws `usage` for anything else.
  public init(parsing text: String) throws(Diagnostic) {
    self.init()
    for word in text.split(separator: ",") where word != "none" {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      let pixels = parts.count == 2 ? Int(parts[1]).flatMap { (0...1024) ~= $0 ? $0 : nil } : nil
      let number = parts.count == 2 ? Double(parts[1]).flatMap { (0...8) ~= $0 ? $0 : nil } : nil
      switch (parts[0], parts.count, pixels, number) {
      case ("flip", 1, _, _): flip = true
      case ("vflip", 1, _, _): verticalFlip = true
      case ("crop", 2, .some(let pixels), _): crop = pixels
      case ("shift", 2, .some(let pixels), _): shift = pixels
      case ("cutout", 2, .some(let pixels), _): cutout = pixels
      case ("noise", 2, _, .some(let number)): noise = number
      case ("brightness", 2, _, .some(let number)) where number <= 1: brightness = number
      case ("contrast", 2, _, .some(let number)) where number <= 1: contrast = number
      case ("mixup", 2, _, .some(let number)): mixup = number
      default:
        throw Diagnostic(
          kind: .usage, "augmentation '\(word)' is unknown, expected \(Augmentation.forms)")
      }
    }
    if crop > 0, shift > 0 {
      throw Diagnostic(kind: .usage, "augmentations crop and shift exclude each other")
    }
  }
}
