import Frontend
import IR
import Testing

/// What `pcc opt` writes.
struct CommandOptTests {
  @Test func declaresTheShapesItInfers() throws {
    let place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
    let result = try place.pcc(
      "opt", "model.onnx", "-o", "out.onnx", "--passes", "infer-shapes", "--json", "-q")
    #expect(result.status == 0, "\(result.log)")
    let before = try ModelReader().read(place["model.onnx"]).graph
    let graph = try ModelReader().read(place["out.onnx"]).graph
    #expect(before.values.contains { before[$0].type == .unknown })
    #expect(graph.values.allSatisfy { graph[$0].type.rank != nil })
    let pooled = try #require(graph.value(named: "pooled"))
    #expect(
      graph[pooled].type == .tensor(.float32, [.named("N"), .known(6), .known(1), .known(1)]))
  }

  @Test func allPassesFindNothingTwice() throws {
    let place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
    for (from, to) in [("model.onnx", "1.onnx"), ("1.onnx", "2.onnx")] {
      let result = try place.pcc("opt", from, "-o", to, "--passes", "all", "--json", "-q")
      #expect(result.status == 0, "\(result.log)")
      let passes = try #require(try result.json()["passes"] as? [[String: Any]])
      let changes = passes.reduce(0) { $0 + ($1["changes"] as? Int ?? 0) }
      #expect((changes > 0) == (from == "model.onnx"))
    }
    #expect(try place.read("1.onnx") == place.read("2.onnx"))
    let help = try place.pcc("opt", "--help")
    for name in ["merge-equal-constants", "merge-equal-nodes", "combine-movements"] {
      #expect(help.output.contains("  \(name)\n"))
    }
  }
}
