import IR
import Training

extension Dataset {
  /// The bytes of all samples, one after the other.
  var bytes: [UInt8] {
    get throws {
      var all: [UInt8] = []
      for position in 0..<count {
        guard let bytes = try sample(position).elements.bytes else {
          throw Diagnostic.invalid("sample \(position) has no bytes")
        }
        all += bytes
      }
      return all
    }
  }
}
