import IR
import Testing

/// Extents of computed shapes that are multiples of a dynamic one.
@Suite struct DimProductTests {
  /// The type of the result of a computed Reshape, and what the shape operand says.
  private func types(_ lines: String, of name: String) throws -> ValueType {
    let model = try GraphParser.model(
      """
      graph @main(%x: f32[N, 12, 64, T], %z: f32["s0 + 1", 4]) -> (%y: ?) {
        %zero: i64[] = const dense[0]
        %three: i64[] = const dense[3]
        %axis: i64[1] = const dense[0]
        %twelve: i64[] = const dense[12]
        %minus: i64[] = const dense[-1]
        %rest: i64[1] = const dense[-1]
        %four: i64[] = const dense[4]
        %five: i64[] = const dense[5]
        %row: f32[1, 1, 8] = const seeded(1)
        %s: ? = Shape(%x)
        %n: ? = Gather(%s, %zero)
        %t: ? = Gather(%s, %three)
        %m: ? = Mul(%n, %twelve)
        \(lines)
        %y: ? = Neg(%\(name))
      }
      """)
    let facts = try GraphFacts(model.graph)
    return facts.type(of: try #require(model.graph.value(named: name)))
  }

  static let cases: [(String, Shape)] = [
    ("%a = Identity(%m)", [.named("12*N"), .named("64*T")]),
    ("%a = Mul(%t, %m)", [.named("12*N*T"), .known(64)]),
    ("%a = Div(%m, %four)", [.named("3*N"), .named("256*T")]),
    ("%a = Div(%m, %five)", [.unknown, .unknown]),
    ("%b = Add(%m, %n)\n%a = Sub(%b, %m)", [.named("N"), .named("768*T")]),
    ("%b = Mul(%m, %minus)\n%a = Mul(%b, %minus)", [.unknown, .unknown]),
  ]

  @Test(arguments: cases.indices) func reshapesByProducts(_ index: Int) throws {
    let (lines, shape) = Self.cases[index]
    let rest = """

      %u = Unsqueeze(%a, %axis)
      %v = Concat(%u, %rest) {axis: 0}
      %r = Reshape(%x, %v)
      """
    #expect(try types(lines + rest, of: "r") == .tensor(.float32, shape))
  }

  /// Names that are no identifiers stay whole: nothing is multiplied with them.
  @Test func leavesOtherNamesAlone() throws {
    let lines = "%r = Reshape(%z, %rest)"
    #expect(try types(lines, of: "r") == .tensor(.float32, [.unknown]))
    #expect(
      try types("%r = Flatten(%x)", of: "r") == .tensor(.float32, [.named("N"), .named("768*T")]))
  }

  /// What exporters write for an expansion: -1 keeps an extent, and no extent is -1.
  @Test func expandsByChosenExtents() throws {
    let lines = """
      %u = Unsqueeze(%n, %axis)
      %v = Concat(%u, %rest, %rest) {axis: 0}
      %k = Shape(%v)
      %ones = ConstantOfShape(%k) {value: i64[1] dense[1]}
      %no = Mul(%ones, %minus)
      %same = Equal(%v, %no)
      %w = Where(%same, %ones, %v)
      %r = Expand(%row, %w)
      """
    #expect(try types(lines, of: "r") == .tensor(.float32, [.named("N"), .known(1), .known(8)]))
  }

  /// A whole scale multiplies an extent that is not known; another one does not.
  @Test(arguments: [("2.0", Dim.named("2*T")), ("1.5", .unknown), ("1.0", .named("T"))])
  func resizesByWholeScales(_ scale: String, _ extent: Dim) throws {
    let model = try GraphParser.model(
      """
      graph @main(%x: f32[N, 3, 8, T]) -> (%y: ?) {
        %scales: f32[4] = const dense[1.0, 1.0, 0.5, \(scale)]
        %y: ? = Resize(%x, _, %scales)
      }
      """)
    let facts = try GraphFacts(model.graph)
    let result = try #require(model.graph.value(named: "y"))
    #expect(facts.shape(of: result) == [.named("N"), .known(3), .known(4), extent])
  }
}
