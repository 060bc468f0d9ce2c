import CKernels
import IR

extension Planner {
  /// The number of parts that sums over an image are cut into; the same for any number of threads,
  /// so
  /// that the result is.
  static func sumParts(_ rows: Int) -> Int { min(rows, 16) }

  /// Emits a step that adds up parts of an image; returns the buffer of `2 · channels` doubles a
  /// part.
  ///
  /// `body` adds what a range of rows contributes to the sums of its part.
  func emitSums(
    _ name: String, kind: String, over place: Place, touches: [Int], writing: Place? = nil,
    _ bind: @escaping (Memory) -> (_ sums: UnsafeMutablePointer<Double>, _ rows: ck_range) -> Void
  ) -> Int {
    let width = 2 * place.image.channels
    let parts = Planner.sumParts(place.rows)
    let sums = transient(bytes: parts * width * 8)
    let rows = place.rows
    let make = { (memory: Memory) -> TaskBody in
      let body = bind(memory)
      let base = memory.doubles(sums)
      return { task, _ in
        let own = base + task * width
        own.update(repeating: 0, count: width)
        body(own, share(rows, task, of: parts).kernel)
      }
    }
    if let writing {
      emit(name, kind: kind, touches: touches + [sums], writing: writing, tasks: parts, make)
    } else {
      emit(name, kind: kind, touches: touches + [sums], tasks: parts, make)
    }
    return sums
  }

  /// The sums of all parts, in order: the first of each channel, then the second.
  static func total(_ sums: UnsafePointer<Double>, parts: Int, channels: Int) -> [Double] {
    var total = Array(repeating: 0.0, count: 2 * channels)
    for part in 0..<parts {
      for index in total.indices { total[index] += sums[part * 2 * channels + index] }
    }
    return total
  }

  /// Emits the sum of an image over batch and positions, one number a channel, into `target`.
  func emitChannelSum(_ name: String, of place: Place, to target: Place) {
    let kernels = kernels
    let channels = place.image.channels
    let parts = Planner.sumParts(place.rows)
    let sums = emitSums(name, kind: "channel sums", over: place, touches: [place.buffer]) {
      memory in
      let from = place.source(memory)
      return { sums, rows in
        var identity = ck_activation.identity
        kernels.channel_gradient_sums(
          place.image, .none, nil, from, .none, &identity, .none, sums, rows)
      }
    }
    emit(name, kind: "total", touches: [sums, target.buffer], tasks: 1) { memory in
      let (from, to) = (memory.doubles(sums), memory.floats(target))
      return { _, _ in
        let total = Planner.total(from, parts: parts, channels: channels)
        for channel in 0..<channels { to[channel] = Float(total[channel]) }
      }
    }
  }
}
