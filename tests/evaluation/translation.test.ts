// What is translated while training stands for the whole corpus.
import { expect, it } from 'vitest'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import { spreadPairs } from '../../src/evaluation/translation.js'

it('pairs that are looked at come from all over a corpus whose first ones are its shortest, in order', () => {
  const corpus = new ItemCorpus(
    Array.from({ length: 1000 }, (_, i) => ({ source: `${i}`, target: `${i}` })),
    'sorted',
  )
  const some = spreadPairs(corpus, 300).items.map(({ source }) => Number(source))
  expect(some).toHaveLength(300)
  expect(new Set(some).size).toBe(300)
  expect(some).toEqual(some.toSorted((a, b) => a - b))
  expect(some.reduce((sum, each) => sum + each, 0) / 300).toBeCloseTo(499, -1)
  expect(spreadPairs(corpus, 2000).items).toEqual(corpus.items)
})
