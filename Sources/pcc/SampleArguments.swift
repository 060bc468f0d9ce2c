import ArgumentParser
import Driver
import Training

/// How samples are read and enter a model.
struct SampleArguments: ParsableArguments {
  static let dataHelp = """
    A folder or file: IDX pairs (train-images-idx3-ubyte, train-labels-idx1-ubyte, the t10k pair, \
    each perhaps .gz); CIFAR binaries; .npy or .npz (x, or an array named as each of the \
    model's inputs, and y; the same with _val and _test); folders train, val, test with a folder of \
    PNG or JPEG files a class, or with images/NAME.jpg and masks/NAME.png; a folder a class, a tenth \
    of which is evaluated on; train*.tar, val*.tar, test*.tar (.gz) of KEY.jpg with KEY.cls or \
    KEY.mask.png.
    """

  @Option(
    help: """
      auto measures the training part; else means, then standard deviations, one a channel: \
      0.286,0.353. Default: as the model says, else bytes / 255.
      """)
  var normalize: String?

  @Option(
    help: """
      How images get the model's size: crop (scaled to cover it, the middle cut out; the default \
      for image files), crop:N (short side scaled to N first) or stretch.
      """)
  var resize: String?

  @Option(name: .customLong("ignore-label"), help: "The label of what belongs to no class.")
  var ignoredLabel: Int32?

  @Option(help: "How the axes of images in arrays stand: nchw or nhwc.")
  var layout = SampleLayout.nchw

  func validate() throws { _ = try options("") }

  /// The options they stand for, for samples in `data`; throws a validation error for wrong ones.
  func options(_ data: String) throws -> DataOptions {
    var options = DataOptions(path: data)
    options.ignoredLabel = ignoredLabel
    options.layout = layout
    if let resize {
      guard let policy = try? ResizePolicy(parsing: resize) else {
        throw ValidationError("--resize takes crop, crop:N or stretch, not '\(resize)'")
      }
      options.resize = policy
    }
    guard let normalize else { return options }
    if normalize == "auto" {
      options.normalization = .measured
      return options
    }
    let parts = normalize.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == parts.count, numbers.count % 2 == 0, numbers.count > 0,
      numbers.dropFirst(numbers.count / 2).allSatisfy({ $0 > 0 })
    else {
      throw ValidationError(
        "--normalize takes means, then positive standard deviations, not '\(normalize)'")
    }
    options.normalization = .given(numbers)
    return options
  }
}

extension SampleLayout: ExpressibleByArgument {}
