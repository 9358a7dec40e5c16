/* Every operation, every cell and every layer against central finite differences in float64, at random shapes. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FusedKernelCell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import * as operations from '../../src/engine/operations/operations.js'
import { outputLayerLoss } from '../../src/engine/operations/outputLoss.js'
import { packed, raggedOf } from '../../src/engine/operations/ragged.js'
import { recurrence } from '../../src/engine/operations/recurrence.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { Embedding } from '../../src/layers/embedding.js'
import { Linear } from '../../src/layers/linear.js'
import { watchAll } from '../../src/layers/parameter.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import { unroll } from '../../src/layers/unroll.js'
import { seedKey } from '../../src/random.js'
import { checkDirections, checkGradients, type Input, input } from './finiteDifferences.js'
import { Draw } from './randomValues.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

type Inputs = Record<string, Input>
type Work = (tensors: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[]
interface Sizes {
  readonly rows: number
  readonly columns: number
  readonly width: number
}

const extent = fc.integer({ min: 1, max: 6 })
const sizes = fc.record({ rows: extent, columns: extent, width: extent })

/** Checks what `make` describes, at ten random shapes. The seed is fixed: a kink of the ReLU may stand anywhere else. */
function check(make: (draw: Draw, sizes: Sizes) => [Inputs, Work], numRuns = 10): void {
  fc.assert(
    fc.property(sizes, fc.nat(1e6), (each, seed) => {
      const draw = new Draw(seed)
      const [inputs, work] = make(draw, each)
      checkGradients(engine, draw, inputs, work)
    }),
    { numRuns, seed: 20 },
  )
}

const checks: Record<string, (() => void)[]> = {
  linear: [
    () =>
      check((draw, { rows, columns, width }) => [
        { x: input(draw, 2, rows, columns), weight: input(draw, width, columns), bias: input(draw, width) },
        ({ x, weight, bias }) => operations.linear(engine, x, weight, bias),
      ]),
    () =>
      check((draw, { rows, columns, width }) => [
        { x: input(draw, rows, columns), weight: input(draw, width, columns) },
        ({ x, weight }) => operations.linear(engine, x, weight),
      ]),
  ],
  add: [
    () =>
      check((draw, { rows, columns }) => [
        { a: input(draw, rows, columns), b: input(draw, rows, columns) },
        ({ a, b }) => [operations.add(engine, a, b), operations.add(engine, a, b, -0.7), operations.add(engine, a, a)],
      ]),
  ],
  multiply: [
    () =>
      check((draw, { rows, columns }) => [
        { a: input(draw, rows, columns), b: input(draw, rows, columns) },
        ({ a, b }) => [operations.multiply(engine, a, b), operations.multiply(engine, a, a)],
      ]),
  ],
  scale: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns) },
        ({ x }) => operations.scale(engine, x, -1.3),
      ]),
  ],
  activate: (['tanh', 'sigmoid', 'relu'] as const).map(
    activation => () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns) },
        ({ x }) => operations.activate(engine, activation, operations.scale(engine, x, 3)),
      ]),
  ),
  addRow: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, 2, rows, columns), row: input(draw, columns) },
        ({ x, row }) => operations.addRow(engine, x, row),
      ]),
  ],
  transpose: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns) },
        ({ x }) => [operations.transpose(engine, x), operations.scale(engine, operations.transpose(engine, x), 2)],
      ]),
  ],
  slice: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows + 2, columns) },
        ({ x }) => [operations.slice(engine, x, 0, rows), operations.slice(engine, x, 1, rows + 2)],
      ]),
  ],
  reshape: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns) },
        ({ x }) => operations.transpose(engine, operations.reshape(engine, x, [1, rows * columns])),
      ]),
  ],
  concatenate: [
    () =>
      check((draw, { rows, columns }) => [
        { a: input(draw, rows, columns), b: input(draw, 2, columns) },
        ({ a, b }) => operations.concatenate(engine, [a, b, a]),
      ]),
  ],
  embed: [
    () =>
      check((draw, { rows, columns, width }) => {
        const tokens = draw.integers(rows * columns, -1, width)
        return [
          { table: input(draw, width, 4) },
          ({ table }) => operations.embed(engine, engine.tokens(tokens, [rows, columns]), table),
        ]
      }),
  ],
  sum: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns) },
        ({ x }) => operations.multiply(engine, operations.sum(engine, x), operations.sum(engine, x)),
      ]),
  ],
  dropout: [
    () =>
      check((draw, { rows, columns }) => [
        { x: input(draw, rows, columns * 20) },
        ({ x }) => operations.dropout(engine, x, 0.4, seedKey(1)),
      ]),
  ],
  outputLayerLoss: [
    { withBias: true, labelSmoothing: 0, weighted: false },
    { withBias: false, labelSmoothing: 0, weighted: false },
    { withBias: true, labelSmoothing: 0.2, weighted: false },
    { withBias: true, labelSmoothing: 0.1, weighted: true },
  ].map(
    ({ withBias, labelSmoothing, weighted }) =>
      () =>
        check((draw, { rows, columns, width }) => {
          const targets = draw.integers(rows, -1, width - 1)
          const bias: Inputs = withBias ? { bias: input(draw, width) } : {}
          const weights = Array.from({ length: rows }, (_, i) => 0.1 + (i % 3))
          return [
            { h: input(draw, rows, columns), weight: input(draw, width, columns), ...bias },
            ({ h, weight, bias: c }) => {
              const rowWeights = weighted ? engine.from(weights) : undefined
              const options = { labelSmoothing, rowWeights }
              const { loss } = outputLayerLoss(engine, h, weight, c, engine.tokens(targets), options)
              return operations.scale(engine, loss, 1.7)
            },
          ]
        }),
  ),
}

describe('the gradient is that of finite differences', () => {
  test.each(Object.keys(checks))('of %s', name => {
    for (const one of checks[name]) one()
  })

  test('and no operation is missing here', () => {
    expect(Object.keys(checks).sort()).toEqual([...Object.keys(operations), 'outputLayerLoss'].sort())
  })
})

const cells: readonly (readonly [string, FusedKernelCell])[] = [
  ['elman tanh', elman('tanh')],
  ['elman relu', elman('relu')],
  ['elman sigmoid', elman('sigmoid')],
  ['gru', gru],
  ['lstm', lstm],
]

describe.each(cells)('the gradient of the cell %s is that of finite differences', (_, cell) => {
  const gates = cell.gates.length
  const weightsOf = (draw: Draw, inputs: number, hidden: number) => ({
    weightInput: input(draw, gates * hidden, inputs),
    weightHidden: input(draw, gates * hidden, hidden),
    biasInput: input(draw, gates * hidden),
    biasHidden: input(draw, gates * hidden),
  })
  const stateOf = (draw: Draw, batch: number, hidden: number): Inputs => ({
    hidden: input(draw, batch, hidden),
    ...(cell.hasCell && { cell: input(draw, batch, hidden) }),
  })

  test('written in plain operations', () => {
    check((draw, { rows: batch, columns: hidden, width: inputs }) => {
      const named = { x: input(draw, 3 * batch, inputs), ...weightsOf(draw, inputs, hidden) }
      return [
        { ...named, ...stateOf(draw, batch, hidden) },
        t => {
          const products = operations.linear(engine, t.x, t.weightInput, t.biasInput)
          const { output, state } = unroll(engine, {
            cell,
            products,
            ragged: raggedOf(new Int32Array(batch).fill(3), 3),
            state: { hidden: t.hidden, cell: t.cell },
            weight: t.weightHidden,
            bias: t.biasHidden,
          })
          return [output, state.hidden, ...(state.cell ? [state.cell] : [])]
        },
      ]
    }, 4)
  })

  const fused = [false, true].flatMap(reverse => [false, true].map(ragged => ({ reverse, ragged })))
  test.each(fused)('as fused kernel; reverse: $reverse, lengths: $ragged', ({ reverse, ragged }) => {
    const { apart } = cell.fused
    for (const withMask of [false, true])
      check((draw, { rows: batch, columns: hidden, width: time }) => {
        const apartBias: Inputs = apart ? { apartBias: input(draw, apart * hidden) } : {}
        const list = raggedOf(draw.integers(batch, 0, time), time)
        const mask = draw.values(batch * hidden, 2)
        return [
          {
            gates: input(draw, time, batch, gates * hidden),
            weight: input(draw, gates * hidden, hidden),
            ...apartBias,
            ...stateOf(draw, batch, hidden),
          },
          t => {
            const result = recurrence(engine, {
              cell: cell.fused,
              // The kernel consumes its gates, so it is given a copy.
              gates: ragged ? packed(engine, t.gates, list) : operations.scale(engine, t.gates, 1),
              weight: t.weight,
              apartBias: t.apartBias,
              hidden: t.hidden,
              cellState: t.cell,
              ragged: ragged ? list : undefined,
              mask: withMask ? engine.from(mask, [batch, hidden]) : undefined,
              reverse,
            })
            return [result.output, result.hidden, ...(result.cellState ? [result.cellState] : [])]
          },
        ]
      }, 4)
  })

  test.each(['embedding', 'tied', 'one-hot'])('in a whole model with %s input, along random directions', kind => {
    const [vocabulary, hidden, time, batch] = [11, 6, 4, 3]
    const draw = new Draw(gates)
    const embedding = new Embedding(engine, { vocabularySize: vocabulary, size: hidden, name: 'embedding' })
    const tied = kind === 'tied' ? embedding.weight : undefined
    const output = new Linear(engine, { inputs: hidden, outputs: vocabulary, name: 'output', tied })
    const inputSize = kind === 'one-hot' ? vocabulary : hidden
    const stack = new Recurrent(engine, {
      cell,
      inputSize,
      hiddenSize: hidden,
      numLayers: 2,
      dropout: 0.3,
      name: 'recurrent',
    })
    const own = kind === 'one-hot' ? [] : embedding.parameters
    const parameters = [...own, ...stack.parameters, ...output.parameters]
    for (const { value } of parameters) engine.write(value, draw.values(value.size, 0.6))
    const text = draw.integers(time * batch, 0, vocabulary - 1)
    const targets = draw.integers(time * batch, -1, vocabulary - 1)
    const lengths = [4, 1, 3]
    const forward = () => {
      const tokens = engine.tokens(text, [time, batch])
      const x = kind === 'one-hot' ? tokens : embedding.forward(tokens)
      const { output: h } = stack.forward(x, stack.zeroState(batch), {
        lengths,
        key: seedKey(1),
      })
      return output.loss(h, engine.tokens(targets)).loss
    }
    engine.scope(() =>
      engine.recording(tape => {
        watchAll(tape, parameters)
        tape.backward(forward())
      }),
    )
    checkDirections(engine, draw, parameters, () => engine.scope(() => engine.scalar(forward())), 5)
    for (const parameter of new Set([...parameters, ...embedding.parameters])) parameter.release()
  })
})

describe('gradients that are computed ahead', () => {
  // Each loss of one layer computes its gradients with its forward step, in the buffer where they are to stay if it is free.
  test.each([
    ['one loss', (losses: Tensor[]) => losses[0]],
    ['one loss, scaled', (losses: Tensor[]) => operations.scale(engine, losses[0], 3)],
    ['the sum of two', (losses: Tensor[]) => operations.add(engine, losses[0], losses[1])],
    [
      'two, each scaled',
      (losses: Tensor[]) => operations.add(engine, operations.scale(engine, losses[0], 0.5), losses[1], -2),
    ],
    ['the second of two', (losses: Tensor[]) => losses[1]],
  ])('are those of %s', (_, whole) => {
    const draw = new Draw(11)
    const layer = new Linear(engine, { inputs: 5, outputs: 7, name: 'output' })
    for (const { value } of layer.parameters) engine.write(value, draw.values(value.size))
    const [first, second] = [draw.values(4 * 5), draw.values(3 * 5)]
    const forward = () =>
      whole([
        layer.loss(engine.from(first, [4, 5]), engine.tokens([0, 3, 6, 1])).loss,
        layer.loss(engine.from(second, [3, 5]), engine.tokens([2, 6, 6])).loss,
      ])
    // What a step before has left is overwritten, whichever comes first.
    for (let step = 0; step < 2; step++)
      engine.scope(() =>
        engine.recording(tape => {
          watchAll(tape, layer.parameters)
          tape.backward(forward())
        }),
      )
    checkDirections(engine, draw, layer.parameters, () => engine.scope(() => engine.scalar(forward())), 5)
    for (const parameter of layer.parameters) parameter.release()
  })
})
