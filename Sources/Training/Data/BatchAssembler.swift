import IR

/// Makes batches of a data set: picks, augments and normalises samples.
///
/// A batch follows from the seed, the epoch and its number alone.
public struct BatchAssembler: Sendable {
  public let dataset: Dataset
  public let size: Int
  /// The element types of the model's inputs.
  private let types: [ElementType]
  private let augmentation: Augmentation
  private let layout: SampleLayout
  private let affine: [(factor: Float, offset: Float)]
  private let isByte: Bool
  private let seed: UInt64
  /// One more than the largest class label that is allowed; nil for any.
  private let classes: Int?
  /// The extents of what the first input takes as channels, height and width.
  private let grid: (channels: Int, height: Int, width: Int)

  /// Creates an assembler of batches of `size` samples for inputs of the given element types.
  ///
  /// Throws `invalid` if the normalisation does not fit the samples, `usage` if the augmentation
  /// asks for images and the samples are none.
  public init(
    _ dataset: Dataset, size: Int, types: [ElementType] = [.float32], metadata: InputMetadata,
    augmentation: Augmentation = .none, seed: UInt64 = 0, classes: Int? = nil
  ) throws(Diagnostic) {
    let extents = dataset.extents
    let isImage = extents.count == 3 && types == [.float32]
    if augmentation != .none && !isImage {
      throw Diagnostic(
        kind: .usage, "augmentation wants images, but the samples have extents \(extents)")
    }
    guard !augmentation.moves || dataset.labels.follow(extents) else {
      throw Diagnostic(
        kind: .usage, "augmentation would move the pixels of \(extents), but not \(dataset.labels)",
        notes: ["noise, brightness, contrast and mixup move nothing"])
    }
    grid = isImage ? (extents[0], extents[1], extents[2]) : (1, 1, extents.reduce(1, *))
    isByte = dataset.isByte
    affine = try metadata.affine(channels: grid.channels, isByte: dataset.isByte)
    layout = isImage ? metadata.layout : .nchw
    self.dataset = dataset
    self.size = size
    self.types = types
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
    var places = RandomSource(seed: seed, stream: 2, UInt64(epoch), UInt64(number))
    var others = RandomSource(seed: seed, stream: 4, UInt64(epoch), UInt64(number))
    var batch = Batch(samples: Array(positions), inputs: [])
    var samples: [(sample: Sample, change: SampleChange)] = []
    samples.reserveCapacity(positions.count)
    for position in positions {
      let sample = try dataset.sample(position)
      if sample.holdsNaN {
        throw Diagnostic.invalid("sample \(dataset.indices[position]) holds NaN").inFile(
          dataset.file(of: position))
      }
      let change =
        augmentation == .none
        ? SampleChange()
        : SampleChange(
          augmentation, height: grid.height, width: grid.width, &places, &others)
      samples.append((sample, change))
      switch sample.label {
      case .none: break
      case .classes(let labels):
        if let classes {
          try Dataset.check(
            labels, below: classes, sample: dataset.indices[position], dataset.file(of: position))
        }
        append(labels, change, to: &batch.classes)
      case .values(let values): batch.values += values
      }
    }
    for index in types.indices { batch.inputs.append(try values(of: samples, for: index)) }
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

  /// What an input takes of some samples: the first one changed and normalised, others as they are,
  /// bytes between 0 and 1.
  ///
  /// Throws `invalid` for numbers that the input's type does not hold.
  private func values(
    of samples: [(sample: Sample, change: SampleChange)], for index: Int
  ) throws(Diagnostic) -> Batch.Values {
    guard types[index] == .float32 else {
      var all: [Int] = []
      for (sample, _) in samples {
        switch sample.inputs[index].elements {
        case .bytes(let bytes): all += bytes.map { Int($0) }
        case .integers(let integers): all += integers
        case .floats: throw .invalid("input \(index) takes whole numbers, floats found")
        }
      }
      if types[index] == .int32, let wide = all.first(where: { Int32(exactly: $0) == nil }) {
        throw .invalid("\(wide) is beyond the 32 bits of input \(index)").inFile(dataset.labelFile)
      }
      return .integers(all)
    }
    let count = dataset.inputs[index].count
    var all = [Float](repeating: 0, count: samples.count * count)
    for (slot, (sample, change)) in samples.enumerated() {
      let elements = sample.inputs[index].elements
      var numbers: [Float] =
        switch elements {
        case .bytes(let bytes): bytes.map { Float($0) }
        case .floats(let floats): floats
        case .integers: throw .invalid("input \(index) takes float32, whole numbers found")
        }
      if index == 0 {
        write(&numbers, change, to: &all, at: slot * count)
      } else {
        let range = (slot * count)..<((slot + 1) * count)
        let factor: Float = if case .bytes = elements { 1 / 255 } else { 1 }
        all.replaceSubrange(range, with: numbers.lazy.map { $0 * factor })
      }
    }
    return .floats(all)
  }

  /// Writes a sample, changed and normalised, from place `start` on.
  private func write(
    _ pixels: inout [Float], _ change: SampleChange, to target: inout [Float], at start: Int
  ) {
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
