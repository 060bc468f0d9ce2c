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
}
