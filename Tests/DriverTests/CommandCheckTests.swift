import IR
import Testing

/// Runs `pcc check` on cases that end in every way.
struct CommandCheckTests {
  private let place: Workplace
  private let x = Tensor([-1, 2, 1000] as [Float])

  init() throws { place = try Workplace() }

  /// The status of a case by which it can be told what the judge saw.
  struct Sample: Sendable {
    var name: String
    var expected: Tensor
    var status: String
    var reason: String
  }

  static let samples = [
    Sample(name: "right", expected: Tensor([0, 2, 1000] as [Float]), status: "pass", reason: ""),
    Sample(
      name: "near", expected: Tensor([0, 2.001, 1000.9] as [Float]), status: "pass", reason: ""),
    Sample(
      name: "far", expected: Tensor([0, 2, 1001.1] as [Float]), status: "fail",
      reason: "output 'y' differs in 1 of 3 elements, most in element 2: 1000.0, expected 1001.0"),
    Sample(
      name: "nan", expected: Tensor([0, .nan, 1000] as [Float]), status: "fail",
      reason: "output 'y' differs in 1 of 3 elements"),
    Sample(
      name: "infinite", expected: Tensor([0, 2, .infinity] as [Float]), status: "fail",
      reason: "output 'y' differs in 1 of 3 elements"),
    Sample(
      name: "type", expected: Tensor([0, 2, 1000] as [Double]), status: "fail",
      reason: "output 'y' is of type f32, expected f64"),
    Sample(
      name: "shape", expected: Tensor([0, 2, 1000] as [Float], shape: [3, 1]), status: "fail",
      reason: "output 'y' has shape [3], expected [3, 1]"),
  ]

  @Test(arguments: samples.indices) func comparesOutputs(_ index: Int) throws {
    let sample = Self.samples[index]
    try SampleCases.write(
      SampleCases.model(.relu), inputs: [x], outputs: [sample.expected], to: sample.name, in: place)
    let result = try place.pcc("check", sample.name, "--json", "-q")
    let cases = try #require(try result.json()["cases"] as? [[String: Any]])
    #expect(cases.count == 1)
    #expect(cases[0]["name"] as? String == sample.name)
    #expect(cases[0]["status"] as? String == sample.status)
    #expect((cases[0]["reason"] as? String)?.hasPrefix(sample.reason) == true)
    #expect(result.status == (sample.status == "pass" ? 0 : 1))
  }

  @Test func walksFoldersAndCounts() throws {
    let right = Tensor([0, 2, 1000] as [Float])
    let relu = SampleCases.model(.relu)
    try SampleCases.write(relu, inputs: [x], outputs: [right], to: "all/a/right", in: place)
    try SampleCases.write(
      SampleCases.model(.opaque, domain: "elsewhere"), inputs: [x], outputs: [right],
      to: "all/b/strange", in: place)
    let passing = try place.pcc("check", "all", "--json", "-q")
    #expect(passing.status == 0)
    let report = try passing.json()
    #expect(report["passed"] as? Int == 1)
    #expect(report["unsupported"] as? Int == 1)
    try SampleCases.write(relu, inputs: [right], outputs: [x], to: "all/c/wrong", in: place)
    try SampleCases.write(relu, inputs: [x, x], outputs: [right], to: "all/d/invalid", in: place)
    try place.write([8, 3, 16, 1, 74, 4, 0, 0, 0, 0], to: "all/a/right/test_data_set_0/input_0.pb")
    let failing = try place.pcc("check", "all")
    #expect(failing.status == 1)
    #expect(failing.output.contains("fail: c/wrong: output 'y' differs"))
    #expect(failing.output.contains("invalid: d/invalid: "))
    #expect(failing.output.contains("invalid: a/right: "))
    #expect(failing.output.contains("tensor has 4 bytes of data"))
    #expect(!failing.output.contains("b/strange"))
  }

  @Test func takesTolerancesFromTheCaseAndTheCommand() throws {
    let far = Tensor([0.5, 2, 1000] as [Float])
    try SampleCases.write(
      SampleCases.model(.relu), inputs: [x], outputs: [far], to: "case", in: place)
    #expect(try place.pcc("check", "case").status == 1)
    try place.write("{\"atol\": 0.5}".utf8, to: "case/data.json")
    #expect(try place.pcc("check", "case").status == 0)
    #expect(try place.pcc("check", "case", "--atol", "0.4").status == 1)
    try place.write("[]".utf8, to: "case/data.json")
    #expect(try place.pcc("check", "case").output.contains("expected a JSON object"))
  }

  @Test func refusesFoldersWithoutCases() throws {
    try place.write([], to: "file")
    #expect(try place.pcc("check", ".").status == 2)
    #expect(try place.pcc("check", "file").status == 3)
    #expect(try place.pcc("check", "missing").status == 3)
  }
}
