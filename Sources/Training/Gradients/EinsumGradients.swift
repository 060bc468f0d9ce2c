import IR

/// Gradients of Einsum: for each operand the Einsum of dy and all others.
///
///     y = Einsum(a, b) "bij,bjk->bik"   =>   da = Einsum(dy, b) "bik,bjk->bij"
///
/// Axes that only the operand has are spread, those it was broadcast along summed, and an axis it
/// has twice is a diagonal.
enum EinsumGradients {
  /// The rule.
  static func rule(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    guard let view = try EinsumView(b.context(of: request.node)) else {
      throw .unsupported("no gradient: operands of unknown rank", at: b.site(of: request.node))
    }
    let letters = try letters(view, at: b.site(of: request.node))
    let dy = try b.resultGradient(request)
    var gradients: [ValueID?] = []
    for index in view.operands.indices {
      gradients.append(
        request.needs(index) ? try gradient(&b, request, index, dy, view, letters) : nil)
    }
    return gradients
  }

  private static func letters(_ view: EinsumView, at site: Site) throws(Diagnostic)
    -> [EinsumView.Axis: Character]
  {
    let all = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    var letters: [EinsumView.Axis: Character] = [:]
    for axis in view.operands.flatMap(\.self) where letters[axis] == nil {
      guard letters.count < all.count else {
        throw .unsupported("no gradient: an equation of more than \(all.count) axes", at: site)
      }
      letters[axis] = all[letters.count]
    }
    return letters
  }

  private static func gradient(
    _ b: inout GradientBuilder, _ request: GradientRequest, _ index: Int, _ dy: ValueID,
    _ view: EinsumView, _ letters: [EinsumView.Axis: Character]
  ) throws(Diagnostic) -> ValueID {
    let operand = try b.operand(request, index)
    let shape = try b.shape(operand)
    let axes = view.operands[index]
    var own: [EinsumView.Axis] = []
    for axis in axes where !own.contains(axis) { own.append(axis) }
    func word(_ axes: [EinsumView.Axis]) -> String { String(axes.compactMap { letters[$0] }) }
    var factors = [dy]
    var words = [word(view.output)]
    var present = Set(view.output)
    for other in view.operands.indices where other != index {
      factors.append(try b.operand(request, other))
      words.append(word(view.operands[other]))
      present.formUnion(view.operands[other])
    }
    let inner = own.filter(present.contains)
    var result = try b.apply(
      .einsum, factors, ["equation": .string(words.joined(separator: ",") + "->" + word(inner))])
    let found = try b.shape(result)
    var extents: [Int] = []
    var wanted: [Int] = []
    for axis in own {
      extents.append(inner.firstIndex(of: axis).map { found[$0] } ?? 1)
      wanted.append(zip(axes, shape).filter { $0.0 == axis }.map(\.1).max() ?? 1)
    }
    result = try b.view(result, extents)
    let summed = wanted.indices.filter { wanted[$0] == 1 && extents[$0] != 1 }
    result = try b.spread(b.total(result, over: summed), wanted)
    return own.count == axes.count
      ? result : try diagonal(&b, request, result, axes, own, wanted, shape)
  }

  /// The gradient of an operand that has axes twice, from that of its diagonal.
  private static func diagonal(
    _ b: inout GradientBuilder, _ request: GradientRequest, _ gradient: ValueID,
    _ axes: [EinsumView.Axis], _ own: [EinsumView.Axis], _ wanted: [Int], _ shape: [Int]
  ) throws(Diagnostic) -> ValueID {
    var placed = Array(repeating: 1, count: axes.count)
    var pairs: [(first: Int, second: Int, extent: Int)] = []
    for (position, axis) in axes.enumerated() {
      guard let first = axes.firstIndex(of: axis), let number = own.firstIndex(of: axis) else {
        continue
      }
      guard shape[position] == wanted[number] else {
        throw .unsupported(
          "no gradient: an axis that is repeated and broadcast", at: b.site(of: request.node))
      }
      if first == position {
        placed[position] = wanted[number]
      } else {
        pairs.append((first, position, wanted[number]))
      }
    }
    var result = try b.view(gradient, placed)
    for pair in pairs {
      var form = Array(repeating: 1, count: axes.count)
      form[pair.first] = pair.extent
      form[pair.second] = pair.extent
      let ones = (0..<(pair.extent * pair.extent)).map {
        $0 / pair.extent == $0 % pair.extent ? 1.0 : 0
      }
      result = try b.times(result, b.numbers(ones, form, like: gradient))
    }
    return result
  }
}
