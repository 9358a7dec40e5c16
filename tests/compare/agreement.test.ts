// Agreement in number: an n-gram model is at chance where its window ends; a recurrent model is not.
import { expect, test } from 'vitest'
import { accuracyByDistance, agreementByDistance } from '../../src/compare/agreement.js'
import { fitNGram } from '../../src/compare/rivals.js'
import { agreement } from '../../src/data/generated/agreement.js'
import { WordTokenizer } from '../../src/data/tokenizers/wordTokenizer.js'
import type { Predictor } from '../../src/generation/predictor.js'

const sentences = agreement.generate({ seed: 1, count: 80_000 })
const { train } = sentences.asText()
const tokenizer = WordTokenizer.fit(train.text, { minCount: 2 })

/** All that a group of sentences says together: its distances alone may be few sentences. */
function pooled(groups: readonly { sentences: number; accuracy: number }[]) {
  const count = groups.reduce((sum, each) => sum + each.sentences, 0)
  return { count, accuracy: groups.reduce((sum, each) => sum + each.accuracy * each.sentences, 0) / count }
}

test.each([2, 3, 5])('a %i-gram is right within its window and at chance beyond it', async order => {
  const { model } = fitNGram(train, order, tokenizer)
  const groups = await accuracyByDistance(model, sentences.test.items, 'cueDistance')
  const within = pooled(groups.filter(({ distance }) => distance < order))
  expect(within.accuracy).toBeGreaterThan(0.97)
  const beyond = pooled(groups.filter(({ distance }) => distance >= order))
  expect(beyond.count).toBeGreaterThan(500)
  // Four standard deviations of as many fair coins.
  expect(Math.abs(beyond.accuracy - 0.5)).toBeLessThan(2 / Math.sqrt(beyond.count))
})

test('a distance that the window does not reach still has its cue where a clause has the same subject', async () => {
  const { model } = fitNGram(train, 5, tokenizer)
  const at = Object.fromEntries(
    (await accuracyByDistance(model, sentences.test.items)).map(({ distance, accuracy }) => [distance, accuracy]),
  )
  expect(at[4]).toBeGreaterThan(0.95)
  expect(at[6]).toBeGreaterThan(0.55)
  expect(at[6]).toBeLessThan(0.75)
})

test('a model that has no preference is at chance, neither right nor wrong', async () => {
  const even: Predictor = {
    tokenizer,
    read: () => ({
      push: () => {},
      next: () => new Float64Array(tokenizer.size),
      fork: () => {
        throw new Error('no fork is wanted')
      },
      save: () => new Uint8Array(),
      tail: [],
      close: () => {},
    }),
  }
  const groups = await accuracyByDistance(even, sentences.test.items.slice(0, 200))
  expect(groups.every(({ accuracy }) => accuracy === 0.5)).toBe(true)
})

test('all models are asked about the same sentences', async () => {
  const result = await agreementByDistance({ minutes: 0.03, count: 2000, backend: 'wasm', threads: 1 })
  expect(result).toMatchObject({ trainingSentences: expect.any(Number), testSentences: expect.any(Number) })
  expect(result.models.map(({ model }) => model)).toEqual(Object.keys(result.byDistance))
  const sizes = Object.values(result.byDistance).map(groups => groups.map(({ sentences }) => sentences))
  for (const each of sizes) expect(each).toEqual(sizes[0])
  expect(sizes[0].reduce((a, b) => a + b)).toBe(result.testSentences)
})
