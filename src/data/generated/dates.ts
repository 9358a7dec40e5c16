/* Dates as people write them, and as ISO 8601 writes them: `Sunday, May 3rd, 1998` → `1998-05-03`. Each form means one
 * date only: with slashes the month stands first (American), with dots the day (European); years of two digits are 1950
 * to 2049. Weekdays are true. */

import type { Random } from '../../random.js'
import type { TextPair } from '../corpora/items.js'
import { defineCorpus, type GenerateCorpusOptions } from './generatedCorpus.js'

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const units = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth']
const dayWords = [
  ...units,
  ...['tenth', 'eleventh', 'twelfth', 'thirteenth', 'fourteenth', 'fifteenth', 'sixteenth'],
  ...['seventeenth', 'eighteenth', 'nineteenth', 'twentieth'],
  ...units.map(unit => `twenty-${unit}`),
  ...['thirtieth', 'thirty-first'],
]

const FIRST_YEAR = 1950
const LAST_YEAR = 2049

interface WrittenDate {
  readonly day: number
  readonly month: number
  readonly year: number
  readonly monthName: string
  readonly weekday: string
}

const two = (number: number) => String(number).padStart(2, '0')
const shortYear = ({ year }: WrittenDate) => two(year % 100)
const shortMonth = ({ monthName }: WrittenDate) => monthName.slice(0, 3)

/** 1st, 2nd, 3rd, 4th … 11th, 12th, 13th … */
function ordinal(day: number): string {
  const suffix = day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')
  return `${day}${suffix}`
}

const forms: readonly ((date: WrittenDate) => string)[] = [
  d => `${d.day} ${d.monthName} ${d.year}`,
  d => `${d.monthName} ${d.day}, ${d.year}`,
  d => `${d.monthName} ${ordinal(d.day)}, ${d.year}`,
  d => `the ${ordinal(d.day)} of ${d.monthName} ${d.year}`,
  d => `the ${dayWords[d.day - 1]} of ${d.monthName}, ${d.year}`,
  d => `${d.weekday}, ${d.monthName} ${ordinal(d.day)}, ${d.year}`,
  d => `${d.weekday.slice(0, 3)} ${d.day} ${shortMonth(d)} ${d.year}`,
  d => `${d.weekday} the ${ordinal(d.day)} of ${d.monthName}, ${d.year}`,
  d => `${d.day}-${shortMonth(d)}-${shortYear(d)}`,
  d => `${shortMonth(d)} ${d.day} '${shortYear(d)}`,
  d => `${shortMonth(d)}. ${d.day}, ${d.year}`,
  d => `${d.day}.${d.month}.${d.year}`,
  d => `${two(d.day)}.${two(d.month)}.${shortYear(d)}`,
  d => `${d.month}/${d.day}/${d.year}`,
  d => `${two(d.month)}/${two(d.day)}/${shortYear(d)}`,
  d => `${d.year}/${two(d.month)}/${two(d.day)}`,
  d => `${d.year} ${d.monthName} ${d.day}`,
  d => `${d.year}${two(d.month)}${two(d.day)}`,
]
const cases: readonly ((text: string) => string)[] = [
  text => text,
  text => text,
  text => text.toLowerCase(),
  text => text.toUpperCase(),
]

function drawDate(random: Random): TextPair {
  const first = Date.UTC(FIRST_YEAR, 0, 1)
  const dayLength = 86_400_000
  const days = (Date.UTC(LAST_YEAR + 1, 0, 1) - first) / dayLength
  const date = new Date(first + random.integer(0, days - 1) * dayLength)
  const month = date.getUTCMonth() + 1
  const written = {
    day: date.getUTCDate(),
    month,
    year: date.getUTCFullYear(),
    monthName: months[month - 1],
    weekday: weekdays[date.getUTCDay()],
  }
  const source = random.choose(cases)(random.choose(forms)(written))
  return { source, target: `${written.year}-${two(month)}-${two(written.day)}` }
}

export const dates = defineCorpus<TextPair, GenerateCorpusOptions>({
  name: 'dates',
  task: 'translate',
  unit: 'character',
  description:
    'Dates from 1950 to 2049 in eighteen written forms (`Sunday, May 3rd, 1998`, `3-May-98`, `05/03/98`), in three ' +
    'kinds of letters, and the same dates in ISO 8601 (`1998-05-03`): a small translation by characters.',
  fileForm: 'source and target, set apart by a tab',
  defaultCount: 20_000,
  drawer: () => drawDate,
  keyOf: ({ source }) => source,
  linesOf: ({ source, target }) => `${source}\t${target}\n`,
})
