/* Daily sales of shops, of three kinds: steady ones, ones that grow with the seasons of a year, and ones that sell now and then.
 * A promotion, which is known ahead, lifts them by a factor of the kind's own. What no season tells, a model that reads
 * promotions can know; what one series is too short for, it can learn from two hundred. */

import { ConfigurationError } from '../../errors.js'
import { fold, Random, seedKey } from '../../random.js'
import { SeriesCorpus, type SeriesSplits, splitSeries, type TimeSeries } from '../corpora/timeSeries.js'
import { daysOf, weekdayOf } from '../time/calendar.js'
import { frequencyOf, Timeline } from '../time/frequency.js'

export interface SalesOptions {
  /** Which shops are drawn. Default 1. */
  readonly seed?: number | undefined
  /** Shops. Default 200. */
  readonly count?: number | undefined
}

export interface SalesSplits extends SeriesSplits {
  /** All series as a table. */
  toFile(): string
}

const DEFAULT_COUNT = 200
const FIRST_DAY = daysOf({ year: 2022, month: 1, day: 1 })
/** Two years, and four weeks of which only the promotions are known. */
const DAYS = 730
const AHEAD = 28
/** Days of the validation and of the test part. */
const PART = 84

interface Kind {
  readonly name: string
  readonly level: readonly [number, number]
  readonly promotion: number
  readonly weekend: number
  /** Growth over the two years, and the height of summer. */
  readonly growth: number
  readonly summer: number
  /** Of days on which anything is sold. */
  readonly open: number
}

const KINDS: readonly Kind[] = [
  { name: 'steady', level: [20, 60], promotion: 1.5, weekend: 1.4, growth: 0, summer: 0, open: 1 },
  { name: 'seasonal', level: [40, 200], promotion: 2.2, weekend: 0.7, growth: 0.5, summer: 0.4, open: 1 },
  { name: 'occasional', level: [2, 6], promotion: 3, weekend: 1, growth: 0, summer: 0, open: 0.35 },
]

function shopOf(index: number, random: Random): TimeSeries {
  const kind = KINDS[index % KINDS.length]
  const level = random.integer(10 * kind.level[0], 10 * kind.level[1]) / 10
  const units = new Float64Array(DAYS)
  const promotion = new Float64Array(DAYS + AHEAD)
  for (let t = 0; t < promotion.length; ) {
    t += random.integer(7, 35)
    for (const end = t + random.integer(3, 7); t < end && t < promotion.length; t++) promotion[t] = 1
  }
  for (let t = 0; t < DAYS; t++) {
    const weekday = weekdayOf(FIRST_DAY + t)
    const year = 1 + kind.summer * Math.sin((2 * Math.PI * (t - 80)) / 365.25)
    const trend = 1 + (kind.growth * t) / DAYS
    const mean = level * year * trend * (weekday > 4 ? kind.weekend : 1) * (promotion[t] === 1 ? kind.promotion : 1)
    // Twelve uniform numbers add up to nearly a normal one of deviation 1.
    let noise = -6
    for (let k = 0; k < 12; k++) noise += random.integer(0, 999_999) / 1_000_000
    const sold = kind.open === 1 || random.chance(kind.open)
    units[t] = sold ? Math.max(0, Math.round(mean * (1 + 0.12 * noise) + 0.5 * Math.sqrt(mean) * noise)) : 0
  }
  return {
    ...{ id: `shop-${String(index + 1).padStart(3, '0')}`, start: 0, length: DAYS, targets: [units], past: [] },
    future: [{ name: 'promotion', kind: 'number', values: promotion }],
    constant: [{ name: 'kind', kind: 'category', values: [kind.name] }],
  }
}

function fileOf({ series, timeline }: SeriesCorpus): string {
  const lines = ['shop,date,units,promotion,kind']
  for (const { id, start, length, targets, future, constant } of series)
    for (let t = 0; t < future[0].values.length; t++) {
      const units = t < length ? String(targets[0][t]) : ''
      lines.push(`${id},${timeline.label(start + t)},${units},${future[0].values[t]},${constant[0].values[0]}`)
    }
  return `${lines.join('\n')}\n`
}

export const sales = {
  name: 'sales',
  task: 'forecast',
  description:
    'Daily sales of 200 shops over two years, of three kinds: steady, growing with the seasons, and selling now and then. ' +
    'Promotions lift them and are known four weeks ahead. Seasonal naive knows no promotion; a network that reads them does.',
  fileForm:
    'comma-separated columns shop, date, units, promotion and kind, with a header; units of the last 28 days are empty',
  defaultCount: DEFAULT_COUNT,
  generate({ seed = 1, count = DEFAULT_COUNT }: SalesOptions = {}): SalesSplits {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ConfigurationError(`sales: count must be a whole number from 1 on; got ${count}`)
    const random = new Random(fold(seedKey(seed), 'generatedCorpus'))
    const timeline = new Timeline(frequencyOf('day'), { days: FIRST_DAY, seconds: 0 })
    const start = timeline.indexOf({ days: FIRST_DAY, seconds: 0 }) as number
    const series = Array.from({ length: count }, (_, index) => ({ ...shopOf(index, random), start }))
    const corpus = new SeriesCorpus({ name: 'sales', timeline, targetColumns: ['units'], series })
    const testFrom = start + DAYS - PART
    return {
      ...splitSeries(corpus, { validationFrom: testFrom - PART, testFrom }),
      toFile: () => fileOf(corpus),
    }
  },
} as const
