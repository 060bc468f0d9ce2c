import IR

/// Makes batches of a data set: picks, augments and normalises samples.
///
/// A batch follows from the seed, the epoch and its number alone.
public struct BatchAssembler: Sendable {
  public let dataset: Dataset
  public let size: Int
  private let augmentation: Augmentation
  private let layout: SampleLayout
  private let affine: [(factor: Float, offset: Float)]
  private let seed: UInt64
  /// The extents of a sample as channels, height and width.
  private let grid: (channels: Int, height: Int, width: Int)

  /// Creates an assembler of batches of `size` samples.
  ///
  /// Throws `invalid` if the normalisation does not fit the samples, `usage` if the augmentation
  /// asks for images and the samples are none.
  public init(
    _ dataset: Dataset, size: Int, metadata: InputMetadata, augmentation: Augmentation = .none,
    seed: UInt64 = 0
  ) throws(Diagnostic) {
    let extents = dataset.extents
    let isImage = extents.count == 3
    if augmentation != .none && !isImage {
      throw Diagnostic(
        kind: .usage, "augmentation wants images, but the samples have extents \(extents)")
    }
    grid = isImage ? (extents[0], extents[1], extents[2]) : (1, 1, extents.reduce(1, *))
    let isByte = if case .bytes = dataset.elements { true } else { false }
    affine = try metadata.affine(channels: grid.channels, isByte: isByte)
    layout = isImage ? metadata.layout : .nchw
    self.dataset = dataset
    self.size = size
    self.augmentation = augmentation
    self.seed = seed
  }

  /// The order of the samples in an epoch.
  public func order(epoch: Int) -> [Int] {
    var random = RandomSource(seed: seed, stream: 1, UInt64(epoch))
    return random.permutation(dataset.count)
  }

  /// Batch number `number` of an epoch whose samples stand in `order`; shorter if too few are left.
  public func batch(_ number: Int, of order: [Int], epoch: Int) -> Batch {
    let start = number * size
    let positions = Array(order[start..<min(start + size, order.count)])
    let volume = grid.channels * grid.height * grid.width
    var random = RandomSource(seed: seed, stream: 2, UInt64(epoch), UInt64(number))
    var elements = [Float](repeating: 0, count: positions.count * volume)
    var classes: [Int64] = []
    for (slot, position) in positions.enumerated() {
      let shift = draw(&random)
      let index = dataset.indices[position]
      switch dataset.elements {
      case .bytes(let bytes):
        copy(bytes, index, to: &elements, at: slot, shift) { Float($0) }
      case .floats(let floats):
        copy(floats, index, to: &elements, at: slot, shift) { $0 }
      }
      if case .classes(let all, let count) = dataset.labels {
        classes += moved(Array(all[(index * count)..<((index + 1) * count)]), shift)
      }
    }
    var batch = Batch(count: positions.count, elements: elements, classes: classes, values: [])
    switch dataset.labels {
    case .none, .classes: break
    case .values(let all, let extents):
      let count = extents.reduce(1, *)
      for position in positions {
        let index = dataset.indices[position]
        batch.values += all[(index * count)..<((index + 1) * count)]
      }
    }
    return batch
  }

  private typealias Shift = (isMirrored: Bool, down: Int, right: Int)

  private func draw(_ random: inout RandomSource) -> Shift {
    let isMirrored = augmentation.flip && random.below(2) == 1
    guard augmentation.crop > 0 else { return (isMirrored, 0, 0) }
    let span = 2 * augmentation.crop + 1
    return (
      isMirrored, random.below(span) - augmentation.crop, random.below(span) - augmentation.crop
    )
  }

  /// The labels of a sample, mirrored and shifted with it if there is one for each pixel; -1 where
  /// padding moves in.
  private func moved(_ labels: [Int32], _ shift: Shift) -> [Int64] {
    guard labels.count > 1, labels.count == grid.height * grid.width else {
      return labels.map(Int64.init)
    }
    var moved: [Int64] = []
    for row in 0..<grid.height {
      for column in 0..<grid.width {
        let place = (shift.isMirrored ? grid.width - 1 - column : column) + shift.right
        let isInside =
          (0..<grid.height).contains(row + shift.down) && (0..<grid.width).contains(place)
        moved.append(isInside ? Int64(labels[(row + shift.down) * grid.width + place]) : -1)
      }
    }
    return moved
  }

  /// Writes a sample, mirrored, shifted and normalised, into slot `slot`.
  private func copy<Element>(
    _ source: [Element], _ index: Int, to target: inout [Float], at slot: Int, _ shift: Shift,
    _ convert: (Element) -> Float
  ) {
    let (channels, height, width) = grid
    let volume = channels * height * width
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        for channel in 0..<channels {
          let (factor, offset) = affine[channel]
          for row in 0..<height {
            let from = index * volume + (channel * height + row + shift.down) * width
            let isInside = (0..<height).contains(row + shift.down)
            for column in 0..<width {
              let place = shift.isMirrored ? width - 1 - column : column
              let origin = place + shift.right
              let pixel =
                isInside && (0..<width).contains(origin) ? convert(source[from + origin]) : 0
              let position =
                layout == .nchw
                ? (channel * height + row) * width + column
                : (row * width + column) * channels + channel
              target[slot * volume + position] = pixel * factor + offset
            }
          }
        }
      }
    }
  }
}
