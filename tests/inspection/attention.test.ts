// What classifiers and translators looked at: saliency of a class against finite differences in float64, weights that sum up to
// one and stand where the words do, and the picture of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { padded } from '../../src/data/batches/buckets.js'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import { attentionPicture } from '../../src/drawing/attentionPicture.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { attentionOfLabel, attentionOfTranslation } from '../../src/inspection/attention.js'
import { saliencyOfLabel } from '../../src/inspection/labelSaliency.js'
import { Classifier } from '../../src/models/classifier/classifier.js'
import { Translator } from '../../src/models/translator/translator.js'
import { train } from '../../src/tasks/train.js'
import { expectNear } from '../engine/distance.js'

let engine: Engine
let exact: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  exact = await openEngine({ backend: 'reference' })
})
afterAll(() => {
  engine.close()
  exact.close()
})

const fillers = ['film', 'the', 'plot', 'was', 'actor', 'and', 'music']
/** The one word that decides stands somewhere among others. */
const reviews = new ItemCorpus(
  Array.from({ length: 160 }, (_, i) => {
    const words = Array.from({ length: 3 + (i % 5) }, (_, k) => fillers[(i * 3 + k * 5) % fillers.length])
    words.splice(i % words.length, 0, i % 2 === 0 ? 'lovely' : 'awful')
    return { text: words.join(' '), label: i % 2 === 0 ? 'good' : 'bad' }
  }),
  'reviews',
)
const several = new ItemCorpus(
  reviews.items.map(({ text, label }, i) => ({ text, label: i % 3 === 0 ? `${label}|long` : label })),
  'reviews of several labels',
)

const WIDTH = 1e-5

describe('saliency of a class', () => {
  it.each([
    [{ pooling: 'last', bidirectional: true }],
    [{ pooling: 'attention', embedding: 'one-hot', cell: 'lstm' }],
    [{ pooling: 'mean', classifierHidden: 3 }],
    [{ pooling: 'max', multiLabel: true, classWeights: 'balanced' }],
  ] as const)('is the gradient of −log p of the class: %j', async options => {
    const corpus = 'multiLabel' in options ? several : reviews
    using model = await Classifier.create({ corpus, cell: 'gru', hiddenSize: 4, ...options, engine: exact })
    const text = 'the plot was awful'
    const label = model.labels[0]
    const told = saliencyOfLabel(model, text, { label })
    const { probabilities } = await model.classify(text)
    expect(told.probability).toBeCloseTo(probabilities[label], 12)
    expect(told.loss).toBeCloseTo(-Math.log(probabilities[label]), 10)
    const tokens = model.tokenizer.encode(text)
    const start = exact.scope(() => exact.read(model.vectors(exact.tokens(tokens, [tokens.length, 1]))))
    const width = start.length / tokens.length
    const lossAt = (values: Float64Array) =>
      exact.scope(() =>
        exact.scalar(model.labelLoss(padded([tokens]), 0, { vectors: exact.from(values, [tokens.length, 1, width]) })),
      )
    expect(lossAt(start)).toBeCloseTo(told.loss, 12)
    const gradient = start.map(
      (x, i) => (lossAt(start.with(i, x + WIDTH)) - lossAt(start.with(i, x - WIDTH))) / 2 / WIDTH,
    )
    const steps = Array.from(tokens, (_, k) => gradient.subarray(k * width, (k + 1) * width))
    const norms = steps.map(part => Math.hypot(...part))
    expectNear(
      Float64Array.from(told.tokens, ({ norm }) => norm),
      norms,
      1e-6,
      'norms',
    )
    const products = steps.map((part, k) => -part.reduce((sum, g, i) => sum + g * start[k * width + i], 0))
    expectNear(
      Float64Array.from(told.tokens, ({ support }) => support),
      products,
      1e-6,
      'supports',
    )
  })

  it('of a trained classifier: the word that decides speaks most for its class, and against the other', async () => {
    using model = await Classifier.create({ corpus: reviews, cell: 'gru', hiddenSize: 8, engine })
    await train(model, { train: reviews }, { epochs: 12, batchSize: 16, learningRate: 0.01, reportEvery: 1000 })
    for (const [word, label, other] of [
      ['lovely', 'good', 'bad'],
      ['awful', 'bad', 'good'],
    ]) {
      const told = saliencyOfLabel(model, `the film was ${word} and Zanzibar`)
      expect(told).toMatchObject({ label, cut: false })
      expect(told.tokens.map(({ text }) => text)).toEqual(['the', 'film', 'was', word, 'and', 'Zanzibar'])
      expect(told.tokens.map(({ unknown }) => unknown)).toEqual([false, false, false, false, false, true])
      const most = told.tokens.reduce((a, b) => (b.support > a.support ? b : a))
      expect(most.text).toBe(word)
      const against = saliencyOfLabel(model, `the film was ${word} and Zanzibar`, { label: other })
      expect(against.tokens[3].support).toBeLessThan(0)
      expect(told.tokens.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    }
  })

  it('reads no more than it may, and refuses a class that is not there and an empty text', async () => {
    using model = await Classifier.create({ corpus: reviews, hiddenSize: 4, engine })
    expect(saliencyOfLabel(model, 'the plot was awful', { maxTokens: 2 })).toMatchObject({
      cut: true,
      tokens: { length: 2 },
    })
    expect(() => saliencyOfLabel(model, 'the plot', { label: 'goot' })).toThrow(
      'saliency: there is no class goot; did you mean good?',
    )
    expect(() => saliencyOfLabel(model, ' ')).toThrow('saliency: the text is empty; give it words')
  })
})

describe('attention', () => {
  it('of a classifier weighs each token; the words that decide weigh most once it has learned', async () => {
    using model = await Classifier.create({ corpus: reviews, cell: 'gru', hiddenSize: 8, pooling: 'attention', engine })
    await train(model, { train: reviews }, { epochs: 12, batchSize: 16, learningRate: 0.01, reportEvery: 1000 })
    const { label, tokens } = attentionOfLabel(model, 'lovely film and music')
    expect(label).toBe('good')
    expect(tokens.map(({ text }) => text)).toEqual(['lovely', 'film', 'and', 'music'])
    expect(tokens.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1)
    expect(Math.min(...tokens.map(({ weight }) => weight))).toBeGreaterThan(0)
    // In a batch beside a longer text it is the same.
    const texts = ['lovely film and music', 'the plot was awful and the music too'].map(each =>
      model.tokenizer.encode(each),
    )
    const beside = engine.scope(() => {
      const { weights } = model.read(padded(texts))
      return engine.read(weights as NonNullable<typeof weights>)
    })
    for (const [k, { weight }] of tokens.entries()) expect(beside[2 * k]).toBeCloseTo(weight, 5)
    expect(beside[2 * 4]).toBe(0)
  })

  it('of a translator is its alignment; without attention it says so', async () => {
    const pairs = new ItemCorpus(
      [
        { source: 'red cat', target: 'chat rouge' },
        { source: 'blue dog', target: 'chien bleu' },
      ],
      'pairs',
    )
    using model = await Translator.create({ corpus: pairs, hiddenSize: 6, minCount: 1, engine })
    const { translation, alignment, logProbability } = await attentionOfTranslation(model, 'red zebra', { beamSize: 1 })
    const found = await model.translate('red zebra', { beamSize: 1 })
    expect({ translation, alignment, logProbability }).toEqual({
      ...{ translation: found.text, alignment: found.attention, logProbability: found.logProbability },
    })
    expect(alignment.source).toEqual(['red', 'zebra', '</s>'])
    for (const row of alignment.weights) expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1)
    await expect(attentionOfTranslation(model, 'red cat', { maxTokens: 1 })).rejects.toThrow('at most 1 tokens; got 2')
    await expect(attentionOfTranslation(model, '')).rejects.toThrow('the text is empty')
    using blind = await Translator.create({ corpus: pairs, hiddenSize: 6, attention: 'none', engine })
    await expect(attentionOfTranslation(blind, 'red')).rejects.toThrow('this translator has none')
    using last = await Classifier.create({ corpus: reviews, hiddenSize: 4, engine })
    expect(() => attentionOfLabel(last, 'the plot')).toThrow('its pooling is last; train one with pooling attention')
  })

  it('is drawn with its figures in the squares, and names which word looked where', () => {
    const drawn = attentionPicture({
      source: ['a<b', ' ', '\u0007\ud800'],
      target: ['x'],
      weights: [[0.9, 0.1, 0.001]],
    })
    expect(drawn).toContain('<desc>x ← a&lt;b</desc>')
    expect(drawn).toContain('<title>x ← ␣: 0.100</title>')
    expect(drawn).toContain('>.90</text>')
    expect(drawn).toContain('>��</text>')
    expect(drawn.match(/<rect /g)).toHaveLength(1 + 3)
    expect(drawn).not.toContain('>.00</text>')
  })
})
