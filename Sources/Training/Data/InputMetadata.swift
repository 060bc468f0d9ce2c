import Foundation
import IR

/// What a trained model's input must look like: the metadata property `pcc.input`, as JSON.
///
/// An element x of channel c enters the model as `(x / 255 - mean[c]) / std[c]` if it is a byte, as
/// `(x - mean[c]) / std[c]` otherwise. Without the property, bytes are divided by 255.
public struct InputMetadata: Codable, Hashable, Sendable {
  /// The key in a model's metadata.
  public static let key = "pcc.input"

  /// One number a channel, or one for all.
  public var mean: [Double]
  /// One positive number a channel, or one for all.
  public var std: [Double]
  /// How the model wants the axes.
  public var layout: SampleLayout
  /// How many classes the model tells apart; nil for other tasks.
  public var classes: Int?
  /// The names of the classes, in order; nil if they have none.
  public var names: [String]?
  /// How images of other sizes were made to fit, as `ResizePolicy` writes it; nil for the default.
  public var resize: String?

  /// Creates metadata; by default bytes are divided by 255.
  public init(
    mean: [Double] = [0], std: [Double] = [1], layout: SampleLayout = .nchw, classes: Int? = nil
  ) {
    self.mean = mean
    self.std = std
    self.layout = layout
    self.classes = classes
  }

  /// Reads the property of a model; nil if it has none, throws `invalid` if it is malformed.
  public init?(of model: Model) throws(Diagnostic) {
    guard let text = model[metadata: InputMetadata.key] else { return nil }
    do {
      self = try JSONDecoder().decode(InputMetadata.self, from: Data(text.utf8))
    } catch {
      throw .invalid("metadata '\(InputMetadata.key)' is malformed: '\(text.prefix(80))'")
    }
    guard !mean.isEmpty, !std.isEmpty, mean.allSatisfy(\.isFinite),
      std.allSatisfy({ $0 > 0 && $0.isFinite }), classes.map({ $0 > 0 }) ?? true,
      Set(names ?? []).count == names?.count ?? 0
    else {
      throw .invalid(
        "metadata '\(InputMetadata.key)' has mean \(mean), std \(std); expected finite numbers, std"
          + " positive, and names that differ")
    }
  }

  /// Writes the property into a model.
  public func write(to model: inout Model) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("numbers and strings encode as JSON")
    }
    model[metadata: InputMetadata.key] = String(decoding: data, as: UTF8.self)
  }

  /// Throws `invalid` if a teacher, by its own metadata, takes other numbers than these for the same
  /// sample, or has its classes in another order than `classNames`.
  func check(teacher: Model, classNames: [String]?, on dataset: Dataset) throws(Diagnostic) {
    guard let other = try InputMetadata(of: teacher) else { return }
    let isImage = dataset.extents.count == 3
    func factors(_ metadata: InputMetadata) throws(Diagnostic) -> [[Float]] {
      let channels = isImage ? dataset.extents[0] : 1
      return try metadata.affine(channels: channels, isByte: dataset.isByte)
        .map { [$0.factor, $0.offset] }
    }
    guard try factors(self) == factors(other) else {
      throw .invalid(
        "the teacher takes inputs of mean \(other.mean) and std \(other.std), the model of mean"
          + " \(mean) and std \(std)")
    }
    if let names = other.names, let classNames, names != classNames {
      throw .invalid(
        "the teacher's classes are \(names.prefix(12).joined(separator: ", ")), the model's"
          + " \(classNames.prefix(12).joined(separator: ", "))")
    }
  }

  /// The factors and offsets, one a channel, with which an element enters the model.
  ///
  /// Throws `invalid` if the numbers given are neither one nor one a channel.
  func affine(channels: Int, isByte: Bool) throws(Diagnostic) -> [(factor: Float, offset: Float)] {
    for (name, list) in [("mean", mean), ("std", std)]
    where list.count != 1 && list.count != channels {
      throw .invalid("\(name) has \(list.count) numbers, expected 1 or \(channels)")
    }
    return (0..<channels).map { channel in
      let mean = mean.count == 1 ? mean[0] : mean[channel]
      let std = std.count == 1 ? std[0] : std[channel]
      return (Float((isByte ? 1.0 / 255 : 1) / std), Float(-mean / std))
    }
  }
}
