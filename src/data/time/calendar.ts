/* The proleptic Gregorian calendar in whole numbers: days since 1970-01-01, and the year, month and day that they are
 * (Hinnant 2013, "chrono-Compatible Low-Level Date Algorithms"). A local time is a date and the seconds since midnight; what
 * instant that is depends on the time zone, which the platform's Intl knows. */

export interface CivilDate {
  readonly year: number
  /** 1 … 12 */
  readonly month: number
  /** 1 … 31 */
  readonly day: number
}

/** A date and a time of day as a clock on the wall shows them. */
export interface LocalTime {
  /** Since 1970-01-01. */
  readonly days: number
  /** Since midnight, 0 … 86,399. */
  readonly seconds: number
}

export const SECONDS_OF_DAY = 86_400

/** Days of 400 years, after which the calendar repeats. */
const DAYS_OF_ERA = 146_097
/** From 0000-03-01, where the algorithm's years begin, to 1970-01-01. */
const EPOCH = 719_468

/** Days since 1970-01-01. The day may lie outside the month: 2024-02-30 is 2024-03-01. */
export function daysOf({ year, month, day }: CivilDate): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_OF_ERA + dayOfEra - EPOCH
}

/** The date of a day since 1970-01-01. */
export function dateOf(days: number): CivilDate {
  const shifted = days + EPOCH
  const era = Math.floor(shifted / DAYS_OF_ERA)
  const dayOfEra = shifted - era * DAYS_OF_ERA
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** 28 … 31 */
export function daysInMonth(year: number, month: number): number {
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 }
  return daysOf({ ...next, day: 1 }) - daysOf({ year, month, day: 1 })
}

/** 0 is Monday, 6 is Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 3) % 7) + 7) % 7
}

/** 0 … 365 */
export function dayOfYear(days: number): number {
  return days - daysOf({ year: dateOf(days).year, month: 1, day: 1 })
}

/** Seconds since 1970-01-01T00:00 as if the clock showed UTC. */
export function secondsOf({ days, seconds }: LocalTime): number {
  return days * SECONDS_OF_DAY + seconds
}

/** The inverse of `secondsOf`. */
export function localTimeOf(seconds: number): LocalTime {
  const days = Math.floor(seconds / SECONDS_OF_DAY)
  return { days, seconds: seconds - days * SECONDS_OF_DAY }
}
