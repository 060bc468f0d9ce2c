/// What an augmentation does to one sample.
struct SampleChange {
  var isMirrored = false
  var isTurnedOver = false
  var down = 0
  var right = 0
  /// Whether the border is repeated where the sample moves away from it.
  var repeatsBorder = false
  var brightness: Float = 1
  var contrast: Float = 1
  /// Where the first row and column of the square are that is cut out, and its side.
  var hole: (row: Int, column: Int, side: Int)?
  /// The standard deviation of the noise, and where its numbers come from.
  var noise: (deviation: Float, source: RandomSource)?

  /// Nothing.
  init() {}

  /// Draws a change for a sample of `height` by `width` pixels: places from `random`, everything
  /// else from `other`, so that each augmentation's numbers do not depend on which others there
  /// are.
  init(
    _ augmentation: Augmentation, height: Int, width: Int, _ random: inout RandomSource,
    _ other: inout RandomSource
  ) {
    isMirrored = augmentation.flip && random.below(2) == 1
    let reach = max(augmentation.crop, augmentation.shift)
    if reach > 0 {
      down = random.below(2 * reach + 1) - reach
      right = random.below(2 * reach + 1) - reach
      repeatsBorder = augmentation.shift > 0
    }
    if augmentation.verticalFlip { isTurnedOver = other.below(2) == 1 }
    if augmentation.brightness > 0 {
      brightness = Float(1 + augmentation.brightness * (2 * other.uniform() - 1))
    }
    if augmentation.contrast > 0 {
      contrast = Float(1 + augmentation.contrast * (2 * other.uniform() - 1))
    }
    if augmentation.cutout > 0 {
      let side = augmentation.cutout
      hole = (other.below(height) - side / 2, other.below(width) - side / 2, side)
    }
    if augmentation.noise > 0 {
      noise = (Float(augmentation.noise), RandomSource(seed: other.next()))
    }
  }

  /// The place along an axis of `extent` pixels that a result's pixel comes from; nil from outside.
  func origin(_ place: Int, _ extent: Int, isRow: Bool) -> Int? {
    let mirrored = (isRow ? isTurnedOver : isMirrored) ? extent - 1 - place : place
    let origin = mirrored + (isRow ? down : right)
    if repeatsBorder { return min(max(origin, 0), extent - 1) }
    return (0..<extent).contains(origin) ? origin : nil
  }

  /// Whether a pixel of the result is cut out.
  func isCutOut(_ row: Int, _ column: Int) -> Bool {
    guard let hole else { return false }
    return (hole.row..<(hole.row + hole.side)).contains(row)
      && (hole.column..<(hole.column + hole.side)).contains(column)
  }
}
