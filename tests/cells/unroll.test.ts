/* Each cell is written twice: as an equation in plain operations, and as a fused kernel. Here the two are one. */
import { describe, expect, test } from 'vitest'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { add } from '../../src/engine/operations.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import { unroll } from '../../src/layers/unroll.js'
import { expectAllNear } from '../engine/distance.js'
import { describeEach, everyBackend } from '../engine/everyBackend.js'
import { Draw } from '../engine/randomValues.js'

const cells = [
  ['elman tanh', elman('tanh')],
  ['elman relu', elman('relu')],
  ['elman sigmoid', elman('sigmoid')],
  ['gru', gru],
  ['lstm', lstm],
] as const

interface Sizes {
  readonly time: number
  readonly batch: number
  readonly inputs: number
  readonly hidden: number
  readonly bias: boolean
}

/** Runs one layer both ways on the same numbers: every output, final state and gradient, by name. */
function bothWays(engine: Engine, cell: (typeof cells)[number][1], { time, batch, inputs, hidden, bias }: Sizes) {
  const layer = new Recurrent(engine, { cell, inputSize: inputs, hiddenSize: hidden, bias, name: 'layer' })
  const draw = new Draw(time * 1000 + hidden)
  for (const { value } of layer.parameters) engine.write(value, draw.values(value.size, 1 / Math.sqrt(hidden)))
  const given = {
    x: draw.values(time * batch * inputs),
    hidden: draw.values(batch * hidden),
    cell: draw.values(batch * hidden),
  }
  const wanted = {
    output: draw.values(time * batch * hidden),
    hidden: draw.values(batch * hidden),
    cell: draw.values(batch * hidden),
  }
  const run = (way: 'fused' | 'unrolled') =>
    engine.scope(() =>
      engine.recording(tape => {
        const x = engine.from(given.x, [time, batch, inputs])
        const h = engine.from(given.hidden, [batch, hidden])
        const c = cell.hasCell ? engine.from(given.cell, [batch, hidden]) : undefined
        const leaves: Record<string, Tensor> = { x, h, ...(c && { c }) }
        for (const { name, value } of layer.parameters) leaves[name] = value
        for (const leaf of Object.values(leaves)) tape.watch(leaf)
        const state = { hidden: h, cell: c }
        const [weightInput, weightHidden, biasInput, biasHidden] = layer.parameters.map(each => each.value)
        const result =
          way === 'fused'
            ? layer.forward(x, [state])
            : unroll(engine, cell, x, state, { weightInput, weightHidden, biasInput, biasHidden })
        const after = 'hidden' in result.state ? result.state : result.state[0]
        // The gradient of each result is given: what a loss of random weights would send.
        tape.watch(result.output)
        const seeds: [Tensor, Float64Array][] = [
          [result.output, wanted.output],
          [after.hidden, wanted.hidden],
        ]
        if (after.cell) seeds.push([after.cell, wanted.cell])
        const loss = engine.tensor([1])
        tape.record([loss], () => {
          for (const [tensor, values] of seeds) tape.add(tensor, engine.from(values, tensor.shape))
        })
        tape.backward(loss)
        const named: Record<string, Float64Array> = {
          output: engine.read(result.output),
          'final hidden': engine.read(after.hidden),
        }
        if (after.cell) named['final cell'] = engine.read(after.cell)
        for (const [name, leaf] of Object.entries(leaves)) {
          const gradient = tape.gradientOf(leaf)
          if (!gradient) throw new Error(`no gradient has come to ${name}`)
          named[`gradient of ${name}`] = engine.read(gradient)
        }
        return named
      }),
    )
  const results = { fused: run('fused'), unrolled: run('unrolled') }
  for (const parameter of layer.parameters) parameter.release()
  return results
}

const sizes: readonly Sizes[] = [
  { time: 5, batch: 3, inputs: 5, hidden: 7, bias: true },
  { time: 5, batch: 3, inputs: 5, hidden: 7, bias: false },
  { time: 1, batch: 1, inputs: 1, hidden: 1, bias: true },
  { time: 4, batch: 13, inputs: 3, hidden: 33, bias: true },
  { time: 9, batch: 2, inputs: 17, hidden: 65, bias: true },
]

describeEach(everyBackend, (engine, backend) => {
  const tolerance = backend.options.backend === 'reference' ? 1e-12 : 1e-5
  test.each(cells)(`%s: the fused kernel is the cell's equation run step by step, within ${tolerance}`, (_, cell) => {
    for (const each of sizes) {
      const { fused, unrolled } = bothWays(engine(), cell, each)
      expectAllNear(fused, unrolled, tolerance)
    }
  })
})

describe('unroll', () => {
  test('trains a cell that has no kernel: every part of the gradient arrives', async () => {
    using engine = await openEngine({ backend: 'reference' })
    // h = W h + U x, so the last h is Σ W^(T-1-t) U x_t, whose gradients are known: here of one unit, W = 2, U = 3.
    const running = {
      name: 'running sum',
      gates: ['sum'],
      step: (on: Engine, [Ux]: readonly Tensor[], [Wh]: readonly Tensor[]) => ({ hidden: add(on, Ux, Wh) }),
    }
    engine.scope(() =>
      engine.recording(tape => {
        const x = engine.from([1, 10, 100], [3, 1, 1])
        const weightInput = engine.from([3], [1, 1])
        const weightHidden = engine.from([2], [1, 1])
        const start = engine.from([5], [1, 1])
        for (const leaf of [x, weightInput, weightHidden, start]) tape.watch(leaf)
        const { state } = unroll(engine, running, x, { hidden: start }, { weightInput, weightHidden })
        expect(engine.scalar(state.hidden)).toBe(3 * (100 + 2 * 10 + 4 * 1) + 8 * 5)
        tape.backward(state.hidden)
        const gradient = (of: Tensor) => [...engine.read(tape.gradientOf(of) as Tensor)]
        expect(gradient(x)).toEqual([12, 6, 3])
        expect(gradient(weightInput)).toEqual([124])
        expect(gradient(start)).toEqual([8])
        // d/dW of 3 x3 + 3 W x2 + 3 W² x1 + W³ h0
        expect(gradient(weightHidden)).toEqual([3 * 10 + 2 * 2 * 3 * 1 + 3 * 4 * 5])
      }),
    )
  })

  test('says which shape is wrong, in one line', async () => {
    using engine = await openEngine({ backend: 'reference' })
    engine.scope(() => {
      const tensor = (...shape: number[]) => engine.tensor(shape)
      const weights = { weightInput: tensor(12, 5), weightHidden: tensor(12, 4) }
      expect(() => unroll(engine, gru, tensor(2, 3, 6), { hidden: tensor(3, 4) }, weights)).toThrow(
        'gru: x must be [any, any, 5] (time, batch, inputs); got [2, 3, 6]',
      )
    })
  })
})
