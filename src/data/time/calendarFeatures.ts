/* Where a step stands in the calendar, as numbers that a network can read: each cycle that a step can tell apart as a point on a
 * circle, sine and cosine, so that December is beside January; and the age, the logarithm of the steps since a series began
 * (Salinas, Flunkert, Gasthaus & Januschowski 2020, DeepAR). */
import { dateOf, dayOfYear, daysInMonth, SECONDS_OF_DAY, weekdayOf } from './calendar.js'
import type { Frequency, Timeline } from './frequency.js'

interface Cycle {
  readonly name: string
  /** 0 up to 1 over the cycle. */
  phase(days: number, seconds: number): number
}

const DAYS_OF_YEAR = 365.2425

const CYCLES: Readonly<Record<string, Cycle>> = {
  minute: { name: 'second of the minute', phase: (_, seconds) => (seconds % 60) / 60 },
  hour: { name: 'minute of the hour', phase: (_, seconds) => (seconds % 3600) / 3600 },
  day: { name: 'time of day', phase: (_, seconds) => seconds / SECONDS_OF_DAY },
  week: { name: 'day of the week', phase: days => weekdayOf(days) / 7 },
  month: {
    name: 'day of the month',
    phase: days => {
      const { year, month, day } = dateOf(days)
      return (day - 1) / daysInMonth(year, month)
    },
  },
  year: { name: 'day of the year', phase: days => dayOfYear(days) / DAYS_OF_YEAR },
}

/** The cycles that steps of a frequency can tell apart. */
function cyclesOf({ unit, multiple }: Frequency): readonly Cycle[] {
  const { minute, hour, day, week, month, year } = CYCLES
  if (unit === 'month') return multiple < 12 ? [year] : []
  if (unit !== 'second') return multiple < 7 ? [week, month, year] : [month, year]
  const short = [...(multiple < 60 ? [minute] : []), ...(multiple < 3600 ? [hour] : [])]
  return [...short, day, week, year]
}

/** How many numbers `calendarFeatures` gives a step. */
export const calendarFeatureCount = (frequency: Frequency): number => 2 * cyclesOf(frequency).length

/** Their names, two a cycle. */
export const calendarFeatureNames = (frequency: Frequency): string[] =>
  cyclesOf(frequency).flatMap(({ name }) => [`sine of the ${name}`, `cosine of the ${name}`])

/**
 * [steps × features] of the steps from `from` on.
 * @param from a step's number on the timeline
 */
export function calendarFeatures(timeline: Timeline, from: number, steps: number): Float64Array {
  const cycles = cyclesOf(timeline.frequency)
  const features = new Float64Array(steps * 2 * cycles.length)
  for (let t = 0, i = 0; t < steps; t++) {
    const { days, seconds } = timeline.clockAt(from + t)
    for (const cycle of cycles) {
      const angle = 2 * Math.PI * cycle.phase(days, seconds)
      features[i++] = Math.sin(angle)
      features[i++] = Math.cos(angle)
    }
  }
  return features
}

/** DeepAR's age: log10(2 + steps since the series began), halved so that a thousand steps are 1.5. */
export const ageFeature = (steps: number): number => Math.log10(2 + Math.max(0, steps)) / 2
