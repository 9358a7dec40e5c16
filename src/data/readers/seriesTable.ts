/* Rows of a table as time series: which column is the time, which are to be forecast, which stand beside them; rows sorted by
 * time, gaps found, doubles refused, the frequency inferred where it is not given. */
import { ConfigurationError, FileFormatError, nearest } from '../../errors.js'
import { type Covariate, SeriesCorpus, type TimeSeries } from '../corpora/timeSeries.js'
import { type LocalTime, localTimeOf, secondsOf } from '../time/calendar.js'
import { frequencyName, frequencyOf, inferFrequency, Timeline } from '../time/frequency.js'
import { type ParsedTime, parserOf } from '../time/parseTime.js'
import { TimeZone } from '../time/timeZone.js'
import { cell, type Row } from './rows.js'

export interface SeriesColumns {
  /** The column of times. */
  readonly timeColumn: string
  /** The columns to forecast, jointly where there are several. */
  readonly targetColumn: string | readonly string[]
  /** The column that says which series a row is of. Default: all rows are of one. */
  readonly seriesColumn?: string | undefined
  /** Columns whose values are known for the steps to forecast, as promotions and holidays. */
  readonly futureCovariates?: readonly string[] | undefined
  /** Columns whose values are known only up to now, as visitors. */
  readonly pastCovariates?: readonly string[] | undefined
  /** Columns that have one value a series, as a shop's region. */
  readonly staticCovariates?: readonly string[] | undefined
}

export interface SeriesTableOptions extends SeriesColumns {
  /** How times are written, as `dd/MM/yyyy HH:mm`. Default: ISO 8601, or seconds or milliseconds since 1970. */
  readonly timeFormat?: string | undefined
  /** IANA name of the zone whose clocks the times are read on, as `Europe/Berlin`. Default: none, clocks that never change. */
  readonly timeZone?: string | undefined
  /** As `day`, `15 minutes`, `business day`. Default: inferred. */
  readonly frequency?: string | undefined
  /** A target that is missing: left out of loss and measures, refused, the value before it, or a line between its neighbours. Default mask. */
  readonly missing?: 'mask' | 'refuse' | 'forward' | 'interpolate' | undefined
  /** Each target column is a series of its own, called as the column. Default false. */
  readonly wide?: boolean | undefined
}

/** A row, and the file and line that it stands in. */
export interface PlacedRow {
  readonly row: Row
  readonly where: string
}

interface TimedRow extends PlacedRow {
  readonly time: LocalTime
}

/** A longer span is a wrong year, not a series: 31 years of seconds. */
const MOST_STEPS = 1e9

const listOf = (columns: string | readonly string[] | undefined): readonly string[] =>
  columns === undefined ? [] : typeof columns === 'string' ? [columns] : columns

/**
 * The series of a table.
 * @param name of the data, for messages
 * @throws ConfigurationError for a column that is not there; FileFormatError that names the line of a time that cannot be
 * read, stands twice or lies between two steps, and of a value that is no number
 */
export function seriesOfRows(rows: readonly PlacedRow[], options: SeriesTableOptions, name: string): SeriesCorpus {
  checkColumns(rows, options, name)
  const targetColumns = listOf(options.targetColumn)
  const groups = grouped(rows, options)
  const { timed, zone } = timedRows(groups, options, name)
  const sorted = [...timed].map(
    ([id, group]) => [id, group.toSorted((a, b) => secondsOf(a.time) - secondsOf(b.time))] as const,
  )
  for (const [, group] of sorted) checkDoubles(group)
  const times = sorted.map(([, group]) => group.map(({ time }) => time))
  const frequency = options.frequency === undefined ? inferFrequency(times, name) : frequencyOf(options.frequency)
  const timeline = new Timeline(frequency, times[0][0], zone)
  const series = sorted.flatMap(([id, group]) => {
    const columns = new SeriesBuilder(group, timeline, options)
    if (!options.wide) return [columns.series(id, targetColumns)]
    return targetColumns.map(column => columns.series(id === '' ? column : `${id} ${column}`, [column]))
  })
  return new SeriesCorpus({
    ...{ name, timeline, timeZone: options.timeZone, series },
    targetColumns: options.wide ? ['value'] : targetColumns,
  })
}

function checkColumns(rows: readonly PlacedRow[], options: SeriesTableOptions, name: string): void {
  const [first] = rows
  if (!first) throw new ConfigurationError(`${name}: it holds no rows; give another file`)
  const columns = Object.keys(first.row)
  const { timeColumn, seriesColumn, futureCovariates = [], pastCovariates = [], staticCovariates = [] } = options
  const targets = listOf(options.targetColumn)
  const wanted = [timeColumn, ...targets, ...futureCovariates, ...pastCovariates, ...staticCovariates]
  if (targets.length === 0) throw new ConfigurationError(`${name}: targetColumn names no column; give one`)
  for (const column of seriesColumn === undefined ? wanted : [...wanted, seriesColumn]) {
    if (columns.includes(column)) continue
    const near = nearest(column, columns)
    throw new ConfigurationError(
      `${name}: there is no column ${column}; the columns are ${columns.slice(0, 20).join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    )
  }
  const twice = wanted.find((column, i) => wanted.indexOf(column) < i)
  if (twice !== undefined)
    throw new ConfigurationError(`${name}: the column ${twice} is named twice; it is one of time, target or covariate`)
}

function grouped(rows: readonly PlacedRow[], { seriesColumn }: SeriesTableOptions): Map<string, PlacedRow[]> {
  const groups = new Map<string, PlacedRow[]>()
  for (const placed of rows) {
    const id = seriesColumn === undefined ? '' : cell(placed.row, seriesColumn, placed.where).trim()
    const group = groups.get(id)
    if (group) group.push(placed)
    else groups.set(id, [placed])
  }
  return groups
}

/** Each row with its time; with a time zone and steps of less than a day that is the instant, as UTC's clocks show it. */
function timedRows(
  groups: ReadonlyMap<string, readonly PlacedRow[]>,
  { timeColumn, timeFormat, timeZone, frequency }: SeriesTableOptions,
  name: string,
): { timed: ReadonlyMap<string, readonly TimedRow[]>; zone: TimeZone | undefined } {
  const texts = function* () {
    for (const group of groups.values()) for (const { row, where } of group) yield cell(row, timeColumn, where)
  }
  const parse = parserOf(texts(), timeFormat, `${name}: the column ${timeColumn}`)
  const zone = timeZone === undefined ? undefined : new TimeZone(timeZone)
  const parsed = new Map<string, (PlacedRow & { parsed: ParsedTime })[]>()
  for (const [id, group] of groups)
    parsed.set(
      id,
      group.map(({ row, where }) => {
        const text = cell(row, timeColumn, where)
        const time = parse(text)
        if (time) return { row, where, parsed: time }
        throw new FileFormatError(
          `${where}: the column ${timeColumn} must hold a time as the rows before; got ${JSON.stringify(text.slice(0, 64))}; mend the row`,
        )
      }),
    )
  const local = (time: ParsedTime): LocalTime =>
    'local' in time ? time.local : zone ? zone.localTime(time.instant) : localTimeOf(time.instant)
  const clocks = new Set<number>()
  for (const group of parsed.values()) for (const { parsed: time } of group) clocks.add(local(time).seconds)
  const days = frequency === undefined ? clocks.size === 1 : frequencyOf(frequency).unit !== 'second'
  const timed = new Map<string, TimedRow[]>()
  for (const [id, group] of parsed) {
    const instants = zone && !days ? new Set<number>() : undefined
    timed.set(
      id,
      group.map(({ row, where, parsed: time }) => {
        if (!zone || !instants) return { row, where, time: local(time) }
        return { row, where, time: localTimeOf(instantOf(time, zone, instants)) }
      }),
    )
  }
  return { timed, zone: days ? undefined : zone }
}

/** The instant of a time; of an hour that clocks show twice, the one that no earlier row of the series has taken. */
function instantOf(time: ParsedTime, zone: TimeZone, taken: Set<number>): number {
  const candidates = 'local' in time ? zone.instantsOf(time.local) : [time.instant]
  const instant = candidates.find(candidate => !taken.has(candidate)) ?? candidates[0]
  taken.add(instant)
  return instant
}

function checkDoubles(group: readonly TimedRow[]): void {
  for (let i = 1; i < group.length; i++)
    if (secondsOf(group[i].time) === secondsOf(group[i - 1].time))
      throw new FileFormatError(
        `${group[i].where}: its time stands in ${group[i - 1].where} too; leave one out, or name the seriesColumn that tells them apart`,
      )
}

/** The arrays of the series of one group of rows. */
class SeriesBuilder {
  private readonly start: number
  private readonly steps: number
  private readonly indexes: readonly number[]

  constructor(
    private readonly rows: readonly TimedRow[],
    private readonly timeline: Timeline,
    private readonly options: SeriesTableOptions,
  ) {
    const indexes = rows.map(({ time, where }) => {
      const index = timeline.indexOf(time)
      if (index !== undefined) return index
      throw new FileFormatError(
        `${where}: its time lies between two steps of a ${frequencyName(timeline.frequency)} from ${timeline.label(0)}; mend it, or give another frequency`,
      )
    })
    this.start = indexes[0]
    this.steps = indexes[indexes.length - 1] - this.start + 1
    if (this.steps > MOST_STEPS)
      throw new FileFormatError(
        `${rows[rows.length - 1].where}: ${this.steps} steps lie between the first and the last time; mend the time, or give another frequency`,
      )
    this.indexes = indexes.map(index => index - this.start)
  }

  /** @param targets columns that are forecast */
  series(id: string, targets: readonly string[]): TimeSeries {
    const { futureCovariates = [], pastCovariates = [], staticCovariates = [] } = this.options
    const values = targets.map(column => this.numbers(column))
    let length = this.steps
    while (length > 0 && values.every(each => Number.isNaN(each[length - 1]))) length--
    const past = pastCovariates.map(column => this.covariate(column, length))
    return {
      ...{ id, start: this.start, length, past },
      targets: values.map((each, k) => this.filled(each.subarray(0, length), targets[k])),
      future: futureCovariates.map(column => this.covariate(column, this.steps)),
      constant: staticCovariates.map(column => this.constant(column, id)),
    }
  }

  private numbers(column: string): Float64Array {
    const values = new Float64Array(this.steps).fill(Number.NaN)
    this.rows.forEach(({ row, where }, i) => {
      const text = cell(row, column, where).trim()
      const value = numberOf(text)
      if (value === undefined)
        throw new FileFormatError(
          `${where}: the column ${column} must hold a number, or nothing where one is missing; got ${JSON.stringify(text.slice(0, 64))}; mend the row`,
        )
      values[this.indexes[i]] = value
    })
    return values
  }

  private filled(values: Float64Array, column: string): Float64Array {
    const { missing = 'mask' } = this.options
    if (missing === 'mask') return values
    const gap = values.findIndex(Number.isNaN)
    if (gap < 0) return values
    if (missing === 'refuse')
      throw new FileFormatError(
        `${column} is missing at ${this.timeline.label(this.start + gap)}; fill it, or give another --missing`,
      )
    return missing === 'forward' ? carriedForward(values) : interpolated(values)
  }

  private covariate(column: string, length: number): Covariate {
    const cells = new Array<string>(length).fill('')
    this.rows.forEach(({ row, where }, i) => {
      if (this.indexes[i] < length) cells[this.indexes[i]] = cell(row, column, where).trim()
    })
    return covariateOf(column, cells)
  }

  private constant(column: string, id: string): Covariate {
    const [first, ...others] = this.rows.map(({ row, where }) => ({ value: cell(row, column, where).trim(), where }))
    const other = others.find(({ value }) => value !== first.value)
    if (other)
      throw new FileFormatError(
        `${other.where}: the static covariate ${column} of ${id || 'the series'} is ${other.value}, but ${first.value} in ${first.where}; name it among the past or future covariates`,
      )
    return covariateOf(column, [first.value])
  }
}

/** NaN where nothing stands; undefined where it is no number. */
function numberOf(text: string): number | undefined {
  if (text === '' || /^(nan|na|null|none)$/i.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Numbers where all that stands there are numbers, else categories. */
function covariateOf(name: string, cells: readonly string[]): Covariate {
  const numbers = cells.map(numberOf)
  return numbers.every(value => value !== undefined)
    ? { name, kind: 'number', values: Float64Array.from(numbers) }
    : { name, kind: 'category', values: cells }
}

function carriedForward(values: Float64Array): Float64Array {
  let last = Number.NaN
  return values.map(value => {
    if (!Number.isNaN(value)) last = value
    return last
  })
}

/** Gaps become a line between their neighbours; before the first and after the last value they stay. */
function interpolated(values: Float64Array): Float64Array {
  const filled = values.slice()
  let before = -1
  for (let t = 0; t < values.length; t++) {
    if (Number.isNaN(values[t])) continue
    for (let gap = before + 1; before >= 0 && gap < t; gap++)
      filled[gap] = values[before] + ((values[t] - values[before]) * (gap - before)) / (t - before)
    before = t
  }
  return filled
}
