import DenseRuntime
import IR
import Testing

/// Tests of sessions on random networks of images.
@Suite struct RandomGraphTests {
  /// A network in which values branch, join, are read several times and change their extents.
  private static func network(_ seed: Int) -> SessionCase {
    SessionCase(name: "network \(seed)", tolerance: 5e-5) { sketch in
      sketch = GraphSketch(seed: UInt64(seed) + 100)
      var pool: [(value: ValueID, shape: [Int])] = []
      let batch = 1 + sketch.integer(below: 3)
      pool.append((sketch.input([batch, 3, 8, 7]), [batch, 3, 8, 7]))
      for _ in 0..<(8 + sketch.integer(below: 12)) {
        let (x, shape) = pool[sketch.integer(below: pool.count)]
        pool.append(step(&sketch, x, shape, pool))
      }
      for _ in 0..<2 { sketch.output(pool[sketch.integer(below: pool.count)].value) }
      sketch.output(pool[pool.count - 1].value)
    }
  }

  private static func step(
    _ sketch: inout GraphSketch, _ x: ValueID, _ shape: [Int],
    _ pool: [(value: ValueID, shape: [Int])]
  ) -> (ValueID, [Int]) {
    let pads: Attributes = ["pads": .ints([1, 1, 1, 1])]
    switch sketch.integer(below: 9) {
    case 0, 1:
      let channels = [1, 5, 17, 33][sketch.integer(below: 4)]
      let y = sketch.conv(x, [channels, shape[1], 3, 3], pads)
      return (y, [shape[0], channels] + shape[2...])
    case 2: return (sketch.batchNormalization(x, shape[1]), shape)
    case 3:
      let ops = [Operator.relu, .hardSwish, .tanh, .leakyRelu]
      return (sketch.add(ops[sketch.integer(below: 4)], [x]), shape)
    case 4, 5:
      let others = pool.filter { $0.shape == shape }
      let other = others[sketch.integer(below: others.count)].value
      let half = sketch.constant([]) { _ in 0.5 }
      return (sketch.add(.mul, [sketch.add(.add, [x, other]), half]), shape)
    case 6: return (sketch.add(.mul, [x, sketch.add(.sigmoid, [x])]), shape)
    case 7:
      let others = pool.filter { $0.shape[2...] == shape[2...] }
      let other = others[sketch.integer(below: others.count)]
      let y = sketch.add(.concat, [x, other.value], ["axis": .int(1)])
      let joined = shape[1] + other.shape[1]
      return (sketch.conv(y, [9, joined, 1, 1]), [shape[0], 9] + shape[2...])
    default:
      var window = pads
      window["kernel_shape"] = .ints([3, 3])
      window["strides"] = .ints([2, 2])
      let y = sketch.add(sketch.integer(below: 2) == 0 ? .maxPool : .averagePool, [x], window)
      return (y, Array(shape[..<2]) + shape[2...].map { ($0 + 1) / 2 })
    }
  }

  @Test(arguments: (0..<60).map(network)) func agrees(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 2))
    try test.check(SessionOptions(threads: 1, fuses: false))
  }
}
