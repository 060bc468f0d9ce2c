import Foundation
import Testing

/// Checks that each command's JSON holds the keys that scripts are written against.
struct CommandJSONTests {
  private static let collapseKeys = [
    "macs_before", "macs_after", "params_before", "params_after", "closed", "open", "undecided",
    "reopened", "removed_channels", "removed_nodes", "blocks_removed", "verify.max_abs",
    "verify.max_rel", "verify.tolerance", "verify.samples", "verify.cuts", "verify.ok",
    "threshold_effect",
  ]
  private static let trainKeys = [
    "epochs[].loss", "epochs[].task", "epochs[].macs", "epochs[].accuracy", "epochs[].seconds",
    "accuracy", "macs", "images_per_second",
  ]

  struct Contract: Sendable {
    var arguments: [String]
    var keys: [String]
  }

  static let contracts = [
    Contract(
      arguments: ["info", "model.onnx"],
      keys: [
        "macs", "params", "nodes", "opset", "groups[].name", "groups[].size", "groups[].kind",
        "groups[].producers", "groups[].consumers", "groups[].gated", "groups[].blocked",
        "groups[].reason", "unsupported",
      ]),
    Contract(
      arguments: ["opt", "model.onnx", "-o", "o.onnx", "--passes", "all"],
      keys: ["passes[].name", "passes[].changes", "passes[].ms"]),
    Contract(
      arguments: ["augment", "model.onnx", "-o", "g.onnx"],
      keys: ["gates[].name", "gates[].size", "gates[].kind", "gates[].sites", "macs"]),
    Contract(arguments: ["collapse", "half.onnx", "-o", "s.onnx"], keys: collapseKeys),
    Contract(
      arguments: [
        "train", "gated.onnx", "-o", "t.onnx", "--data", ".", "--epochs", "1", "--batch", "16",
        "--target-macs", "0.5",
      ], keys: trainKeys),
    Contract(
      arguments: ["eval", "model.onnx", "--data", "."],
      keys: ["accuracy", "loss", "samples", "images_per_second"]),
    Contract(
      arguments: [
        "prune", "model.onnx", "-o", "p.onnx", "--data", ".", "--epochs", "2", "--batch", "16",
        "--target-macs", "0.5",
      ],
      keys: ["gates[].name", "gates[].size", "gates[].kind", "gates[].sites"] + trainKeys
        + collapseKeys),
    Contract(
      arguments: ["run", "model.onnx"],
      keys: [
        "outputs[].name", "outputs[].shape", "outputs[].min", "outputs[].max", "outputs[].mean",
      ]),
    Contract(
      arguments: ["verify", "model.onnx", "model.onnx"], keys: ["max_abs", "max_rel", "ok"]),
    Contract(
      arguments: ["bench", "model.onnx", "--runs", "5"],
      keys: [
        "median_ms", "p10_ms", "p90_ms", "gflops", "peak_rss_mb", "load_ms", "first_ms",
      ]),
  ]

  @Test(arguments: contracts.indices) func holdsItsKeys(_ index: Int) throws {
    let contract = Self.contracts[index]
    let place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
    try SampleModels.writeData(to: place)
    _ = try place.pcc("augment", "model.onnx", "-q")
    _ = try place.pcc(
      "augment", "model.onnx", "-o", "half.onnx", "--criterion", "l1", "--ratio", "0.5", "-q")
    let result = try place.start(contract.arguments + ["--json", "-q", "--threads", "1"]).wait()
    #expect(result.status == 0, "\(result.log)")
    #expect(result.log.isEmpty)
    #expect(result.output.split(separator: "\n").count == 1)
    let object = try result.json()
    for key in contract.keys {
      #expect(Self.holds(object, key.split(separator: ".").map(String.init)), "no key \(key)")
    }
  }

  /// Whether an object has a key, a path of keys, of which `key[]` is a list with at least one object.
  private static func holds(_ object: Any?, _ path: [String]) -> Bool {
    guard let first = path.first else { return true }
    guard let object = object as? [String: Any] else { return false }
    guard first.hasSuffix("[]") else {
      return object[first].map { holds($0, Array(path.dropFirst())) } ?? false
    }
    guard let list = object[String(first.dropLast(2))] as? [Any], !list.isEmpty else {
      return false
    }
    return list.allSatisfy { holds($0, Array(path.dropFirst())) }
  }
}
