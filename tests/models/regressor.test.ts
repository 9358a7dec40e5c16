// The regressor: its loss has the gradient of finite differences, it keeps what it learned, and it learns to add and to
// foretell a series.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type NumberSequence } from '../../src/data/corpora/items.js'
import { windowsOf } from '../../src/data/corpora/series.js'
import { adding } from '../../src/data/generated/adding.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { evaluateRegressor } from '../../src/evaluation/regression.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { watchAll } from '../../src/layers/parameter.js'
import { numberBatches } from '../../src/models/regressor/batches.js'
import type { RegressorOptions } from '../../src/models/regressor/options.js'
import { regressorParameterCount } from '../../src/models/regressor/options.js'
import { Regressor } from '../../src/models/regressor/regressor.js'
import { train } from '../../src/tasks/train.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const ragged: NumberSequence[] = [3, 1, 5, 2].map((length, i) => ({
  inputs: Float64Array.from({ length: 2 * length }, (_, k) => Math.sin(i + 3 * k)),
  features: 2,
  targets: Float64Array.of(i, -i),
}))
const corpus = new ItemCorpus(ragged, 'ragged')

describe('a regressor', () => {
  it.each(['squared', 'huber'] as const)(
    'has the gradient of its loss, over sequences of any length: %s',
    async loss => {
      using exact = await openEngine({ backend: 'reference' })
      using model = await Regressor.create({
        corpus,
        cell: 'gru',
        hiddenSize: 4,
        numLayers: 2,
        dilations: [1, 2],
        loss,
        huberDelta: 0.5,
        engine: exact,
      })
      const batch = numberBatches(corpus, model.scales, { batchSize: 4 }).batch(0, 0)
      const lossNow = () => exact.scope(() => exact.scalar(model.loss(batch).loss))
      exact.scope(() =>
        exact.recording(tape => {
          watchAll(tape, model.parameters)
          tape.backward(model.loss(batch).loss)
        }),
      )
      for (const { value, gradient, name } of model.parameters) {
        const start = exact.read(value)
        const told = exact.read(gradient)
        const moved = (i: number, by: number) => {
          exact.write(
            value,
            start.map((w, k) => (k === i ? w + by : w)),
          )
          return lossNow()
        }
        for (const i of [0, start.length - 1]) {
          expect(told[i], name).toBeCloseTo((moved(i, 1e-5) - moved(i, -1e-5)) / 2e-5, 7)
          exact.write(value, start)
        }
      }
    },
  )

  it.each([{}, { cell: 'gru', numLayers: 2, dilations: [1, 3] }] satisfies RegressorOptions[])(
    'answers each sequence of a batch as it does alone: %j',
    async options => {
      using model = await Regressor.create({ corpus, hiddenSize: 6, ...options, engine })
      const together = await model.predict(ragged)
      for (const [i, one] of ragged.entries()) {
        const [alone] = await model.predict([one])
        for (const k of [0, 1]) expect(together[i][k]).toBeCloseTo(alone[k], 5)
      }
    },
  )

  it('is its file, scales and all', async () => {
    using model = await Regressor.create({ corpus, hiddenSize: 6, engine })
    using again = await Regressor.load(model.toBytes(), { engine })
    expect(await again.predict(ragged)).toEqual(await model.predict(ragged))
    expect(again.toBytes()).toEqual(model.toBytes())
  })

  it.each([{}, { projSize: 3 }, { cell: 'gru', numLayers: 2 }] satisfies RegressorOptions[])(
    'has as many parameters as its configuration says; a file that says otherwise takes no memory: %j',
    async options => {
      using model = await Regressor.create({ corpus, hiddenSize: 6, ...options, engine })
      expect(regressorParameterCount(model.configuration)).toBe(model.parameterCount)
      const used = engine.heap.used
      const { tensors, metadata } = readSafetensors(model.toBytes(), 'model')
      const kept = [...tensors].map(([name, { shape, data }]) => ({
        name,
        shape,
        data: Float64Array.from(data as Float32Array),
      }))
      const larger = JSON.stringify({ ...model.configuration, hiddenSize: 8192 })
      const bytes = writeSafetensors(kept, { ...metadata, 'recurra.configuration': larger })
      await expect(Regressor.load(bytes, { engine })).rejects.toThrow(
        /its configuration means \d+ parameters; the file holds/,
      )
      expect(engine.heap.used).toBe(used)
    },
  )

  it('says what a sequence must be', async () => {
    using model = await Regressor.create({ corpus, hiddenSize: 2, engine })
    await expect(model.predict([{ inputs: Float64Array.of(1, 2, 3), features: 3 }])).rejects.toThrow(
      /sequence 0 must have steps of 2 numbers each, one or more; got 3 numbers in steps of 3/,
    )
    await expect(Regressor.create({ corpus: new ItemCorpus([], 'nothing'), engine })).rejects.toThrow(
      /nothing: there are no/,
    )
  })

  it('learns to add: the answer 1 has a mean squared error of 0.167', async () => {
    const data = adding.generate({ count: 2000, length: 12 })
    using model = await Regressor.create({ corpus: data.train, hiddenSize: 24, engine })
    await train(model, data, { epochs: 30, batchSize: 50, learningRate: 0.01, samples: 0 })
    const { meanSquaredError, rootMeanSquaredError } = await evaluateRegressor(model, data.test)
    expect(meanSquaredError).toBeLessThan(0.01)
    expect(rootMeanSquaredError ** 2).toBeCloseTo(meanSquaredError, 12)
  })

  it('foretells a series some steps ahead, and shows the same examples each time', async () => {
    const wave = Float64Array.from({ length: 400 }, (_, t) => 10 + 3 * Math.sin(t / 5))
    const data = windowsOf({ name: 'wave', columns: new Map([['y', wave]]) }, { window: 16, ahead: 4 })
    using model = await Regressor.create({ corpus: data.train, cell: 'gru', hiddenSize: 16, engine })
    const shown: string[] = []
    for await (const { samples } of train(model, data, { epochs: 20, batchSize: 20, learningRate: 0.01, samples: 2 }))
      if (samples) shown.push(samples.map(({ input, target }) => `${input}: ${target}`).join())
    expect(shown.length).toBeGreaterThan(10)
    expect(new Set(shown).size).toBe(1)
    expect((await evaluateRegressor(model, data.test)).meanAbsoluteError).toBeLessThan(0.3)
  })
})

describe('windows of a series', () => {
  const numbers = Float64Array.from({ length: 100 }, (_, t) => t)
  const series = {
    name: 'numbers',
    columns: new Map([
      ['a', numbers],
      ['b', numbers.map(t => -t)],
    ]),
  }

  it('ask for what stands ahead, and never for what an earlier part has read', () => {
    const {
      train: first,
      validation,
      test,
    } = windowsOf(series, { window: 3, ahead: 2, inputColumn: ['a'], targetColumn: 'b' })
    expect(first.items[0]).toEqual({ inputs: Float64Array.of(0, 1, 2), features: 1, targets: Float64Array.of(-4) })
    const asked = [first, validation, test].map(({ items }) => items.map(({ targets }) => -targets[0]))
    expect(asked.flat()).toEqual(Array.from({ length: 96 }, (_, t) => t + 4))
    expect(asked.map(part => part.length)).toEqual([76, 10, 10])
  })

  it('say what is missing', () => {
    expect(() => windowsOf(series, { inputColumn: ['c'] })).toThrow(
      /numbers: there is no column c of numbers; there are a, b/,
    )
    expect(() => windowsOf(series, { window: 200 })).toThrow(/100 steps hold no window for training/)
  })
})
