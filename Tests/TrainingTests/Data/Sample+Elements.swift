import Training

extension Sample.Elements {
  /// The bytes, if it is these.
  var bytes: [UInt8]? {
    guard case .bytes(let bytes) = self else { return nil }
    return bytes
  }

  /// The floats, if it is these.
  var floats: [Float]? {
    guard case .floats(let floats) = self else { return nil }
    return floats
  }
}
