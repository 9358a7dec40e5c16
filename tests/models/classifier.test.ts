// The classifier: its losses are PyTorch's, its gradient is that of finite differences in every shape, it answers a text of a
// batch as it does alone, keeps what it learned, and says clearly what it cannot do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labelledBags } from '../../src/baselines/bagOfWords.js'
import { fitNaiveBayes } from '../../src/baselines/naiveBayes.js'
import { ItemCorpus, type LabelledText } from '../../src/data/corpora/items.js'
import { reviews } from '../../src/data/generated/reviews.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { outputLayerLoss } from '../../src/engine/operations/outputLoss.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { evaluateClassifier } from '../../src/evaluation/classification.js'
import { binaryCrossEntropy } from '../../src/layers/binaryCrossEntropy.js'
import { watchAll } from '../../src/layers/parameter.js'
import { classifierBatches } from '../../src/models/classifier/batches.js'
import { Classifier } from '../../src/models/classifier/classifier.js'
import { labelWeightsOf } from '../../src/models/shared/labels.js'
import { byLength } from '../../src/models/shared/sequencesAtOnce.js'
import { train } from '../../src/tasks/train.js'
import { checkDirections } from '../engine/finiteDifferences.js'
import { Draw } from '../engine/randomValues.js'
import { labelLosses } from '../golden/classificationGolden.js'

let engine: Engine
let exact: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
  exact = await openEngine({ backend: 'reference' })
})
afterAll(() => {
  engine.close()
  exact.close()
})

const corpusOf = (...rows: [text: string, label: string][]) =>
  new ItemCorpus<LabelledText>(
    rows.map(([text, label]) => ({ text, label })),
    'corpus',
  )
const corpus = corpusOf(
  ['a fine film it is', 'good'],
  ['dull', 'bad'],
  ['it is a film', 'plain'],
  ['not a dull film', 'good'],
  ['a a a film film dull', 'bad'],
)
/** Two layers, the second of which looks two steps back. */
const dilated = [1, 2]
const several = corpusOf(['a b', 'x|y'], ['b b c', 'x'], ['c', ''], ['a', 'z | y|y'])

describe('losses of labels', () => {
  it('weighted cross-entropy is PyTorch’s', () => {
    const { h, weight, bias, targets, classes, loss, dH, dWeight, dBias } = labelLosses.weighted
    exact.scope(() =>
      exact.recording(tape => {
        const tensors = [exact.from(h, [7, 5]), exact.from(weight, [4, 5]), exact.from(bias)] as const
        for (const each of tensors) tape.watch(each)
        const weights = targets.map(target => classes[target])
        const all = weights.reduce((sum, each) => sum + each)
        const rowWeights = exact.from(weights.map(each => each / all))
        const made = outputLayerLoss(exact, ...tensors, exact.tokens(targets), { rowWeights }).loss
        tape.backward(made)
        expect(exact.scalar(made)).toBeCloseTo(loss, 12)
        for (const [i, wanted] of [dH, dWeight, dBias].entries()) {
          const gradient = exact.read(tape.gradientOf(tensors[i]) as never)
          for (const [k, each] of wanted.entries()) expect(gradient[k]).toBeCloseTo(each, 12)
        }
      }),
    )
  })

  it('binary cross-entropy is PyTorch’s, and finite far out', () => {
    const { o, y, positive, loss, dO } = labelLosses.binary
    exact.scope(() =>
      exact.recording(tape => {
        const logits = exact.from(o, [6, 3])
        tape.watch(logits)
        const made = binaryCrossEntropy(exact, logits, y, { weights: positive })
        tape.backward(made)
        expect(exact.scalar(made)).toBeCloseTo(loss, 12)
        const gradient = exact.read(tape.gradientOf(logits) as never)
        for (const [k, each] of dO.entries()) expect(gradient[k]).toBeCloseTo(each, 12)
        const far = binaryCrossEntropy(exact, exact.from([800, -800], [1, 2]), [0, 1])
        expect(exact.scalar(far)).toBeCloseTo(800, 9)
      }),
    )
  })

  it('balanced weights are n / (k n_c), of several labels those without over those with', () => {
    const counts = new Map([
      ['ham', 6],
      ['spam', 2],
    ])
    const of = { items: 8, multiLabel: false }
    expect(labelWeightsOf('balanced', counts, of)).toEqual([8 / 12, 2])
    expect(labelWeightsOf('balanced', counts, { ...of, multiLabel: true })).toEqual([2 / 6, 3])
    expect(labelWeightsOf('spam=2.5', counts, of)).toEqual([1, 2.5])
    expect(labelWeightsOf({ ham: 0.5 }, counts, of)).toEqual([0.5, 1])
    expect(() => labelWeightsOf('spamm=2', counts, of)).toThrow(
      'classWeights: there is no class spamm; did you mean spam?',
    )
  })
})

describe('a classifier', () => {
  it.each([
    ['last', {}],
    ['last', { bidirectional: true, numLayers: 2, cell: 'gru' }],
    ['last', { bidirectional: true, numLayers: 2, dilations: dilated }],
    ['mean', { bidirectional: true, classWeights: 'balanced' }],
    ['max', { embedding: 'one-hot', cell: 'elman' }],
    ['attention', { bidirectional: true, classifierHidden: 3, cell: 'gru' }],
    ['mean', { multiLabel: true, classWeights: 'balanced', projSize: 3 }],
    ['max', { bagOfWords: true, bidirectional: true, classifierHidden: 3, cell: 'gru' }],
  ] as const)('has the gradient of its loss: %s %j', async (pooling, options) => {
    const texts = 'multiLabel' in options ? several : corpus
    using model = await Classifier.create({
      ...{
        corpus: texts,
        pooling,
        hiddenSize: 4,
        minCount: 1,
        inputDropout: options && 'embedding' in options ? 0 : 0.3,
      },
      ...{ ...options, outputDropout: 0.2, engine: exact },
    })
    const batch = classifierBatches(model.tokenizer, texts, model.configuration, { batchSize: 5 }).batch(0, 0)
    const pass = { draw: { seed: 3, step: 1, site: 2 }, labelSmoothing: 0.1 }
    exact.scope(() =>
      exact.recording(tape => {
        watchAll(tape, model.parameters)
        tape.backward(model.loss(batch, pass).loss)
      }),
    )
    const loss = () => exact.scope(() => exact.scalar(model.loss(batch, pass).loss))
    checkDirections(exact, new Draw(4), model.parameters, loss, 3)
  })

  it('begins with what naive Bayes says, where it is told to', async () => {
    using model = await Classifier.create({ corpus, bagOfWords: true, hiddenSize: 6, minCount: 1, engine: exact })
    // What the recurrent layers say is left out.
    const output = model.parameters.find(({ name }) => name === 'output.weight')?.value as Tensor
    exact.write(
      output,
      exact.read(output).map((weight, i) => (i % 9 < 6 ? 0 : weight)),
    )
    const data = labelledBags(corpus)
    const counted = fitNaiveBayes(data)
    const texts = ['a dull film', 'fine', 'not a film it is a a film', 'unheard']
    const found = await model.classify(texts)
    texts.forEach((text, i) => {
      const scores = Array.from(counted.scores(data.bagOf(text)), Math.exp)
      const all = scores.reduce((sum, score) => sum + score, 0)
      model.labels.forEach((label, y) => {
        expect(found[i].probabilities[label]).toBeCloseTo(scores[y] / all, 10)
      })
    })
    using again = await Classifier.load(model.toBytes(), { engine: exact })
    expect(await again.classify(texts)).toEqual(found)
    await expect(Classifier.create({ corpus: several, bagOfWords: true, multiLabel: true, engine })).rejects.toThrow(
      'bagOfWords: excludes multiLabel; leave one of them out',
    )
  })

  it.each([
    ['last', false],
    ['mean', false],
    ['max', true],
    ['attention', false],
  ] as const)('answers a text among others as alone: %s, bag of words %s', async (pooling, bagOfWords) => {
    using model = await Classifier.create({ corpus, pooling, bagOfWords, bidirectional: true, hiddenSize: 6, engine })
    const texts = ['a film', 'it is a fine and very dull film', 'dull']
    const together = await model.classify(texts)
    for (const [i, text] of texts.entries()) {
      const alone = await model.classify(text)
      expect(alone.label).toBe(together[i].label)
      for (const label of model.labels)
        expect(alone.probabilities[label]).toBeCloseTo(together[i].probabilities[label], 5)
      const sum = Object.values(alone.probabilities).reduce((a, b) => a + b)
      expect(sum).toBeCloseTo(1, 12)
    }
  })

  it('is its file, labels and vocabulary and all', async () => {
    using model = await Classifier.create({ corpus, pooling: 'attention', classifierHidden: 4, hiddenSize: 6, engine })
    using again = await Classifier.load(model.toBytes(), { engine })
    expect(again.labels).toEqual(['bad', 'good', 'plain'])
    expect(await again.classify('a fine film')).toEqual(await model.classify('a fine film'))
  })

  it('may give several labels, or none', async () => {
    using model = await Classifier.create({ corpus: several, multiLabel: true, minCount: 1, hiddenSize: 8, engine })
    expect(model.labels).toEqual(['x', 'y', 'z'])
    await train(model, { train: several, validation: several }, { epochs: 120, batchSize: 4, learningRate: 0.02 })
    const answers = await model.classify(several.items.map(({ text }) => text))
    expect(answers.map(({ labels }) => labels)).toEqual([['x', 'y'], ['x'], [], ['y', 'z']])
    expect(await evaluateClassifier(model, several)).toMatchObject({
      accuracy: 1,
      micro: { f1: 1 },
      confusion: undefined,
    })
  })

  it('learns what no single word decides', async () => {
    const data = reviews.generate({ count: 3000 })
    using model = await Classifier.create({
      corpus: data.train,
      cell: 'gru',
      bidirectional: true,
      hiddenSize: 48,
      engine,
    })
    const result = await train(model, data, { epochs: 6, metric: 'accuracy', keepBest: true, learningRate: 0.01 })
    expect(result.stopped).toBe(false)
    const { accuracy, confusion, texts } = await evaluateClassifier(model, data.test)
    expect(accuracy).toBeGreaterThan(0.9)
    expect(confusion?.flat().reduce((a, b) => a + b)).toBe(texts)
  })

  it('begins from word vectors where they are given, and leaves them where it is told to', async () => {
    const vectors = (words: readonly string[]) => ({
      ...{ table: new Float32Array(words.length * 3).fill(0.5), dimension: 3, found: words.map(() => true) },
      report: { format: 'glove text', dimension: 3, inFile: 9, found: 9, missing: 0, missingWords: [] } as const,
    })
    using model = await Classifier.create({ corpus, vectors, freezeEmbedding: true, hiddenSize: 4, engine })
    await train(model, { train: corpus }, { steps: 3 })
    const [table] = model.parameters
    expect(table.shape[1]).toBe(3)
    expect(engine.read(table.value).every(each => each === 0.5)).toBe(true)
  })
})

describe('what a classifier meets', () => {
  it('unknown words, lone surrogates and 10,000 words are texts like others', async () => {
    using model = await Classifier.create({ corpus, bidirectional: true, pooling: 'attention', hiddenSize: 8, engine })
    for (const text of ['zzz qqq', '\ud800 \udc00x', 'dull film '.repeat(5000)]) {
      const { label, probabilities } = await model.classify(text)
      expect(model.labels).toContain(label)
      expect(Object.values(probabilities).every(Number.isFinite)).toBe(true)
    }
  })

  it('learns from a text of 10,000 words, and reads no further than maxLength', async () => {
    const long = corpusOf(...corpus.items.map(({ text, label }) => [text, label] as [string, string]), [
      'dull '.repeat(10_000),
      'bad',
    ])
    using model = await Classifier.create({ corpus: long, maxLength: 50, hiddenSize: 8, engine })
    await train(model, { train: long }, { steps: 2, batchSize: 6 })
    const [a, b] = await model.classify(['dull '.repeat(50), 'dull '.repeat(60)])
    expect(a).toEqual(b)
    using whole = await Classifier.create({ corpus: long, hiddenSize: 8, engine })
    const { loss } = await train(whole, { train: long }, { steps: 2, batchSize: 6 })
    expect(loss).toBeGreaterThan(0)
  })

  it('an empty text is refused by number', async () => {
    using model = await Classifier.create({ corpus, hiddenSize: 4, engine })
    await expect(model.classify('  ')).rejects.toThrow('Classifier.classify: the text is empty')
    await expect(model.classify(['a', ''])).rejects.toThrow('Classifier.classify: text 1 is empty')
    expect(await model.classify([])).toEqual([])
  })

  it('a label that only the test has is told and counts as wrong', async () => {
    using model = await Classifier.create({ corpus, hiddenSize: 4, engine })
    const test = corpusOf(['a film', 'good'], ['a film', 'strange'], ['dull', 'strange'])
    const evaluation = await evaluateClassifier(model, test)
    expect(evaluation.unknownLabels).toEqual({ strange: 2 })
    expect(evaluation.accuracy).toBeLessThanOrEqual(1 / 3)
    expect(Number.isFinite(evaluation.loss)).toBe(true)
    await expect(Promise.resolve(train(model, { train: test }, { steps: 1 }))).rejects.toThrow(
      /corpus: text 1 has the label strange, which the model does not have; it has bad, good, plain/,
    )
  })

  it('one class, a weight of no class, keys that contradict each other', async () => {
    const create = (options: object, texts = corpus) => Classifier.create({ corpus: texts, ...options, engine })
    await expect(create({}, corpusOf(['a', 'x'], ['b', 'x']))).rejects.toThrow(
      'corpus: it must have two classes or more; got x',
    )
    await expect(create({ classWeights: 'god=2' })).rejects.toThrow('there is no class god; did you mean good?')
    await expect(create({ classWeights: 'much' })).rejects.toThrow(
      /classWeights: must be none, balanced, or as spam=3,ham=1/,
    )
    await expect(
      create({ embedding: 'one-hot', freezeEmbedding: true, unit: 'byte', wordDropout: 0.1 }),
    ).rejects.toThrow(/freezeEmbedding: needs a learned embedding.*wordDropout: needs tokens that can be unknown/)
  })

  it('bytes that are no such model', async () => {
    using model = await Classifier.create({ corpus, hiddenSize: 4, engine })
    const bytes = model.toBytes()
    await expect(Classifier.load(bytes.subarray(0, 300), { engine })).rejects.toThrow(FileFormatError)
    model.close()
    await expect(model.classify('a')).rejects.toThrow(ConfigurationError)
  })
})

describe('texts that are read at once', () => {
  it('are of like length, each once, and few where they are long', () => {
    const lengths = Array.from({ length: 600 }, (_, i) => (i * 37) % 100)
    lengths.push(20_000, 9_000)
    const groups = byLength(lengths)
    expect(groups.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
    for (const group of groups)
      expect(group.length === 1 || group.length * Math.max(...group.map(i => lengths[i])) <= 16_384).toBe(true)
  })
})
