/// The weights with which pixels of a line make those of a longer or shorter one: a triangle that
/// is as wide as two pixels of the coarser line.
struct ResampleFilter {
  /// The first pixel each result reads.
  private let starts: [Int]
  /// The weights of a result's pixels, which sum to 1.
  private let weights: [[Float]]
  /// How many pixels a line has that is read.
  private let length: Int

  /// Weights for results `first..<(first + count)` of a line of `from` pixels scaled to `to`.
  init(from: Int, to: Int, first: Int, count: Int) {
    let scale = Double(from) / Double(to)
    let reach = max(scale, 1)
    var starts: [Int] = []
    var weights: [[Float]] = []
    for place in first..<(first + count) {
      let centre = (Double(place) + 0.5) * scale
      let low = max(0, Int((centre - reach + 0.5).rounded(.down)))
      let high = max(low + 1, min(from, Int((centre + reach + 0.5).rounded(.down))))
      let shares = (low..<high).map { max(0, 1 - abs((Double($0) + 0.5 - centre) / reach)) }
      let sum = shares.reduce(0, +)
      starts.append(low)
      weights.append(shares.map { Float($0 / sum) })
    }
    length = from
    self.starts = starts
    self.weights = weights
  }

  /// All pixels that are read.
  var range: Range<Int> {
    (starts.min() ?? 0)..<(zip(starts, weights).map { $0 + $1.count }.max() ?? 0)
  }

  /// Filters the lines `needed` of the image of bytes that begins at `offset`, each into a line of
  /// `target`, rounded to whole numbers.
  func filterRows(
    _ source: UnsafeBufferPointer<UInt8>, _ offset: Int, _ needed: Range<Int>,
    _ target: inout [Float]
  ) {
    target.withUnsafeMutableBufferPointer { target in
      for row in needed {
        let line = offset + row * length
        for (place, start) in starts.enumerated() {
          var sum: Float = 0.5
          for (index, weight) in weights[place].enumerated() {
            sum += weight * Float(source[line + start + index])
          }
          target[row * starts.count + place] = sum.rounded(.down)
        }
      }
    }
  }

  /// Filters the columns of an image of `width` columns into bytes from `offset` on.
  func filterColumns(
    _ source: [Float], _ width: Int, _ target: UnsafeMutableBufferPointer<UInt8>, _ offset: Int
  ) {
    var sums = [Float](repeating: 0, count: width)
    for (row, start) in starts.enumerated() {
      for column in 0..<width { sums[column] = 0.5 }
      for (index, weight) in weights[row].enumerated() {
        let line = (start + index) * width
        for column in 0..<width { sums[column] += weight * source[line + column] }
      }
      for column in 0..<width {
        target.initializeElement(
          at: offset + row * width + column, to: UInt8(min(max(sums[column], 0), 255)))
      }
    }
  }
}
