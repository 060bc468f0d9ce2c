import IR
import Training

/// Which samples a command works on, and how they enter the model.
public struct DataOptions: Sendable {
  /// How samples are normalised.
  public enum Normalization: Hashable, Sendable {
    /// As the model says; bytes are divided by 255 if it says nothing.
    case ofModel
    /// By the mean and deviation of the training part.
    case measured
    /// By means, then standard deviations, one a channel.
    case given([Double])
  }

  /// The folder or file.
  public var path: String
  public var normalization = Normalization.ofModel
  /// How images get the model's size; nil for what the model says.
  public var resize: ResizePolicy?
  /// The label that stands for no class.
  public var ignoredLabel: Int32?
  /// How the axes of images in arrays stand.
  public var layout = SampleLayout.nchw
  /// The name of the output that predictions are read from; nil for the first.
  public var output: String?

  /// Creates options.
  public init(path: String) { self.path = path }

  /// Reads the samples for a model; `renames` says whether the model may take on other classes than
  /// it has names for.
  func read(for model: Model, renames: Bool = false) throws(Diagnostic) -> DataSource {
    var source = try DataSource.read(
      path, inputs: ModelInput.names(of: model), layout: layout)
    let own = try InputMetadata(of: model)
    let wanted = ModelInput.image(of: model)
    var policy = resize
    if policy == nil, let text = own?.resize { policy = try ResizePolicy(parsing: text) }
    do throws(Diagnostic) {
      var names = own?.names
      let found = source.training?.classNames ?? source.evaluation?.classNames
      if renames, let known = names, let found, !Set(found).isSubset(of: known) { names = nil }
      source.training = try fitted(source.training, wanted, policy, names)
      source.validation = try fitted(source.validation, wanted, policy, names)
      source.evaluation = try fitted(source.evaluation, wanted, policy, names)
    } catch { throw error.inFile(path) }
    return source
  }

  /// What a model is evaluated on: the evaluation part, or without one, of which a warning tells, the
  /// training samples.
  func evaluation(of source: DataSource, _ context: CommandContext) throws(Diagnostic) -> Dataset {
    if let evaluation = source.evaluation { return evaluation }
    guard let training = source.training else {
      throw Diagnostic.invalid("holds no samples").inFile(path)
    }
    context.warn("\(path): there is no evaluation part, so the training samples are taken")
    return training
  }

  private func fitted(
    _ set: Dataset?, _ wanted: [Int]?, _ policy: ResizePolicy?, _ names: [String]?
  ) throws(Diagnostic) -> Dataset? {
    guard var set else { return nil }
    set.ignoredLabel = ignoredLabel
    if let wanted {
      let takes = resize != nil || set.isImages
      set = try set.fitting(wanted, takes ? policy : nil)
    }
    return try set.numbered(as: names)
  }

  /// How samples enter the model, if the options or the model say so; `training` is what is
  /// measured.
  func metadata(of model: Model, training: Dataset? = nil) throws(Diagnostic) -> InputMetadata? {
    let own = try InputMetadata(of: model)
    var metadata: InputMetadata
    switch normalization {
    case .ofModel:
      guard resize != nil else { return own }
      metadata = own ?? InputMetadata()
    case .measured:
      guard let training else {
        throw Diagnostic(
          kind: .usage, "--normalize auto is for training; afterwards the model says how")
      }
      metadata = try InputMetadata.measured(on: training)
    case .given(let numbers):
      let half = numbers.count / 2
      metadata = InputMetadata(mean: Array(numbers[..<half]), std: Array(numbers[half...]))
    }
    metadata.classes = own?.classes
    metadata.names = own?.names
    metadata.resize = resize?.text ?? own?.resize
    return metadata
  }
}
