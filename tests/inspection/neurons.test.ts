// Units that were made to follow something are found, others are not; lanes show what one reading shows.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { follow } from '../../src/inspection/following.js'
import { findLabelNeurons, findNeurons } from '../../src/inspection/neurons.js'
import { rankUnits } from '../../src/inspection/thresholds.js'
import { newest, unitOf, unitsOf } from '../../src/inspection/units.js'
import { Classifier } from '../../src/models/classifier/classifier.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { train } from '../../src/tasks/train.js'
import { change } from '../doctor/probes.js'
import { Draw } from '../engine/randomValues.js'
import { smallText } from '../training/smallText.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.close())

const text = Array.from({ length: 300 }, (_, i) => `The Cat number ${i} (or ${i * 7}) Sees "dog ${i}".\n`).join('')
const corpus = new TextCorpus(text, 'cats')

describe('units that follow features', () => {
  it('a unit that is made to answer to capitals is the best one for capitals, and stands far above chance', async () => {
    using model = await LanguageModel.create({
      ...{ corpus, cell: 'elman', embedding: 'one-hot', hiddenSize: 10, numLayers: 1, engine },
    })
    const { vocabulary } = model.tokenizer
    change(model, 'recurrent.weight_ih_l0', (w, i) => {
      if (Math.floor(i / vocabulary.length) !== 6) return w
      return /\p{Lu}/u.test(vocabulary[i % vocabulary.length]) ? -3 : 3
    })
    change(model, 'recurrent.weight_hh_l0', (w, i) => (Math.floor(i / 10) === 6 ? 0 : w))
    const report = await findNeurons(model, corpus, { top: 2, maxTokens: 5000 })
    const capitals = report.findings.find(({ feature }) => feature === 'capital letter')
    expect(capitals?.best[0]).toMatchObject({ unit: '0:6', above: false, f1: 1, precision: 1, recall: 1 })
    expect(capitals?.best).toHaveLength(2)
    expect(capitals?.always).toBeLessThan(0.2)
    expect(capitals?.luck).toBeLessThan(0.5)
    expect(report).toMatchObject({ samples: 5000, tokens: 5000, units: 10, bytes: 200_000 })
    expect(report.absent).toContain('inside a comment')
  })

  it('a pattern of one’s own is looked for; too short a text is refused', async () => {
    using model = await LanguageModel.create({ corpus, hiddenSize: 8, numLayers: 1, engine })
    const report = await findNeurons(model, corpus, { patterns: [/number \d+/u], maxTokens: 3000 })
    expect(report.findings.map(({ feature }) => feature)).toContain('/number \\d+/u')
    await expect(findNeurons(model, new TextCorpus('short', 'short'))).rejects.toThrow(
      'short: to tell what units follow, 200 tokens or more are needed; got 5; give a longer text',
    )
  })

  it('a unit that adds up a word finds the class that the word decides', async () => {
    const items = Array.from({ length: 400 }, (_, i) => {
      const good = (i * 7919) % 3 === 0
      return {
        text: `it is ${'so '.repeat(i % 4)}${good ? 'good' : 'bad'} and long`,
        label: good ? 'positive' : 'negative',
      }
    })
    const words = new TextCorpus(items.map(item => item.text).join('\n'), 'words')
    using model = await LanguageModel.create({
      ...{
        corpus: words,
        unit: 'word',
        minCount: 1,
        embedding: 'one-hot',
        cell: 'elman',
        hiddenSize: 6,
        numLayers: 1,
        engine,
      },
    })
    const { vocabulary } = model.tokenizer
    const good = vocabulary.indexOf('good')
    change(model, 'recurrent.weight_ih_l0', (w, i) =>
      Math.floor(i / vocabulary.length) === 2 ? (i % vocabulary.length === good ? 1 : 0) : w,
    )
    change(model, 'recurrent.weight_hh_l0', (w, i) => (Math.floor(i / 6) === 2 ? (i % 6 === 2 ? 1 : 0) : w))
    for (const name of ['bias_ih_l0', 'bias_hh_l0']) change(model, `recurrent.${name}`, (b, i) => (i === 2 ? 0 : b))
    const { findings, samples } = await findLabelNeurons(model, new ItemCorpus(items, 'reviews'), { top: 6 })
    expect(samples).toBe(400)
    const positive = findings.find(({ feature }) => feature === 'label positive')
    expect(positive?.best).toContainEqual(expect.objectContaining({ unit: '0:2', f1: 1, above: true }))
  })
})

describe('units that follow a class', () => {
  /** In blocks of classes, as a folder of classes is read. */
  const items = ['bad', 'good'].flatMap(label =>
    Array.from({ length: 150 }, (_, i) => ({
      text: `the ${i % 7} film ${i} was ${label} ${'so '.repeat(i % 4)}`,
      label,
    })),
  )
  const reviews = new ItemCorpus(items, 'reviews')

  it.each(['last', 'attention'] as const)(
    'of a classifier that has learned it (pooling %s), in both directions, whatever order the texts have',
    async pooling => {
      using model = await Classifier.create({
        ...{ corpus: reviews, cell: 'lstm', hiddenSize: 6, bidirectional: true, numLayers: 2, pooling, engine },
      })
      const settings = { epochs: 8, batchSize: 20, learningRate: 0.02, reportEvery: 1000 } as const
      await train(model, { train: reviews }, settings)
      const { findings, samples, units } = await findLabelNeurons(model, reviews, { top: 60 })
      const pooled = pooling === 'last' ? 0 : 2 * 6
      expect({ samples, units }).toEqual({ samples: 300, units: 2 * 2 * 2 * 6 + pooled })
      const good = findings.find(({ feature }) => feature === 'label good')
      expect(good?.best[0].f1).toBeGreaterThan(0.95)
      expect(good?.always).toBeLessThan(0.8)
      expect(good?.luck).toBeLessThan(0.8)
      const names = good?.best.map(({ unit }) => unit) ?? []
      for (const name of ['0:0', '0:c5', '1:r0', '1:rc5']) expect(names).toContain(name)
      expect(names.includes('pooled:11')).toBe(pooled > 0)
    },
  )

  it('of several labels, each by itself', async () => {
    const several = new ItemCorpus(
      items.map(({ text, label }, i) => ({ text, label: i % 3 === 0 ? `${label}|third` : label })),
      'several',
    )
    using model = await Classifier.create({ corpus: several, hiddenSize: 4, multiLabel: true, engine })
    const { findings } = await findLabelNeurons(model, several)
    expect(findings.map(({ feature }) => feature).sort()).toEqual(['label bad', 'label good', 'label third'])
  })
})

describe('a threshold', () => {
  const draw = new Draw(1)
  const units = ['0:0', '0:1', '0:2']
  const samples = 4000
  const noise = () => Float32Array.from(draw.values(samples))
  const is = Uint8Array.from(draw.values(samples), value => (value > 0.6 ? 1 : 0))

  it('of a unit that knows with some noise is found on one part and holds on the other', () => {
    const knowing = noise().map((value, i) => value + 4 * is[i])
    const constant = new Float32Array(samples).fill(0.5)
    const [finding] = rankUnits({ units, values: [noise(), constant, knowing] }, [{ name: 'yes', is }], { top: 3 })
    expect(finding.best[0]).toMatchObject({ unit: '0:2', above: true })
    expect(finding.best[0].f1).toBeGreaterThan(0.99)
    expect(finding.always).toBeCloseTo((2 * finding.share) / (1 + finding.share))
  })

  it('of noise is worth no more than chance', () => {
    const [finding] = rankUnits({ units, values: [noise(), noise(), noise()] }, [{ name: 'yes', is }], { top: 3 })
    const chance = Math.max(finding.always, finding.luck)
    for (const { f1 } of finding.best) expect(Math.abs(f1 - chance)).toBeLessThan(0.1)
  })

  it('is not looked for where the answer is always the same', () => {
    const all = new Uint8Array(samples).fill(1)
    expect(rankUnits({ units, values: [noise(), noise(), noise()] }, [{ name: 'all', is: all }], { top: 3 })).toEqual(
      [],
    )
  })
})

describe('following a text', () => {
  it.each(['elman', 'gru', 'lstm'] as const)(
    'in lanes shows a %s’s states as one reading does, once each',
    async cell => {
      const longer = new TextCorpus(smallText(400), 'longer')
      using model = await LanguageModel.create({ corpus: longer, cell, hiddenSize: 12, numLayers: 2, engine })
      const tokens = longer.encode(model.tokenizer)
      const states = async (lanes: number) => {
        const seen = new Map<number, Float64Array>()
        await follow(model, tokens, { lanes }, ({ positions, state }) => {
          const values = engine.read(newest(engine, state[1], 'hidden'))
          positions.forEach((at, lane) => {
            if (at === -2) return
            expect(seen.has(at)).toBe(false)
            seen.set(at, values.slice(lane * 12, lane * 12 + 12))
          })
        })
        return seen
      }
      const [one, many] = [await states(1), await states(8)]
      expect(tokens.length).toBeGreaterThan(8000)
      expect(many.size).toBe(tokens.length + 1)
      expect(one.size).toBe(tokens.length + 1)
      for (const [at, values] of one)
        many.get(at)?.forEach((value, i) => {
          if (Math.abs(value - values[i]) > 1e-5) throw new Error(`token ${at}, unit ${i}: ${value} and ${values[i]}`)
        })
    },
  )
})

describe('a unit’s name', () => {
  it('means a unit that is there, or is refused with those that are', async () => {
    using model = await LanguageModel.create({ corpus, cell: 'lstm', hiddenSize: 4, projSize: 3, numLayers: 2, engine })
    expect(unitsOf(model)).toHaveLength(2 * (3 + 4))
    expect(unitOf('1:c3', model)).toEqual({ layer: 1, state: 'cell', index: 3 })
    for (const [name, words] of [
      ['', 'it must be LAYER:NUMBER, as 0:12, or LAYER:cNUMBER for a unit of c; got nothing'],
      ['0', 'it must be LAYER:NUMBER'],
      ['2:0', 'there is no 2:0; the layers are 0 to 1'],
      ['0:3', 'there is no 0:3; layer 0 has 0 to 2'],
      ['1:c4', 'there is no 1:c4; layer 1 has c0 to c3'],
    ])
      expect(() => unitOf(name, model)).toThrow(words)
    using simple = await LanguageModel.create({ corpus, cell: 'gru', hiddenSize: 4, numLayers: 1, engine })
    expect(() => unitOf('0:c1', simple)).toThrow('layer 0 has no c')
  })
})
