// The tagger: its gradient is that of finite differences with and without characters and chain, it tags a sentence of a batch
// as it does alone, keeps what it learned, learns from context and from spelling, and says clearly what it cannot do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type TaggedSentence } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { FileFormatError } from '../../src/errors.js'
import { evaluateTagger } from '../../src/evaluation/tagging.js'
import { watchAll } from '../../src/layers/parameter.js'
import { taggerBatches } from '../../src/models/tagger/batches.js'
import { Tagger } from '../../src/models/tagger/tagger.js'
import { seedKey } from '../../src/random.js'
import { train } from '../../src/tasks/train.js'
import { checkDirections } from '../engine/finiteDifferences.js'
import { Draw } from '../engine/randomValues.js'

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

/** `the/D dog/N` */
const sentenceOf = (text: string): TaggedSentence => {
  const pairs = text.split(' ').map(pair => pair.split('/'))
  return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag) }
}
const corpusOf = (...texts: string[]) => new ItemCorpus(texts.map(sentenceOf), 'corpus')
const corpus = corpusOf('the/D dog/N barks/V', 'dogs/N bark/V', 'a/D cat/N sees/V the/D dog/N', 'run/V')

describe('a tagger', () => {
  it.each([
    {},
    { characterHiddenSize: 0, bidirectional: false },
    { crf: true, cell: 'gru' },
    { crf: true, characterHiddenSize: 0, numLayers: 2, cell: 'elman' },
  ] as const)('has the gradient of its loss: %j', async options => {
    using model = await Tagger.create({
      ...{ corpus, hiddenSize: 4, embeddingSize: 3, characterHiddenSize: 3, characterEmbeddingSize: 2 },
      ...{ ...options, inputDropout: 0.2, outputDropout: 0.2, wordDropout: 0.2, engine: exact },
    })
    const batch = taggerBatches(model.vocabularies, model.tags, corpus, { batchSize: 4 }).batch(0, 0)
    const pass = { key: seedKey(3) }
    exact.scope(() =>
      exact.recording(tape => {
        watchAll(tape, model.parameters)
        tape.backward(model.loss(batch, pass).loss)
      }),
    )
    const loss = () => exact.scope(() => exact.scalar(model.loss(batch, pass).loss))
    checkDirections(exact, new Draw(4), model.parameters, loss, 3)
  })

  it.each([false, true])(
    'tags a sentence among others as alone, and its loss is what evaluation says; CRF %s',
    async crf => {
      using model = await Tagger.create({ corpus, crf, hiddenSize: 6, engine: exact })
      const sentences = corpus.items.map(({ words }) => words)
      const together = await model.tag(sentences)
      for (const [i, words] of sentences.entries()) expect(await model.tag(words.join(' '))).toEqual(together[i])
      const batch = taggerBatches(model.vocabularies, model.tags, corpus, { batchSize: 4 }).batch(0, 0)
      const { loss } = await evaluateTagger(model, corpus)
      expect(exact.scope(() => exact.scalar(model.loss(batch).loss))).toBeCloseTo(loss, 12)
    },
  )

  it('is its file, both vocabularies and all', async () => {
    using model = await Tagger.create({ corpus, crf: true, hiddenSize: 6, engine })
    using again = await Tagger.load(model.toBytes(), { engine })
    expect(again.tags).toEqual(['D', 'N', 'V'])
    const sentence = [['the', 'unseen', 'words']]
    expect((await again.scores(sentence))[0]).toEqual((await model.scores(sentence))[0])
    await expect(Tagger.load(model.toBytes().subarray(0, 500), { engine })).rejects.toThrow(FileFormatError)
  })

  it('knows a word it never saw by its characters', async () => {
    // -ing is a verb, -ness a noun, whatever stands before it.
    const stems = 'bak dar fel gor hul jem kin lod mur nip pav qer rus sot tib vax wem yor zul'.split(' ')
    const sentence = (a: string, b: string) => `${a}ing/V ${b}ness/N`
    const data = corpusOf(
      ...stems.slice(0, 14).flatMap((a, i) => [sentence(a, stems[(i + 5) % 14]), sentence(stems[(i + 3) % 14], a)]),
    )
    const test = corpusOf(...stems.slice(14).map((a, i) => sentence(a, stems[14 + ((i + 2) % 5)])))
    const scores = async (characterHiddenSize: number) => {
      using model = await Tagger.create({
        ...{ corpus: data, hiddenSize: 12, embeddingSize: 8, characterHiddenSize, characterEmbeddingSize: 8 },
        ...{ wordDropout: 0.3, bidirectional: false, engine },
      })
      await train(model, { train: data }, { epochs: 30, batchSize: 4, learningRate: 0.01 })
      return evaluateTagger(model, test)
    }
    const evaluation = await scores(8)
    expect(evaluation).toMatchObject({ accuracyOnUnknown: 1, unknown: 10, words: 10, sentences: 5, spans: undefined })
  })

  it('by its chain gives no tags that cannot follow one another', async () => {
    // After B comes I; alone, the second word says nothing.
    const lines = Array.from({ length: 40 }, (_, i) => (i % 2 ? 'x/B-a y/I-a y/I-a' : 'z/O y/O y/O'))
    const data = corpusOf(...lines)
    using model = await Tagger.create({ corpus: data, crf: true, characterHiddenSize: 0, hiddenSize: 8, engine })
    await train(
      model,
      { train: data, validation: data },
      { epochs: 20, batchSize: 8, learningRate: 0.02, metric: 'spanF1' },
    )
    const evaluation = await evaluateTagger(model, data)
    expect(evaluation).toMatchObject({
      accuracy: 1,
      spans: { micro: { f1: 1 }, perType: [{ label: 'a', support: 20 }] },
    })
  })
})

describe('what a tagger meets', () => {
  it('unknown words, lone surrogates, a sentence of 10,000 words, a word of 10,000 characters', async () => {
    using model = await Tagger.create({ corpus, crf: true, hiddenSize: 8, engine })
    for (const words of [['zzz', 'qqq'], ['\ud800', 'x\udc00'], Array(10_000).fill('dog'), ['a'.repeat(10_000)]]) {
      const [{ tags }] = await model.tag([words])
      expect(tags).toHaveLength(words.length)
    }
  })

  it('a tag that only the test has is told and counts as wrong', async () => {
    using model = await Tagger.create({ corpus, hiddenSize: 4, engine })
    const test = corpusOf('the/D dog/X', 'a/D cat/N')
    const { unknownTags, accuracy, loss } = await evaluateTagger(model, test)
    expect(unknownTags).toEqual({ X: 1 })
    expect(accuracy).toBeLessThanOrEqual(0.75)
    expect(Number.isFinite(loss)).toBe(true)
    await expect(Promise.resolve(train(model, { train: test }, { steps: 1 }))).rejects.toThrow(
      'corpus: sentence 0 has the tag X, which the model does not have; it has D, N, V',
    )
  })

  it('sentences without words, with too few tags, or of one tag', async () => {
    using model = await Tagger.create({ corpus, crf: true, hiddenSize: 4, engine })
    await expect(model.tag(' ')).rejects.toThrow('Tagger.tag: sentence 0 has no words; leave it out')
    expect(await model.tag([])).toEqual([])
    const create = (...items: TaggedSentence[]) => Tagger.create({ corpus: new ItemCorpus(items, 'c'), engine })
    await expect(create({ words: ['a', 'b'], tags: ['X'] })).rejects.toThrow(
      'c: sentence 0 must have a tag for each of its 2 words; got 1',
    )
    await expect(create({ words: ['a'], tags: ['X'] })).rejects.toThrow('c must have two tags or more; got X')
    await expect(Promise.resolve(train(model, { train: corpus }, { steps: 1, labelSmoothing: 0.1 }))).rejects.toThrow(
      'a CRF judges tags together, which labelSmoothing cannot; leave one out',
    )
  })
})
