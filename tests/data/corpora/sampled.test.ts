/* A sample stands for the corpus that it is drawn from. */
import { expect, it } from 'vitest'
import { ItemCorpus } from '../../../src/data/corpora/items.js'
import { sampledCorpus } from '../../../src/data/corpora/sampled.js'

it('a sample has items from all over a corpus, in order', () => {
  const corpus = new ItemCorpus(
    Array.from({ length: 1000 }, (_, i) => ({ source: `${i}`, target: `${i}` })),
    'sorted',
  )
  const some = sampledCorpus(corpus, 300).items.map(({ source }) => Number(source))
  expect(some).toHaveLength(300)
  expect(new Set(some).size).toBe(300)
  expect(some).toEqual(some.toSorted((a, b) => a - b))
  expect(some.reduce((sum, source) => sum + source, 0) / 300).toBeCloseTo(499, -1)
  expect(sampledCorpus(corpus, 2000).items).toEqual(corpus.items)
})
