import Foundation
import IR
import Testing

/// One operator on small operands, with the results another runtime gives; see
/// testdata/generate/operators.py for the format of the files.
public struct OperatorTable: CustomTestStringConvertible, Sendable {
  let family: String
  private var name = ""
  public private(set) var op = Operator.opaque
  private var resultNames: [String?] = []
  private var attributes = Attributes()
  var operands: [Tensor?] = []
  private var expected: [Tensor] = []

  public var testDescription: String { "\(family): \(name)" }

  /// Why a file cannot be read.
  struct Malformed: Error {
    let line: String
  }

  /// All cases of all files.
  public static func all() throws -> [OperatorTable] {
    let folder = TestData.url("operators")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try files.filter { $0.hasSuffix(".txt") }.flatMap { file in
      try read(
        String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8),
        family: String(file.dropLast(4)))
    }
  }

  private static func read(_ text: String, family: String) throws -> [OperatorTable] {
    var cases: [OperatorTable] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words[0] == "case" {
        cases.append(OperatorTable(family: family))
        cases[cases.count - 1].name = words.dropFirst().joined(separator: " ")
      } else if cases.isEmpty {
        throw Malformed(line: String(line))
      } else {
        try cases[cases.count - 1].take(words)
      }
    }
    return cases
  }

  private mutating func take(_ words: [String]) throws {
    switch words[0] {
    case "op":
      let parts = words[1].split(separator: ":").map(String.init)
      op = Operator(domain: parts.dropLast().first ?? "", name: parts.last ?? "")
      let omitted: [Int] = try words.dropFirst(3).map(Self.number)
      let count: Int = try Self.number(words[2])
      resultNames = (0..<count).map { omitted.contains($0) ? nil : "y\($0)" }
    case "attr":
      let values = words.dropFirst(3)
      switch words[2] {
      case "string": attributes[words[1]] = .string(try Self.text(words[3]))
      case "int": attributes[words[1]] = .int(try Self.number(words[3]))
      case "float": attributes[words[1]] = .float(try Self.number(words[3]))
      case "ints": attributes[words[1]] = .ints(try values.map(Self.number))
      case "floats": attributes[words[1]] = .floats(try values.map(Self.number))
      case "strings": attributes[words[1]] = .strings(try values.map(Self.text))
      default: throw Malformed(line: words.joined(separator: " "))
      }
    case "in": operands.append(words[1] == "_" ? nil : try Self.tensor(words))
    case "out": expected.append(try Self.tensor(words))
    default: throw Malformed(line: words.joined(separator: " "))
    }
  }

  private static func number<T: LosslessStringConvertible>(_ word: String) throws -> T {
    guard let value = T(word) else { throw Malformed(line: word) }
    return value
  }

  /// A string as it is written: characters percent-encoded, "%" alone if it is empty.
  private static func text(_ word: String) throws -> String {
    guard let text = word == "%" ? "" : word.removingPercentEncoding else {
      throw Malformed(line: word)
    }
    return text
  }

  private static func tensor(_ words: [String]) throws -> Tensor {
    let shape: [Int] = try words[2].dropFirst().dropLast().split(separator: ",").map {
      try number(String($0))
    }
    func made<T: TensorElement & LosslessStringConvertible>(_ type: T.Type) throws -> Tensor {
      let values: [T] = try words.dropFirst(3).map(number)
      guard values.count == Tensor.count(of: shape) else {
        throw Malformed(line: words.joined(separator: " "))
      }
      return Tensor(values, shape: shape)
    }
    switch words[1] {
    case "f32": return try made(Float.self)
    case "f64": return try made(Double.self)
    case "f16": return try made(Float16.self)
    case "i64": return try made(Int64.self)
    case "i32": return try made(Int32.self)
    case "i16": return try made(Int16.self)
    case "i8": return try made(Int8.self)
    case "u8": return try made(UInt8.self)
    case "u16": return try made(UInt16.self)
    case "u32": return try made(UInt32.self)
    case "u64": return try made(UInt64.self)
    case "bool":
      let values: [Int] = try words.dropFirst(3).map(number)
      return Tensor(values.map { $0 != 0 }, shape: shape)
    case "str":
      let values = try words.dropFirst(3).map { Array(try text($0).utf8) }
      guard let tensor = Tensor(strings: values, shape: shape) else {
        throw Malformed(line: words.joined(separator: " "))
      }
      return tensor
    default: throw Malformed(line: words.joined(separator: " "))
    }
  }

  /// Whether an operand is of strings.
  public var holdsStrings: Bool { operands.contains { $0?.type == .string } }

  /// The results that are expected, by the names that `graph` gives them.
  public var results: [(name: String, tensor: Tensor)] {
    zip(resultNames.compactMap { $0 }, expected).map { (name: $0, tensor: $1) }
  }

  /// The operator as the only node of a graph, with its inputs by name.
  public func graph() -> (graph: Graph, inputs: [String: Tensor]) {
    var graph = Graph(name: "case")
    var inputs: [String: Tensor] = [:]
    var values: [ValueID?] = []
    for (index, tensor) in operands.enumerated() {
      guard let tensor else {
        values.append(nil)
        continue
      }
      // Other operands carry shapes and indices, which plans want to know.
      if tensor.type != .int64 && (index == 0 || tensor.type == .float32 && tensor.rank > 1) {
        inputs["x\(index)"] = tensor
        values.append(graph.addInput("x\(index)", .tensor(tensor.type, Shape(tensor.shape))))
      } else {
        values.append(graph.addConstant("x\(index)", tensor))
      }
    }
    let node = graph.addNode(
      op, values, attributes: attributes, name: "node",
      results: resultNames.map { name in name.map { ($0, .unknown) } })
    for case let output? in graph[node].outputs { graph.addOutput(output) }
    return (graph, inputs)
  }
}
