// Saliency against finite differences in float64, and as a language model's users meet it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { saliencyOf, saliencyOfPrediction } from '../../src/inspection/saliency.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { expectNear } from '../engine/distance.js'
import { smallText } from '../training/smallText.js'

const corpus = new TextCorpus(smallText(), 'small')

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

const WIDTH = 1e-5

describe('saliency', () => {
  it.each([
    ['elman', { embedding: 'one-hot' }],
    ['gru', { embeddingSize: 5 }],
    ['lstm', { numLayers: 2, residual: true }],
  ] as const)('of a %s %j is the gradient in what each step reads', async (cell, options) => {
    using model = await LanguageModel.create({ corpus, cell, hiddenSize: 6, numLayers: 1, ...options, engine })
    const inputs = model.tokenizer.encode('the cat sees')
    const timeSteps = inputs.length
    const targets = new Int32Array(timeSteps).fill(-1)
    targets[timeSteps - 1] = 3
    const batch = { inputs, targets, timeSteps, batchSize: 1 }
    const { norms, supports, loss } = saliencyOf(engine, {
      vectors: () => model.vectors(engine.tokens(inputs, [timeSteps, 1])),
      loss: vectors => model.loss(batch, { vectors }).loss,
    })
    const start = engine.scope(() => engine.read(model.vectors(engine.tokens(inputs, [timeSteps, 1]))))
    const width = start.length / timeSteps
    const lossAt = (values: Float64Array) =>
      engine.scope(() => engine.scalar(model.loss(batch, { vectors: engine.from(values, [timeSteps, 1, width]) }).loss))
    // Given as vectors, tokens are what they are as tokens.
    expect(lossAt(start)).toBeCloseTo(
      engine.scope(() => engine.scalar(model.loss(batch).loss)),
      12,
    )
    expect(loss).toBe(lossAt(start))
    const gradient = start.map(
      (x, i) => (lossAt(start.with(i, x + WIDTH)) - lossAt(start.with(i, x - WIDTH))) / 2 / WIDTH,
    )
    const steps = Array.from({ length: timeSteps }, (_, k) => gradient.subarray(k * width, (k + 1) * width))
    expectNear(
      norms,
      steps.map(part => Math.hypot(...part)),
      1e-6,
      'norms',
    )
    const products = steps.map((part, k) => -part.reduce((sum, g, i) => sum + g * start[k * width + i], 0))
    expectNear(supports, products, 1e-6, 'supports')
  })

  it('of a prediction asks about the likeliest token, or the one that is named, with shares that sum up to 1', async () => {
    using model = await LanguageModel.create({ corpus, cell: 'gru', hiddenSize: 6, numLayers: 1, engine })
    const likeliest = saliencyOfPrediction(model, 'the cat')
    const [best] = model.next('the cat', { top: 1 })
    expect(likeliest.target.token).toBe(best.token)
    expect(likeliest.target.probability).toBeCloseTo(best.probability, 12)
    expect(likeliest.loss).toBeCloseTo(-Math.log(best.probability), 10)
    expect(likeliest.tokens.map(({ text }) => text)).toEqual(['', ...'the cat'])
    expect(likeliest.tokens.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    const named = saliencyOfPrediction(model, 'the cat', { target: 's', maxTokens: 3 })
    expect(named.target.text).toBe('s')
    expect(named.tokens).toHaveLength(4)
    expect(named.cut).toBe(true)
    expect(() => saliencyOfPrediction(model, 'the', { target: 'sees' })).toThrow(
      'saliency: target must be one token of the vocabulary; got "sees", which is 4 tokens',
    )
  })
})
