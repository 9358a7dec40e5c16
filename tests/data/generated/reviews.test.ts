/* A review’s class turns on negation and on late words: what words alone say is not enough. */
import { describe, expect, it } from 'vitest'
import type { ItemCorpus, LabelledText } from '../../../src/data/corpora/items.js'
import { reviews, sentiments } from '../../../src/data/generated/reviews.js'
import { all } from './allItems.js'

/** Accuracy of naive Bayes on counted words (add one). */
function wordCounting(train: ItemCorpus<LabelledText>, test: ItemCorpus<LabelledText>): number {
  const counts = new Map<string, Map<string, number>>()
  const labels = new Map<string, number>()
  const totals = new Map<string, number>()
  for (const { text, label } of train.items) {
    labels.set(label, (labels.get(label) ?? 0) + 1)
    for (const word of text.split(' ')) {
      const own = counts.get(word) ?? new Map<string, number>()
      counts.set(word, own.set(label, (own.get(label) ?? 0) + 1))
      totals.set(label, (totals.get(label) ?? 0) + 1)
    }
  }
  const score = (text: string, label: string) =>
    text.split(' ').reduce(
      (sum, word) => {
        const count = counts.get(word)?.get(label) ?? 0
        return sum + Math.log((count + 1) / ((totals.get(label) as number) + counts.size))
      },
      Math.log(labels.get(label) as number),
    )
  const right = test.items.filter(({ text, label }) => {
    const scores = [...labels.keys()].map(each => [score(text, each), each] as const)
    return scores.reduce((best, each) => (each[0] > best[0] ? each : best))[1] === label
  })
  return right.length / test.items.length
}

describe('reviews', () => {
  const splits = reviews.generate()

  it('come in three classes, none rare', () => {
    for (const sentiment of sentiments) {
      const share = all(splits).filter(({ label }) => label === sentiment).length / reviews.defaultCount
      expect(share).toBeGreaterThan(0.2)
      expect(share).toBeLessThan(0.45)
    }
  })

  it('cannot be told by counting words', () => {
    expect(wordCounting(splits.train, splits.test)).toBeLessThan(0.65)
  })

  it('mean one thing each', () => {
    const label = new Map(all(reviews.generate({ count: 8000 })).map(({ text, label }) => [text, label]))
    for (const seed of [2, 3, 4]) {
      for (const item of all(reviews.generate({ seed, count: 8000 }))) {
        expect(label.get(item.text) ?? item.label).toBe(item.label)
      }
    }
  })
})
