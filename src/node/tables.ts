// Tables with named columns: comma- or tab-separated, by csv-parse (https://csv.js.org), so that quoted fields, line ends
// within them and doubled quotes are read as others write them. A malformed row is named by its line.
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import type { ItemCorpus, ItemSplits, LabelledText, TextPair } from '../data/corpora/items.js'
import { type LabelledColumns, labelledTextOf, type PairColumns, pairOf, type Row } from '../data/readers/rows.js'
import { FileFormatError } from '../errors.js'
import { type ItemFileOptions, notEmpty, splitCorpusOf } from './itemFiles.js'
import { type LineBatch, lineBatches, nameOf } from './lines.js'
import { bySource } from './pairFiles.js'

export interface TableOptions {
  /**
   * What stands between two columns. Default: a tab where the first line has one, else a comma; a semicolon where there
   * is one and no comma.
   */
  delimiter?: string | undefined
  /** What stands around a field that may hold delimiters and line ends. Default `"`, but between tabs nothing: there it is a character like others. */
  quote?: string | undefined
  /** What the columns are called, where the file’s first line does not say it but is a row already. */
  columns?: readonly string[] | undefined
}

/** A table's rows as labelled texts. Throws ConfigurationError, FileFormatError. */
export async function readTableCorpus(
  path: string,
  options: LabelledColumns & TableOptions & ItemFileOptions = {},
): Promise<ItemCorpus<LabelledText>> {
  const items = await rowsOf(path, options, (row, where) => labelledTextOf(row, options, where))
  return notEmpty(items, path, 'rows')
}

/** `readTableCorpus`, split. */
export async function readTable(
  path: string,
  options: LabelledColumns & TableOptions & ItemFileOptions = {},
): Promise<ItemSplits<LabelledText>> {
  return splitCorpusOf(await readTableCorpus(path, options), options)
}

/** A table's rows as pairs, split; pairs of one source sentence stay in one part. */
export async function readTablePairs(
  path: string,
  options: PairColumns & TableOptions & ItemFileOptions = {},
): Promise<ItemSplits<TextPair>> {
  const items = await rowsOf(path, options, (row, where) => pairOf(row, options, where))
  return splitCorpusOf(notEmpty(items, path, 'rows'), options, bySource)
}

/** Each row by `itemOf`, read as a stream. `where` names file and line. */
export async function rowsOf<Item>(
  path: string,
  options: TableOptions & ItemFileOptions,
  itemOf: (row: Row, where: string) => Item,
): Promise<Item[]> {
  const name = nameOf(path)
  const items: Item[] = []
  const batches = lineBatches(path, options)
  const first = await batches.next()
  if (first.done) return items
  const text = async function* () {
    yield joined(first.value)
    for await (const batch of batches) yield joined(batch)
  }
  const delimiter = options.delimiter ?? delimiterOf(first.value.lines[0])
  const quote = options.quote ?? (delimiter === '\t' ? null : '"')
  const columns = (header: readonly string[]) => eachOnce(header, name)
  const parser = parse({
    columns: options.columns ? eachOnce(options.columns, name) : columns,
    bom: true,
    delimiter,
    quote,
    info: true,
    skip_empty_lines: true,
  })
  // The iteration below meets the error; pipeline only hands it on.
  pipeline(Readable.from(text()), parser, () => {})
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Row; info: { lines: number } }>)
      items.push(itemOf(record, `${name}, line ${info.lines}`))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error.lines === 'number' ? `, line ${error.lines}` : ''
    throw new FileFormatError(`${name}${line}: ${error.message}; mend the row, or give the delimiter`, { cause: error })
  }
  return items
}

function delimiterOf(line = ''): string {
  if (line.includes('\t')) return '\t'
  return line.includes(';') && !line.includes(',') ? ';' : ','
}

function eachOnce(columns: readonly string[], name: string): string[] {
  const twice = columns.find((column, i) => columns.indexOf(column) < i)
  if (twice === undefined) return [...columns]
  throw new FileFormatError(
    `${name}: columns must have names of their own; ${JSON.stringify(twice)} stands twice; rename one`,
  )
}

const joined = ({ lines }: LineBatch) => lines.map(line => `${line}\n`).join('')
