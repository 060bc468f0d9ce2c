import IR
import Testing

@Suite struct TextTests {
  static let texts: [String] = [
    """
    graph @two_convs(%x: f32[N, 3, 8, 8]) -> (%y: f32[N, 6, 8, 8]) {
      %w1: f32[6, 3, 1, 1] = const seeded(1) zero(axis: 0, at: [2, 5])
      %a: f32[N, 6, 8, 8] = Conv(%x, %w1) {kernel_shape: [1, 1]}
      %y: f32[N, 6, 8, 8] = Relu(%a)
    }

    """,
    """
    model {
      ir_version: 8
      opset "": 17
      opset "com.microsoft": 1
      producer_name: "a \\"b\\"\\n"
      metadata "pcc.gates": "{}"
      function x"0aff"
    }
    graph @"my graph"(%"x:0": f16["3a", ?, -1], %s: str[...], %q: x"0102", %w: f32[2]) -> (%y: ?) {
      %w: f32[2] = const dense[1.0, -inf] overridable
      %b: f64[3] = const dense[nan, nan(0x7ff8000000000001), 1e-300]
      %c: i64[] = const dense[-9223372036854775808]
      %d: bool[20] = const splat(true)
      %e: u4[3] = const raw x"2101"
      %f: str[2] = const dense["a\\xff", ""]
      %g: bf16[2, 16] = const seeded(3) positive
      %y: ?, _, %z: f32[...] = com.microsoft::Strange(%"x:0", _, %w) {alpha: 1.0, f: floats[], i: 2, l: [1, 2], r: ref "outer" 1, s: "text", t: i64[2] dense[1, 2], x: x"ff"} named "" overload "o"
      () = !Conv(%y)
      %u: f32[] = ai.onnx::Relu(%z) named "other"
    }

    """,
    """
    graph @main(%c: bool[], %x: f32[2]) -> (%y: f32[2]) {
      %y: f32[2] = If(%c) {else_branch: graph @e() captures(%x: f32[2]) -> (%b: f32[2]) {
        %b: f32[2] = Neg(%x)
      }, then_branch: graph @t() captures(%i: f32[2] = %x) -> (%a: f32[2]) {
        %a: f32[2] = Abs(%i)
      }}
    }

    """,
  ]

  @Test(arguments: texts) func printsWhatItParses(_ text: String) throws {
    let model = try GraphParser.model(text)
    #expect(GraphPrinter().print(model) == text)
    try model.graph.verify()
  }
}
