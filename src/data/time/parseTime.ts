/* Times as tables have them: ISO 8601 dates and times, numbers of seconds or milliseconds since 1970, or a pattern in the
 * letters of Unicode's date fields (yyyy MM dd HH mm ss). One column is of one form, which its first values decide. */
import { ConfigurationError } from '../../errors.js'
import { daysInMonth, daysOf, type LocalTime, localTimeOf, SECONDS_OF_DAY } from './calendar.js'

/** A time that was read: what the clock shows, or an instant, whose local time depends on the time zone. */
export type ParsedTime =
  | { readonly local: LocalTime }
  /** Seconds since 1970-01-01T00:00Z. */
  | { readonly instant: number }

/** Reads one time; undefined where the text is none of its form. */
export type TimeParser = (text: string) => ParsedTime | undefined

/** Above this a number counts milliseconds: in seconds it is the year 5138. */
const LARGEST_SECONDS = 1e11

const ISO =
  /^([+-]\d{6}|\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** Longest text that is looked at: no form of a time is longer. */
const LONGEST = 64

function local(fields: readonly number[]): LocalTime | undefined {
  const [year, month, day, hour, minute, second] = fields
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && minute + second > 0)) return undefined
  return localTimeOf(daysOf({ year, month, day }) * SECONDS_OF_DAY + hour * 3600 + minute * 60 + second)
}

/** ISO 8601: 2024, 2024-05, 2024-05-31, 2024-05-31T14:00, 2024-05-31 14:00:00+02:00. */
function parseIso(text: string): ParsedTime | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', zone] = match
  const time = local([year, month, day, hour, minute, second].map(Number))
  if (!time || zone === undefined) return time && { local: time }
  const sign = zone[0] === '-' ? -1 : 1
  const offset =
    zone === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3).replace(':', '')) * 60)
  return { instant: time.days * SECONDS_OF_DAY + time.seconds - offset }
}

/** Seconds or milliseconds since 1970-01-01T00:00Z. */
function parseEpoch(text: string): ParsedTime | undefined {
  if (!/^-?\d{1,16}(?:\.\d{1,9})?$/.test(text)) return undefined
  const value = Number(text)
  return { instant: Math.floor(Math.abs(value) > LARGEST_SECONDS ? value / 1000 : value) }
}

const FIELDS: Readonly<Record<string, string>> = {
  y: '\\d{4}',
  M: '\\d{1,2}',
  d: '\\d{1,2}',
  H: '\\d{1,2}',
  m: '\\d{2}',
  s: '\\d{2}',
}

/**
 * A parser of a pattern as `dd/MM/yyyy HH:mm`. The letters are y, M, d, H, m and s, in runs; all else stands for itself.
 * @throws ConfigurationError for a letter that is no field, or a pattern without a year
 */
export function patternParser(pattern: string): TimeParser {
  const order: string[] = []
  let expression = ''
  for (const [run] of pattern.matchAll(/([A-Za-z])\1*|[^A-Za-z]/g)) {
    const [letter] = run
    if (!/[A-Za-z]/.test(letter)) {
      expression += letter.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
      continue
    }
    if (!Object.hasOwn(FIELDS, letter) || order.includes(letter))
      throw new ConfigurationError(
        `timeFormat: ${run} ${order.includes(letter) ? 'stands twice' : 'is no field'} in ${pattern}; the fields are yyyy, MM, dd, HH, mm and ss`,
      )
    order.push(letter)
    expression += `(${run === 'yy' ? '\\d{2}' : FIELDS[letter]})`
  }
  if (!order.includes('y')) throw new ConfigurationError(`timeFormat: ${pattern} has no year; write it as yyyy`)
  const matcher = new RegExp(`^${expression}$`, 'u')
  const twoDigits = /(?:^|[^y])yy(?:[^y]|$)/.test(pattern)
  return text => {
    const match = matcher.exec(text)
    if (!match) return undefined
    const of = (letter: string, missing: number) =>
      order.includes(letter) ? Number(match[order.indexOf(letter) + 1]) : missing
    const year = of('y', 1970)
    // POSIX: 69 to 99 are of the twentieth century.
    const full = twoDigits ? year + (year < 69 ? 2000 : 1900) : year
    const time = local([full, of('M', 1), of('d', 1), of('H', 0), of('m', 0), of('s', 0)])
    return time && { local: time }
  }
}

const EXAMPLES = 'an ISO date (2024-05-31, 2024-05-31T14:00), or seconds since 1970'

/**
 * The parser of a column: of `format` where there is one, else ISO, else epoch, as its values are.
 * @param values of the column, in the order of its rows
 * @param where names the column in messages
 * @throws ConfigurationError where the values are of neither form
 */
export function parserOf(values: Iterable<string>, format: string | undefined, where: string): TimeParser {
  const parse = format === undefined ? undefined : patternParser(format)
  const [first] = values
  const bounded =
    (parser: TimeParser): TimeParser =>
    text =>
      text.length > LONGEST ? undefined : parser(text.trim())
  for (const parser of parse ? [parse] : [parseIso, parseEpoch])
    if (first === undefined || bounded(parser)(first)) return bounded(parser)
  throw new ConfigurationError(
    parse
      ? `${where} must be as ${format}; got ${first?.slice(0, LONGEST)}`
      : `${where} must hold ${EXAMPLES}; got ${first?.slice(0, LONGEST)}; say how it is written, as timeFormat dd/MM/yyyy`,
  )
}
