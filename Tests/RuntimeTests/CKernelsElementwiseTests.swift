import CKernels
import Foundation
import Testing

/// A function with the error that its documentation allows, and its derivative.
private struct Function: Sendable, CustomTestStringConvertible {
  var function: ck_function
  var a: Float = 0
  var b: Float = 0
  /// Units in the last place of the result.
  var ulps = 0.5
  /// Part of |x| that the error may have besides, for results that cancel.
  var slack = 0.0
  /// Whether the gradient kernel takes the output instead of the input.
  var fromOutput = true
  var range: ClosedRange<Double> = -20...20
  var value: @Sendable (Double) -> Double
  var derivative: @Sendable (Double) -> Double

  var testDescription: String { "\(function)" }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

private func gaussian(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

/// Piecewise linear ones round once or twice, so 1 ulp of an intermediate as large as |x|.
private let functions: [Function] = [
  Function(function: .CK_IDENTITY, value: { $0 }, derivative: { _ in 1 }),
  Function(function: .CK_RELU, value: { max($0, 0) }, derivative: { $0 > 0 ? 1 : 0 }),
  Function(
    function: .CK_LEAKY_RELU, a: 0.25, value: { $0 < 0 ? $0 / 4 : $0 },
    derivative: { $0 > 0 ? 1 : 0.25 }),
  Function(
    function: .CK_CLIP, a: -1, b: 6, fromOutput: false, value: { min(max($0, -1), 6) },
    derivative: { $0 >= -1 && $0 <= 6 ? 1 : 0 }),
  Function(
    function: .CK_HARD_SIGMOID, a: 0.25, b: 0.5, slack: 0x1p-24,
    value: { min(max($0 / 4 + 0.5, 0), 1) }, derivative: { abs($0) < 2 ? 0.25 : 0 }),
  Function(
    function: .CK_HARD_SWISH, slack: 0x1p-22, fromOutput: false,
    value: { $0 * min(max($0 / 6 + 0.5, 0), 1) },
    derivative: { $0 > 3 ? 1 : $0 < -3 ? 0 : $0 / 3 + 0.5 }),
  Function(
    function: .CK_SIGMOID, ulps: 2.5, range: -86...100, value: sigmoid,
    derivative: { sigmoid($0) * sigmoid(-$0) }),
  Function(
    function: .CK_TANH, ulps: 1.5, value: tanh, derivative: { 1 - tanh($0) * tanh($0) }),
  Function(
    function: .CK_SILU, ulps: 2.5, fromOutput: false, range: -86...100,
    value: { $0 * sigmoid($0) },
    derivative: { sigmoid($0) * (1 + $0 * sigmoid(-$0)) }),
  Function(
    function: .CK_GELU, slack: 0x1p-23, fromOutput: false,
    value: { $0 / 2 * erfc(-$0 / 2.0.squareRoot()) },
    derivative: { erfc(-$0 / 2.0.squareRoot()) / 2 + $0 * gaussian($0) }),
  Function(function: .CK_EXP, ulps: 1, range: -103...88, value: exp, derivative: exp),
  Function(
    function: .CK_ERF, ulps: 1.5, fromOutput: false, range: -6...6, value: erf,
    derivative: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }),
  Function(
    function: .CK_SQRT, range: 0.01...100, value: { $0.squareRoot() },
    derivative: { 0.5 / $0.squareRoot() }),
  Function(
    function: .CK_RECIPROCAL, range: 0.01...100, value: { 1 / $0 },
    derivative: { -1 / ($0 * $0) }),
  Function(
    function: .CK_ABS, fromOutput: false, value: { abs($0) },
    derivative: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
  Function(function: .CK_NEGATE, fromOutput: false, value: { -$0 }, derivative: { _ in -1 }),
]

private let lengths = [1, 3, 5, 16, 17, 31, 33, 100, 4097]

struct CKernelsElementwiseTests {
  /// Returns `n` points of a range, zero and the kinks of all functions among them.
  private func points(_ range: ClosedRange<Double>, _ n: Int) -> [Float] {
    var noise = KernelNoise(3)
    let special: [Float] = [0, 3, -3, 6, -1, 2, -2, 1e-6, -1e-6]
    return (0..<n).map { i in
      let unit = (Double(noise.float()) + 1) / 2
      let x = Float(range.lowerBound + unit * (range.upperBound - range.lowerBound))
      return n > 50 && i < special.count && range.contains(Double(special[i])) ? special[i] : x
    }
  }

  @Test(arguments: functions)
  private func activation(_ f: Function) {
    var activation = ck_activation(function: f.function, a: f.a, b: f.b)
    for kernels in kernelVariants {
      for n in lengths {
        let x = points(f.range, n)
        var y = [Float](repeating: .nan, count: n + 1)
        kernels.activation(&activation, n, x, &y)
        #expect(y[n].isNaN)
        for i in 0..<n {
          let exact = f.value(Double(x[i]))
          let unit = Double(Float(exact).ulp)
          let bound = f.ulps * unit + f.slack * Double(abs(x[i]))
          #expect(distance(y[i], exact, scale: bound) <= 1, "\(f.function)(\(x[i])) = \(y[i])")
        }
        var same = x
        same.withUnsafeMutableBufferPointer {
          kernels.activation(&activation, n, $0.baseAddress!, $0.baseAddress!)
        }
        #expect(same == Array(y.dropLast()))
      }
    }
  }

  /// Derivatives are a few roundings of themselves; where they come from an output that saturates
  /// at one, the output's own rounding (twice 2⁻²⁴) besides.
  @Test(arguments: functions)
  private func activationGradient(_ f: Function) {
    var activation = ck_activation(function: f.function, a: f.a, b: f.b)
    for kernels in kernelVariants {
      for n in lengths {
        let x = points(f.range, n)
        var noise = KernelNoise(9)
        let dy = noise.floats(n)
        var operand = x
        if f.fromOutput { kernels.activation(&activation, n, x, &operand) }
        var dx = [Float](repeating: .nan, count: n + 1)
        kernels.activation_gradient(&activation, n, operand, dy, &dx)
        #expect(dx[n].isNaN)
        for i in 0..<n {
          let slope = f.derivative(Double(x[i]))
          let bound = 0x1p-21 * abs(slope) + 0x1p-22
          let exact = slope * Double(dy[i])
          #expect(
            distance(dx[i], exact, scale: bound) <= 1, "\(f.function)'(\(x[i])) \(dx[i]) \(exact)")
        }
      }
    }
  }

  @Test func specialValues() {
    let x: [Float] = [.nan, .infinity, -.infinity, 200, -200]
    let expected: [(ck_function, [Float])] = [
      (.CK_RELU, [.nan, .infinity, 0, 200, 0]), (.CK_EXP, [.nan, .infinity, 0, .infinity, 0]),
      (.CK_SIGMOID, [.nan, 1, 0, 1, 0]), (.CK_TANH, [.nan, 1, -1, 1, -1]),
      (.CK_ERF, [.nan, 1, -1, 1, -1]), (.CK_CLIP, [.nan, 6, -1, 6, -1]),
      (.CK_HARD_SIGMOID, [.nan, 6, 0, 1, 0].map { min($0, 1) }),
    ]
    for kernels in kernelVariants {
      for (function, values) in expected {
        let isClip = function == .CK_CLIP
        var activation = ck_activation(
          function: function, a: isClip ? -1 : 0.2, b: isClip ? 6 : 0.5)
        var y = x
        kernels.activation(&activation, x.count, x, &y)
        #expect(y[0].isNaN)
        #expect(Array(y.dropFirst()) == Array(values.dropFirst()), "\(function)")
      }
    }
  }

  @Test func binary() {
    let cases: [(ck_binary, (Float, Float) -> Float)] = [
      (.CK_ADD, { $0 + $1 }), (.CK_SUBTRACT, { $0 - $1 }), (.CK_MULTIPLY, { $0 * $1 }),
      (.CK_DIVIDE, { $0 / $1 }), (.CK_MAXIMUM, { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }),
      (.CK_MINIMUM, { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }),
    ]
    for kernels in kernelVariants {
      for n in lengths {
        var noise = KernelNoise(5)
        var a = noise.floats(n)
        var b = noise.floats(n)
        if n > 4 { (a[1], b[2]) = (.nan, .nan) }
        for (function, operation) in cases {
          var y = [Float](repeating: 7, count: n + 1)
          kernels.binary(function, n, a, b, &y)
          let exact = zip(a, b).map(operation) + [7]
          #expect(zip(y, exact).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
          for swapped in [false, true] {
            kernels.binary_scalar(function, n, a, 0.375, swapped, &y)
            let exact = a.map { swapped ? operation(0.375, $0) : operation($0, 0.375) } + [7]
            #expect(zip(y, exact).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
          }
        }
      }
    }
  }

  @Test func reductions() {
    for kernels in kernelVariants {
      for n in lengths {
        var noise = KernelNoise(6)
        let x = noise.floats(n).map { $0 + 10 }
        var y = noise.floats(n)
        let old = y
        // Chunks of 16 vectors are summed in float32, so 16 roundings of the chunk's magnitude.
        let sum = x.reduce(0) { $0 + Double($1) }
        #expect(abs(kernels.sum(n, x) - sum) <= 16 * 0x1p-24 * sum)
        let dot = zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let magnitude = zip(x, y).reduce(0) { $0 + abs(Double($1.0) * Double($1.1)) }
        #expect(abs(kernels.dot(n, x, y) - dot) <= 17 * 0x1p-24 * magnitude)
        kernels.axpby(n, 0.5, x, -2, &y)
        for i in 0..<n {
          let exact = 0.5 * Double(x[i]) - 2 * Double(old[i])
          #expect(distance(y[i], exact, scale: 0x1p-22 * 8) <= 1)
        }
        var fresh = [Float](repeating: .nan, count: n)
        kernels.axpby(n, 0.5, x, 0, &fresh)
        #expect(fresh == x.map { $0 / 2 })
      }
    }
  }

  @Test func softmax() {
    for kernels in kernelVariants {
      for n in lengths {
        var noise = KernelNoise(8)
        let x = noise.floats(3 * n).map { $0 * 30 + 80 }
        var y = [Float](repeating: -1, count: 3 * n)
        var logs = y
        kernels.softmax(n, x, &y, ck_range(begin: 1, end: 3))
        kernels.log_softmax(n, x, &logs, ck_range(begin: 1, end: 3))
        #expect(y.prefix(n).allSatisfy { $0 == -1 } && logs.prefix(n).allSatisfy { $0 == -1 })
        for row in 1..<3 {
          let values = x[row * n..<(row + 1) * n].map(Double.init)
          let top = values.max()!
          let total = values.reduce(0) { $0 + exp($1 - top) }
          for i in 0..<n {
            let exact = exp(values[i] - top) / total
            #expect(distance(y[row * n + i], exact, scale: 0x1p-20 * exact + 0x1p-126) <= 1)
            let logarithm = values[i] - top - log(total)
            #expect(
              distance(logs[row * n + i], logarithm, scale: 0x1p-22 * (abs(logarithm) + 1)) <= 1)
          }
        }
      }
    }
  }

  @Test func sgd() {
    for kernels in kernelVariants {
      for n in lengths {
        var noise = KernelNoise(21)
        let gradient = noise.floats(n)
        var velocity = noise.floats(n)
        var parameters = noise.floats(n)
        let (v, p) = (velocity, parameters)
        kernels.sgd_step(n, 0.125, 0.875, 0.0625, 0.75, gradient, &velocity, &parameters)
        for i in 0..<n {
          let g = 0.75 * Double(gradient[i]) + 0.0625 * Double(p[i])
          let speed = 0.875 * Double(v[i]) + g
          let step = g + 0.875 * speed
          #expect(distance(velocity[i], speed, scale: 0x1p-22) <= 1)
          #expect(distance(parameters[i], Double(p[i]) - 0.125 * step, scale: 0x1p-22) <= 1)
        }
      }
    }
  }

  @Test func adam() {
    for kernels in kernelVariants {
      for n in lengths {
        var noise = KernelNoise(22)
        let gradient = noise.floats(n)
        var m = noise.floats(n)
        var v = noise.floats(n).map { abs($0) + 0.01 }
        var parameters = noise.floats(n)
        let (m0, v0, p) = (m, v, parameters)
        kernels.adam_step(
          n, 0.01, 0.875, 0.9375, 1e-8, 0.5, 0.125, 0.5, 0.25, 0.75, gradient, &m, &v,
          &parameters)
        for i in 0..<n {
          let g = 0.75 * Double(gradient[i]) + 0.5 * Double(p[i])
          let first = 0.875 * Double(m0[i]) + 0.125 * g
          let second = 0.9375 * Double(v0[i]) + 0.0625 * g * g
          let step = first / 0.5 / ((second / 0.25).squareRoot() + 1e-8) + 0.125 * Double(p[i])
          #expect(distance(m[i], first, scale: 0x1p-22) <= 1)
          #expect(distance(v[i], second, scale: 0x1p-22) <= 1)
          #expect(distance(parameters[i], Double(p[i]) - 0.01 * step, scale: 0x1p-20) <= 1)
        }
      }
    }
  }
}
