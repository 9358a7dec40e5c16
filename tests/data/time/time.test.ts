/* Calendars, time zones, written times and frequencies, held against the platform's own Date and Intl and against laws. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dateOf,
  dayOfYear,
  daysInMonth,
  daysOf,
  localTimeOf,
  secondsOf,
  weekdayOf,
} from '../../../src/data/time/calendar.js'
import {
  ageFeature,
  calendarFeatureCount,
  calendarFeatureNames,
  calendarFeatures,
} from '../../../src/data/time/calendarFeatures.js'
import {
  defaultLags,
  defaultSeason,
  frequencyName,
  frequencyOf,
  inferFrequency,
  Timeline,
} from '../../../src/data/time/frequency.js'
import { parserOf, patternParser } from '../../../src/data/time/parseTime.js'
import { TimeZone } from '../../../src/data/time/timeZone.js'

const at = (text: string) => {
  const time = parserOf([text], undefined, 'test')(text)
  if (!time) throw new Error(`no time: ${text}`)
  return 'local' in time ? time.local : localTimeOf(time.instant)
}
const frequencyOfTimes = (...times: string[]) => frequencyName(inferFrequency([times.map(at)], 'test'))

describe('the calendar', () => {
  it('is that of Date for 800 years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -146_097, max: 146_097 }), days => {
        const date = new Date(days * 86_400_000)
        const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
        expect(dateOf(days)).toEqual(civil)
        expect(daysOf(civil)).toBe(days)
        expect(weekdayOf(days)).toBe((date.getUTCDay() + 6) % 7)
        expect(dayOfYear(days)).toBe(days - Date.UTC(civil.year, 0, 1) / 86_400_000)
      }),
    )
  })
  it('knows leap years', () => {
    expect([1900, 2000, 2023, 2024].map(year => daysInMonth(year, 2))).toEqual([28, 29, 28, 29])
    expect(daysInMonth(2024, 12)).toBe(31)
  })
})

describe('a time zone', () => {
  const berlin = new TimeZone('Europe/Berlin')
  it('shows an hour twice where clocks go back, and none where they go forward', () => {
    const hour = (text: string) => berlin.instantsOf(at(text)).map(instant => new Date(instant * 1000).toISOString())
    expect(hour('2024-10-27T02:30')).toEqual(['2024-10-27T00:30:00.000Z', '2024-10-27T01:30:00.000Z'])
    expect(hour('2024-03-31T02:30')).toEqual(['2024-03-31T01:30:00.000Z'])
    expect(hour('2024-07-01T12:00')).toEqual(['2024-07-01T10:00:00.000Z'])
  })
  it('gives each instant back from what its clocks show', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'UTC'),
        fc.integer({ min: 0, max: 2 ** 31 }),
        (name, instant) => {
          const zone = new TimeZone(name)
          expect(zone.instantsOf(zone.localTime(instant))).toContain(instant)
        },
      ),
      { numRuns: 50 },
    )
  })
  it('of an unknown name is refused', () => {
    expect(() => new TimeZone('Europe/Nowhere')).toThrow(/IANA name.*Europe\/Nowhere/)
  })
})

describe('a written time', () => {
  it('is ISO 8601, or seconds or milliseconds since 1970', () => {
    for (const text of [
      '2024-05-31',
      '2024-05',
      '2024',
      '20240531',
      '2024-05-31T14:30',
      '2024-05-31 14:30:15.5',
      '2024-05-31T14:30Z',
      '2024-05-31T14:30+02:00',
    ])
      expect(secondsOf(at(text)), text).toBe(Math.floor(Date.parse(isoOf(text)) / 1000))
    expect(secondsOf(at('1717164000'))).toBe(1717164000)
    expect(secondsOf(at('1717164000000'))).toBe(1717164000)
  })
  it('may be of a pattern', () => {
    const parse = patternParser('dd.MM.yyyy HH:mm')
    expect(parse('31.05.2024 14:30')).toEqual({ local: at('2024-05-31T14:30') })
    expect(parse('31.13.2024 14:30')).toBeUndefined()
    expect(patternParser('M/d/yy')('5/31/24')).toEqual({ local: at('2024-05-31') })
  })
  it('that cannot be is refused with its cure', () => {
    for (const text of ['2024-02-30', '2024-13-01', '24:61', 'soon', '31.05.2024'])
      expect(() => parserOf([text], undefined, 'x.csv: the column date'), text).toThrow(
        /the column date must hold an ISO date.*timeFormat/,
      )
    expect(() => patternParser('dd/MM')).toThrow(/has no year/)
    expect(() => patternParser('yyyy-QQ')).toThrow(/QQ is no field/)
  })
})

const isoOf = (text: string) =>
  (/^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text)
    .replace(' ', 'T')
    .replace(/(T[^Z+]*)$/, '$1Z')

describe('a frequency', () => {
  it('is inferred from times, gaps among them', () => {
    expect(frequencyOfTimes('2024-01-01', '2024-01-02', '2024-01-05')).toBe('day')
    expect(frequencyOfTimes('2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09')).toBe('business day')
    expect(frequencyOfTimes('2024-01-05', '2024-01-12', '2024-01-26')).toBe('week')
    expect(frequencyOfTimes('2024-01', '2024-02', '2024-05')).toBe('month')
    expect(frequencyOfTimes('2024-01-31', '2024-02-29', '2024-03-31')).toBe('month')
    expect(frequencyOfTimes('2023-10-01', '2024-01-01', '2024-04-01')).toBe('quarter')
    expect(frequencyOfTimes('2022', '2023', '2024')).toBe('year')
    expect(frequencyOfTimes('2024-01-01T00:00', '2024-01-01T01:00', '2024-01-01T04:00')).toBe('hour')
    expect(frequencyOfTimes('2024-01-01T00:00', '2024-01-01T00:15', '2024-01-01T00:45')).toBe('15 minutes')
    expect(() => frequencyOfTimes('2024-01-01')).toThrow(/one time says no frequency/)
  })
  it('is read as it is written', () => {
    for (const name of [
      'second',
      '30 seconds',
      '15 minutes',
      'hour',
      'day',
      'business day',
      'week',
      '2 weeks',
      'month',
      'quarter',
      'year',
    ])
      expect(frequencyName(frequencyOf(name))).toBe(name)
    for (const name of ['fortnight', '0 days', 'days of thunder', ''])
      expect(() => frequencyOf(name)).toThrow(/frequency must be/)
  })
  it('has a season and lags', () => {
    expect(
      ['hour', 'day', 'business day', 'week', 'month', 'quarter', 'year', '15 minutes'].map(name =>
        defaultSeason(frequencyOf(name)),
      ),
    ).toEqual([24, 7, 5, 52, 12, 4, 1, 96])
    expect(defaultLags(frequencyOf('month'), 30)).toEqual([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 23, 24, 25])
    expect(defaultLags(frequencyOf('day'), 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('a timeline', () => {
  it('numbers the steps of its frequency, and only those', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('15 minutes', 'hour', 'day', '3 days', 'business day', 'week', 'month', 'quarter', 'year'),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: -400, max: 400 }),
        (name, days, steps) => {
          const frequency = frequencyOf(name)
          const first = frequency.unit === 'business day' ? days - Math.max(0, weekdayOf(days) - 4) : days
          const timeline = new Timeline(frequency, { days: first, seconds: 0 })
          const from = timeline.indexOf({ days: first, seconds: 0 }) as number
          expect(timeline.indexOf(timeline.timeAt(from + steps))).toBe(from + steps)
          expect(secondsOf(timeline.timeAt(from + steps + 1))).toBeGreaterThan(secondsOf(timeline.timeAt(from + steps)))
        },
      ),
    )
  })
  it('keeps the end of a month the end of a month', () => {
    const timeline = new Timeline(frequencyOf('month'), at('2024-01-31'))
    const from = timeline.indexOf(at('2024-01-31')) as number
    expect([0, 1, 2, 3].map(t => timeline.label(from + t))).toEqual([
      '2024-01-31',
      '2024-02-29',
      '2024-03-31',
      '2024-04-30',
    ])
    expect(timeline.indexOf(at('2024-02-28'))).toBeUndefined()
  })
  it('steps over weekends', () => {
    const timeline = new Timeline(frequencyOf('business day'), at('2024-05-31'))
    const from = timeline.indexOf(at('2024-05-31')) as number
    expect([0, 1, 2].map(t => timeline.label(from + t))).toEqual(['2024-05-31', '2024-06-03', '2024-06-04'])
    expect(timeline.indexOf(at('2024-06-01'))).toBeUndefined()
  })
  it('counts hours and not clocks where it has a time zone', () => {
    const zone = new TimeZone('Europe/Berlin')
    const timeline = new Timeline(frequencyOf('hour'), localTimeOf(zone.instantsOf(at('2024-10-27T01:00'))[0]), zone)
    const from = timeline.indexOf(timeline.first) as number
    expect([0, 1, 2, 3].map(t => timeline.label(from + t))).toEqual([
      '2024-10-27T01:00+02:00',
      '2024-10-27T02:00+02:00',
      '2024-10-27T02:00+01:00',
      '2024-10-27T03:00+01:00',
    ])
  })
})

describe('calendar features', () => {
  it('put December beside January and Sunday beside Monday', () => {
    const timeline = new Timeline(frequencyOf('day'), at('2023-12-31'))
    const count = calendarFeatureCount(timeline.frequency)
    const features = calendarFeatures(timeline, timeline.indexOf(at('2023-12-31')) as number, 366)
    const distance = (a: number, b: number) =>
      Math.hypot(...Array.from({ length: count }, (_, k) => features[a * count + k] - features[b * count + k]))
    expect(calendarFeatureNames(timeline.frequency)).toHaveLength(count)
    expect(distance(0, 1)).toBeLessThan(distance(0, 180))
    expect(features.every(value => Math.abs(value) <= 1)).toBe(true)
  })
  it('grow with age', () =>
    expect([0, 98, 998].map(ageFeature).map(age => age.toFixed(2))).toEqual(['0.15', '1.00', '1.50']))
})
