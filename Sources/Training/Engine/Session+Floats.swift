import DenseRuntime
import IR

extension Session {
  /// Fills an input with elements, the rest with zeros.
  func fill<Element: TensorElement>(_ input: ValueID, _ elements: [Element]) {
    withInput(input) { memory in
      elements.withUnsafeBytes { source in
        let count = min(source.count, memory.count)
        memory[..<count].copyBytes(from: source[..<count])
        memory[count...].initializeMemory(as: UInt8.self, repeating: 0)
      }
    }
  }

  /// Fills an input with what a batch holds for it.
  func fill(_ input: ModelInput, _ values: Batch.Values) {
    switch (values, input.type) {
    case (.floats(let floats), _): fill(input.value, floats)
    case (.integers(let integers), .bool): fill(input.value, integers.map { $0 != 0 })
    case (.integers(let integers), .int32): fill(input.value, integers.map { Int32($0) })
    case (.integers(let integers), _): fill(input.value, integers.map { Int64($0) })
    }
  }

  /// The elements of a float32 output.
  func floats(_ output: ValueID) -> [Float] {
    withOutput(output) { Array($0.bindMemory(to: Float.self)) } ?? []
  }

  /// The elements of a parameter.
  func parameter(_ value: ValueID) -> [Float] { withParameter(value) { Array($0) } ?? [] }

  /// Replaces the elements of a parameter.
  func setParameter(_ value: ValueID, _ elements: [Float]) {
    withParameter(value) { memory in
      precondition(memory.count == elements.count, "a parameter keeps its size")
      for index in memory.indices { memory[index] = elements[index] }
    }
  }
}
