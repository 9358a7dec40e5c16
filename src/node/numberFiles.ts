/* Numbers on disk: a table's columns as a time series, or a sequence of numbers and its targets on each line. */

import { type ItemSplits, type NumberSequence, splitItems } from '../data/corpora/items.js'
import { type Series, type WindowOptions, windowsOf } from '../data/corpora/series.js'
import { Float64Builder } from '../data/numberBuilders.js'
import { jsonRowOf } from '../data/readers/jsonRow.js'
import type { Row } from '../data/readers/rows.js'
import { ConfigurationError, FileFormatError } from '../errors.js'
import { show } from '../formats/savedFields.js'
import { corpusOf } from './itemFiles.js'
import { type ChunkOptions, nameOf } from './lines.js'
import { eachRow, type TableOptions } from './tables.js'

export interface NumberFileOptions extends WindowOptions, TableOptions, ChunkOptions {
  /** Of the parts that sequences are drawn into. Default 1. */
  readonly seed?: number | undefined
}

/**
 * A file of numbers, split. JSON lines that hold `inputs`, a list of steps, and `targets` are sequences of their own, drawn
 * into parts by seed; anything else is a table or JSON lines whose rows follow one another in time: see `windowsOf`.
 * @throws ConfigurationError, FileFormatError that names the line.
 */
export async function readNumbers(path: string, options: NumberFileOptions = {}): Promise<ItemSplits<NumberSequence>> {
  if (!/\.(jsonl|ndjson)(\.gz)?$/.test(path)) return windowsOf(await readNumberColumns(path, options), options)
  const { items, name } = await corpusOf(path, 'rows', options, (line, where) => ({
    row: jsonRowOf(line, where),
    where,
  }))
  if (!items.every(({ row }) => Array.isArray(row.inputs) && Array.isArray(row.targets)))
    return windowsOf(seriesOf(items, name), options)
  const sequences = items.map(({ row, where }) => sequenceOf(row, where))
  return splitItems(sequences, { seed: options.seed, validation: 0.1, test: 0.1, name })
}

/**
 * The columns of a table whose every value is a number; others, as dates, are left out.
 * @throws ConfigurationError, FileFormatError that names the line
 */
export async function readNumberColumns(path: string, options: TableOptions & ChunkOptions = {}): Promise<Series> {
  const columns = new NumberColumns()
  await eachRow(path, options, (row, where) => columns.push(row, where))
  return columns.end(nameOf(path))
}

function seriesOf(rows: readonly { row: Row; where: string }[], name: string): Series {
  const columns = new NumberColumns()
  for (const { row, where } of rows) columns.push(row, where)
  return columns.end(name)
}

/** Takes rows; those columns are kept whose first value is a number. */
class NumberColumns {
  private names: readonly string[] = []
  private columns: Map<string, Float64Builder> | undefined

  /** @throws FileFormatError for a value that is no number */
  push(row: Row, where: string): void {
    if (!this.columns) {
      this.names = Object.keys(row)
      this.columns = new Map(this.names.filter(name => isNumber(row[name])).map(name => [name, new Float64Builder(64)]))
    }
    for (const [name, numbers] of this.columns) {
      const value = row[name]
      if (!isNumber(value))
        throw new FileFormatError(
          `${where}: the column ${name} must hold a number in every row; got ${show(value)}; mend the row`,
        )
      numbers.push(Number(value))
    }
  }

  /** @throws ConfigurationError where there were no rows, or none began with a number */
  end(name: string): Series {
    const { columns, names } = this
    if (!columns) throw new ConfigurationError(`${name}: it holds no rows; give another file`)
    if (columns.size === 0)
      throw new ConfigurationError(`${name}: no column begins with a number; the columns are ${names.join(', ')}`)
    return { name, columns: new Map([...columns].map(([column, numbers]) => [column, numbers.view()])) }
  }
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
