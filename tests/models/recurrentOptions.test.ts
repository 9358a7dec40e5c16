/* Layers of every shape in a whole model: it trains, reads token by token as it reads at once, is saved and loaded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minGRU } from '../../examples/minGRU.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { FileFormatError } from '../../src/errors.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { type LanguageModelOptions, languageModelParameterCount } from '../../src/models/languageModel/options.js'
import { train } from '../../src/tasks/train.js'
import { expectNear } from '../engine/distance.js'
import { smallSplits } from '../training/smallText.js'

const data = smallSplits()
const small = { corpus: data.train, hiddenSize: 16, embeddingSize: 8 }

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const forms: readonly (readonly [string, LanguageModelOptions])[] = [
  ['three residual layers, dilated', { cell: 'gru', numLayers: 3, residual: true, dilations: [1, 2, 4] }],
  ['a skip of 4 steps', { cell: 'elman', skip: 4, numLayers: 1 }],
  ['layer normalisation', { cell: 'lstm', layerNorm: true, numLayers: 2 }],
  ['a projected LSTM, tied', { cell: 'lstm', projSize: 8, numLayers: 2, tieWeights: true }],
  ['ReLU with identity start', { cell: 'elman', nonlinearity: 'relu', initialisation: 'identity', numLayers: 1 }],
  [
    'orthogonal start, forget bias 1, a learned state',
    { cell: 'lstm', initialisation: 'orthogonal', forgetBias: 1, learnedState: true },
  ],
  [
    'dropout of every kind',
    { cell: 'lstm', dropout: 0.2, variational: true, recurrentDropout: 0.1, weightDrop: 0.1, zoneout: 0.1 },
  ],
  ['a cell of one’s own', { cell: minGRU, numLayers: 2 }],
]

describe.each(forms)('a language model with %s', (_, options) => {
  const cells = [minGRU]

  it('trains, and is the same when saved and loaded', async () => {
    using model = await LanguageModel.create({ ...small, ...options, engine })
    const { configuration, tokenizer } = model
    expect(languageModelParameterCount(configuration, tokenizer.size, cells)).toBe(model.parameterCount)
    const losses: number[] = []
    for await (const { loss } of train(model, data, { steps: 60, batchSize: 8, timeSteps: 16, learningRate: 0.01 }))
      losses.push(loss)
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.3)
    using loaded = await LanguageModel.load(model.toBytes(), { cells, engine })
    expect(loaded.configuration).toEqual(configuration)
    expect(loaded.next('the ')).toEqual(model.next('the '))
  })

  it('reads token by token what it reads at once', async () => {
    using model = await LanguageModel.create({ ...small, ...options, engine })
    const tokens = model.tokenizer.encode('we learn to read what we have read')
    const [one, other] = [model.read(), model.read()]
    one.push(tokens)
    for (const token of tokens) other.push([token])
    expectNear(other.next(), one.next(), 1e-5, 'log-probabilities')
    one.close()
    other.close()
  })
})

describe('a cell of one’s own', () => {
  it('that is not given when its file is loaded is asked for', async () => {
    using model = await LanguageModel.create({ ...small, cell: minGRU, engine })
    const load = LanguageModel.load(model.toBytes(), { engine })
    await expect(load).rejects.toThrow(FileFormatError)
    await expect(LanguageModel.load(model.toBytes(), { engine })).rejects.toThrow(
      'model: recurra.configuration: cell: must be elman, gru, lstm, or be given when it is loaded, as { cells: [minGRU] }; got minGRU',
    )
  })
})

it('contradictions are told all at once', async () => {
  const options = { projSize: 400, numLayers: 2, dilations: [1], skip: 2, forgetBias: 1, variational: true }
  await expect(LanguageModel.create({ ...small, ...options, cell: 'gru', engine })).rejects.toThrow(
    'LanguageModel.create: projSize: is for cell lstm alone; got 400; projSize: must be below hiddenSize, 16; got 400; ' +
      'dilations: must have one number a layer, 2; got [1]; dilations: excludes skip; leave one of them out; got [1]; ' +
      'forgetBias: is for cell lstm alone; got 1; variational: needs dropout; got true',
  )
})
