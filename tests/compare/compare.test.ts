// One table of n-grams and a recurrent model: the same tokens, the same start, the same unknown symbol.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ComparedModel, compareModels, scoreOf } from '../../src/compare/compare.js'
import { type CompareProgress, fitNGram } from '../../src/compare/rivals.js'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { CharacterTokenizer } from '../../src/data/tokenizers/characterTokenizer.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { smallSplits } from '../training/smallText.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm', threads: 1 })
})
afterAll(() => engine.close())

const minutes = 0.02
const names = ['unigram', 'bigram', 'trigram', '5-gram', 'LSTM']

describe('compareModels', () => {
  const splits = smallSplits()
  splits.test = new TextCorpus(`${splits.test.text}Ω!`, 'small (test)')
  let rows: ComparedModel[]
  const told: CompareProgress[] = []
  beforeAll(async () => {
    rows = await compareModels(splits, { minutes, engine, onProgress: progress => told.push(progress) })
  })

  test('scores the same tokens with every model', () => {
    expect(rows.map(row => row.model)).toEqual(names)
    const tokens = [...splits.test.text].length
    for (const row of rows) expect(row).toMatchObject({ tokens, unknown: 2 })
  })

  test('a character is a token, so bits per character are its cross-entropy', () => {
    for (const { loss, perplexity, bitsPerCharacter } of rows) {
      expect(bitsPerCharacter).toBeCloseTo(loss / Math.LN2, 10)
      expect(perplexity).toBeCloseTo(Math.exp(loss), 10)
    }
  })

  test('longer n-grams and the recurrent model foretell more than single characters do', () => {
    const [unigram, bigram, trigram, , recurrent] = rows.map(row => row.perplexity)
    expect(bigram).toBeLessThan(unigram)
    expect(trigram).toBeLessThan(bigram)
    expect(recurrent).toBeLessThan(unigram)
  })

  test('tells what each stores, the size of its file and its time', () => {
    for (const { ngrams, parameters, bytes, seconds } of rows) {
      expect([ngrams, parameters].filter(count => count !== undefined)).toHaveLength(1)
      expect(bytes).toBeGreaterThan(4 * (parameters ?? 0))
      expect(seconds).toBeGreaterThan(0)
    }
    const stored = rows.slice(0, 4).map(row => row.ngrams as number)
    expect(stored).toEqual([...stored].sort((a, b) => a - b))
  })

  test('keeps to its minutes, all models together', () => {
    const seconds = rows.reduce((sum, row) => sum + row.seconds, 0)
    expect(seconds).toBeGreaterThanOrEqual(minutes * 60 - 0.01)
    expect(seconds).toBeLessThan(minutes * 60 + 3)
  })

  test('tells how it gets on', () => {
    expect(told.flatMap(each => (each.stage === 'fitted' ? [each.model] : []))).toEqual(names.slice(0, 4))
    expect(told.at(-1)).toMatchObject({ stage: 'training', model: 'LSTM', event: { fraction: 1 } })
  })

  test('gives its memory back', async () => {
    const before = engine.heap.used
    await compareModels(splits, { minutes: 0.002, engine })
    expect(engine.heap.used).toBe(before)
  })
})

test('words are compared over words, their bits over characters', async () => {
  const splits = smallSplits()
  const rows = await compareModels(splits, { minutes, unit: 'word', engine })
  const words = splits.test.text.split(/[ \n]/).filter(Boolean).length + splits.test.text.split('\n').length - 1
  for (const { tokens, unknown, loss, bitsPerCharacter } of rows) {
    expect({ tokens, unknown }).toEqual({ tokens: words, unknown: 0 })
    expect(bitsPerCharacter).toBeCloseTo((loss * words) / Math.LN2 / splits.test.text.length, 10)
  }
})

test('what was learned until the signal is compared', async () => {
  const controller = new AbortController()
  const onProgress = (progress: CompareProgress) => progress.stage === 'training' && controller.abort()
  const rows = await compareModels(smallSplits(), { minutes: 5, engine, signal: controller.signal, onProgress })
  expect(rows.map(row => row.model)).toEqual(names)
}, 20_000)

test('minutes must be above 0', async () => {
  await expect(compareModels(smallSplits(), { minutes: 0, engine })).rejects.toThrow(/minutes must be above 0; got 0/)
})

test('an n-gram model has read the start symbol when the text begins, as a recurrent one has', () => {
  const text = new TextCorpus('ab\n'.repeat(50), 'ab')
  const { model } = fitNGram(text, 2, CharacterTokenizer.fit(text.text))
  const reading = model.read()
  reading.push(model.tokenizer.encode('\n'))
  const expected = -reading.next()[model.tokenizer.encode('a')[0]]
  expect(scoreOf(model, new TextCorpus('a', 'a')).loss).toBeCloseTo(expected, 6)
  expect(expected).toBeLessThan(0.1)
})
