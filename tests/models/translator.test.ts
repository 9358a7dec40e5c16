/* The translator: its gradients, its two ways to compute the same, what it learns, its file, its odd inputs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { ConfigurationError, FileFormatError } from '../../src/errors.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { encodedPair, pairBatch } from '../../src/models/translator/batches.js'
import type { TranslatorOptions } from '../../src/models/translator/options.js'
import { translatorParameterCount } from '../../src/models/translator/options.js'
import { Translator } from '../../src/models/translator/translator.js'
import { Random, seedKey } from '../../src/random.js'
import { train } from '../../src/tasks/train.js'
import { expectNear } from '../engine/distance.js'

const words = { one: 'un', two: 'deux', red: 'rouge', blue: 'bleu', cat: 'chat', dog: 'chien', the: 'le', sees: 'voit' }
const english = Object.keys(words)
const items = Array.from({ length: 60 }, (_, i) => {
  const chosen = Array.from({ length: 1 + (i % 5) }, (_, k) => english[(i * 7 + k * (3 + (i % 3))) % english.length])
  return {
    source: chosen.join(' '),
    target: chosen
      .map(word => words[word as keyof typeof words])
      .reverse()
      .join(' '),
  }
})
const corpus = new ItemCorpus(items, 'pairs')
const small = { corpus, hiddenSize: 6, embeddingSize: 5, minCount: 1 }

const forms: readonly (readonly [string, TranslatorOptions])[] = [
  ['no attention, LSTM', { attention: 'none', cell: 'lstm' }],
  ['no attention, one direction, copied state', { attention: 'none', bidirectional: false, bridge: 'copy' }],
  ['luong-dot', { attention: 'luong-dot', encoderHiddenSize: 3 }],
  ['luong-general, deep', { attention: 'luong-general', numLayers: 2, encoderLayers: 3, cell: 'lstm' }],
  ['luong-general, input feeding', { attention: 'luong-general', inputFeeding: true, numLayers: 2 }],
  ['bahdanau', { attention: 'bahdanau', attentionSize: 4, encoderHiddenSize: 4 }],
  ['bahdanau, LSTM, residual', { attention: 'bahdanau', cell: 'lstm', numLayers: 2, residual: true }],
  ['tied, shared vocabulary', { tieWeights: true, sharedVocabulary: true, embeddingSize: 6 }],
  ['characters to byte pairs', { sourceUnit: 'character', unit: 'byte-pair', vocabularySize: 270 }],
]

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

const batchOf = (model: Translator, from: number, to: number) =>
  pairBatch(items.slice(from, to).map(item => encodedPair(model.tokenizers, item)))

const lossOf = (model: Translator, from: number, to: number) =>
  model.engine.scope(() => {
    const { loss, count = 0 } = model.loss(batchOf(model, from, to))
    return { loss: model.engine.scalar(loss), count }
  })

describe.each(forms)('a translator with %s', (_, options) => {
  it('has as many parameters as its configuration says; a file that says otherwise takes no memory', async () => {
    using model = await Translator.create({ ...small, ...options, engine })
    const { source, target } = model.tokenizers
    const sizes = { source: source.size, target: target.size }
    expect(translatorParameterCount(model.configuration, sizes)).toBe(model.parameterCount)
    const used = engine.heap.used
    const { tensors, metadata } = readSafetensors(model.toBytes(), 'model')
    const encoderHiddenSize = model.configuration.bidirectional ? 2048 : 4096
    const larger = { ...model.configuration, hiddenSize: 4096, encoderHiddenSize, embeddingSize: 4096 }
    const kept = [...tensors].map(([name, { shape, data }]) => ({
      name,
      shape,
      data: Float64Array.from(data as Float32Array),
    }))
    const bytes = writeSafetensors(kept, { ...metadata, 'recurra.configuration': JSON.stringify(larger) })
    await expect(Translator.load(bytes, { engine })).rejects.toThrow(
      /its configuration means \d+ parameters; the file holds \d+ numbers/,
    )
    expect(engine.heap.used).toBe(used)
  })

  it('has the gradient of finite differences', async () => {
    using model = await Translator.create({ ...small, ...options, engine: exact })
    const batch = batchOf(model, 1, 6)
    const value = () => exact.scope(() => exact.scalar(model.loss(batch).loss))
    exact.scope(() =>
      exact.recording(tape => {
        for (const { value, gradient } of model.parameters) tape.watch(value, gradient)
        tape.backward(model.loss(batch).loss)
      }),
    )
    for (const { name, value: tensor, gradient } of model.parameters) {
      const [held, computed] = [exact.read(tensor), exact.read(gradient)]
      const places = [...new Set([0, 0.29, 0.5, 0.83].map(share => Math.floor(share * held.length)))]
      const measured = places.map(i => {
        const at = (step: number) => {
          exact.write(
            tensor,
            held.map((each, j) => (j === i ? each + step : each)),
          )
          return value()
        }
        const slope = (at(1e-5) - at(-1e-5)) / 2e-5
        exact.write(tensor, held)
        return slope
      })
      for (const [k, i] of places.entries()) expect(computed[i], `${name}[${i}]`).toBeCloseTo(measured[k], 7)
    }
  })

  it('loses over a batch what it loses over each of its pairs', async () => {
    using model = await Translator.create({ ...small, ...options, engine: exact })
    const alone = Array.from({ length: 12 }, (_, i) => lossOf(model, i, i + 1))
    const tokens = alone.reduce((sum, { count }) => sum + count, 0)
    const mean = alone.reduce((sum, { loss, count }) => sum + loss * count, 0) / tokens
    const together = lossOf(model, 0, 12)
    expect(together.count).toBe(tokens)
    expect(together.loss).toBeCloseTo(mean, 10)
  })

  it('gives a translation, step by step, the probability that all steps at once give it', async () => {
    using model = await Translator.create({ ...small, ...options, engine: exact, seed: 3 })
    const sources = items.slice(0, 5).map(({ source }) => source)
    const found = await model.translateAll(sources, { beamSize: 3, nBest: 2, maxLength: 6 })
    for (const [i, hypotheses] of found.entries())
      for (const { text, logProbability, finished, attention } of hypotheses) {
        expect(attention === undefined).toBe(options.attention === 'none')
        for (const row of attention?.weights ?? []) {
          expect(row).toHaveLength(attention?.source.length ?? 0)
          expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
        }
        if (!finished || model.tokenizers.target.unit === 'byte-pair') continue
        const batch = pairBatch([encodedPair(model.tokenizers, { source: sources[i], target: text })])
        const loss = exact.scope(() => {
          const { loss, count = 0 } = model.loss(batch)
          return exact.scalar(loss) * count
        })
        expect(logProbability).toBeCloseTo(-loss, 10)
      }
  })

  it('is the same when saved and loaded', async () => {
    using model = await Translator.create({ ...small, ...options, engine })
    using loaded = await Translator.load(model.toBytes(), { engine })
    expect(loaded.configuration).toEqual(model.configuration)
    expect(await loaded.translate('the red cat', { maxLength: 5 })).toEqual(
      await model.translate('the red cat', { maxLength: 5 }),
    )
  })
})

describe('training', () => {
  it.each(['none', 'bahdanau', 'luong-general'] as const)(
    'learns small pairs by heart, with attention %s',
    async attention => {
      using model = await Translator.create({ ...small, hiddenSize: 32, attention, engine })
      const data = { train: corpus, validation: corpus }
      for await (const event of train(model, data, { steps: 300, batchSize: 16, learningRate: 0.01 }))
        if (event.fraction === 1) expect(event.validation).toMatchObject({ exact: 1, bleu: expect.closeTo(100, 6) })
      const { text, attention: alignment } = await model.translate('the blue dog')
      if (attention !== 'none') expect(alignment?.target).toHaveLength(text.split(' ').length + 1)
    },
  )

  it('is the same on the backends, with dropout of every kind and its own output fed', async () => {
    const options = { ...small, attention: 'luong-general', inputFeeding: true, numLayers: 2 } as const
    const dropouts = { dropout: 0.2, recurrentDropout: 0.1, inputDropout: 0.1, outputDropout: 0.1, zoneout: 0.1 }
    const losses = async (on: Engine) => {
      using model = await Translator.create({ ...options, ...dropouts, engine: on })
      const all: number[] = []
      const training = { steps: 8, batchSize: 8, reportEvery: 1, teacherForcing: 0.7, labelSmoothing: 0.1 }
      for await (const { loss } of train(model, { train: corpus }, training)) all.push(loss)
      return Float64Array.from(all)
    }
    expectNear(await losses(engine), await losses(exact), 1e-4, 'losses')
  })
})

describe('what it is given', () => {
  it('may be empty, unknown, broken or very long', async () => {
    using model = await Translator.create({ ...small, engine })
    expect(await model.translate('')).toMatchObject({ text: '', logProbability: 0, finished: true })
    expect(await model.translate(' \t ')).toMatchObject({ text: '' })
    for (const text of ['xyzzy quux', '\ud800', 'the \udc00 cat', 'the '.repeat(10_000)]) {
      const { text: written, logProbability } = await model.translate(text, { maxLength: 20 })
      expect(written).not.toContain('<unk>')
      expect(logProbability).toBeLessThan(0)
    }
  })

  it('is copied where the target’s vocabulary lacks a word', async () => {
    const random = new Random(seedKey(1))
    const named = Array.from({ length: 400 }, (_, i) => {
      const chosen = Array.from({ length: 4 }, () => random.choose(english))
      const translated = chosen.map(word => words[word as keyof typeof words])
      chosen[i % 4] = translated[i % 4] = `Name${i}`
      return { source: chosen.join(' '), target: translated.join(' ') }
    })
    const people = new ItemCorpus(named, 'people')
    using model = await Translator.create({ ...small, corpus: people, minCount: 2, hiddenSize: 32, engine })
    await train(model, { train: people }, { steps: 500, batchSize: 16, learningRate: 0.01 })
    const replaceUnknown = true
    const renamed = (text: string) => text.replace(/Name\d+/, 'Zoe')
    for (const { source, target } of named.slice(0, 8)) {
      expect((await model.translate(renamed(source), { replaceUnknown })).text).toBe(renamed(target))
      expect((await model.translate(renamed(source))).text).not.toMatch(/Zoe|<unk>/)
    }
    using blind = await Translator.create({ ...small, attention: 'none', engine })
    await expect(blind.translate('a', { replaceUnknown: true })).rejects.toThrow(
      'replaceUnknown needs a translator with attention',
    )
  })

  it('is told what cannot be', async () => {
    await expect(Translator.create({ ...small, attention: 'luong-dot', engine })).rejects.toThrow(
      'Translator.create: attention: luong-dot needs an encoder that gives 6 numbers a step, not 12: encoderHiddenSize 3, or attention luong-general; got luong-dot',
    )
    await expect(
      Translator.create({
        ...small,
        attention: 'none',
        inputFeeding: true,
        tieWeights: true,
        attentionSize: 3,
        engine,
      }),
    ).rejects.toThrow(
      'inputFeeding: is for attention luong-dot or luong-general; got true; attentionSize: is for attention bahdanau; got 3; tieWeights: needs embeddingSize to be hiddenSize, 6; got true',
    )
    await expect(Translator.create({ ...small, corpus: new ItemCorpus([], 'none'), engine })).rejects.toThrow(
      ConfigurationError,
    )
    using model = await Translator.create({ ...small, engine })
    await expect(model.translate('the', { beamSize: 0 })).rejects.toThrow('beamSize must be a whole number from 1 on')
    await expect(LanguageModel.load(model.toBytes(), { engine })).rejects.toThrow(FileFormatError)
    await expect(async () => train(model, { train: corpus }, { steps: 1, metric: 'blue' })).rejects.toThrow(
      'did you mean bleu?',
    )
    using short = await Translator.create({ ...small, maxLength: 1, engine })
    const long = new ItemCorpus(items.slice(1, 5), 'long')
    await expect(async () => train(short, { train: long }, { steps: 1 })).rejects.toThrow(
      'long: no pair has at most 1 tokens on both sides; raise maxLength, or give shorter pairs',
    )
  })
})
