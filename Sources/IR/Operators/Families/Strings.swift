/// Operators on strings.
extension Schema {
  private static let text = "holds text"

  /// StringConcat: the strings of operand 1 after those of operand 0, which broadcast.
  static let stringConcat = mixing(
    because: text, inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in [.tensor(.string, try context.broadcastShape())] }

  /// StringSplit: results are the parts of each string along a new last axis, and their number.
  static let stringSplit = mixing(
    because: text, inputs: .exactly(1), outputs: .between(1...2),
    attributes: [.derived("delimiter", .string), .derived("maxsplit", .int)],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let shape = context.shape(0)
    return context.results([
      .tensor(.string, shape.map { $0 + [.unknown] }), .tensor(.int64, shape),
    ])
  }

  /// StringNormalizer: a list [c] or [1, c] without stop words, in another case.
  static let stringNormalizer = mixing(
    because: text, inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      .string("case_change_action", "NONE"), .int("is_case_sensitive", 0),
      .derived("locale", .string), .derived("stopwords", .strings),
    ], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let action = context.string("case_change_action", default: "NONE")
    guard ["NONE", "LOWER", "UPPER"].contains(action) else {
      throw context.invalid("case_change_action is '\(action)', expected LOWER, UPPER or NONE")
    }
    guard let shape = context.shape(0) else { return [.tensor(.string, nil)] }
    guard shape.count == 1 || shape.count == 2 && shape[0].value ?? 1 == 1 else {
      throw context.invalid("strings of shape \(shape), expected [c] or [1, c]")
    }
    return [.tensor(.string, shape.count == 1 ? [.unknown] : [.known(1), .unknown])]
  }

  /// TfIdfVectorizer: how often each n-gram of a pool occurs in a row of strings or integers.
  static let termFrequencies = mixing(
    because: "is searched for n-grams", inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      .required("max_gram_length", .int), .required("max_skip_count", .int),
      .required("min_gram_length", .int), .required("mode", .string),
      .required("ngram_counts", .ints), .required("ngram_indexes", .ints),
      .derived("pool_int64s", .ints), .derived("pool_strings", .strings),
      .derived("weights", .floats),
    ], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let indices = context.node.attributes.ints("ngram_indexes") ?? []
    guard let last = indices.max(), indices.allSatisfy({ $0 >= 0 }), last < .max else {
      throw context.invalid("ngram_indexes \(indices.prefix(8)), expected numbers from 0 on")
    }
    guard let shape = context.shape(0) else { return [.tensor(.float32, nil)] }
    guard shape.count <= 2 else {
      throw context.invalid("operand of rank \(shape.count), expected at most 2")
    }
    return [.tensor(.float32, (shape.count == 2 ? [shape[0]] : []) + [.known(last + 1)])]
  }
}
