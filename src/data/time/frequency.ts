/* How far apart the steps of a series are, in the units of the calendar: a month is a step however many days it has, and so is
 * a local day of 23 hours. A step has a number, its index, so that times can be compared, counted and gone on from. */
import { ConfigurationError } from '../../errors.js'
import {
  dateOf,
  daysInMonth,
  daysOf,
  type LocalTime,
  localTimeOf,
  SECONDS_OF_DAY,
  secondsOf,
  weekdayOf,
} from './calendar.js'
import type { TimeZone } from './timeZone.js'

export type FrequencyUnit = 'second' | 'day' | 'business day' | 'month'

/** Units that people name, in the units that are counted. */
const NAMED: Readonly<Record<string, Frequency>> = {
  second: { unit: 'second', multiple: 1 },
  minute: { unit: 'second', multiple: 60 },
  hour: { unit: 'second', multiple: 3600 },
  day: { unit: 'day', multiple: 1 },
  'business day': { unit: 'business day', multiple: 1 },
  week: { unit: 'day', multiple: 7 },
  month: { unit: 'month', multiple: 1 },
  quarter: { unit: 'month', multiple: 3 },
  year: { unit: 'month', multiple: 12 },
}

/** The distance between two steps: `multiple` units. */
export interface Frequency {
  readonly unit: FrequencyUnit
  readonly multiple: number
}

/** `hour`, `15 minutes`, `business day`. */
export function frequencyName({ unit, multiple }: Frequency): string {
  const named = Object.entries(NAMED)
    .filter(([, each]) => each.unit === unit && multiple % each.multiple === 0)
    .map(([name, each]) => ({ name, count: multiple / each.multiple }))
    .sort((a, b) => a.count - b.count)
  const [{ name, count }] = named
  return count === 1 ? name : `${count} ${name}s`
}

/**
 * The inverse of `frequencyName`.
 * @throws ConfigurationError for another word
 */
export function frequencyOf(name: string): Frequency {
  const match = /^(?:([1-9]\d{0,5}) )?([a-z ]{3,12}?)s?$/.exec(name.trim())
  const named = match && Object.hasOwn(NAMED, match[2]) ? NAMED[match[2]] : undefined
  if (!match || !named)
    throw new ConfigurationError(
      `frequency must be ${Object.keys(NAMED).join(', ')}, or a number of them as 15 minutes; got ${name.slice(0, 64)}`,
    )
  return { unit: named.unit, multiple: named.multiple * Number(match[1] ?? 1) }
}

/** Steps of the cycle that is looked for where nothing else is said: a day of hours, a week of days, a year of months. */
export function defaultSeason({ unit, multiple }: Frequency): number {
  const whole = (steps: number) => (Number.isInteger(steps) && steps > 1 ? steps : 1)
  if (unit === 'second') return multiple < 60 ? whole(60 / multiple) : whole(SECONDS_OF_DAY / multiple)
  if (unit === 'business day') return whole(5 / multiple)
  if (unit === 'month') return whole(12 / multiple)
  return multiple === 7 ? 52 : whole(7 / multiple)
}

/** Steps before a step whose values a model reads beside the last one: the nearest, and those of one to three seasons. */
export function defaultLags(frequency: Frequency, most: number): number[] {
  const season = defaultSeason(frequency)
  const year = frequency.unit === 'day' ? Math.round(365 / frequency.multiple) : 0
  const near = [1, 2, 3, 4, 5, 6, 7]
  const seasonal = season > 1 ? [1, 2, 3].flatMap(k => [k * season - 1, k * season, k * season + 1]) : []
  const yearly = year > season ? [year - 1, year, year + 1] : []
  return [...new Set([...near, ...seasonal, ...yearly])].filter(lag => lag >= 1 && lag <= most).sort((a, b) => a - b)
}

/** How many business days lie before a day since 1970-01-01; a weekend counts as the Friday before it. */
function businessIndex(days: number): number {
  const weekday = weekdayOf(days)
  return ((days - weekday + 3) / 7) * 5 + Math.min(weekday, 4)
}

/** Months since 1970-01. */
function monthIndex(days: number): number {
  const { year, month } = dateOf(days)
  return (year - 1970) * 12 + month - 1
}

/**
 * The times of a frequency, numbered. Where steps are days or longer, the time of day and the day of the month are those of
 * the first time; a day of the month that a month lacks is its last.
 */
export class Timeline {
  private readonly phase: number
  /** Of months: the day that stands for them, 31 for the last. */
  private readonly dayOfMonth: number
  private readonly secondsOfDay: number

  constructor(
    readonly frequency: Frequency,
    readonly first: LocalTime,
    /** Whose clocks labels and calendar features show, where steps are counted in UTC's seconds. */
    readonly zone?: TimeZone | undefined,
  ) {
    const { multiple } = frequency
    this.secondsOfDay = frequency.unit === 'second' ? 0 : first.seconds
    const { year, month, day } = dateOf(first.days)
    this.dayOfMonth = day === daysInMonth(year, month) && day >= 28 ? 31 : day
    this.phase = ((this.unitsAt(first) % multiple) + multiple) % multiple
  }

  private unitsAt(time: LocalTime): number {
    switch (this.frequency.unit) {
      case 'second':
        return secondsOf(time)
      case 'day':
        return time.days
      case 'business day':
        return businessIndex(time.days)
      case 'month':
        return monthIndex(time.days)
    }
  }

  /** The step's number; undefined where the time is no step. */
  indexOf(time: LocalTime): number | undefined {
    const index = (this.unitsAt(time) - this.phase) / this.frequency.multiple
    if (!Number.isInteger(index)) return undefined
    const own = this.timeAt(index)
    return own.days === time.days && own.seconds === time.seconds ? index : undefined
  }

  timeAt(index: number): LocalTime {
    const units = index * this.frequency.multiple + this.phase
    if (this.frequency.unit === 'second') return localTimeOf(units)
    return { days: this.dayAt(units), seconds: this.secondsOfDay }
  }

  /** What the clocks show at a step. */
  clockAt(index: number): LocalTime {
    const time = this.timeAt(index)
    return this.zone ? this.zone.localTime(secondsOf(time)) : time
  }

  private dayAt(units: number): number {
    if (this.frequency.unit === 'day') return units
    if (this.frequency.unit === 'business day') {
      const week = Math.floor(units / 5)
      return week * 7 - 3 + (units - week * 5)
    }
    const year = 1970 + Math.floor(units / 12)
    const month = units - Math.floor(units / 12) * 12 + 1
    return daysOf({ year, month, day: Math.min(this.dayOfMonth, daysInMonth(year, month)) })
  }

  private offsetLabel(index: number): string {
    const minutes = (secondsOf(this.clockAt(index)) - secondsOf(this.timeAt(index))) / 60
    const pad = (value: number) => String(Math.floor(value)).padStart(2, '0')
    return `${minutes < 0 ? '-' : '+'}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`
  }

  /** As it is written: 2024-05 for months, 2024-05-31 for days, 2024-05-31T14:00 for less. */
  label(index: number): string {
    const { days, seconds } = this.clockAt(index)
    const { year, month, day } = dateOf(days)
    const pad = (value: number, width = 2) => String(value).padStart(width, '0')
    const months = this.frequency.unit === 'month' && this.dayOfMonth === 1 && seconds === 0
    const date = `${pad(year, 4)}-${pad(month)}${months ? '' : `-${pad(day)}`}`
    if (months || (this.frequency.unit !== 'second' && seconds === 0)) return date
    const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}`
    const offset = this.zone ? this.offsetLabel(index) : ''
    return `${date}T${clock}${seconds % 60 === 0 ? '' : `:${pad(seconds % 60)}`}${offset}`
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** The commonest distance where every distance is a multiple of it, else their greatest common divisor. */
function stepOf(distances: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const distance of distances) counts.set(distance, (counts.get(distance) ?? 0) + 1)
  const [[commonest]] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  const fits = distances.every(distance => distance % commonest === 0)
  return fits ? commonest : distances.reduce(gcd)
}

/**
 * The frequency of ascending times without doubles; gaps are allowed.
 * @param series the times of each series
 * @param where names the data in messages
 * @throws ConfigurationError where there are no two times in any series
 */
export function inferFrequency(series: readonly (readonly LocalTime[])[], where: string): Frequency {
  const pairs = series.flatMap(times => times.slice(1).map((time, i) => [times[i], time] as const))
  if (pairs.length === 0)
    throw new ConfigurationError(`${where}: one time says no frequency; give it, as --frequency day`)
  const all = series.flat()
  const distances = (of: (time: LocalTime) => number) => pairs.map(([a, b]) => of(b) - of(a))
  const sameClock = all.every(({ seconds }) => seconds === all[0].seconds)
  if (!sameClock) return { unit: 'second', multiple: stepOf(distances(secondsOf)) }
  const days = distances(({ days }) => days)
  const dates = all.map(({ days }) => dateOf(days))
  const monthEnds = dates.every(({ year, month, day }) => day === daysInMonth(year, month))
  const sameDay = dates.every(({ day }) => day === dates[0].day)
  if ((sameDay || monthEnds) && days.every(distance => distance >= 28))
    return { unit: 'month', multiple: stepOf(distances(({ days }) => monthIndex(days))) }
  const step = stepOf(days)
  const weekdays = all.every(({ days }) => weekdayOf(days) < 5)
  // Never a weekend, and from a Friday on to a Monday: a business calendar.
  const overWeekend = pairs.some(([a, b]) => weekdayOf(a.days) === 4 && b.days - a.days === 3)
  if (step === 1 && weekdays && overWeekend) return { unit: 'business day', multiple: 1 }
  return { unit: 'day', multiple: step }
}
