extension Tensor {
  /// The tensor with only the given indices of one axis, in the given order.
  ///
  /// - Precondition: elements fill whole bytes, `axis` exists, every index is in its range.
  public func gathering(_ indices: [Int], axis: Int) -> Tensor {
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var result = shape
    result[axis] = indices.count
    if type == .string {
      let strings = self.strings
      var picked: [[UInt8]] = []
      for block in 0..<outer {
        for index in indices {
          let start = (block * shape[axis] + index) * inner
          picked += strings[start..<(start + inner)]
        }
      }
      guard let tensor = Tensor(strings: picked, shape: result) else { return self }
      return tensor
    }
    precondition(type.bitWidth >= 8, "cannot gather packed elements")
    let chunk = inner * type.bitWidth / 8
    return Tensor(type: type, shape: result) { target in
      withBytes { source in
        var position = 0
        for block in 0..<outer {
          for index in indices {
            let start = (block * shape[axis] + index) * chunk
            target[position..<(position + chunk)].copyBytes(from: source[start..<(start + chunk)])
            position += chunk
          }
        }
      }
    }
  }
}
