/* Readings of language models and n-gram models: forked and saved, they go on as if nothing had been between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { FileFormatError } from '../../src/errors.js'
import type { Predictor } from '../../src/generation/predictor.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { NGram } from '../../src/ngram/ngram.js'
import { smallSplits } from '../training/smallText.js'

const { train: corpus } = smallSplits()
const small = { corpus, hiddenSize: 8, embeddingSize: 6 }

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.close())

const models: [string, () => Promise<Predictor & { close?: () => void; generate: LanguageModel['generate'] }>][] = [
  ['an lstm of words', () => LanguageModel.create({ ...small, unit: 'word', engine })],
  ['a gru of characters, one-hot', () => LanguageModel.create({ ...small, cell: 'gru', embedding: 'one-hot', engine })],
  ['a dilated elman', () => LanguageModel.create({ ...small, cell: 'elman', dilations: [1, 2], engine })],
  [
    'an n-gram model of characters',
    async () => NGram.fit(corpus, { order: 3, unit: 'character', discountFallback: true }),
  ],
  ['an n-gram model of words', async () => NGram.fit(corpus, { order: 3, unit: 'word', discountFallback: true })],
]

describe.each(models)('%s', (_, create) => {
  it('goes on from a saved reading and a fork as from the text', async () => {
    const model = await create()
    const text = corpus.text.slice(0, 40).trimEnd()
    const [first, more] = [model.tokenizer.encode(text), model.tokenizer.encode(corpus.text.slice(200, 230).trim())]
    const reading = model.read()
    reading.push(first)
    const fork = reading.fork()
    const bytes = reading.save()
    reading.push(more)
    const taken = model.read({ from: bytes })
    expect(taken.next()).toEqual(fork.next())
    expect(taken.tail).toEqual(fork.tail)
    taken.push(more)
    fork.push(more)
    expect(taken.next()).toEqual(reading.next())
    expect(fork.next()).toEqual(reading.next())
    for (const each of [reading, fork, taken]) each.close()

    const whole = model.read()
    const said = async (options: object) => {
      let all = ''
      for await (const piece of model.generate({ seed: 3, ...options })) all += piece
      return all
    }
    const two = model.read({ from: bytes })
    expect(await said({ reading: two, length: 12 })).toBe(await said({ prompt: text, length: 12 }))
    two.close()
    whole.close()
    model.close?.()
  })

  it('refuses what another model saved', async () => {
    const [model, other] = [
      await create(),
      await NGram.fit('another text', { order: 2, unit: 'character', discountFallback: true }),
    ]
    const foreign = other.read().save()
    expect(() => model.read({ from: foreign })).toThrow(FileFormatError)
    expect(() => model.read({ from: Uint8Array.of(1, 2, 3) })).toThrow(FileFormatError)
    model.close?.()
  })
})

it('a reading of the same shape but of other weights is refused', async () => {
  using one = await LanguageModel.create({ ...small, engine, seed: 1 })
  using two = await LanguageModel.create({ ...small, engine, seed: 2 })
  const reading = one.read()
  const bytes = reading.save()
  expect(() => two.read({ from: bytes })).toThrow('reading: it was saved by another model')
  expect(() => one.read({ from: one.toBytes() })).toThrow('a saved reading is wanted; got a language model')
  reading.close()
})

it('forks give their memory back', async () => {
  using model = await LanguageModel.create({ ...small, engine })
  const used = () => engine.heap.mark()
  const reading = model.read()
  reading.push([1, 2, 3])
  const before = used()
  for (let k = 0; k < 20; k++) reading.fork().close()
  await model.continuations({ n: 3, length: 5 })
  await model.continuations({ n: 2, beamSize: 4, length: 5 })
  expect(used()).toEqual(before)
  reading.close()
})
