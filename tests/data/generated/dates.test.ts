/* Every written form of a date means the ISO date beside it. */
import { describe, expect, it } from 'vitest'
import { dates } from '../../../src/data/generated/dates.js'
import { all } from './allItems.js'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const tens = { twent: 20, thirt: 30 }
const ordinals = [
  ...['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth', 'eleventh'],
  ...['twelfth', 'thirteenth', 'fourteenth', 'fifteenth', 'sixteenth', 'seventeenth', 'eighteenth', 'nineteenth'],
]

/** Reads a date as a careful reader would, from its looks alone. */
function readDate(written: string): string {
  const text = written.toLowerCase()
  const iso = (year: string, month: string | number, day: string | number) => {
    const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`
    return `${full}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  }
  const match = (pattern: RegExp) => pattern.exec(text)?.slice(1) as string[]
  if (/^\d{8}$/.test(text)) return iso(text.slice(0, 4), text.slice(4, 6), text.slice(6))
  if (/^\d{4}\/\d/.test(text)) return text.replaceAll('/', '-')
  if (text.includes('/')) {
    const [month, day, year] = text.split('/')
    return iso(year, month, day)
  }
  if (/^\d+\.\d+\.\d+$/.test(text)) {
    const [day, month, year] = text.split('.')
    return iso(year, month, day)
  }
  const name = months.findIndex(month => new RegExp(`\\b${month}`).test(text.replace(/^(mon|sun|sat)\w*/, ''))) + 1
  const [year] = match(/(\d{4}|(?<=['-])\d\d$)/)
  const rest = text.replace(year, '')
  const number = /\b(\d{1,2})(?!\d)/.exec(rest)
  if (number) return iso(year, name, number[1])
  const word = match(/the ([a-z-]+) of/)[0]
  const ten = Object.entries(tens).find(([stem]) => word.startsWith(stem))
  const unit = ordinals.indexOf(word.replace(/^(twenty|thirty)-/, '')) + 1
  return iso(year, name, (ten && /^(twent|thirt)(y-|ieth)/.test(word) ? ten[1] : 0) + unit)
}

describe('dates', () => {
  const pairs = all(dates.generate())

  it('parse back', () => {
    for (const { source, target } of pairs) expect(`${source} = ${readDate(source)}`).toBe(`${source} = ${target}`)
  })

  it('are days that exist, with their true weekdays', () => {
    const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
    for (const { source, target } of pairs) {
      const date = new Date(`${target}T00:00:00Z`)
      expect(date.toISOString().slice(0, 10)).toBe(target)
      const weekday = /^(sun|mon|tue|wed|thu|fri|sat)/i.exec(source)
      if (weekday) expect(weekday[1].toLowerCase()).toBe(names[date.getUTCDay()])
    }
  })

  it('count their days as English does', () => {
    const suffix: Record<string, string> = { 1: 'st', 2: 'nd', 3: 'rd', 21: 'st', 22: 'nd', 23: 'rd', 31: 'st' }
    const counted = pairs.flatMap(({ source }) => [...source.toLowerCase().matchAll(/\b(\d+)(st|nd|rd|th)\b/g)])
    expect(new Set(counted.map(([, day]) => day)).size).toBe(31)
    for (const [, day, ending] of counted) expect(`${day}${ending}`).toBe(`${day}${suffix[day] ?? 'th'}`)
  })

  it('come in many forms', () => {
    const looks = pairs.map(({ source }) => source.replace(/\d/g, '0').replace(/[a-z]+/gi, 'a'))
    expect(new Set(looks).size).toBeGreaterThan(18)
  })
})
