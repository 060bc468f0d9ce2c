import IR

/// Axis variables under unification: each is a leaf, a product, a concatenation or another's alias.
///
/// Unifying two variables refines both to common segments and factors. A leaf cut at an offset
/// becomes a concatenation of two leaves, a leaf that has to be factored a product. Where no common
/// refinement exists every leaf on both sides is blocked, which is always right.
struct AxisUnifier {
  /// The number of a variable.
  typealias Variable = Int

  /// What a variable is.
  enum Form {
    case leaf(Dim)
    case product([Variable])
    case concatenation([Variable])
    case alias(Variable)
  }

  private(set) var forms: [Form] = []
  private var blocks: [[BlockReason]] = []
  private static let reasonLimit = 4

  /// Makes a leaf.
  mutating func leaf(_ extent: Dim) -> Variable { make(.leaf(extent)) }

  /// Makes a product; a single factor stands for itself.
  mutating func product(_ factors: [Variable]) -> Variable {
    factors.count == 1 ? factors[0] : make(.product(factors))
  }

  /// Makes a concatenation; a single segment stands for itself.
  mutating func concatenation(_ segments: [Variable]) -> Variable {
    segments.count == 1 ? segments[0] : make(.concatenation(segments))
  }

  private mutating func make(_ form: Form) -> Variable {
    forms.append(form)
    blocks.append([])
    return forms.count - 1
  }

  /// The variable that `variable` is an alias of in the end.
  func root(_ variable: Variable) -> Variable {
    var current = variable
    while case .alias(let next) = forms[current] { current = next }
    return current
  }

  /// The form of a variable, aliases resolved.
  func form(_ variable: Variable) -> Form { forms[root(variable)] }

  /// Why a leaf is blocked; empty if it is not.
  func reasons(_ leaf: Variable) -> [BlockReason] { blocks[root(leaf)] }

  /// The extent of a variable.
  func extent(_ variable: Variable) -> Dim {
    switch form(variable) {
    case .leaf(let extent): return extent
    case .product(let factors):
      if factors.count == 1 { return extent(factors[0]) }
      var total = 1
      for factor in factors {
        guard let value = extent(factor).value else { return .unknown }
        let (product, overflow) = total.multipliedReportingOverflow(by: value)
        if overflow { return .unknown }
        total = product
      }
      return .known(total)
    case .concatenation(let segments):
      var total = 0
      for segment in segments {
        guard let value = extent(segment).value else { return .unknown }
        total += value
      }
      return .known(total)
    case .alias: return .unknown
    }
  }

  /// The leaves of a variable in order, repeated ones included.
  func leaves(_ variable: Variable) -> [Variable] {
    let root = root(variable)
    switch forms[root] {
    case .leaf: return [root]
    case .product(let parts), .concatenation(let parts): return parts.flatMap(leaves)
    case .alias: return []
    }
  }

  /// Blocks every leaf of a variable.
  mutating func block(_ variable: Variable, _ reason: BlockReason) {
    for leaf in leaves(variable) { add(reason, to: leaf) }
  }

  private mutating func add(_ reason: BlockReason, to leaf: Variable) {
    if blocks[leaf].count < Self.reasonLimit, !blocks[leaf].contains(reason) {
      blocks[leaf].append(reason)
    }
  }

  /// Makes two variables stand for the same indices; `reason` blocks both where that cannot be
  /// expressed.
  mutating func unify(_ left: Variable, _ right: Variable, _ reason: BlockReason) {
    let a = root(left)
    let b = root(right)
    if a == b { return }
    switch (forms[a], forms[b]) {
    case (.leaf(let x), .leaf(let y)):
      if let m = x.value, let n = y.value, m != n { return fail(a, b, reason) }
      if x.value == nil, y.value != nil || x == .unknown { forms[a] = .leaf(y) }
      for entry in blocks[b] { add(entry, to: a) }
      forms[b] = .alias(a)
    case (.leaf(let x), .product), (.leaf(let x), .concatenation):
      absorb(leaf: a, x, into: b, reason)
    case (.product, .leaf(let y)), (.concatenation, .leaf(let y)):
      absorb(leaf: b, y, into: a, reason)
    case (.product, .product), (.product, .concatenation), (.concatenation, .product),
      (.concatenation, .concatenation):
      unifyStructures(a, b, reason)
    case (.alias, _), (_, .alias): break
    }
  }

  private mutating func fail(_ a: Variable, _ b: Variable, _ reason: BlockReason) {
    block(a, reason)
    block(b, reason)
  }

  private mutating func absorb(
    leaf: Variable, _ extent: Dim, into structure: Variable, _ reason: BlockReason
  ) {
    let other = self.extent(structure)
    guard !leaves(structure).contains(leaf) else { return fail(leaf, structure, reason) }
    if extent != other, extent.value != nil || other.value != nil {
      return fail(leaf, structure, reason)
    }
    for entry in blocks[leaf] { block(structure, entry) }
    forms[leaf] = .alias(structure)
  }

  private mutating func unifyStructures(_ a: Variable, _ b: Variable, _ reason: BlockReason) {
    var left = segments(a)
    var right = segments(b)
    if left.count == 1, right.count == 1 {
      if !unifyFactors(factors(left[0]), factors(right[0]), reason) { fail(a, b, reason) }
      return
    }
    var i = 0
    var j = 0
    while i < left.count, j < right.count {
      guard let m = extent(left[i]).value, let n = extent(right[j]).value else {
        return fail(a, b, reason)
      }
      if m == n {
        unify(left[i], right[j], reason)
      } else if m < n {
        guard let (head, tail) = cut(right[j], at: m) else { return fail(a, b, reason) }
        unify(left[i], head, reason)
        right.replaceSubrange(j...j, with: [head, tail])
      } else {
        guard let (head, tail) = cut(left[i], at: n) else { return fail(a, b, reason) }
        unify(head, right[j], reason)
        left.replaceSubrange(i...i, with: [head, tail])
      }
      i += 1
      j += 1
    }
    if i != left.count || j != right.count { fail(a, b, reason) }
  }

  /// The segments of a variable: a product whose slowest factor is a concatenation is distributed
  /// over it, empty segments are left out.
  private mutating func segments(_ variable: Variable) -> [Variable] {
    switch form(variable) {
    case .leaf, .alias: return [root(variable)]
    case .concatenation(let parts):
      return parts.flatMap { segments($0) }.filter { extent($0).value != 0 }
    case .product:
      let all = factors(variable)
      guard let first = all.first, case .concatenation = form(first) else {
        return [root(variable)]
      }
      let heads = segments(first)
      return heads.map { head in product([head] + all.dropFirst()) }
    }
  }

  /// The factors of a variable, nested products flattened, factors of extent 1 left out.
  private func factors(_ variable: Variable) -> [Variable] {
    if extent(variable) == .known(1) { return [] }
    switch form(variable) {
    case .leaf, .concatenation, .alias: return [root(variable)]
    case .product(let parts): return parts.flatMap(factors)
    }
  }

  /// Cuts a segment in two; nil where the cut meets no boundary of its factors.
  private mutating func cut(_ variable: Variable, at offset: Int) -> (Variable, Variable)? {
    let root = root(variable)
    switch forms[root] {
    case .leaf(let dim):
      guard let extent = dim.value, offset > 0, offset < extent else { return nil }
      let head = divided(root, .known(offset))
      let tail = divided(root, .known(extent - offset))
      forms[root] = .concatenation([head, tail])
      return (head, tail)
    case .product:
      let all = factors(root)
      guard let first = all.first else { return nil }
      let rest = Array(all.dropFirst())
      var inner = 1
      for factor in rest {
        guard let extent = extent(factor).value else { return nil }
        inner *= extent
      }
      guard inner > 0, offset % inner == 0, let (head, tail) = cut(first, at: offset / inner) else {
        return nil
      }
      return (product([head] + rest), product([tail] + rest))
    case .concatenation(let parts):
      var before: [Variable] = []
      var position = 0
      for (index, part) in parts.enumerated() {
        guard let extent = extent(part).value else { return nil }
        if position + extent < offset {
          before.append(part)
          position += extent
        } else if position + extent == offset {
          let after = Array(parts[(index + 1)...])
          return (concatenation(before + [part]), concatenation(after))
        } else {
          guard let (head, tail) = cut(part, at: offset - position) else { return nil }
          return (
            concatenation(before + [head]), concatenation([tail] + parts[(index + 1)...])
          )
        }
      }
      return nil
    case .alias: return nil
    }
  }

  /// A new leaf that inherits the reasons of the leaf it is a part of.
  private mutating func divided(_ leaf: Variable, _ extent: Dim) -> Variable {
    let part = self.leaf(extent)
    blocks[part] = blocks[leaf]
    return part
  }

  private mutating func unifyFactors(
    _ left: [Variable], _ right: [Variable], _ reason: BlockReason
  ) -> Bool {
    var left = left
    var right = right
    while let a = left.last, let b = right.last {
      let x = extent(a)
      let y = extent(b)
      if x == y, x != .unknown || (left.count == 1 && right.count == 1) {
        left.removeLast()
        right.removeLast()
        unify(a, b, reason)
        continue
      }
      guard let m = x.value, let n = y.value, m > 0, n > 0 else { return false }
      if m > n {
        guard m % n == 0, let (slow, fast) = factor(a, by: n) else { return false }
        left.replaceSubrange((left.count - 1)..., with: factors(slow) + [fast])
      } else {
        guard n % m == 0, let (slow, fast) = factor(b, by: m) else { return false }
        right.replaceSubrange((right.count - 1)..., with: factors(slow) + [fast])
      }
    }
    return left.isEmpty && right.isEmpty
  }

  /// Writes a variable as a product whose fastest factor has extent `fast`; nil where a segment is
  /// no multiple of it.
  private mutating func factor(_ variable: Variable, by fast: Int) -> (Variable, Variable)? {
    let root = root(variable)
    switch forms[root] {
    case .leaf(let dim):
      guard let extent = dim.value else { return nil }
      let slow = divided(root, .known(extent / fast))
      let inner = divided(root, .known(fast))
      forms[root] = .product([slow, inner])
      return (slow, inner)
    case .concatenation(let parts):
      let extents = parts.compactMap { extent($0).value }
      guard extents.count == parts.count, extents.allSatisfy({ $0 % fast == 0 }) else { return nil }
      let inner = leaf(.known(fast))
      var slows: [Variable] = []
      for (part, extent) in zip(parts, extents) {
        let slow = leaf(.known(extent / fast))
        unify(product([slow, inner]), part, BlockReason(rule: "has no common factors"))
        slows.append(slow)
      }
      return (concatenation(slows), inner)
    case .product, .alias: return nil
    }
  }
}
