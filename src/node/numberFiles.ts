// Numbers on disk: a table's columns as a time series, or a sequence of numbers and what is asked for on each line.

import { type ItemSplits, type NumberSequence, splitItems } from '../data/corpora/items.js'
import { type Series, type WindowOptions, windowsOf } from '../data/corpora/series.js'
import type { Row } from '../data/readers/rows.js'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { corpusOf, rowOf } from './itemFiles.js'
import { nameOf } from './lines.js'
import { rowsOf, type TableOptions } from './tables.js'

export interface NumberFileOptions extends WindowOptions, TableOptions {
  /** Of the parts that sequences are drawn into. Default 1. */
  readonly seed?: number | undefined
}

/**
 * A file of numbers, split. JSON lines that hold `inputs`, a list of steps, and `targets` are sequences of their own, drawn
 * into parts by seed; anything else is a table or JSON lines whose rows follow one another in time: see `windowsOf`.
 * Throws ConfigurationError, FileFormatError that names the line.
 */
export async function readNumbers(path: string, options: NumberFileOptions = {}): Promise<ItemSplits<NumberSequence>> {
  if (!/\.(jsonl|ndjson)(\.gz)?$/.test(path)) return windowsOf(await readSeries(path, options), options)
  const { items, name } = await corpusOf(path, 'rows', {}, (line, where) => ({ row: rowOf(line, where), where }))
  if (!items.every(({ row }) => Array.isArray(row.inputs) && Array.isArray(row.targets)))
    return windowsOf(seriesOf(items, name), options)
  const sequences = items.map(({ row, where }) => sequenceOf(row, where))
  return splitItems(sequences, { seed: options.seed, validation: 0.1, test: 0.1, name })
}

/** The columns of a table whose every value is a number; others, as dates, are left out. */
export async function readSeries(path: string, options: TableOptions = {}): Promise<Series> {
  const rows = await rowsOf(path, options, (row, where) => ({ row, where }))
  return seriesOf(rows, nameOf(path))
}

function seriesOf(rows: readonly { row: Row; where: string }[], name: string): Series {
  const [first] = rows
  if (!first) throw new ConfigurationError(`${name}: it holds no rows; give another file`)
  const columns = new Map<string, Float64Array>()
  for (const column of Object.keys(first.row)) {
    if (!isNumber(first.row[column])) continue
    columns.set(
      column,
      Float64Array.from(rows, ({ row, where }) => {
        if (isNumber(row[column])) return Number(row[column])
        throw new FileFormatError(
          `${where}: the column ${column} must hold a number in every row; got ${JSON.stringify(row[column]) ?? 'nothing'}; mend the row`,
        )
      }),
    )
  }
  if (columns.size > 0) return { name, columns }
  throw new ConfigurationError(
    `${name}: no column begins with a number; the columns are ${Object.keys(first.row).join(', ')}`,
  )
}

/** NaN and infinities are numbers here: training names the row that holds one. */
const isNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && value.trim() !== '' && (!Number.isNaN(Number(value)) || /^\s*nan\s*$/i.test(value)))

function sequenceOf({ inputs, targets }: Row, where: string): NumberSequence {
  const steps = (inputs as unknown[]).map(step => (Array.isArray(step) ? step : [step]))
  const features = steps[0]?.length ?? 0
  if (features === 0 || steps.some(step => step.length !== features || !step.every(isNumber)))
    throw new FileFormatError(`${where}: inputs must be a list of steps, each of as many numbers; mend the line`)
  const wanted = targets as unknown[]
  if (wanted.length === 0 || !wanted.every(isNumber))
    throw new FileFormatError(`${where}: targets must be a list of numbers; mend the line`)
  return {
    inputs: Float64Array.from(steps.flat().map(Number)),
    features,
    targets: Float64Array.from(wanted.map(Number)),
  }
}
