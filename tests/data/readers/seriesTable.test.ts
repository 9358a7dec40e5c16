/* Tables as time series: order, gaps, doubles, time zones, many series, what is known ahead, and the parts that a series is
 * cut into. */
import { describe, expect, it } from 'vitest'
import { splitSeries } from '../../../src/data/corpora/timeSeries.js'
import { type SeriesTableOptions, seriesOfRows } from '../../../src/data/readers/seriesTable.js'
import { frequencyName } from '../../../src/data/time/frequency.js'

/** Rows of comma-separated text; the first line has the names. */
function rowsOf(text: string) {
  const [header, ...lines] = text.trim().split('\n')
  const names = header.split(',')
  return lines.map((line, i) => ({
    row: Object.fromEntries(line.split(',').map((value, k) => [names[k], value])),
    where: `sales.csv, line ${i + 2}`,
  }))
}
const columns = { timeColumn: 'date', targetColumn: 'units' } as const
const read = (text: string, options: Partial<SeriesTableOptions> = {}) =>
  seriesOfRows(rowsOf(text), { ...columns, ...options }, 'sales.csv')

describe('a table of one series', () => {
  it('is sorted by time, and its gaps are missing values', () => {
    const corpus = read('date,units\n2024-01-05,5\n2024-01-01,1\n2024-01-02,2\n')
    const [{ targets, length }] = corpus.series
    expect(frequencyName(corpus.frequency)).toBe('day')
    expect([...targets[0]]).toEqual([1, 2, Number.NaN, Number.NaN, 5])
    expect(length).toBe(5)
    expect(corpus.observed).toBe(3)
    expect(corpus.timeline.label(corpus.from)).toBe('2024-01-01')
  })
  it('fills gaps as it is told to', () => {
    const text = 'date,units\n2024-01-01,1\n2024-01-02,\n2024-01-03,NaN\n2024-01-04,4\n'
    expect([...read(text, { missing: 'forward' }).series[0].targets[0]]).toEqual([1, 1, 1, 4])
    expect([...read(text, { missing: 'interpolate' }).series[0].targets[0]]).toEqual([1, 2, 3, 4])
    expect(() => read(text, { missing: 'refuse' })).toThrow(/units is missing at 2024-01-02/)
  })
  it('ends at its last value; rows after it say what is known ahead', () => {
    const corpus = read('date,units,promo\n2024-01-01,1,0\n2024-01-02,2,1\n2024-01-03,,1\n', {
      futureCovariates: ['promo'],
    })
    const [{ length, future }] = corpus.series
    expect(length).toBe(2)
    expect([...future[0].values]).toEqual([0, 1, 1])
  })
  it('refuses a time that stands twice, lies between steps or cannot be read, by its line', () => {
    expect(() => read('date,units\n2024-01-01,1\n2024-01-01,2\n2024-01-02,2\n')).toThrow(/line 3.*line 2/)
    expect(() => read('date,units\n2024-01-01,1\n2024-01-08,2\n2024-01-09,2\n', { frequency: 'week' })).toThrow(
      /line 4: its time lies between two steps of a week/,
    )
    expect(() => read('date,units\n2024-01-01,1\nsoon,2\n')).toThrow(/line 3: the column date must hold a time/)
    expect(() => read('date,units\n2024-01-01,1\n2024-01-02,many\n')).toThrow(
      /line 3: the column units must hold a number/,
    )
  })
  it('names the column that is not there, and the nearest', () => {
    expect(() => read('date,unit\n2024-01-01,1\n')).toThrow(/there is no column units.*did you mean unit\?/)
    expect(() => read('date,units\n2024-01-01,1\n2024-01-02,1\n', { pastCovariates: ['units'] })).toThrow(
      /units is named twice/,
    )
  })
})

describe('local times', () => {
  it('count a day of 23 hours as a day', () => {
    const corpus = read('date,units\n2024-03-30T00:00+01:00,1\n2024-03-31T00:00+01:00,2\n2024-04-01T00:00+02:00,3\n', {
      timeZone: 'Europe/Berlin',
    })
    expect(frequencyName(corpus.frequency)).toBe('day')
    expect([...corpus.series[0].targets[0]]).toEqual([1, 2, 3])
  })
  it('tell the two hours apart that clocks show twice', () => {
    const corpus = read(
      'date,units\n2024-10-27 01:00,1\n2024-10-27 02:00,2\n2024-10-27 02:00,3\n2024-10-27 03:00,4\n',
      { timeZone: 'Europe/Berlin' },
    )
    expect([...corpus.series[0].targets[0]]).toEqual([1, 2, 3, 4])
  })
})

describe('a table of many series', () => {
  const text =
    'shop,date,units,region\nb,2024-01-02,20,north\na,2024-01-01,1,south\na,2024-01-02,2,south\na,2024-01-03,3,south\nb,2024-01-03,30,north\n'
  it('keeps them apart, each from its own beginning', () => {
    const corpus = read(text, { seriesColumn: 'shop', staticCovariates: ['region'] })
    expect(corpus.series.map(({ id, targets, constant }) => [id, [...targets[0]], constant[0].values[0]])).toEqual([
      ['b', [20, 30], 'north'],
      ['a', [1, 2, 3], 'south'],
    ])
    expect(corpus.series[0].start).toBe(corpus.series[1].start + 1)
  })
  it('refuses a static covariate that changes, and doubles where no column tells series apart', () => {
    expect(() =>
      read(text.replace('3,south', '3,west'), { seriesColumn: 'shop', staticCovariates: ['region'] }),
    ).toThrow(/static covariate region of a is west, but south/)
    expect(() => read(text)).toThrow(/seriesColumn/)
  })
  it('may stand side by side', () => {
    const corpus = read('date,a,b\n2024-01-01,1,10\n2024-01-02,2,20\n', { targetColumn: ['a', 'b'], wide: true })
    expect(corpus.series.map(({ id, targets }) => [id, ...targets[0]])).toEqual([
      ['a', 1, 2],
      ['b', 10, 20],
    ])
  })
})

describe('parts', () => {
  const corpus = read(
    `date,units,promo\n${Array.from({ length: 20 }, (_, t) => `2024-01-${String(t + 1).padStart(2, '0')},${t},${t % 2}`).join('\n')}\n`,
    { futureCovariates: ['promo'] },
  )
  it('follow one another in time; what comes later cannot be reached but for what is known ahead', () => {
    const { train, validation, test } = splitSeries(corpus, { validation: 0.2, test: 0.2 })
    expect([train, validation, test].map(part => part.series[0].length)).toEqual([12, 16, 20])
    expect([train, validation, test].map(part => part.from - corpus.from)).toEqual([0, 12, 16])
    expect(train.series[0].targets[0]).toHaveLength(12)
    expect(train.series[0].future[0].values).toHaveLength(20)
  })
  it('that would be empty are refused', () => {
    expect(() => splitSeries(corpus, { test: 0.99 })).toThrow(/hold no three parts/)
  })
})
