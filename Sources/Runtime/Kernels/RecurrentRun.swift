import CKernels
import IR

/// The steps of a recurrent layer over the projections of its input.
///
/// States, cells and spare numbers lie by direction, sequence and unit; gates by direction, then as
/// the steps and sequences of the input, then by row.
struct RecurrentRun {
  let layer: RecurrentLayer
  let kernels: ck_kernels
  let gates: UnsafeMutablePointer<Float>
  let state: UnsafeMutablePointer<Float>
  let cell: UnsafeMutablePointer<Float>
  let spare: UnsafeMutablePointer<Float>
  let matrices: [PackedMatrix]
  let packed: [UnsafePointer<Float>]
  let innerBias: UnsafePointer<Float>?
  /// The first states and cells, zeros where they are left out.
  let initial: [UnsafePointer<Float>?]
  /// The states of all steps, the last ones, and the last cells, where they are asked for.
  let results: [UnsafeMutablePointer<Float>?]

  /// Runs sequences, counted over all directions, from the first step to the last.
  func run(_ op: Operator, _ units: Range<Int>) {
    var part = units
    while !part.isEmpty {
      let direction = part.lowerBound / layer.batch
      let first = direction * layer.batch
      let end = min(part.upperBound, first + layer.batch)
      run(op, direction, (part.lowerBound - first)..<(end - first))
      part = end..<part.upperBound
    }
  }

  private func run(_ op: Operator, _ direction: Int, _ sequences: Range<Int>) {
    let hidden = layer.hidden
    let first = direction * layer.batch * hidden
    for sequence in sequences {
      let start = layer.stateStart(direction, sequence)
      for (target, given) in [(state, initial[0]), (cell, initial[1])] {
        let target = target + first + sequence * hidden
        if let given {
          target.update(from: given + start, count: hidden)
        } else {
          target.update(repeating: 0, count: hidden)
        }
      }
    }
    for number in 0..<layer.steps {
      let step = layer.directions[direction] ? layer.steps - 1 - number : number
      if op == .lstm {
        advanceLSTM(direction, step, sequences)
      } else if op == .gru {
        advanceGRU(direction, step, sequences)
      } else {
        advanceRNN(direction, step, sequences)
      }
      guard let history = results[0] else { continue }
      for sequence in sequences {
        (history + layer.historyStart(direction, step, sequence)).update(
          from: state + first + sequence * hidden, count: hidden)
      }
    }
    for sequence in sequences {
      let start = layer.stateStart(direction, sequence)
      for (target, source) in [(results[1], state), (results[2], cell)] {
        guard let target else { continue }
        (target + start).update(from: source + first + sequence * hidden, count: hidden)
      }
    }
  }

  /// The gates of a step from row `row` on, as the kernels write them: sequence by sequence.
  private func view(_ direction: Int, _ step: Int, row: Int) -> ck_target {
    let rows = layer.rows
    let stride = layer.isBatchFirst ? layer.steps * rows : rows
    let first =
      direction * layer.steps * layer.batch * rows
      + step * (layer.isBatchFirst ? rows : layer.batch * rows)
    return ck_target(data: gates + first + row, pixel: stride, row: stride, image: stride)
  }

  /// Numbers by direction, sequence and unit, as the kernels write them.
  private func view(_ numbers: UnsafeMutablePointer<Float>, _ direction: Int) -> ck_target {
    let hidden = layer.hidden
    return ck_target(
      data: numbers + direction * layer.batch * hidden, pixel: hidden, row: hidden, image: hidden)
  }

  /// Adds a matrix times `from` to gates, and applies a function.
  private func accumulate(
    _ matrix: Int, _ direction: Int, _ from: ck_target, _ to: ck_target,
    _ function: ck_function, _ sequences: Range<Int>
  ) {
    matrices[matrix].multiply(
      kernels, packed[matrix], direction, from.source,
      ck_epilogue(
        bias: nil, residual: to.source,
        activation: ck_activation(function: function, a: 0, b: 0)),
      to, pixels: sequences)
  }

  private func apply(
    _ function: ck_function, _ count: Int, _ x: UnsafeMutablePointer<Float>,
    _ y: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: ck_activation(function: function, a: 0, b: 0)) {
      kernels.activation($0, count, x, y)
    }
  }

  /// `c = f ⊙ c + i ⊙ c̃`, `h = o ⊙ tanh c`.
  private func advanceLSTM(_ direction: Int, _ step: Int, _ sequences: Range<Int>) {
    let hidden = layer.hidden
    let to = view(direction, step, row: 0)
    accumulate(0, direction, view(state, direction), to, .CK_IDENTITY, sequences)
    guard let base = to.data else { return }
    for sequence in sequences {
      let input = base + sequence * to.row
      let (output, forget, fresh) = (input + hidden, input + 2 * hidden, input + 3 * hidden)
      let start = (direction * layer.batch + sequence) * hidden
      let (state, cell) = (state + start, cell + start)
      apply(.CK_SIGMOID, 3 * hidden, input, input)
      apply(.CK_TANH, hidden, fresh, fresh)
      kernels.binary(.CK_MULTIPLY, hidden, forget, cell, cell)
      kernels.binary(.CK_MULTIPLY, hidden, input, fresh, fresh)
      kernels.binary(.CK_ADD, hidden, cell, fresh, cell)
      apply(.CK_TANH, hidden, cell, state)
      kernels.binary(.CK_MULTIPLY, hidden, output, state, state)
    }
  }

  /// `h = (1 − z) ⊙ h̃ + z ⊙ h`, where h̃ takes the reset state, or the state's reset product.
  private func advanceGRU(_ direction: Int, _ step: Int, _ sequences: Range<Int>) {
    let hidden = layer.hidden
    let to = view(direction, step, row: 0)
    let inner = view(direction, step, row: 2 * hidden)
    let (states, spares) = (view(state, direction), view(spare, direction))
    accumulate(0, direction, states, to, .CK_SIGMOID, sequences)
    if layer.resetsLast {
      matrices[1].multiply(
        kernels, packed[1], direction, states.source,
        ck_epilogue(
          bias: innerBias.map { $0 + direction * hidden }, residual: .none,
          activation: .identity),
        spares, pixels: sequences)
    }
    guard let base = to.data, let state = states.data, let spare = spares.data else { return }
    for sequence in sequences {
      let reset = base + sequence * to.row + hidden
      let spare = spare + sequence * hidden
      if layer.resetsLast {
        kernels.binary(.CK_MULTIPLY, hidden, reset, spare, spare)
        kernels.binary(.CK_ADD, hidden, reset + hidden, spare, reset + hidden)
        apply(.CK_TANH, hidden, reset + hidden, reset + hidden)
      } else {
        kernels.binary(.CK_MULTIPLY, hidden, reset, state + sequence * hidden, spare)
      }
    }
    if !layer.resetsLast { accumulate(1, direction, spares, inner, .CK_TANH, sequences) }
    for sequence in sequences {
      let update = base + sequence * to.row
      let fresh = update + 2 * hidden
      let (state, spare) = (state + sequence * hidden, spare + sequence * hidden)
      kernels.binary(.CK_SUBTRACT, hidden, state, fresh, spare)
      kernels.binary(.CK_MULTIPLY, hidden, update, spare, spare)
      kernels.binary(.CK_ADD, hidden, fresh, spare, state)
    }
  }

  /// `h = tanh(gate)`.
  private func advanceRNN(_ direction: Int, _ step: Int, _ sequences: Range<Int>) {
    let to = view(direction, step, row: 0)
    accumulate(0, direction, view(state, direction), to, .CK_TANH, sequences)
    guard let base = to.data else { return }
    for sequence in sequences {
      let start = (direction * layer.batch + sequence) * layer.hidden
      (state + start).update(from: base + sequence * to.row, count: layer.hidden)
    }
  }
}
