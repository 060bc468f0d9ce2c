import IR

/// The reference kernel of TfIdfVectorizer: how often n-grams of a pool occur in rows of tokens.
struct ReferenceTermFrequencies {
  private let call: ReferenceCall
  /// The number of each n-gram of the pool.
  private let grams: [[Int]: Int]
  /// The lengths of n-grams that count.
  private let lengths: ClosedRange<Int>
  /// The longest n-gram of the pool.
  private let longest: Int
  /// The column of each n-gram.
  private let columns: [Int]

  /// Counts n-grams whose tokens lie 1 to `max_skip_count` + 1 places apart, and weighs the counts
  /// as `mode` says; n-grams of one token are counted once.
  static func vectorize(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    guard x.rank <= 2 else { throw call.invalid("operand of rank \(x.rank), expected at most 2") }
    let (pool, tokens) = try tokens(call, x)
    let kernel = try ReferenceTermFrequencies(call, pool)
    guard let last = kernel.columns.max(), last < .max else {
      throw call.invalid("ngram_indexes is empty")
    }
    let size = last + 1
    let rows = x.rank == 2 ? x.shape[0] : 1
    try call.admit(.float64, [rows, size])
    var counts = [Int](repeating: 0, count: rows * size)
    let width = x.shape.last ?? 1
    for row in 0..<rows {
      kernel.count(tokens[(row * width)..<((row + 1) * width)], from: row * size, &counts)
    }
    let weights = try kernel.weights(size)
    let isTruncated = call.node.attributes.string("mode") == "IDF"
    let values = counts.enumerated().map { index, count in
      weights[index % size] * Float(isTruncated ? min(count, 1) : count)
    }
    return [Tensor(values, shape: x.rank == 2 ? [rows, size] : [size])]
  }

  /// The pool and the operand as numbers; strings of the pool are numbered, others are -1.
  private static func tokens(
    _ call: ReferenceCall, _ x: Tensor
  ) throws(Diagnostic) -> (pool: [Int], tokens: [Int]) {
    let attributes = call.node.attributes
    switch (attributes["pool_strings"], attributes["pool_int64s"]) {
    case (.strings(let pool)?, nil):
      guard x.type == .string else { throw call.unsupportedType(x.type) }
      var numbers: [[UInt8]: Int] = [:]
      for text in pool where numbers[Array(text.utf8)] == nil {
        numbers[Array(text.utf8)] = numbers.count
      }
      return (
        pool.map { numbers[Array($0.utf8)] ?? -1 }, x.strings.map { numbers[$0] ?? -1 }
      )
    case (nil, .ints(let pool)?):
      guard x.type == .int32 || x.type == .int64 else { throw call.unsupportedType(x.type) }
      return (pool, try call.integers(0))
    case (_, _): throw call.invalid("expected one of pool_strings and pool_int64s")
    }
  }

  private init(_ call: ReferenceCall, _ pool: [Int]) throws(Diagnostic) {
    self.call = call
    let attributes = call.node.attributes
    let (least, most) = (
      attributes.int("min_gram_length") ?? 0, attributes.int("max_gram_length") ?? 0
    )
    guard least >= 1, least <= most else {
      throw call.invalid("n-grams of \(least) to \(most) tokens")
    }
    lengths = least...most
    columns = attributes.ints("ngram_indexes") ?? []
    guard columns.allSatisfy({ $0 >= 0 }) else {
      throw call.invalid("ngram_indexes has negative numbers")
    }
    let starts = (attributes.ints("ngram_counts") ?? []) + [pool.count]
    var found: [[Int]: Int] = [:]
    var number = 0
    for (index, start) in starts.dropLast().enumerated() {
      let end = starts[index + 1]
      let length = index + 1
      guard start >= 0, start <= end, end <= pool.count, (end - start) % length == 0 else {
        throw call.invalid("ngram_counts \(starts.dropLast()) of a pool of \(pool.count)")
      }
      for place in stride(from: start, to: end, by: length) {
        if lengths.contains(length) {
          let gram = Array(pool[place..<(place + length)])
          guard found.updateValue(number, forKey: gram) == nil else {
            throw call.invalid("n-gram \(number) is in the pool twice")
          }
        }
        number += 1
      }
    }
    guard number <= columns.count else {
      throw call.invalid("\(number) n-grams, but \(columns.count) ngram_indexes")
    }
    grams = found
    longest = min(most, found.keys.map(\.count).max() ?? 0)
  }

  /// Counts the n-grams of a row.
  private func count(_ row: ArraySlice<Int>, from start: Int, _ counts: inout [Int]) {
    let tokens = Array(row)
    let skips = call.node.attributes.int("max_skip_count") ?? 0
    var least = lengths.lowerBound
    var distance = 1
    while distance - 1 <= skips, least <= longest {
      // Further apart than this, not even the shortest n-gram fits into the row.
      let (reach, overflow) = distance.multipliedReportingOverflow(by: least - 1)
      if overflow || reach >= tokens.count { return }
      for first in 0..<(tokens.count - reach) {
        var gram: [Int] = []
        var place = first
        while gram.count < longest, place < tokens.count {
          gram.append(tokens[place])
          if gram.count >= least, let number = grams[gram] { counts[start + columns[number]] += 1 }
          place += distance
        }
      }
      least = max(least, 2)
      distance += 1
    }
  }

  /// What a count of each column is multiplied with.
  ///
  /// ONNX gives a weight to each n-gram, runtimes to each column: refused where that differs.
  private func weights(_ size: Int) throws(Diagnostic) -> [Float] {
    var weights = [Float](repeating: 1, count: size)
    switch call.node.attributes.string("mode") {
    case "TF": return weights
    case "IDF", "TFIDF": break
    case let mode: throw call.invalid("mode is '\(mode ?? "")', expected TF, IDF or TFIDF")
    }
    guard let given = call.node.attributes.floats("weights"), !given.isEmpty else { return weights }
    guard given.count == columns.count else {
      throw call.invalid("\(given.count) weights for \(columns.count) n-grams")
    }
    for (number, column) in columns.enumerated() {
      guard column < given.count, given[number] == given[column] else {
        throw call.unsupported("weights of n-grams that stand in other columns are not supported")
      }
      weights[column] = given[column]
    }
    return weights
  }
}
