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
  private let isByte: Bool
  private let seed: UInt64
  /// One more than the largest class label that is allowed; nil for any.
  private let classes: Int?
  /// The extents of a sample as channels, height and width.
  private let grid: (channels: Int, height: Int, width: Int)

  /// Creates an assembler of batches of `size` samples.
  ///
  /// Throws `invalid` if the normalisation does not fit the samples, `usage` if the augmentation
  /// asks for images and the samples are none.
  public init(
    _ dataset: Dataset, size: Int, metadata: InputMetadata, augmentation: Augmentation = .none,
    seed: UInt64 = 0, classes: Int? = nil
  ) throws(Diagnostic) {
    let extents = dataset.extents
    let isImage = extents.count == 3
    if augmentation != .none && !isImage {
      throw Diagnostic(
        kind: .usage, "augmentation wants images, but the samples have extents \(extents)")
    }
    grid = isImage ? (extents[0], extents[1], extents[2]) : (1, 1, extents.reduce(1, *))
    isByte = dataset.isByte
    affine = try metadata.affine(channels: grid.channels, isByte: dataset.isByte)
    layout = isImage ? metadata.layout : .nchw
    self.dataset = dataset
    self.size = size
    self.augmentation = augmentation
    self.seed = seed
    self.classes = classes
  }

  /// The order of the samples in an epoch.
  public func order(epoch: Int) -> [Int] {
    var random = RandomSource(seed: seed, stream: 1, UInt64(epoch))
    return random.permutation(dataset.count)
  }

  /// Batch number `number` of an epoch whose samples stand in `order`; shorter if too few are left.
  ///
  /// Throws if a sample cannot be read or has a label that is not allowed.
  public func batch(_ number: Int, of order: [Int], epoch: Int) throws(Diagnostic) -> Batch {
    let start = number * size
    let positions = order[start..<min(start + size, order.count)]
    let volume = grid.channels * grid.height * grid.width
    var places = RandomSource(seed: seed, stream: 2, UInt64(epoch), UInt64(number))
    var others = RandomSource(seed: seed, stream: 4, UInt64(epoch), UInt64(number))
    var batch = Batch(
      count: positions.count, elements: [Float](repeating: 0, count: positions.count * volume),
      classes: [], values: [])
    for (slot, position) in positions.enumerated() {
      let sample = try dataset.sample(position)
      let change =
        augmentation == .none
        ? SampleChange()
        : SampleChange(
          augmentation, height: grid.height, width: grid.width, &places, &others)
      write(sample.elements, change, to: &batch.elements, at: slot * volume)
      switch sample.label {
      case .none: break
      case .classes(let labels):
        if let classes {
          try Dataset.check(
            labels, below: classes, sample: dataset.indices[position], dataset.labelFile)
        }
        append(labels, change, to: &batch.classes)
      case .values(let values): batch.values += values
      }
    }
    if augmentation.mixup > 0 {
      let share = Float(others.beta(augmentation.mixup))
      batch.mix(share: share, with: others.permutation(positions.count))
    }
    return batch
  }

  /// Appends the labels of a sample, moved with it if there is one for each pixel; -1 where padding
  /// moves in or something is cut out.
  private func append(_ labels: [Int32], _ change: SampleChange, to target: inout [Int64]) {
    guard labels.count > 1, labels.count == grid.height * grid.width else {
      target += labels.map { max(Int64($0), -1) }
      return
    }
    let columns = (0..<grid.width).map { change.origin($0, grid.width, isRow: false) }
    for row in 0..<grid.height {
      let origin = change.origin(row, grid.height, isRow: true)
      for column in 0..<grid.width {
        guard let origin, let from = columns[column], !change.isCutOut(row, column) else {
          target.append(-1)
          continue
        }
        target.append(max(Int64(labels[origin * grid.width + from]), -1))
      }
    }
  }

  /// Writes a sample, changed and normalised, from place `start` on.
  private func write(
    _ elements: Sample.Elements, _ change: SampleChange, to target: inout [Float], at start: Int
  ) {
    var pixels: [Float] =
      switch elements {
      case .bytes(let bytes): bytes.map { Float($0) }
      case .floats(let floats): floats
      }
    if change.brightness != 1 || change.contrast != 1 { recolor(&pixels, change) }
    let (channels, height, width) = grid
    let columns = (0..<width).map { change.origin($0, width, isRow: false) ?? -1 }
    let isStill = columns.first == 0 && columns.last == width - 1
    var noise = change.noise
    target.withUnsafeMutableBufferPointer { target in
      for channel in 0..<channels {
        let (factor, offset) = affine[channel]
        let (rowStep, step) = layout == .nchw ? (width, 1) : (width * channels, channels)
        let base = start + (layout == .nchw ? channel * height * width : channel)
        for row in 0..<height {
          let line = base + row * rowStep
          guard let origin = change.origin(row, height, isRow: true) else {
            for column in 0..<width { target[line + column * step] = offset }
            continue
          }
          let from = (channel * height + origin) * width
          if isStill && step == 1 {
            for column in 0..<width {
              target[line + column] = pixels[from + column] * factor + offset
            }
          } else {
            for column in 0..<width {
              let place = columns[column]
              let pixel = place < 0 ? 0 : pixels[from + place]
              target[line + column * step] = pixel * factor + offset
            }
          }
        }
        if noise != nil {
          let deviation = change.noise.map { $0.deviation * factor * (isByte ? 255 : 1) } ?? 0
          for row in 0..<height {
            for column in 0..<width {
              let drawn = noise?.source.gaussian() ?? 0
              target[base + row * rowStep + column * step] += deviation * Float(drawn)
            }
          }
        }
        guard let hole = change.hole else { continue }
        for row in max(hole.row, 0)..<max(min(hole.row + hole.side, height), 0) {
          for column in max(hole.column, 0)..<max(min(hole.column + hole.side, width), 0) {
            target[base + row * rowStep + column * step] = 0
          }
        }
      }
    }
  }

  /// Makes a sample brighter or darker, then its contrast higher or lower; bytes stay within range.
  private func recolor(_ pixels: inout [Float], _ change: SampleChange) {
    func bounded(_ value: Float) -> Float { isByte ? min(max(value, 0), 255) : value }
    if change.brightness != 1 {
      for place in pixels.indices { pixels[place] = bounded(pixels[place] * change.brightness) }
    }
    guard change.contrast != 1 else { return }
    let mean = Float(pixels.reduce(0) { $0 + Double($1) } / Double(max(pixels.count, 1)))
    for place in pixels.indices {
      pixels[place] = bounded((pixels[place] - mean) * change.contrast + mean)
    }
  }
}
