import IR
import Testing

/// Checks that the figures of `pcc bench` agree with each other.
struct CommandBenchTests {
  /// 8×8 positions of 6·1·9, 5·6·9 and 6·5·9 products, and the head's 6·3.
  private static let macs = 64 * (6 * 9 + 5 * 6 * 9 + 6 * 5 * 9) + 6 * 3

  @Test(arguments: [1, 4]) func countsEachSampleOnce(batch: Int) throws {
    let place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
    let bench = try place.pcc(
      "bench", "model.onnx", "--batch", "\(batch)", "--runs", "3", "--threads", "1", "--json", "-q"
    ).json()
    let median = try #require(bench["median_ms"] as? Double)
    let speed = try #require(bench["gflops"] as? Double)
    #expect(bench["macs"] as? Int == Self.macs)
    #expect(abs(speed * median * 1e6 - Double(2 * Self.macs * batch)) < 1)
  }

  @Test func aBatchThatAModelIsNotMadeForIsRefused() throws {
    let place = try Workplace()
    var model = SampleModels.classifier()
    let x = try #require(model.graph.value(named: "x"))
    model.graph.setType(x, .tensor(.float32, [.known(2), .known(1), .known(8), .known(8)]))
    try SampleModels.write(model, to: place["model.onnx"])
    let refused = try place.pcc("bench", "model.onnx", "--batch", "4")
    #expect(refused.status == 64 && refused.log.contains("a batch of 2"), "\(refused.log)")
    let own = try place.pcc("bench", "model.onnx", "--runs", "1", "--json").json()
    #expect(own["batch"] as? Int == 2)
  }
}
