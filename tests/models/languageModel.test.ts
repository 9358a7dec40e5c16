// The language model as its users meet it: made, saved, loaded, asked for the next character, made to write.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { parseWordVectors } from '../../src/data/wordVectors.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { BackendError, ConfigurationError, FileFormatError } from '../../src/errors.js'
import { evaluate } from '../../src/evaluation/perplexity.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { languageModelParameterCount } from '../../src/models/languageModel/options.js'
import { type RandomKey, seedKey } from '../../src/random.js'
import { train } from '../../src/tasks/train.js'
import { smallSplits } from '../training/smallText.js'

const corpus = smallSplits().train
const small = { hiddenSize: 12, numLayers: 2 } as const

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const collect = async (pieces: AsyncIterable<string>) => {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

describe('a language model', () => {
  it.each([
    ['elman', {}],
    ['elman', { nonlinearity: 'relu', embedding: 'one-hot' }],
    ['gru', { embeddingSize: 5 }],
    ['lstm', { tieWeights: true, numLayers: 3 }],
  ] as const)('%s %j has as many parameters as its configuration says', async (cell, options) => {
    using model = await LanguageModel.create({ corpus, ...small, cell, ...options, engine })
    const counted = model.parameters.reduce((sum, parameter) => sum + parameter.value.size, 0)
    expect(languageModelParameterCount(model.configuration, model.tokenizer.size)).toBe(counted)
    expect(model.parameterCount).toBe(counted)
  })

  it('begins within initialRange, all over it', async () => {
    using model = await LanguageModel.create({ corpus, ...small, initialRange: 0.05, engine })
    for (const { name, value } of model.parameters) {
      const numbers = engine.read(value)
      const most = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      expect(most, name).toBeLessThanOrEqual(0.05)
      expect(most, name).toBeGreaterThan(0.03)
    }
  })

  it('drops what enters the first layer and what leaves the last, in training alone', async () => {
    using plain = await LanguageModel.create({ corpus, ...small, engine })
    const lossOf = (model: LanguageModel, key?: RandomKey) =>
      engine.scope(() => {
        const batch = {
          inputs: Int32Array.of(1, 2, 3, 4),
          targets: Int32Array.of(2, 3, 4, 5),
          timeSteps: 4,
          batchSize: 1,
        }
        return engine.scalar(model.loss(batch, { key }).loss)
      })
    const key = seedKey(1)
    for (const options of [{ inputDropout: 0.5 }, { outputDropout: 0.5 }]) {
      using model = await LanguageModel.create({ corpus, ...small, ...options, engine })
      expect(lossOf(model)).toBe(lossOf(plain))
      expect(lossOf(model, key)).not.toBe(lossOf(plain))
      expect(lossOf(model, key)).toBe(lossOf(model, key))
      expect(lossOf(model, key)).not.toBe(lossOf(model, seedKey(2)))
    }
    expect(lossOf(plain, key)).toBe(lossOf(plain))
  })

  it('has PyTorch’s parameter names and shapes in its file', async () => {
    using model = await LanguageModel.create({ corpus, hiddenSize: 12, numLayers: 2, cell: 'gru', engine })
    const { tensors } = readSafetensors(model.toBytes(), 'model')
    const V = model.tokenizer.size
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      'embedding.weight': [V, 12],
      'recurrent.weight_ih_l0': [36, 12],
      'recurrent.weight_hh_l0': [36, 12],
      'recurrent.bias_ih_l0': [36],
      'recurrent.bias_hh_l0': [36],
      'recurrent.weight_ih_l1': [36, 12],
      'recurrent.weight_hh_l1': [36, 12],
      'recurrent.bias_ih_l1': [36],
      'recurrent.bias_hh_l1': [36],
      'output.weight': [V, 12],
      'output.bias': [V],
    })
  })

  it('says the same after it was saved and loaded', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    await train(model, smallSplits(), { steps: 5, batchSize: 4, timeSteps: 16 })
    using loaded = await LanguageModel.load(model.toBytes(), { engine })
    expect(loaded.configuration).toEqual(model.configuration)
    expect(loaded.toBytes()).toEqual(model.toBytes())
    expect(loaded.next('the c')).toEqual(model.next('the c'))
    expect((await evaluate(loaded, smallSplits().test)).loss).toBe((await evaluate(model, smallSplits().test)).loss)
  })

  it('learns: the loss falls below that of the letters’ frequencies', async () => {
    using model = await LanguageModel.create({ corpus, hiddenSize: 32, numLayers: 1, engine })
    const counts = new Map<string, number>()
    for (const letter of corpus.text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    const unigram = [...counts.values()].reduce(
      (sum, n) => sum - (n / corpus.text.length) * Math.log(n / corpus.text.length),
      0,
    )
    const result = await train(model, smallSplits(), { steps: 120, batchSize: 8, timeSteps: 32, learningRate: 0.01 })
    expect(result.validationLoss).toBeLessThan(unigram / 4)
    const written = await collect(model.generate({ prompt: 'the cat ', length: 60, greedy: true }))
    expect(written).toMatch(/^(sees|likes|hears) /)
  })

  it('gives probabilities that sum to one, best first, and the number asked for', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    const all = model.next('the', { top: 1000 })
    expect(all).toHaveLength(model.tokenizer.size)
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6)
    expect(all.map(({ probability }) => probability)).toEqual(
      all.map(({ probability }) => probability).toSorted((a, b) => b - a),
    )
    expect(model.next('the', { top: 3 })).toEqual(all.slice(0, 3))
  })

  it('reads a text in one go or letter by letter alike', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    const tokens = model.tokenizer.encode('a dog sees the sea.\n'.repeat(80))
    const whole = model.read()
    whole.push(tokens)
    const stepwise = model.read()
    for (const token of tokens) stepwise.push([token])
    expect([...stepwise.next()]).toEqual([...whole.next()])
    whole.close()
    stepwise.close()
  })

  it('writes the same text for the same seed, another for another, with or without a prompt', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    for (const prompt of ['', 'a', 'the cat ']) {
      const [one, again, other] = await Promise.all(
        [1, 1, 2].map(seed => collect(model.generate({ prompt, length: 80, seed }))),
      )
      expect(one).toHaveLength(80)
      expect(again).toBe(one)
      expect(other).not.toBe(one)
    }
  })

  it('stops before a stop text, and never shows part of it', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    const whole = await collect(model.generate({ length: 200, seed: 3 }))
    const stop = whole.slice(40, 43)
    const pieces: string[] = []
    for await (const piece of model.generate({ length: 200, seed: 3, stop })) pieces.push(piece)
    expect(pieces.join('')).toBe(whole.slice(0, whole.indexOf(stop)))
  })

  it('takes unknown characters for the unknown symbol and never writes it', async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    const text = await collect(model.generate({ prompt: '日本 \u{1f600}', length: 200, temperature: 3 }))
    expect(text).not.toContain('\ufffd')
    expect((await evaluate(model, new TextCorpus('the 日本', 'x'))).unknown).toBe(2)
  })

  it.each([
    ['temperature', { temperature: 0 }],
    ['temperature', { temperature: Number.NaN }],
    ['topK', { topK: 0 }],
    ['topP', { topP: 1.5 }],
    ['length', { length: -1 }],
  ])('refuses %s out of range in one line', async (name, options) => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    await expect(collect(model.generate(options))).rejects.toThrow(new RegExp(`^generate: ${name} must be `))
  })

  it('refuses unknown and impossible options all at once, with the nearest name', async () => {
    const options = { corpus, hiddenSize: -3, cell: 'lsmt', hiden: 4, engine } as never
    await expect(LanguageModel.create(options)).rejects.toThrow(ConfigurationError)
    await expect(LanguageModel.create(options)).rejects.toThrow(/hiddenSize.*at least 1; got -3/)
    await expect(LanguageModel.create(options)).rejects.toThrow(/did you mean lstm\?/)
  })

  it('that is too large for the heap says how much was wanted, and leaves the heap as it was', async () => {
    const used = engine.heap.used
    const huge = LanguageModel.create({ corpus, hiddenSize: 30000, engine })
    await expect(huge).rejects.toThrow(BackendError)
    await expect(huge).rejects.toThrow(/^heap: [\d,]+ bytes more are wanted/)
    expect(engine.heap.used).toBe(used)
  })

  it('that is closed says so', async () => {
    const model = await LanguageModel.create({ corpus, ...small, engine })
    model.close()
    model.close()
    expect(() => model.next('a')).toThrow(/^LanguageModel: it is closed/)
  })
})

describe('what a token is', () => {
  it.each([
    ['byte', {}],
    ['word', { minCount: 1 }],
    ['word', { wordBoundaries: 'unicode', foldCase: true }],
    ['byte-pair', { vocabularySize: 280 }],
  ] as const)(
    'may be a %s %j: it trains, writes text of the corpus, and comes back from its file',
    async (unit, options) => {
      using model = await LanguageModel.create({ corpus, hiddenSize: 24, numLayers: 1, unit, ...options, engine })
      const result = await train(model, smallSplits(), {
        steps: unit === 'byte' ? 500 : 150,
        batchSize: 4,
        timeSteps: 16,
        learningRate: 0.02,
      })
      expect(result.validationLoss).toBeLessThan(Math.log(model.tokenizer.size) / 2)
      using loaded = await LanguageModel.load(model.toBytes(), { engine })
      expect(loaded.next('the cat')).toEqual(model.next('the cat'))
      const written = await collect(loaded.generate({ prompt: 'the cat', length: 40, greedy: true }))
      expect(written).toMatch(/^ ?(sees|likes|hears) (a tree|the sea|no one) ?\./)
    },
  )

  it('gives bits per character that do not depend on it', async () => {
    using model = await LanguageModel.create({ corpus, hiddenSize: 24, numLayers: 1, unit: 'byte-pair', engine })
    const { loss, tokens, bitsPerCharacter } = await evaluate(model, smallSplits().test)
    expect(bitsPerCharacter).toBeCloseTo((loss * tokens) / Math.LN2 / smallSplits().test.text.length, 10)
  })

  it('counts unknown words and leaves them out on request', async () => {
    using model = await LanguageModel.create({
      corpus,
      hiddenSize: 24,
      numLayers: 1,
      unit: 'word',
      minCount: 1,
      engine,
    })
    const { unknown, perplexity, perplexityWithoutUnknown } = await evaluate(
      model,
      new TextCorpus('the cat zaps the sea.\n', 'x'),
    )
    expect(unknown).toBe(1)
    expect(perplexityWithoutUnknown).not.toBe(perplexity)
  })
})

describe('word vectors', () => {
  const vectors = (words: readonly string[]) =>
    parseWordVectors(new TextEncoder().encode('cat 1 2 3\ndog 4 5 6\n'), words, { name: 'v' })
  const options = { corpus, hiddenSize: 8, numLayers: 1, unit: 'word', minCount: 1 } as const

  it('are what the embedding begins from, and stays at when frozen', async () => {
    for (const freezeEmbedding of [true, false]) {
      using model = await LanguageModel.create({ ...options, freezeEmbedding, vectors, engine })
      const table = model.parameters.find(({ name }) => name === 'embedding.weight')
      const row = () => {
        const token = model.tokenizer.encode('cat')[0]
        return [...engine.read(table?.value as never)].slice(token * 3, token * 3 + 3)
      }
      expect(model.configuration.embeddingSize).toBe(3)
      expect(row()).toEqual([1, 2, 3])
      await train(model, smallSplits(), { steps: 5, batchSize: 4, timeSteps: 8 })
      if (freezeEmbedding) expect(row()).toEqual([1, 2, 3])
      else expect(row()).not.toEqual([1, 2, 3])
    }
  })

  it('of another length than the embedding are refused in one line', async () => {
    const made = LanguageModel.create({ ...options, embeddingSize: 4, vectors, engine })
    await expect(made).rejects.toThrow(
      /vectors of length 3 need embedding learned and embeddingSize 3; got learned and 4/,
    )
  })

  it('cannot be frozen where the output shares them', async () => {
    const made = LanguageModel.create({ ...options, tieWeights: true, freezeEmbedding: true, engine })
    await expect(made).rejects.toThrow(
      /^LanguageModel\.create: freezeEmbedding: needs an embedding of its own; leave it or tieWeights out/,
    )
  })
})

describe('a model file', () => {
  const bytesOf = async () => {
    using model = await LanguageModel.create({ corpus, ...small, engine })
    return model.toBytes()
  }
  const load = (bytes: Uint8Array) => LanguageModel.load(bytes, { engine })

  it('that is cut short or has a bit flipped is refused in one line, and the heap is as it was', async () => {
    const bytes = await bytesOf()
    const used = engine.heap.used
    for (const length of [0, 4, 8, 100, bytes.length >> 1, bytes.length - 1])
      await expect(load(bytes.slice(0, length))).rejects.toThrow(FileFormatError)
    for (let at = 0; at < bytes.length; at += 997) {
      const flipped = bytes.slice()
      flipped[at] ^= 1 << (at % 8)
      await expect(load(flipped)).rejects.toThrow(/^model: [^\n]*$/)
    }
    expect(engine.heap.used).toBe(used)
  })

  const rewritten = async (change: (metadata: Record<string, string>) => void) => {
    const { tensors, metadata } = readSafetensors(await bytesOf(), 'model')
    const changed = { ...metadata }
    change(changed)
    return writeSafetensors(
      [...tensors].map(([name, { shape, data }]) => ({ name, shape, data })),
      changed,
    )
  }

  it.each([
    [
      'a configuration of another size',
      'recurra.configuration',
      '{"hiddenSize":13}',
      /means \d+ parameters; the file holds/,
    ],
    [
      'a configuration of absurd size',
      'recurra.configuration',
      '{"hiddenSize":65536,"numLayers":64}',
      /means \d+ parameters/,
    ],
    ['an impossible configuration', 'recurra.configuration', '{"cell":"lsmt"}', /did you mean lstm/],
    ['a configuration that is not JSON', 'recurra.configuration', '{', /is not JSON/],
    ['another task', 'recurra.task', 'translator', /a language model is wanted; the file holds a translator/],
    ['a later format', 'recurra.format', '2', /a newer recurra may read it/],
  ])('with %s is refused in one line', async (_, key, value, message) => {
    const bytes = await rewritten(metadata => {
      metadata[key] = value
    })
    await expect(load(bytes)).rejects.toThrow(message)
    await expect(load(bytes)).rejects.toThrow(FileFormatError)
  })
})
