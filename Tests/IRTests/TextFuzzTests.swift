import IR
import TestSupport
import Testing

/// Whatever the text, the parser returns a model that verifies and prints, or an error with a
/// place.
@Suite struct TextFuzzTests {
  @Test(arguments: TextTests.texts, 0..<40) func mutated(_ text: String, seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = [
      "%", "\"", "[", "]", "{", "(", ")", "-", "0", "99999999999999999999", "nan", "::",
      "graph @g", "dense[", "seeded(", "\\x", "//", "\u{0}", "é", ",", "const", "_", "=", "?",
    ]
    for _ in 0..<25 {
      var bytes = Array(text.utf8)
      for _ in 0...draw(4) {
        let place = draw(bytes.count)
        switch draw(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(contentsOf: Array(pieces[draw(pieces.count)].utf8), at: place)
        case 2: bytes[place] = UInt8(draw(256))
        case _:
          let end = min(place + draw(30), bytes.count)
          bytes.insert(contentsOf: Array(bytes[place..<end]), at: draw(bytes.count))
        }
      }
      try check(String(decoding: bytes, as: UTF8.self))
      try check(String(text.prefix(draw(text.count))))
    }
  }

  private func check(_ text: String) throws {
    do {
      let model = try GraphParser.model(text)
      try model.graph.verify()
      _ = try? GraphFacts(model.graph)
      let printed = GraphPrinter().print(model)
      #expect(GraphPrinter().print(try GraphParser.model(printed)) == printed)
    } catch {
      #expect(error.message.hasPrefix("line "), "\(error) for \(text)")
    }
  }

  @Test(arguments: [
    ("graph @g() -> (%y) {\n  %y = Relu(%x)\n}", "line 2, column 13: no value 'x'"),
    ("graph @g(%x: f33[]) -> () {}", "line 1, column 14: 'f33' is no element type"),
    ("graph @g(%x) -> (%x) {\n\n  %x = Relu(%x)\n}", "line 3, column 4: 'x' is defined twice"),
    ("graph @g() -> () {\n %w: f32[3] = const dense[1.0]\n}", "line 2, column 30: expected ','"),
    (
      "graph @g() -> () {\n %w: f32[99] = const digest(00)\n}", "line 2, column 22: only the digest"
    ),
    ("graph @g(%x: f32[]) -> (%x) {", "line 1, column 30: expected '%', found the end"),
  ])
  func errorsNamePlaces(_ text: String, _ message: String) {
    let error = #expect(throws: Diagnostic.self) { try GraphParser.model(text) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "no error")")
  }

  /// A nesting bomb ends in an error, not in a stack overflow.
  @Test func deepNesting() {
    let text = String(repeating: "graph @g() -> () { () = A() {b: ", count: 100_000)
    let error = #expect(throws: Diagnostic.self) { try GraphParser.model(text) }
    #expect(error?.message.contains("nested deeper than 32") == true)
  }
}
