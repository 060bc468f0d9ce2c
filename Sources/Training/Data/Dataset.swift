import IR

/// Samples with their labels, or some of them, read when they are asked for.
///
/// Copies and selections share what is read from.
public struct Dataset: Sendable {
  /// Labels in memory.
  public enum Labels: Sendable {
    /// Nothing: the samples serve distillation only.
    case none
    /// A class for each of `positions` places of a sample, 1 or as many as it has pixels; negative
    /// where none is known.
    case classes([Int32], positions: Int)
    /// Numbers of the given extents for each sample.
    case values([Float], extents: [Int])
  }

  let store: any SampleStore
  /// What the samples hold for each input of a model, at least for one.
  public private(set) var inputs: [InputKind]
  /// What the labels are.
  public private(set) var labels: LabelKind
  /// Which samples belong to the set, in order.
  public private(set) var indices: [Int]
  /// The file the labels came from, for diagnostics.
  public let labelFile: String
  /// The names of the classes, in order; nil if the data has none.
  public var classNames: [String]?
  /// The label that stands for no class; nil if there is none but negative ones.
  public var ignoredLabel: Int32?
  /// How samples become what a model wants; nil where they are taken as they are.
  private var fit: ImageFit?
  /// The class that each label of the data stands for; nil where they are the same.
  private var classMap: [Int32]?

  /// The number of samples.
  public var count: Int { indices.count }
  /// The extents of what the first input takes, channels first, such as [1, 28, 28].
  public var extents: [Int] { inputs[0].extents }
  /// Whether the first input takes pixels from 0 to 255.
  public var isByte: Bool { inputs[0].elements == .bytes }

  /// Whether samples are changed to what a model wants.
  var isFitted: Bool { fit != nil }

  /// Whether the samples are images that may differ in size.
  public var isImages: Bool { store.isRagged }

  /// Creates a set of all samples in memory; throws unless elements, extents and labels fit
  /// together.
  public init(
    elements: Sample.Elements, extents: [Int], labels: Labels, file: String = "data",
    labelFile: String? = nil
  ) throws(Diagnostic) {
    guard let size = Tensor.count(of: extents), size > 0, elements.count % size == 0 else {
      throw Diagnostic.invalid(
        "\(elements.count) elements do not fit samples of extents \(extents)"
      )
      .inFile(file)
    }
    let count = elements.count / size
    let (found, each, kind): (Int?, Int, LabelKind) =
      switch labels {
      case .none: (nil, 1, .none)
      case .classes(let classes, let positions):
        (classes.count, positions, .classes(positions: positions))
      case .values(let values, let extents):
        (values.count, Tensor.count(of: extents) ?? 0, .values(extents: extents))
      }
    if let found, each <= 0 || found != count * each {
      let labelled = each > 0 && found % each == 0 ? "\(found / each)" : "\(found)/\(each)"
      throw Diagnostic.invalid("\(labelled) labels found, expected \(count), one for each sample")
        .inFile(labelFile ?? file)
    }
    store = MemoryStore(
      elements: elements, extents: extents, labels: labels, count: count, file: file)
    inputs = [InputKind(elements: elements.kind, extents: extents)]
    self.labels = kind
    indices = Array(0..<count)
    self.labelFile = labelFile ?? file
  }

  /// Creates a set of all samples of a store, of which the first says what they are like.
  init(_ store: any SampleStore, labelFile: String, classNames: [String]? = nil)
    throws(Diagnostic)
  {
    guard store.count > 0 else { throw Diagnostic.invalid("holds no samples").inFile(labelFile) }
    let first = try store.sample(0)
    self.store = store
    inputs = first.inputs.map(\.kind)
    labels =
      switch first.label {
      case .none: .none
      case .classes(let classes): .classes(positions: classes.count)
      case .values(let values): .values(extents: [values.count])
      }
    indices = Array(0..<store.count)
    self.labelFile = labelFile
    self.classNames = classNames
  }

  /// The set with its target numbers in the given extents.
  ///
  /// - Precondition: the labels are as many numbers.
  func arranged(_ extents: [Int]) -> Dataset {
    var copy = self
    copy.labels = .values(extents: extents)
    return copy
  }

  /// Reads the sample at a position of the set; throws if it is damaged or unlike the others.
  public func sample(_ position: Int) throws(Diagnostic) -> Sample {
    let index = indices[position]
    var sample = try store.sample(index)
    do throws(Diagnostic) {
      if let fit { sample = try fit.apply(sample) }
      guard sample.inputs.map(\.kind) == inputs else {
        throw Diagnostic.invalid(
          "sample \(index) has extents \(sample.extents), expected \(extents)",
          notes: ["--resize crop or --resize stretch makes images of one size"])
      }
      sample.label = try mapped(sample.label, index)
      guard sample.label.kind(like: labels) == labels else {
        throw Diagnostic.invalid("sample \(index) has a label unlike those of the others")
      }
    } catch { throw error.inFile(store.site(of: index)) }
    return sample
  }

  /// The file that holds the sample at a position, or its labels where they lie in one of their own.
  func file(of position: Int) -> String {
    store.isRagged ? store.site(of: indices[position]) : labelFile
  }

  /// Reads the label of the sample at a position.
  public func label(_ position: Int) throws(Diagnostic) -> Sample.Label {
    if fit != nil, case .classes(let count) = labels, count > 1 {
      return try sample(position).label
    }
    return try mapped(store.label(indices[position]), indices[position])
  }

  private func mapped(_ label: Sample.Label, _ index: Int) throws(Diagnostic) -> Sample.Label {
    guard case .classes(var classes) = label, ignoredLabel != nil || classMap != nil else {
      return label
    }
    for place in classes.indices where classes[place] >= 0 {
      if classes[place] == ignoredLabel {
        classes[place] = -1
      } else if let classMap {
        guard Int(classes[place]) < classMap.count else {
          throw Diagnostic.invalid("label \(classes[place]) of sample \(index) has no name")
        }
        classes[place] = classMap[Int(classes[place])]
      }
    }
    return .classes(classes)
  }

  /// The samples at the given positions, in the given order.
  ///
  /// - Precondition: every position is below `count`.
  public func selecting(_ positions: [Int]) -> Dataset {
    var copy = self
    copy.indices = positions.map { indices[$0] }
    return copy
  }

  /// Splits off `count` random samples, the same for the same seed: what choices may be made on.
  ///
  /// Both parts keep the order of the whole.
  public func split(validation count: Int, seed: UInt64) -> (training: Dataset, validation: Dataset)
  {
    var random = RandomSource(seed: seed, stream: 0x5911)
    let order = random.permutation(self.count)
    let held = min(max(count, 0), self.count)
    return (selecting(order[held...].sorted()), selecting(order[..<held].sorted()))
  }

  /// The set for a model that wants samples of the given extents, in either layout.
  ///
  /// Images become grey or coloured as the model wants them. Those in files get its size as
  /// `policy` says, by default cropped; others only where a policy is given.
  public func fitting(_ wanted: [Int], _ policy: ResizePolicy?) throws(Diagnostic) -> Dataset {
    guard isByte, extents.count == 3, wanted.count == 3 else {
      if policy == nil { return self }
      throw Diagnostic(
        kind: .usage, "--resize wants images of bytes, but the samples have extents \(extents)")
    }
    let isLast = wanted[2] <= 4 && wanted[0] > 4
    let (channels, height, width) =
      isLast ? (wanted[2], wanted[0], wanted[1]) : (wanted[0], wanted[1], wanted[2])
    let policy = policy ?? (store.isRagged ? ResizePolicy.crop(side: nil) : nil)
    let fit = ImageFit(
      channels: channels, height: height, width: width, policy: policy)
    guard fit.converts(extents[0]) || store.isRagged, policy != nil || channels != extents[0] else {
      return self
    }
    var copy = self
    if policy == nil {
      copy.inputs[0].extents = [channels, extents[1], extents[2]]
    } else {
      copy.inputs[0].extents = [channels, height, width]
      if case .classes(let positions) = labels, positions > 1 {
        guard positions == extents[1] * extents[2] else {
          throw Diagnostic.invalid(
            "\(positions) labels a sample found, but its images have \(extents[1])x\(extents[2])"
              + " pixels"
          ).inFile(labelFile)
        }
        copy.labels = .classes(positions: height * width)
      }
    }
    copy.fit = fit
    return copy
  }

  /// The set with its classes numbered as in `names`, the names that a model's classes have.
  ///
  /// Throws `invalid` if a class of the data is none of the model's. Without names in the data it
  /// stays as it is.
  public func numbered(as names: [String]?) throws(Diagnostic) -> Dataset {
    guard let names, let own = classNames, own != names else { return self }
    var map: [Int32] = []
    for name in own {
      guard let number = names.firstIndex(of: name) else {
        throw Diagnostic.invalid(
          "class '\(name)' is none of the model's: \(names.prefix(12).joined(separator: ", "))"
        ).inFile(labelFile)
      }
      map.append(Int32(number))
    }
    var copy = self
    copy.classMap = map
    copy.classNames = names
    return copy
  }

  /// Throws unless every class label is below `classes` or negative, as far as labels are known
  /// without reading samples.
  public func check(classes: Int) throws(Diagnostic) {
    guard store.knowsClasses else { return }
    for position in indices.indices {
      guard case .classes(let labels) = try label(position) else { continue }
      try Dataset.check(labels, below: classes, sample: indices[position], labelFile)
    }
  }

  /// Throws unless every label is below `classes` or negative.
  static func check(_ labels: [Int32], below classes: Int, sample: Int, _ file: String)
    throws(Diagnostic)
  {
    guard let label = labels.first(where: { $0 >= classes }) else { return }
    throw Diagnostic.invalid(
      "label \(label) of sample \(sample) is out of range, expected one below \(classes)",
      notes: labels.count > 1
        ? [
          "masks hold the number of each pixel's class, from 0 to \(classes - 1);"
            + " --ignore-label \(label) leaves pixels out whose class is not known"
        ] : []
    ).inFile(file)
  }
}

extension Sample.Label {
  /// What the label is; numbers as `other` arranges them, if they are as many.
  func kind(like other: LabelKind) -> LabelKind {
    switch self {
    case .none: return .none
    case .classes(let classes): return .classes(positions: classes.count)
    case .values(let values):
      if case .values(let extents) = other, extents.reduce(1, *) == values.count { return other }
      return .values(extents: [values.count])
    }
  }
}
