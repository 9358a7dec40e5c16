/* The built-in corpus of sales: its file is the series that it gives, and promotions carry what no season does. */
import { expect, it } from 'vitest'
import { sales } from '../../../src/data/generated/sales.js'
import { seriesOfRows } from '../../../src/data/readers/seriesTable.js'

const { toFile, train, validation, test } = sales.generate({ count: 6 })

it('reads its file back as the same series', () => {
  const [header, ...lines] = toFile().trimEnd().split('\n')
  const names = header.split(',')
  const rows = lines.map((line, i) => ({
    row: Object.fromEntries(line.split(',').map((value, k) => [names[k], value])),
    where: `line ${i + 2}`,
  }))
  const corpus = seriesOfRows(
    rows,
    {
      timeColumn: 'date',
      targetColumn: 'units',
      seriesColumn: 'shop',
      futureCovariates: ['promotion'],
      staticCovariates: ['kind'],
    },
    'sales',
  )
  expect(corpus.series).toEqual(test.series)
  expect(corpus.timeline.label(corpus.end)).toBe('2024-01-01')
})

it('cuts the last weeks off for validation and test, and keeps promotions known ahead', () => {
  expect([train, validation, test].map(({ end, from }) => end - Math.max(from, train.from))).toEqual([562, 84, 84])
  expect(train.series[0].future[0].values).toHaveLength(758)
})

it('is the same for a seed, other for another', () => {
  expect(sales.generate({ count: 6 }).toFile()).toBe(toFile())
  expect(sales.generate({ count: 6, seed: 2 }).toFile()).not.toBe(toFile())
})

it('sells more while a promotion runs', () => {
  for (const { targets, future } of train.series) {
    const mean = (flag: number) => {
      const values = [...targets[0]].filter((_, t) => future[0].values[t] === flag)
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    expect(mean(1) / mean(0)).toBeGreaterThan(1.2)
  }
})
