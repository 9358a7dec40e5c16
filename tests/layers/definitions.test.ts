/* What PyTorch has no module for: dilated, skipping, residual, normalised, projected layers, learned states, zoneout and
 * cells of one's own, each against its definition written out on plain numbers, and against finite differences. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minGRU } from '../../examples/minGRU.js'
import type { Cell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { watchAll } from '../../src/layers/parameter.js'
import { Recurrent, type RecurrentOptions, recurrentParameterCount } from '../../src/layers/recurrent.js'
import { Random, seedKey } from '../../src/random.js'
import { expectNear } from '../engine/distance.js'
import { checkDirections } from '../engine/finiteDifferences.js'
import { Draw } from '../engine/randomValues.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

type Options = Partial<Omit<RecurrentOptions, 'name'>> & { readonly cell: Cell }

const [time, inputSize, hiddenSize] = [9, 3, 4]

/** A stack with random weights, run over one sequence from random states: what it was given and what it put out. */
function runOne(options: Options) {
  const stack = new Recurrent(engine, { inputSize, hiddenSize, ...options, name: 'layer' })
  const draw = new Draw(4)
  const weights: Record<string, Float64Array> = {}
  for (const { name, value } of stack.parameters) {
    weights[name.replace('layer.', '')] = draw.values(value.size)
    engine.write(value, weights[name.replace('layer.', '')])
  }
  const x = Array.from({ length: time }, () => draw.values(inputSize))
  const { output, start } = engine.scope(() => {
    const state = stack.zeroState(1)
    const learned = options.learnedState
    const start = state.map(({ hidden, cell }) => {
      for (const tensor of cell ? [hidden, cell] : [hidden])
        if (!learned) engine.write(tensor, draw.values(tensor.size))
      return { hidden: engine.read(hidden), cell: cell && engine.read(cell) }
    })
    const input = engine.from(
      x.flatMap(row => [...row]),
      [time, 1, inputSize],
    )
    return { output: engine.read(stack.forward(input, state).output), start }
  })
  for (const parameter of stack.parameters) parameter.release()
  return { weights, x, start, output }
}

type Row = ArrayLike<number>
/** Rows `from` … `from + rows` of a matrix [.., columns] times x. */
const times = (matrix: Row, x: Row, from = 0, rows = matrix.length / x.length) =>
  Array.from({ length: rows }, (_, i) =>
    Array.from(x).reduce((total, value, j) => total + matrix[(from + i) * x.length + j] * value, 0),
  )
const plus = (...rows: Row[]) => Array.from(rows[0], (_, i) => rows.reduce((total, row) => total + row[i], 0))
const part = (row: Row, gate: number, size = hiddenSize) => Array.from(row).slice(gate * size, (gate + 1) * size)
const each = (f: (...values: number[]) => number, ...rows: Row[]) =>
  Array.from(rows[0], (_, i) => f(...rows.map(row => row[i])))
const σ = (x: number) => 1 / (1 + Math.exp(-x))

function normalised(x: Row, gain: Row, shift: Row) {
  const values = Array.from(x)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  return values.map((value, i) => (gain[i] * (value - mean)) / Math.sqrt(variance + 1e-5) + shift[i])
}

/** h_{t−d} of a list of states, which begins with the `depth` that stood before the first step. */
const past = (depth: number, start: Row) =>
  Array.from({ length: depth }, (_, k) => Array.from(start).slice(k * hiddenSize, (k + 1) * hiddenSize))

const elmanStep = (w: Record<string, Row>, k: number, x: Row, h: Row) =>
  each(
    Math.tanh,
    plus(times(w[`weight_ih_l${k}`], x), w[`bias_ih_l${k}`], times(w[`weight_hh_l${k}`], h), w[`bias_hh_l${k}`]),
  )

const expectOutput = (output: Float64Array, rows: readonly Row[]) =>
  expectNear(
    output,
    rows.flatMap(row => Array.from(row)),
    1e-12,
    'output',
  )

describe('is its definition', () => {
  test('a dilated layer: h_t = tanh(U x_t + W h_{t−d} + b)', () => {
    for (const d of [2, 3, 5, 11]) {
      const { weights, x, start, output } = runOne({ cell: elman(), dilations: [d] })
      const states = past(d, start[0].hidden)
      for (const row of x) states.push(elmanStep(weights, 0, row, states.at(-d) as Row))
      expectOutput(output, states.slice(d))
    }
  })

  test('a skip through time: h_t = tanh(U x_t + W (h_{t−1} + h_{t−d}) + b)', () => {
    const { weights, x, start, output } = runOne({ cell: elman(), skip: 4 })
    const states = past(4, start[0].hidden)
    for (const row of x) states.push(elmanStep(weights, 0, row, plus(states.at(-1) as Row, states.at(-4) as Row)))
    expectOutput(output, states.slice(4))
  })

  test('residual layers: what the second puts out is added to what it was given', () => {
    const { weights, x, start, output } = runOne({ cell: elman(), numLayers: 2, residual: true })
    let [low, high]: Row[] = start.map(({ hidden }) => hidden)
    const rows = x.map(row => {
      low = elmanStep(weights, 0, row, low)
      high = elmanStep(weights, 1, low, high)
      return plus(low, high)
    })
    expectOutput(output, rows)
  })

  test('a learned state is where every sequence begins', () => {
    const { weights, start } = runOne({ cell: lstm, learnedState: true })
    expect(start[0].hidden).toEqual(weights.hidden_l0)
    expect(start[0].cell).toEqual(weights.cell_l0)
  })

  test('a normalised LSTM: gates of LN(U x) + LN(W h), h = o tanh(LN(c)) (Ba et al. 2016)', () => {
    const { weights: w, x, start, output } = runOne({ cell: lstm, layerNorm: true })
    let [h, c]: Row[] = [start[0].hidden, start[0].cell as Row]
    const rows = x.map(row => {
      const gates = plus(
        normalised(times(w.weight_ih_l0, row), w.norm_ih_weight_l0, w.norm_ih_bias_l0),
        normalised(times(w.weight_hh_l0, h), w.norm_hh_weight_l0, w.norm_hh_bias_l0),
      )
      c = each((i, f, g, old) => σ(f) * old + σ(i) * Math.tanh(g), part(gates, 0), part(gates, 1), part(gates, 2), c)
      const seen = normalised(c, w.norm_cell_weight_l0, w.norm_cell_bias_l0)
      h = each((o, value) => σ(o) * Math.tanh(value), part(gates, 3), seen)
      return h
    })
    expectOutput(output, rows)
  })

  test('a normalised GRU: the reset gate multiplies the normalised product', () => {
    const { weights: w, x, start, output } = runOne({ cell: gru, layerNorm: true })
    let h: Row = start[0].hidden
    const rows = x.map(row => {
      const a = normalised(times(w.weight_ih_l0, row), w.norm_ih_weight_l0, w.norm_ih_bias_l0)
      const b = normalised(times(w.weight_hh_l0, h), w.norm_hh_weight_l0, w.norm_hh_bias_l0)
      const [r, z] = [0, 1].map(gate => each(σ, plus(part(a, gate), part(b, gate))))
      const n = each((u, reset, v) => Math.tanh(u + reset * v), part(a, 2), r, part(b, 2))
      h = each((update, candidate, old) => (1 - update) * candidate + update * old, z, n, h)
      return h
    })
    expectOutput(output, rows)
  })

  test('zoneout used, not trained: h_t = p h_{t−1} + (1 − p) h̃_t (Krueger et al. 2017)', () => {
    const { weights, x, start, output } = runOne({ cell: elman(), zoneout: 0.3 })
    let h: Row = start[0].hidden
    const rows = x.map(row => {
      h = each((old, now) => 0.3 * old + 0.7 * now, h, elmanStep(weights, 0, row, h))
      return h
    })
    expectOutput(output, rows)
  })

  test('minGRU, a cell of one’s own: h_t = (1 − z) h_{t−1} + z h̃, both of x alone (Feng et al. 2024)', () => {
    const { weights: w, x, start, output } = runOne({ cell: minGRU })
    let h: Row = start[0].hidden
    const rows = x.map(row => {
      const a = plus(times(w.weight_ih_l0, row), w.bias_ih_l0)
      h = each((z, candidate, old) => (1 - σ(z)) * old + σ(z) * candidate, part(a, 0), part(a, 1), h)
      return h
    })
    expectOutput(output, rows)
  })
})

const forms: readonly (readonly [string, Partial<Options>])[] = [
  ['dilated, both directions', { numLayers: 2, dilations: [2, 3], bidirectional: true }],
  ['skipping', { skip: 3, numLayers: 2 }],
  ['residual', { numLayers: 3, residual: true }],
  ['normalised, both directions', { numLayers: 2, layerNorm: true, bidirectional: true }],
  ['with a learned state', { learnedState: true, bidirectional: true }],
  [
    'with dropout of every kind',
    { numLayers: 2, dropout: 0.3, variational: true, recurrentDropout: 0.3, weightDrop: 0.3 },
  ],
  ['with zoneout', { zoneout: 0.4, bidirectional: true }],
]
const cells: readonly (readonly [string, Cell])[] = [
  ['elman', elman()],
  ['gru', gru],
  ['lstm', lstm],
  ['minGRU', minGRU],
]

describe.each(forms)('the gradient of layers %s is that of finite differences', (_, form) => {
  test.each(cells)('of %s', (_, cell) => {
    if (cell.recurrent === false && form.skip) return
    const lengths = [5, 2, 7]
    const options = { inputSize, hiddenSize, cell, ...form, name: 'layer' }
    const stack = new Recurrent(engine, options)
    const draw = new Draw(8)
    for (const { value } of stack.parameters) engine.write(value, draw.values(value.size, 0.6))
    const x = draw.values(7 * 3 * inputSize)
    const weight = draw.values(7 * 3 * stack.outputSize)
    const forward = () => {
      const pass = { lengths, draw: { seed: 1, step: 2, site: 3 } }
      return stack.forward(engine.from(x, [7, 3, inputSize]), stack.zeroState(3), pass).output
    }
    engine.scope(() =>
      engine.recording(tape => {
        watchAll(tape, stack.parameters)
        const output = forward()
        tape.backward(output, engine.from(weight, output.shape))
      }),
    )
    const loss = () => engine.scope(() => engine.read(forward()).reduce((sum, y, i) => sum + y * weight[i], 0))
    checkDirections(engine, draw, stack.parameters, loss, 5)
    const held = stack.parameters.reduce((sum, { value }) => sum + value.size, 0)
    expect(recurrentParameterCount(options)).toBe(held)
    for (const parameter of stack.parameters) parameter.release()
  })
})

describe('weights begin', () => {
  const begun = (options: Options, ...how: [('uniform' | 'orthogonal' | 'identity')?, number?]) => {
    const stack = new Recurrent(engine, { inputSize, hiddenSize, ...options, name: 'layer' })
    stack.initialise(new Random(seedKey(1)), ...how)
    const held = Object.fromEntries(
      stack.parameters.map(({ name, value }) => [name.replace('layer.', ''), engine.read(value)]),
    )
    for (const parameter of stack.parameters) parameter.release()
    return held
  }

  test('orthogonal: W Wᵀ is the identity, gate by gate', () => {
    const { weight_hh_l0: W } = begun({ cell: gru, hiddenSize: 12 }, 'orthogonal')
    for (let gate = 0; gate < 3; gate++)
      for (let i = 0; i < 12; i++)
        for (let j = 0; j < 12; j++) {
          const [a, b] = [i, j].map(row => W.subarray((gate * 12 + row) * 12, (gate * 12 + row + 1) * 12))
          expect(a.reduce((sum, value, k) => sum + value * b[k], 0)).toBeCloseTo(i === j ? 1 : 0, 12)
        }
  })

  test('as the identity: W is, U is small, biases are 0 (Le et al. 2015)', () => {
    const { weight_hh_l0, weight_ih_l0, bias_ih_l0, bias_hh_l0 } = begun({ cell: elman('relu') }, 'identity')
    expect([...weight_hh_l0]).toEqual(Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)))
    expect(weight_ih_l0.every(value => value !== 0 && Math.abs(value) < 0.01)).toBe(true)
    expect([...bias_ih_l0, ...bias_hh_l0].every(value => value === 0)).toBe(true)
  })

  test('with a forget bias of 1 (Jozefowicz et al. 2015), and only there', () => {
    const { bias_ih_l0, bias_hh_l0 } = begun({ cell: lstm }, 'uniform', 1)
    expect(part(bias_ih_l0, 1)).toEqual([1, 1, 1, 1])
    expect(part(bias_hh_l0, 1)).toEqual([0, 0, 0, 0])
    expect(part(bias_ih_l0, 0)).toEqual(part(begun({ cell: lstm }).bias_ih_l0, 0))
  })
})

test('options that exclude one another are refused, in one line', () => {
  const make = (options: Partial<Options>) => () =>
    new Recurrent(engine, { cell: gru, inputSize, hiddenSize, ...options, name: 'layer' })
  expect(make({ projSize: 2 })).toThrow('layer: projSize needs a cell with a state c')
  expect(make({ cell: lstm, projSize: 4 })).toThrow('must be below hiddenSize 4; got lstm and 4')
  expect(make({ numLayers: 3, dilations: [1, 2] })).toThrow('layer: dilations must have one number a layer, 3; got 2')
  expect(make({ dilations: [2], skip: 2 })).toThrow(
    'layer: dilations and skip exclude one another; leave one of them out',
  )
  expect(make({ cell: minGRU, skip: 2 })).toThrow('layer: skip needs a cell with recurrent weights; minGRU has none')
})
