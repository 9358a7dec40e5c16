/* Each cell is written twice: as an equation in plain operations, and as a fused kernel. Here the two are one. */
import { describe, expect, test } from 'vitest'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import { openEngine } from '../../src/engine/open.js'
import { add } from '../../src/engine/operations/operations.js'
import { raggedOf } from '../../src/engine/operations/ragged.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { unroll } from '../../src/layers/unroll.js'
import { expectAllNear } from '../engine/distance.js'
import { describeEach, everyBackend } from '../engine/everyBackend.js'
import { Draw } from '../engine/randomValues.js'
import { type LayerShape, runLayers } from '../layers/layerRun.js'

const cells = [
  ['elman tanh', elman('tanh')],
  ['elman relu', elman('relu')],
  ['elman sigmoid', elman('sigmoid')],
  ['gru', gru],
  ['lstm', lstm],
] as const

const shapes: readonly LayerShape[] = [
  { time: 5, batch: 3, inputSize: 5, hiddenSize: 7 },
  { time: 5, batch: 3, inputSize: 5, hiddenSize: 7, bias: false },
  { time: 1, batch: 1, inputSize: 1, hiddenSize: 1 },
  { time: 4, batch: 13, inputSize: 3, hiddenSize: 33, numLayers: 2 },
  { time: 9, batch: 2, inputSize: 17, hiddenSize: 65 },
  { time: 6, batch: 4, inputSize: 3, hiddenSize: 9, lengths: [2, 6, 1, 4], bidirectional: true, numLayers: 2 },
  { time: 7, batch: 3, inputSize: 4, hiddenSize: 5, lengths: [1, 7, 3], dilations: [3], bidirectional: true },
  { time: 4, batch: 3, inputSize: 4, hiddenSize: 9, recurrentDropout: 0.4, weightDrop: 0.2, lengths: [4, 2, 3] },
]

describeEach(everyBackend, (engine, backend) => {
  const tolerance = backend.options.backend === 'reference' ? 1e-12 : 1e-5
  test.each(cells)(`%s: the fused kernel is the cell's equation run step by step, within ${tolerance}`, (_, cell) => {
    for (const [seed, shape] of shapes.entries()) {
      const unfused = { ...cell, fused: undefined }
      const fused = runLayers(engine(), { ...shape, cell }, new Draw(seed))
      expectAllNear(fused, runLayers(engine(), { ...shape, cell: unfused }, new Draw(seed)), tolerance)
    }
  })
})

describe('unroll', () => {
  test('trains a cell that has no kernel: every part of the gradient arrives', async () => {
    using engine = await openEngine({ backend: 'reference' })
    // h = W h + U x, so the last h is Σ W^(T-1-t) U x_t, whose gradients are known: here of one unit, W = 2, U = 3.
    const cell = {
      name: 'running sum',
      gates: ['sum'],
      step: (
        on: typeof engine,
        { input: [Ux], recurrent: [Wh] }: { input: readonly Tensor[]; recurrent: readonly Tensor[] },
      ) => ({
        hidden: add(on, Ux, Wh),
      }),
    }
    engine.scope(() =>
      engine.recording(tape => {
        const products = engine.from([3, 30, 300], [3, 1])
        const weight = engine.from([2], [1, 1])
        const start = engine.from([5], [1, 1])
        for (const leaf of [products, weight, start]) tape.watch(leaf)
        const { state } = unroll(engine, { cell, products, ragged: raggedOf([3], 3), state: { hidden: start }, weight })
        expect(engine.scalar(state.hidden)).toBe(3 * (100 + 2 * 10 + 4 * 1) + 8 * 5)
        tape.backward(state.hidden)
        const gradient = (of: Tensor) => [...engine.read(tape.gradientOf(of) as Tensor)]
        expect(gradient(products)).toEqual([4, 2, 1])
        expect(gradient(start)).toEqual([8])
        // d/dW of 3 x3 + 3 W x2 + 3 W² x1 + W³ h0
        expect(gradient(weight)).toEqual([3 * 10 + 2 * 2 * 3 * 1 + 3 * 4 * 5])
      }),
    )
  })

  test('says which shape is wrong, in one line', async () => {
    using engine = await openEngine({ backend: 'reference' })
    engine.scope(() => {
      const tensor = (...shape: number[]) => engine.tensor(shape)
      const state = { hidden: tensor(3, 4) }
      const given = { cell: gru, products: tensor(6, 12), ragged: raggedOf([2, 2, 2], 2), state }
      expect(() => unroll(engine, { ...given, weight: tensor(12, 5) })).toThrow(
        'gru: W must be [12, 4] (gates × hidden, outputs); got [12, 5]',
      )
    })
  })
})
