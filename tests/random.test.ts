/* The streams that randomness is cut into: no two draw the same numbers, and training takes each once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus } from '../src/data/corpora/items.js'
import type { Engine } from '../src/engine/engine.js'
import { openEngine } from '../src/engine/open.js'
import { type DropoutRecord, dropout, type KernelDefinition } from '../src/engine/records.js'
import { classifierBatches } from '../src/models/classifier/batches.js'
import { Classifier } from '../src/models/classifier/classifier.js'
import { tokenBatches } from '../src/models/languageModel/batches.js'
import { LanguageModel } from '../src/models/languageModel/languageModel.js'
import { numberBatches } from '../src/models/regressor/batches.js'
import { Regressor } from '../src/models/regressor/regressor.js'
import type { LossPass } from '../src/models/shared/trainable.js'
import { taggerBatches } from '../src/models/tagger/batches.js'
import { Tagger } from '../src/models/tagger/tagger.js'
import { pairBatches } from '../src/models/translator/batches.js'
import { Translator } from '../src/models/translator/translator.js'
import { fold, Random, type RandomKey, STREAMS, type StreamName, seedKey, threefry, wordsAt } from '../src/random.js'
import { smallSplits } from './training/smallText.js'

const nameOf = ({ word0, word1 }: RandomKey) => `${word0} ${word1}`
const names = Object.keys(STREAMS) as StreamName[]

describe('a stream of random numbers', () => {
  it('has a number of its own in the table', () => {
    const numbers = Object.values(STREAMS)
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const number of numbers) expect(Number.isInteger(number) && number > 0 && number < 2 ** 32).toBe(true)
  })

  it('is no other stream: every name under a seed and in training, each layer, direction and step', () => {
    const keys = new Map<string, string>()
    const add = (key: RandomKey, what: string) => {
      const known = keys.get(nameOf(key))
      if (known !== undefined) expect.fail(`${what} draws what ${known} draws`)
      keys.set(nameOf(key), what)
    }
    for (const seed of [0, 1, 2, -1, 2 ** 32 + 1]) {
      const root = seedKey(seed)
      add(root, `seed ${seed}`)
      for (const name of names) {
        add(fold(root, name), `${seed} ${name}`)
        for (const number of [0, 1, 2, 50, 2 ** 32, 2 ** 40 + 1])
          add(fold(root, name, number), `${seed} ${name} ${number}`)
      }
      for (const batch of [3, 4, 1000]) {
        const training = fold(root, 'training', batch)
        for (const part of names) {
          add(fold(training, part), `${seed} ${batch} ${part}`)
          for (const use of names) add(fold(training, part, use), `${seed} ${batch} ${part} ${use}`)
        }
        for (const path of [[], ['encoder'], ['decoder']] as const)
          for (let layer = 0; layer < 4; layer++)
            for (const direction of [0, 1]) {
              const within = fold(training, ...path, 'recurrent', layer, direction)
              add(within, `${seed} ${batch} ${path} ${layer} ${direction}`)
              for (const use of names) {
                const key = fold(within, use)
                add(key, `${seed} ${batch} ${path} ${layer} ${direction} ${use}`)
                for (const step of [0, 1, 7]) add(fold(key, step), `… ${layer} ${direction} ${use} ${step}`)
              }
            }
      }
    }
    expect(keys.size).toBeGreaterThan(40_000)
  })

  it('draws nothing that a fold gives: draws, names and numbers have counters of their own', () => {
    const key = seedKey(7)
    const folds = new Set<string>()
    for (const name of names) folds.add(nameOf(fold(key, name)))
    for (let number = 0; number < 1000; number++) folds.add(nameOf(fold(key, number)))
    for (let element = 0; element < 1000; element++) {
      const [word0, word1] = wordsAt(key, element)
      expect(folds.has(nameOf({ word0, word1 }))).toBe(false)
    }
  })

  it('is what Threefry gives of the key: the first word is the name’s, the others are the counter’s', () => {
    expect(fold({ word0: 5, word1: 6 }, 'sampling', 2 ** 33 + 7)).toEqual(
      ((first: [number, number]) => {
        const [word0, word1] = threefry(...first, 4, 7)
        return { word0, word1 }
      })(threefry(5, 6, 1, STREAMS.sampling)),
    )
  })

  it('refuses seeds that are no whole numbers, and numbers below 0', () => {
    for (const seed of [0.5, Number.NaN, 2 ** 60]) expect(() => seedKey(seed)).toThrow(/seed must be/)
    for (const number of [-1, 0.5, 2 ** 53]) expect(() => fold(seedKey(1), number)).toThrow(/from 0 on/)
  })

  it('takes seeds past 32 bits and below 0 as seeds of their own', () => {
    const seeds = [1, 1 + 2 ** 32, -1, 2 ** 32 - 1, -(2 ** 32) - 1, 2 ** 53 - 1]
    expect(new Set(seeds.map(seed => nameOf(seedKey(seed)))).size).toBe(seeds.length)
  })
})

describe('draws of a stream', () => {
  const random = () => new Random(seedKey(3))

  it('are the same for the same key, and each element is drawn once', () => {
    const words = Array.from(
      { length: 1000 },
      (
        (r: Random) => () =>
          r.word()
      )(random()),
    )
    expect(
      Array.from(
        { length: 1000 },
        (
          (r: Random) => () =>
            r.word()
        )(random()),
      ),
    ).toEqual(words)
    expect(new Set(words).size).toBe(1000)
    // Words come in pairs; a number of 53 bits takes a pair of its own.
    const mixed = random()
    expect([mixed.word(), mixed.uniform(), mixed.word()]).toEqual([words[0], expect.any(Number), words[1]])
  })

  it('are even: whole numbers, choices and chances as often as they should be', () => {
    const r = random()
    const counts = new Map<number, number>()
    for (let i = 0; i < 7000; i++) {
      const drawn = r.integer(-3, 3)
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
    // Within five standard deviations of 1000.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
    let hits = 0
    for (let i = 0; i < 10_000; i++) if (r.chance(0.3)) hits++
    expect(Math.abs(hits - 3000)).toBeLessThan(5 * Math.sqrt(10_000 * 0.3 * 0.7))
    const mean = Array.from({ length: 10_000 }, () => r.normal()).reduce((sum, x) => sum + x, 0) / 10_000
    expect(Math.abs(mean)).toBeLessThan(0.05)
    expect(r.choose(['only'])).toBe('only')
  })
})

describe('training', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openEngine({ backend: 'reference' })
  })
  afterAll(() => engine.close())

  /** Every key that a loss hands to the dropout kernel. */
  function keysOf(work: () => unknown): string[] {
    const keys: string[] = []
    const run = engine.run.bind(engine)
    const spied: Engine['run'] = <R extends object>(kernel: KernelDefinition<R>, record: R) => {
      if (kernel.number === dropout.number) {
        const { seed, step, site } = record as R & DropoutRecord
        keys.push(`${seed} ${step} ${site}`)
      }
      run(kernel, record)
    }
    engine.run = spied
    try {
      engine.scope(work)
    } finally {
      engine.run = run
    }
    return keys
  }

  const everything = {
    ...{ hiddenSize: 4, numLayers: 3, dropout: 0.2, recurrentDropout: 0.2, weightDrop: 0.2, zoneout: 0.2 },
    ...{ inputDropout: 0.2, outputDropout: 0.2, cell: 'lstm' as const },
  }
  const words = ['a b c d', 'b c', 'c d e a b', 'e']

  /** A loss of each kind of model, with all that can be dropped. */
  async function losses(): Promise<Record<string, { dropouts: number; loss(pass: LossPass): unknown }>> {
    const text = smallSplits(20)
    const labelled = new ItemCorpus(
      words.map((text, i) => ({ text, label: 'xy'[i % 2] })),
      'labelled',
    )
    const tagged = new ItemCorpus(
      words.map(line => ({ words: line.split(' '), tags: line.split(' ').map((_, i) => 'AB'[i % 2]) })),
      'tagged',
    )
    const pairs = new ItemCorpus(
      words.map(source => ({ source, target: source })),
      'pairs',
    )
    const numbers = new ItemCorpus(
      words.map((_, i) => ({ inputs: Float64Array.of(1, 2 + i, 3), features: 1, targets: Float64Array.of(i) })),
      'numbers',
    )
    const both = { ...everything, bidirectional: true, wordDropout: 0.2, minCount: 1, engine }
    const language = await LanguageModel.create({ corpus: text.train, ...everything, engine })
    const classifier = await Classifier.create({ corpus: labelled, ...both, classifierHidden: 4 })
    const tagger = await Tagger.create({ corpus: tagged, ...both })
    const { inputDropout, outputDropout, ...recurrent } = everything
    const regressor = await Regressor.create({ corpus: numbers, ...recurrent, engine })
    const translator = async (attention: 'luong-general' | 'bahdanau') => {
      const model = await Translator.create({ corpus: pairs, ...everything, attention, minCount: 1, engine })
      const batch = pairBatches(model.tokenizers, pairs, { batchSize: 4 }).batch(0, 0)
      return (pass: LossPass) => model.loss(batch, pass)
    }
    const stretch = tokenBatches(language.tokenizer, text.train, {
      ...{ algorithm: 'stream', batchSize: 2, timeSteps: 5 },
    }).batch(0, 0)
    const texts = classifierBatches(classifier.tokenizer, labelled, classifier.configuration, { batchSize: 4 })
    const sentences = taggerBatches(tagger.vocabularies, tagger.tags, tagged, { batchSize: 4 })
    const sequences = numberBatches(numbers, regressor.scales, { batchSize: 4 })
    // A layer and direction: mask of h, weights of W, zoneout of h and of c; between three layers two dropouts.
    const [one, two] = [3 * 4 + 2, 6 * 4 + 2]
    return {
      'language model': { dropouts: one + 2, loss: pass => language.loss(stretch, pass) },
      classifier: { dropouts: two + 3, loss: pass => classifier.loss(texts.batch(0, 0), pass) },
      tagger: { dropouts: two + 2, loss: pass => tagger.loss(sentences.batch(0, 0), pass) },
      regressor: { dropouts: one, loss: pass => regressor.loss(sequences.batch(0, 0), pass) },
      translator: { dropouts: two + one + 3, loss: await translator('luong-general') },
      // Six steps one after another, the decoder's masks and weights being the same at each.
      'translator by step': { dropouts: two + 3 + 6 * one, loss: await translator('bahdanau') },
    }
  }

  it('draws each dropout of a batch from a key of its own, in every model and at every step', async () => {
    for (const [name, { dropouts, loss }] of Object.entries(await losses())) {
      const seen = new Set<string>()
      for (const [seed, batch] of [
        [1, 1],
        [1, 2],
        [2, 1],
      ]) {
        const keys = keysOf(() => loss({ key: fold(seedKey(seed), 'training', batch) }))
        expect([name, keys.length]).toEqual([name, dropouts])
        // A decoder that goes step by step has one mask of h and one of W for all its steps.
        const repeated = name === 'translator by step' ? 5 * 3 * 2 : 0
        expect([name, new Set(keys).size]).toEqual([name, dropouts - repeated])
        for (const key of new Set(keys)) {
          expect(seen.has(key)).toBe(false)
          seen.add(key)
        }
      }
      expect(keysOf(() => loss({}))).toEqual([])
    }
  })
})
