/// Comparisons, selections, and operations on truth values and bits.
extension Schema {
  /// A comparison of two tensors that broadcast; names of extents are never negative.
  static func comparison(
    _ holds: @escaping @Sendable (Int, Int) -> Bool, ofEquals: Bool
  ) -> Schema {
    broadcasting(
      .exactly(2), result: .bool,
      shapeValues: ShapeValueRules.binary { left, right in
        if left.isCertainly(right), left.value == nil { return .known(ofEquals ? 1 : 0) }
        guard let a = number(left, besides: right), let b = number(right, besides: left) else {
          return .unknown
        }
        return .known(holds(a, b) ? 1 : 0)
      })
  }

  /// A number that compares with `other` as the extent does; nil if there is none.
  private static func number(_ extent: Dim, besides other: Dim) -> Int? {
    if case .named = extent, let value = other.value, value < 0 { return 0 }
    return extent.value
  }

  /// And, Or and Xor.
  static let logical = broadcasting(.exactly(2), result: .bool)

  /// BitwiseAnd, BitwiseOr and BitwiseXor.
  static let bitwise = broadcasting(.exactly(2))

  /// BitShift, by operand 1 in `direction`.
  static let bitShift = broadcasting(.exactly(2), .other, [.required("direction", .string)])

  /// Where takes elements from operand 1 where operand 0 is true, else from operand 2.
  static let select = Schema(
    inputs: .exactly(3), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      [context.result(context.commonElement([1, 2]), try context.broadcastShape())]
    },
    shapeValues: { context in
      guard let flags = context.shapeValues[0], let a = context.shapeValues[1],
        let b = context.shapeValues[2]
      else { return [nil] }
      let count = max(flags.count, a.count, b.count)
      guard [flags.count, a.count, b.count].allSatisfy({ $0 == count || $0 == 1 }) else {
        return [nil]
      }
      return [
        (0..<count).map { index in
          let one = a[a.count == 1 ? 0 : index]
          let other = b[b.count == 1 ? 0 : index]
          guard let flag = flags[flags.count == 1 ? 0 : index].value else {
            return one.isCertainly(other) ? one : .unknown
          }
          return flag != 0 ? one : other
        }
      ]
    },
    axes: AxisRules.elementwise, cost: Plain.noCost, extents: Plain.noEdit,
    response: Plain.otherResponse, hasBorders: Plain.noBorders)
}
