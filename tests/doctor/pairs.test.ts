// Translators before the doctor: what is particular to them, each sick one with a healthy healthy, and the common examinations on
// every kind of attention.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type TextPair } from '../../src/data/corpora/items.js'
import { examine } from '../../src/doctor/doctor.js'
import { checkFrequencies } from '../../src/doctor/generalisation.js'
import { checkGradient } from '../../src/doctor/gradientCheck.js'
import { checkDeadUnits, checkSaturation } from '../../src/doctor/hiddenUnits.js'
import { checkLearningRate, rateTrials } from '../../src/doctor/learningRate.js'
import { checkOneBatch } from '../../src/doctor/oneBatch.js'
import { checkOutputLayer } from '../../src/doctor/outputLayer.js'
import { checkSentences } from '../../src/doctor/sentences.js'
import { checkTargets } from '../../src/doctor/targets.js'
import { checkVanishing, decayThroughTime } from '../../src/doctor/vanishing.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { Translator, type TranslatorCreation } from '../../src/models/translator/translator.js'
import { train } from '../../src/tasks/train.js'
import { translatorProbe } from '../../src/tasks/translator/probe.js'
import { change, expectOk, expectProblem } from './probes.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const dictionary = {
  one: 'un',
  two: 'deux',
  red: 'rouge',
  blue: 'bleu',
  cat: 'chat',
  dog: 'chien',
  see: 'voir',
  go: 'aller',
}
const english = Object.keys(dictionary)

const pairs = (count: number, from = 0): TextPair[] =>
  Array.from({ length: count }, (_, k) => {
    const i = from + k
    const length = 1 + ((i * 7 + ((i * i) % 11)) % 6)
    const words = Array.from(
      { length },
      (_, at) => english[(i * 3 + at * (5 + (i % 4)) + ((i * at) % 7)) % english.length],
    )
    return {
      source: words.join(' '),
      target: words.map(word => dictionary[word as keyof typeof dictionary]).join(' '),
    }
  })
const data = { train: new ItemCorpus(pairs(300), 'pairs'), validation: new ItemCorpus(pairs(60, 5000), 'more pairs') }
const training = { batchSize: 16, learningRate: 0.01, seed: 1 }

async function translator(creation: Partial<TranslatorCreation> = {}, { steps = 0, corpora = data } = {}) {
  const shape = { hiddenSize: 16, minCount: 1, seed: 1 } as const
  const model = await Translator.create({ corpus: corpora.train, ...shape, ...creation, engine })
  if (steps > 0) await train(model, { train: corpora.train }, { ...training, steps, reportEvery: 1000 })
  return { model, probe: translatorProbe(model, corpora, { trained: steps > 0, training }) }
}

/** Each source beside the target of the pair so many lines on. */
const apart = ({ items, name }: ItemCorpus<TextPair>, by: number) =>
  new ItemCorpus(
    items.map(({ source }, i) => ({ source, target: items[(i + by + items.length) % items.length].target })),
    name,
  )

describe('a translator', () => {
  it.each([
    { attention: 'none', cell: 'lstm' },
    { attention: 'luong-general', inputFeeding: true },
    { attention: 'bahdanau', bidirectional: false },
    { sharedVocabulary: true, tieWeights: true, numLayers: 2 },
  ] as const)('has the right gradient and learns a few pairs by heart: %j', async options => {
    const { probe, model } = await translator(options)
    expectOk(await checkGradient(probe))
    expectOk(await checkOneBatch(probe, engine))
    model.close()
  })

  it('that is healthy has a clean bill, and is left as it was', async () => {
    const corpora = { ...data, train: new ItemCorpus(pairs(2000), 'many pairs') }
    const { probe, model } = await translator({}, { steps: 300, corpora })
    const before = model.toBytes()
    const { examinations } = await examine(probe)
    expect(examinations.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    expect(examinations).toHaveLength(12)
    expect(model.toBytes()).toEqual(before)
    model.close()
  })

  it('whose targets are the sources, or always the same, is told; a healthy one is not', async () => {
    const told = async (change: (pair: TextPair) => TextPair) => {
      const corpora = { ...data, train: new ItemCorpus(data.train.items.map(change), 'changed') }
      const { probe, model } = await translator({}, { corpora })
      model.close()
      return checkTargets(probe)
    }
    expectProblem(
      await told(({ source }) => ({ source, target: source })),
      /100 % of the targets are the source itself/,
    )
    expectProblem(await told(({ source }) => ({ source, target: 'un chat' })), /are the same one/)
    expectOk(await told(pair => pair))
  })

  it.each([1, -2])('whose lines stand %i apart is told, and where they should; a healthy one is not', async by => {
    const broken = await translator({}, { corpora: { ...data, train: apart(data.train, by) } })
    // The target that belongs here has been moved to the line by so many before.
    expectProblem(checkTargets(broken.probe), by > 0 ? /1 line before/ : /2 lines on/)
    const healthy = await translator()
    expectOk(checkTargets(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('that has never seen what belongs together writes without reading; a healthy one reads', async () => {
    const mixed = { train: apart(data.train, 117), validation: apart(data.validation, 23) }
    const told = async (corpora: typeof data) => {
      const { probe, model } = await translator({}, { steps: 150, corpora })
      const examination = checkFrequencies(probe, await probe.losses(), await probe.baselines())
      model.close()
      return examination
    }
    expectProblem(await told(mixed), /writes without reading the source/, /source of another pair/)
    expectOk(await told(data))
  })

  it('that leaves many pairs out for their length is told; a healthy one keeps them', async () => {
    const broken = await translator({ maxLength: 2 })
    expectProblem(checkSentences(broken.probe), /they are left out/, /longer than 2/)
    const healthy = await translator({ maxLength: 6 })
    expectOk(checkSentences(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('with words that come once has too big an output layer; a healthy one is fed', async () => {
    const names = data.train.items.map(({ source }, i) => ({ source, target: `nom${i}` }))
    const broken = await translator({}, { corpora: { ...data, train: new ItemCorpus(names, 'names') } })
    const told = checkOutputLayer(broken.probe)
    expectProblem(told, /bigger than the data can feed/)
    expect(told.fixes[0].line).toBe('minCount: 5')
    const healthy = await translator()
    expectOk(checkOutputLayer(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('whose learning rate is too high or too low is told; 0.01 is right', async () => {
    const { probe, model } = await translator()
    const told = async (learningRate: number) =>
      checkLearningRate(await rateTrials({ ...probe, training: { ...probe.training, learningRate } }, engine, 40))
    expectProblem(await told(3), /too high/)
    expectProblem(await told(1e-6), /too low/)
    expectOk(await told(0.01))
    model.close()
  })

  it('without attention is told of an encoder whose gradient vanishes; with it the way is short', async () => {
    const options = { attention: 'none', cell: 'elman', bidirectional: false, bridge: 'copy' } as const
    const longer = new ItemCorpus(
      data.train.items.map(({ source, target }) => ({ source: `${source} ${source} ${source}`, target })),
      'longer',
    )
    const corpora = { ...data, train: longer }
    const broken = await translator(options, { corpora, steps: 1 })
    change(broken.model, 'encoder.weight_hh_l0', w => w / 100)
    const told = checkVanishing(broken.probe, decayThroughTime(broken.probe), undefined)
    expectProblem(told, /cannot be learned/)
    expect(told.fixes[0].line).toBe('attention: luong-general')
    const healthy = await translator(
      { ...options, nonlinearity: 'relu', initialisation: 'identity' },
      { corpora, steps: 1 },
    )
    change(healthy.model, 'encoder.bias_ih_l0', () => 5)
    expectOk(checkVanishing(healthy.probe, decayThroughTime(healthy.probe), undefined))
    const attentive = await translator()
    const short = checkVanishing(attentive.probe, decayThroughTime(attentive.probe), undefined)
    expect(short).toMatchObject({ verdict: 'skipped', says: expect.stringMatching(/attention is one step/) })
    for (const { model } of [broken, healthy, attentive]) model.close()
  })

  it('whose encoder’s units are saturated or dead is told; healthy ones’ answer', async () => {
    const tanh = await translator({ cell: 'elman' })
    expectOk(checkSaturation(tanh.probe, tanh.probe.activity()))
    change(tanh.model, 'encoder.weight_ih_l0', w => w * 60)
    expectProblem(checkSaturation(tanh.probe, tanh.probe.activity()), /the encoder’s layer 0’s values/)
    const relu = await translator({ cell: 'elman', nonlinearity: 'relu', bidirectional: false })
    expectOk(checkDeadUnits(relu.probe, relu.probe.activity()))
    change(relu.model, 'encoder.bias_ih_l0', (b, i) => (i % 2 === 0 ? -100 : b))
    expectProblem(checkDeadUnits(relu.probe, relu.probe.activity()), /8 of 16 in the encoder’s layer 0/)
    for (const { model } of [tanh, relu]) model.close()
  })
})
