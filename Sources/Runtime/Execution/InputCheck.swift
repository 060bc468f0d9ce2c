import IR

/// Compares tensors with the inputs they are given for.
enum InputCheck {
  /// Throws unless a tensor has the element type and the extents that a value declares.
  ///
  /// `symbols` holds the extents of the names met so far; equal names must have equal extents.
  static func check(_ tensor: Tensor, _ value: Value, _ symbols: inout [String: Int])
    throws(Diagnostic)
  {
    guard let declared = value.type.tensor else { return }
    let site = Site(value: value.name)
    guard tensor.type == declared.element else {
      throw .invalid(
        "input is of type \(tensor.type.textName), expected \(declared.element.textName)", at: site)
    }
    guard let shape = declared.shape else { return }
    var fits = shape.count == tensor.rank
    for (dim, extent) in zip(shape, tensor.shape) {
      switch dim {
      case .known(let expected): fits = fits && expected == extent
      case .named(let name):
        fits = fits && symbols[name, default: extent] == extent
        symbols[name] = extent
      case .unknown: break
      }
    }
    guard fits else {
      let expected = shape.map { dim in
        switch dim {
        case .known(let extent): "\(extent)"
        case .named(let name): symbols[name].map { "\(name)=\($0)" } ?? name
        case .unknown: "?"
        }
      }
      throw .invalid(
        "input has shape \(tensor.shape), expected [\(expected.joined(separator: ", "))]", at: site)
    }
  }
}
