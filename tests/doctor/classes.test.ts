// Classifiers and taggers before the doctor: what is particular to them, each sick one with a healthy healthy, and the common
// examinations on every form of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type LabelledText, type TaggedSentence } from '../../src/data/corpora/items.js'
import { shuffledOrder } from '../../src/data/shuffle.js'
import { examine } from '../../src/doctor/doctor.js'
import { checkFrequencies, checkOverfitting } from '../../src/doctor/generalisation.js'
import { checkGradient } from '../../src/doctor/gradientCheck.js'
import { checkDeadUnits, checkSaturation } from '../../src/doctor/hiddenUnits.js'
import { checkLearningRate, rateTrials } from '../../src/doctor/learningRate.js'
import { checkOneBatch } from '../../src/doctor/oneBatch.js'
import type { Probe, ProbeOptions } from '../../src/doctor/probe.js'
import { checkSentences } from '../../src/doctor/sentences.js'
import { checkTargets } from '../../src/doctor/targets.js'
import { checkVanishing, decayThroughTime } from '../../src/doctor/vanishing.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { Classifier, type ClassifierCreation } from '../../src/models/classifier/classifier.js'
import { Tagger, type TaggerCreation } from '../../src/models/tagger/tagger.js'
import { seedKey } from '../../src/random.js'
import { classifierProbe } from '../../src/tasks/classifier/probe.js'
import { taggerProbe } from '../../src/tasks/tagger/probe.js'
import { train } from '../../src/tasks/train.js'
import { change, expectOk, expectProblem } from './probes.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const training = { batchSize: 16, learningRate: 0.01, seed: 1 }
const fillers = ['film', 'the', 'plot', 'was', 'actor', 'and', 'music', 'a', 'very', 'scene']

/** One word of two decides, anywhere among others. */
const reviews = (count: number, from = 0): LabelledText[] =>
  Array.from({ length: count }, (_, k) => {
    const i = from + k
    const words = Array.from({ length: 4 + (i % 7) }, (_, at) => fillers[(i * 3 + at * 7 + i * at) % fillers.length])
    words.push(`scene${i % 89}`)
    words.splice((i * 5) % words.length, 0, i % 2 === 0 ? 'lovely' : 'awful')
    return { text: words.join(' '), label: i % 2 === 0 ? 'good' : 'bad' }
  })
const texts = {
  train: new ItemCorpus(reviews(400), 'reviews'),
  validation: new ItemCorpus(reviews(80, 1000), 'others'),
}

/** The same labels beside other texts. */
const shuffled = ({ items, name }: ItemCorpus<LabelledText>) => {
  const order = shuffledOrder(items.length, seedKey(3))
  return new ItemCorpus(
    items.map(({ text }, i) => ({ text, label: items[order[i]].label })),
    `${name}, shuffled`,
  )
}

async function classifier(
  creation: Partial<ClassifierCreation> = {},
  { steps = 0, data = texts, ...options }: ProbeOptions & { steps?: number; data?: typeof texts } = {},
) {
  const shape = { hiddenSize: 12, cell: 'gru', seed: 1 } as const
  const model = await Classifier.create({ corpus: data.train, ...shape, ...creation, engine })
  const settings = { ...training, ...options.training }
  if (steps > 0) await train(model, { train: data.train }, { ...settings, steps, reportEvery: 1000 })
  return { model, probe: classifierProbe(model, data, { ...options, trained: steps > 0, training: settings }) }
}

const learned = async <B>(probe: Probe<B>) => checkFrequencies(probe, await probe.losses(), await probe.baselines())

describe('a classifier', () => {
  it.each([
    {},
    { pooling: 'attention', bidirectional: true, cell: 'lstm' },
    { pooling: 'mean', classifierHidden: 5, classWeights: 'balanced' },
    { pooling: 'max', unit: 'character', cell: 'elman', embedding: 'one-hot' },
    { multiLabel: true, numLayers: 2, freezeEmbedding: true },
  ] as const)('has the right gradient and learns a few texts by heart: %j', async options => {
    const { probe, model } = await classifier(options)
    expectOk(await checkGradient(probe))
    expectOk(await checkOneBatch(probe, engine))
    model.close()
  })

  it('that is healthy has a clean bill, and is left as it was', async () => {
    const { probe, model } = await classifier({}, { steps: 150 })
    const before = model.toBytes()
    const report = await examine(probe)
    expect(report.examinations.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    expect(report.examinations).toHaveLength(12)
    expect(model.toBytes()).toEqual(before)
    model.close()
  })

  it('whose labels are shuffled has learned nothing of them, and counting says why; a healthy one has', async () => {
    const data = { train: shuffled(texts.train), validation: shuffled(texts.validation) }
    const broken = await classifier({}, { steps: 150, data })
    expectProblem(await learned(broken.probe), /only frequencies/, /do not seem to belong to their texts/)
    expect(checkTargets(broken.probe)).toMatchObject({ verdict: 'note', says: expect.stringMatching(/finds nothing/) })
    const healthy = await classifier({}, { steps: 150 })
    expectOk(await learned(healthy.probe))
    expectOk(checkTargets(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('is told of a label without examples, of one that it has not, of one alone, and of texts with two', async () => {
    const { model } = await classifier()
    const told = (items: readonly LabelledText[]) =>
      checkTargets(classifierProbe(model, { train: new ItemCorpus(items, 'texts') }))
    const { items } = texts.train
    const strange = [...items, { text: 'a scene', label: 'odd' }]
    expectProblem(told(strange), /^The data have 1 label that the model has not/, /odd/)
    expectProblem(told(items.filter(({ label }) => label === 'good')), /All targets are the same/)
    expectProblem(
      told(
        items.flatMap(({ text }) => [
          { text, label: 'good' },
          { text, label: 'bad' },
        ]),
      ),
      /100 % of the texts/,
    )
    const third = [...items, ...items.slice(0, 40).map(({ text }) => ({ text: `${text} so`, label: 'mixed' }))]
    const wide = await classifier({}, { data: { ...texts, train: new ItemCorpus(third, 'three labels') } })
    const lacking = classifierProbe(wide.model, texts)
    expectProblem(checkTargets(lacking), /no example of 1 label of the model’s 3/, /mixed/)
    expectOk(checkTargets(wide.probe))
    expectOk(told(items))
    expect(() => told([{ text: 'a', label: 'odd' }])).toThrow('texts: no text has a label of the model’s, bad, good')
    for (const each of [model, wide.model]) each.close()
  })

  it('that reads only the beginning of its texts is told; a healthy one, and one without a bound, are not', async () => {
    const broken = await classifier({ maxLength: 4 })
    expectProblem(checkSentences(broken.probe), /only the beginning is read/, /longer than 4/)
    const near = await classifier({ maxLength: 10 })
    expect(checkSentences(near.probe).verdict).toBe('note')
    const healthy = await classifier({ maxLength: 12 })
    expectOk(checkSentences(healthy.probe))
    const free = await classifier()
    expect(checkSentences(free.probe).verdict).toBe('skipped')
    for (const { model } of [broken, near, healthy, free]) model.close()
  })

  it.each([
    ['too high', 3, /too high/],
    ['too low', 1e-6, /too low/],
  ] as const)('whose learning rate is %s is told; 0.01 is right', async (_, learningRate, words) => {
    const broken = await classifier({}, { training: { learningRate } })
    expectProblem(checkLearningRate(await rateTrials(broken.probe, engine, 40)), words)
    const healthy = await classifier()
    expectOk(checkLearningRate(await rateTrials(healthy.probe, engine, 40)))
    for (const { model } of [broken, healthy]) model.close()
  })

  it.each([false, true])(
    'whose gradient vanishes on its way to the far end is told (both directions: %s)',
    async both => {
      const options = { cell: 'elman', bidirectional: both } as const
      const broken = await classifier(options, { steps: 1 })
      for (const end of both ? ['', '_reverse'] : [''])
        change(broken.model, `recurrent.weight_hh_l0${end}`, w => w / 1000)
      expectProblem(checkVanishing(broken.probe, decayThroughTime(broken.probe), undefined), /cannot be learned/)
      expect(checkVanishing(broken.probe, decayThroughTime(broken.probe), undefined).fixes[0].line).toBe('pooling: max')
      const healthy = await classifier({ ...options, nonlinearity: 'relu', initialisation: 'identity' }, { steps: 1 })
      for (const end of both ? ['', '_reverse'] : ['']) change(healthy.model, `recurrent.bias_ih_l0${end}`, () => 5)
      expectOk(checkVanishing(healthy.probe, decayThroughTime(healthy.probe), undefined))
      const pooled = await classifier({ pooling: 'mean' })
      const told = checkVanishing(pooled.probe, decayThroughTime(pooled.probe), undefined)
      expect(told).toMatchObject({
        verdict: 'skipped',
        says: expect.stringMatching(/mean, is one step from every state/),
      })
      for (const { model } of [broken, healthy, pooled]) model.close()
    },
  )

  it('whose units are saturated or dead is told; healthy ones’ answer', async () => {
    const tanh = await classifier({ cell: 'elman', bidirectional: true })
    expectOk(checkSaturation(tanh.probe, tanh.probe.activity()))
    change(tanh.model, 'recurrent.weight_ih_l0_reverse', w => w * 60)
    expectProblem(checkSaturation(tanh.probe, tanh.probe.activity()), /layer 0, backwards/)
    const relu = await classifier({ cell: 'elman', nonlinearity: 'relu' })
    expectOk(checkDeadUnits(relu.probe, relu.probe.activity()))
    change(relu.model, 'recurrent.bias_ih_l0', (b, i) => (i % 2 === 0 ? -100 : b))
    expectProblem(checkDeadUnits(relu.probe, relu.probe.activity()), /6 of 12 in layer 0/)
    for (const { model } of [tanh, relu]) model.close()
  })

  it('that knows a few texts by heart overfits; one that has seen many does not', async () => {
    const few = { ...texts, train: new ItemCorpus(shuffled(texts.train).items.slice(0, 12), 'few') }
    const broken = await classifier({ hiddenSize: 32 }, { steps: 200, data: few })
    expectProblem(checkOverfitting(broken.probe, await broken.probe.losses()), /overfits/)
    const healthy = await classifier({}, { steps: 150 })
    expectOk(checkOverfitting(healthy.probe, await healthy.probe.losses(), await healthy.probe.baselines()))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('of several labels, and with weights of classes, is compared with the best blind answer', async () => {
    const several = (items: readonly LabelledText[]) =>
      new ItemCorpus(
        items.map(({ text, label }, i) => ({ text, label: i % 3 === 0 ? `${label}|third` : label })),
        'several',
      )
    const data = { train: several(texts.train.items), validation: several(texts.validation.items) }
    const many = await classifier({ multiLabel: true }, { steps: 1, data })
    const [blind] = await many.probe.baselines()
    const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p)
    // Half are good, half bad, a third the third; and one more of each is counted.
    expect(blind.loss).toBeCloseTo((2 * entropy(1 / 2) + entropy(1 / 3)) / 3, 2)
    const even = await classifier({ classWeights: 'good=3' }, { steps: 1 })
    const [weighted] = await even.probe.baselines()
    expect(weighted.loss).toBeCloseTo(entropy(3 / 4), 2)
    for (const { model } of [many, even]) model.close()
  })
})

const words = {
  the: 'D',
  a: 'D',
  dog: 'N',
  cat: 'N',
  bird: 'N',
  sees: 'V',
  likes: 'V',
  hears: 'V',
  big: 'A',
  small: 'A',
}
/** Determiner, adjective or none, noun, verb, and so on. */
const sentences = (count: number, from = 0): TaggedSentence[] =>
  Array.from({ length: count }, (_, k) => {
    const i = from + k
    const pick = (tag: string, n: number) => {
      const of = Object.entries(words).filter(([, each]) => each === tag)
      return of[(i * 7 + n * 5 + ((i * n) % 3)) % of.length][0]
    }
    const noun = (n: number) => [pick('D', n), ...((i + n) % 3 === 0 ? [pick('A', n)] : []), pick('N', n)]
    const all = [...noun(0), pick('V', 0), ...noun(1), ...(i % 2 === 0 ? [pick('V', 1), ...noun(2)] : [])]
    return { words: all, tags: all.map(word => words[word as keyof typeof words]) }
  })
const tagged = {
  train: new ItemCorpus(sentences(200), 'sentences'),
  validation: new ItemCorpus(sentences(40, 777), 'more'),
}

const moved = ({ items, name }: ItemCorpus<TaggedSentence>, by: number) =>
  new ItemCorpus(
    items.map(({ words: of, tags }) => ({
      words: of,
      tags: tags.map((_, t) => tags[(t + by + tags.length) % tags.length]),
    })),
    name,
  )

async function tagger(creation: Partial<TaggerCreation> = {}, { steps = 0, data = tagged } = {}) {
  const shape = { hiddenSize: 10, embeddingSize: 6, characterHiddenSize: 0, minCount: 1, seed: 1 } as const
  const model = await Tagger.create({ corpus: data.train, ...shape, ...creation, engine })
  if (steps > 0) await train(model, { train: data.train }, { ...training, steps, reportEvery: 1000 })
  return { model, probe: taggerProbe(model, data, { trained: steps > 0, training }) }
}

describe('a tagger', () => {
  it.each([
    { characterHiddenSize: 3, characterEmbeddingSize: 2 },
    { crf: true, cell: 'gru', bidirectional: false },
    { cell: 'elman', numLayers: 2 },
  ] as const)('has the right gradient and learns a few sentences by heart: %j', async options => {
    const { probe, model } = await tagger(options)
    expectOk(await checkGradient(probe))
    expectOk(await checkOneBatch(probe, engine))
    model.close()
  })

  it.each([{ crf: false }, { crf: true }])('that is healthy has a clean bill: %j', async options => {
    const { probe, model } = await tagger(options, { steps: 150 })
    const { examinations } = await examine(probe)
    expect(examinations.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    expect(examinations).toHaveLength(12)
    expect(examinations[6].verdict === 'skipped').toBe(options.crf)
    model.close()
  })

  it.each([1, -1])('whose tags stand a word off (%i) is told; a healthy one is not', async by => {
    const data = { train: moved(tagged.train, by), validation: moved(tagged.validation, by) }
    const broken = await tagger({}, { data })
    // Tags that have come a word forward are found a word before, and the other way round.
    expectProblem(
      checkTargets(broken.probe),
      by > 0 ? /stand 1 before what they are of/ : /stand 1 after what they are of/,
    )
    const healthy = await tagger()
    expectOk(checkTargets(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('whose tags are drawn at random has learned only frequencies; a healthy one more', async () => {
    const drawn = ({ items, name }: ItemCorpus<TaggedSentence>) => {
      const all = items.flatMap(({ tags }) => tags)
      const order = shuffledOrder(all.length, seedKey(5))
      let at = 0
      return new ItemCorpus(
        items.map(({ words: of }) => ({ words: of, tags: of.map(() => all[order[at++]]) })),
        name,
      )
    }
    const broken = await tagger(
      {},
      { steps: 60, data: { train: drawn(tagged.train), validation: drawn(tagged.validation) } },
    )
    expectProblem(await learned(broken.probe), /only frequencies/, /share of the training words/)
    expect(checkTargets(broken.probe).verdict).toBe('note')
    const healthy = await tagger({}, { steps: 60 })
    expectOk(await learned(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('is told of a tag that it has not, and of one without examples', async () => {
    const { model } = await tagger()
    const odd = new ItemCorpus([...tagged.train.items, { words: ['dog'], tags: ['X'] }], 'odd')
    expectProblem(checkTargets(taggerProbe(model, { train: odd })), /1 tag that the model has not/, /X/)
    const without = new ItemCorpus(
      tagged.train.items.filter(({ tags }) => !tags.includes('A')),
      'without A',
    )
    expectProblem(checkTargets(taggerProbe(model, { train: without })), /no example of 1 tag of the model’s 4/, /A/)
    model.close()
  })

  it('whose learning rate is too high or too low is told; 0.01 is right', async () => {
    const { probe, model } = await tagger()
    const told = async (learningRate: number) =>
      checkLearningRate(await rateTrials({ ...probe, training: { ...probe.training, learningRate } }, engine, 40))
    expectProblem(await told(3), /too high/)
    expectProblem(await told(1e-6), /too low/)
    expectOk(await told(0.01))
    model.close()
  })
})
