/* A language model that is trained a sentence at a time reads, measures and continues texts a sentence at a time. */
import { beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import {
  type Engine,
  evaluate,
  evaluateSentences,
  LanguageModel,
  openEngine,
  scoreTokens,
  TextCorpus,
  train,
} from '../../src/index.js'
import { viewText } from '../../src/inspection/index.js'

const lines = Array.from({ length: 200 }, (_, i) => `${['ab', 'cd'][i % 2]} ${['x', 'yy', 'zzz'][i % 3]}\n`)
const corpus = new TextCorpus(lines.join(''), 'lines')
const held = new TextCorpus(lines.slice(0, 9).join(''), 'held out')

let engine: Engine
let model: LanguageModel

beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm', threads: 1 })
  model = await LanguageModel.create({ corpus, hiddenSize: 16, numLayers: 1, embeddingSize: 8, engine })
  const data = { train: corpus, validation: held }
  await train(model, data, { algorithm: 'sentence', steps: 60, batchSize: 16, learningRate: 0.02 })
})

const next = (text: string) => {
  const reading = model.read()
  try {
    reading.push(model.tokenizer.encode(text))
    return reading.next()
  } finally {
    reading.close()
  }
}

describe('a model trained a sentence at a time', () => {
  it('is measured on sentences, as validation measures it', async () => {
    expect(model.algorithm).toBe('sentence')
    expect(await evaluate(model, held)).toEqual(await evaluateSentences(model, held))
  })

  it('begins each line anew: after a line’s end it predicts what it predicts of a first line', () => {
    expect(next('ab yy\n')).toEqual(next(''))
    expect(next('ab yy\ncd')).toEqual(next('cd'))
    expect(next('cd z')).not.toEqual(next('ab z'))
  })

  it('continues a text so: a fork and what it saves go on as the line does', () => {
    const reading = model.read()
    reading.push(model.tokenizer.encode('ab x\ncd'))
    const fork = reading.fork()
    const restored = model.read({ from: reading.save() })
    for (const other of [fork, restored]) {
      other.push(model.tokenizer.encode(' yy\n'))
      expect(other.next()).toEqual(next(''))
      other.close()
    }
    reading.close()
  })

  it('has the same losses token by token, in one lane or many', async () => {
    const scores = lines.slice(0, 9).flatMap(line => scoreTokens(model, line))
    const { loss, tokens } = await evaluate(model, held)
    expect(scores).toHaveLength(tokens)
    expect(-scores.reduce((sum, { logProbability }) => sum + logProbability, 0) / tokens).toBeCloseTo(loss, 4)
    const view = await viewText(model, held)
    view.tokens.forEach((token, i) => {
      expect(token.loss).toBeCloseTo(-scores[i].logProbability, 3)
    })
  })

  it('shows sentences, cut in the middle, as its examples', async () => {
    const other = await LanguageModel.create({ corpus, hiddenSize: 8, numLayers: 1, engine })
    const data = { train: corpus, validation: held }
    for await (const { samples } of train(other, data, { algorithm: 'sentence', steps: 1, samples: 2 }))
      for (const { input, target, output } of samples ?? []) {
        expect(lines).toContain(`${input}${target}\n`)
        expect(output).not.toContain('\n')
      }
    other.close()
  })

  it('says so in its file; a file that does not say is of a stream', async () => {
    const bytes = model.toBytes()
    const again = await LanguageModel.load(bytes, { engine })
    expect((await evaluate(again, held)).loss).toBe((await evaluate(model, held)).loss)
    const { tensors, metadata } = readSafetensors(bytes, 'model')
    const { 'recurra.algorithm': algorithm, ...rest } = metadata
    expect(algorithm).toBe('sentence')
    const written = [...tensors].map(([name, { shape, data }]) => ({ name, shape, data }))
    const old = await LanguageModel.load(writeSafetensors(written, rest), { engine })
    expect(old.algorithm).toBe('stream')
    expect(old.fileMetadata()).not.toHaveProperty('recurra.algorithm')
    again.close()
    old.close()
  })
})
