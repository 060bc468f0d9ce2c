import Frontend
import IR
import Testing

/// An operator that pcc does not know, amid a residual network: all round it is pruned, and what
/// would have to compute it refuses in one line.
struct CommandOpaqueTests {
  /// A residual network of images with `com.example::Mystery`, named `riddle`, between its blocks.
  private static let text = """
    model {
      ir_version: 8
      opset "": 17
      opset "com.example": 2
    }
    graph @riddled(%x: f32[N, 1, 8, 8]) -> (%y: f32[N, 3]) {
      %stem.w: f32[6, 1, 3, 3] = const seeded(1)
      %in1.w: f32[5, 6, 3, 3] = const seeded(2)
      %out1.w: f32[6, 5, 3, 3] = const seeded(3)
      %in2.w: f32[7, 6, 3, 3] = const seeded(4)
      %out2.w: f32[6, 7, 3, 3] = const seeded(5)
      %key: f32[6] = const seeded(6)
      %head.w: f32[3, 6] = const seeded(7)
      %stem: f32[N, 6, 8, 8] = Conv(%x, %stem.w) {pads: [1, 1, 1, 1]}
      %first: f32[N, 6, 8, 8] = Relu(%stem)
      %in1: f32[N, 5, 8, 8] = Conv(%first, %in1.w) {pads: [1, 1, 1, 1]}
      %mid1: f32[N, 5, 8, 8] = Relu(%in1)
      %out1: f32[N, 6, 8, 8] = Conv(%mid1, %out1.w) {pads: [1, 1, 1, 1]}
      %sum1: f32[N, 6, 8, 8] = Add(%out1, %first)
      %solved: f32[N, 6, 8, 8], _ = com.example::Mystery(%sum1, _, %key) {depth: 3, way: "odd"} named "riddle"
      %in2: f32[N, 7, 8, 8] = Conv(%solved, %in2.w) {pads: [1, 1, 1, 1]}
      %mid2: f32[N, 7, 8, 8] = Relu(%in2)
      %out2: f32[N, 6, 8, 8] = Conv(%mid2, %out2.w) {pads: [1, 1, 1, 1]}
      %sum2: f32[N, 6, 8, 8] = Add(%out2, %solved)
      %pooled: f32[N, 6, 1, 1] = GlobalAveragePool(%sum2)
      %flat: f32[N, 6] = Flatten(%pooled)
      %y: f32[N, 3] = Gemm(%flat, %head.w) {transB: 1}
    }
    """

  private static func prepare() throws -> Workplace {
    let place = try Workplace()
    try SampleModels.write(try GraphParser.model(text), to: place["riddled.onnx"])
    return place
  }

  private static func riddle(_ path: String) throws -> (node: Node, graph: Graph) {
    let graph = try ModelReader().read(path).graph
    let id = try #require(graph.nodes.first { graph[$0].op == .opaque })
    return (graph[id], graph)
  }

  @Test func prunesRoundIt() throws {
    let place = try Self.prepare()
    let augmented = try place.pcc(
      "augment", "riddled.onnx", "-o", "gated.onnx", "--criterion", "l2", "--ratio", "0.5", "-q")
    #expect(augmented.status == 0, "\(augmented.log)")
    let collapsed = try place.pcc("collapse", "gated.onnx", "-o", "small.onnx", "--json", "-q")
    #expect(collapsed.status == 0, "\(collapsed.log)")
    let report = try collapsed.json()
    let verify = try #require(report["verify"] as? [String: Any])
    #expect(verify["ok"] as? Bool == true)
    #expect(verify["cuts"] as? Int == 1)
    let (before, whole) = try Self.riddle(place["riddled.onnx"])
    let (after, small) = try Self.riddle(place["small.onnx"])
    #expect(after.type == "Mystery" && after.domain == "com.example" && after.name == "riddle")
    #expect(after.attributes.int("depth") == 3 && after.attributes.string("way") == "odd")
    #expect(after.inputs.count == 3 && after.inputs[1] == nil)
    #expect(small.tensor(of: after.input(2)) == whole.tensor(of: before.input(2)))
    let shapes = ["stem.w", "in1.w", "out1.w", "in2.w", "out2.w", "head.w"].map { name in
      small.tensor(of: small.value(named: name))?.shape
    }
    #expect(shapes.map { $0?[0] } == [6, 3, 6, 4, 6, 3])
    #expect(shapes.map { $0?[1] } == [1, 6, 3, 6, 4, 6])
  }

  @Test func whyNamesIt() throws {
    let place = try Self.prepare()
    let info = try place.pcc("info", "riddled.onnx", "--why", "--json", "-q")
    #expect(info.status == 0, "\(info.log)")
    let report = try info.json()
    let groups = try #require(report["groups"] as? [[String: Any]])
    let blocked = groups.filter { $0["blocked"] as? Bool == true }
    #expect(blocked.contains { ($0["reason"] as? String ?? "").contains("Mystery") })
    #expect(groups.contains { $0["blocked"] as? Bool == false })
  }

  @Test(arguments: [
    ["run", "riddled.onnx", "-o", "out.npz"],
    ["eval", "riddled.onnx", "--data", "."],
    ["train", "riddled.onnx", "-o", "out.onnx", "--data", ".", "--epochs", "1"],
    ["bench", "riddled.onnx"],
  ]) func refusesToCompute(_ arguments: [String]) throws {
    let place = try Self.prepare()
    try SampleModels.writeData(to: place)
    let before = try place.files
    let result = try place.start(arguments + ["-q"]).wait()
    #expect(result.status == 2, "\(result.log)")
    #expect(result.output.isEmpty)
    let lines = result.log.split(separator: "\n")
    #expect(lines.count == 1, "\(result.log)")
    for part in ["riddled.onnx: ", "'riddle'", "Mystery", "com.example"] {
      #expect(lines.first?.contains(part) == true, "\(result.log)")
    }
    #expect(try place.files == before)
  }
}
