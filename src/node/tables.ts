/* Tables with named columns: comma- or tab-separated, plain or gzip. A malformed row is named by its line. */
import type { ItemCorpus, ItemSplits, LabelledText, TextPair } from '../data/corpora/items.js'
import { DelimitedRows } from '../data/readers/delimitedRows.js'
import { type LabelledColumns, labelledTextOf, type PairColumns, pairOf, type Row } from '../data/readers/rows.js'
import { ConfigurationError } from '../errors.js'
import { type ItemFileOptions, notEmpty, splitCorpusOf } from './itemFiles.js'
import { LONGEST_LINE, lineBatches, nameOf } from './lines.js'
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

/** A table's rows as labelled texts. @throws ConfigurationError, FileFormatError that names the line */
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

/**
 * Each row by `itemOf`, read as a stream. `where` names the file and the line that the row begins in.
 * @throws ConfigurationError, FileFormatError that names the line
 */
export async function rowsOf<Item>(
  path: string,
  options: TableOptions & ItemFileOptions,
  itemOf: (row: Row, where: string) => Item,
): Promise<Item[]> {
  const items: Item[] = []
  await eachRow(path, options, (row, where) => items.push(itemOf(row, where)))
  return items
}

/** `rowsOf` that keeps nothing. */
export async function eachRow(
  path: string,
  options: TableOptions & ItemFileOptions,
  take: (row: Row, where: string) => void,
): Promise<void> {
  const name = nameOf(path)
  let rows: DelimitedRows | undefined
  /** Lines that end as those of old Macintoshes did come as one. */
  let isReturnEnded = false
  let number = 0
  const push = (line: string) => {
    number++
    if (!rows && line === '') return
    rows ??= rowReader(name, line, options)
    const row = rows.push(line, number)
    if (row) take(row, `${name}, line ${rows.line}`)
  }
  for await (const { lines } of lineBatches(path, options)) {
    if (number === 0) isReturnEnded = lines[0].includes('\r')
    for (const line of lines) {
      if (isReturnEnded) line.split('\r').forEach(push)
      else push(line)
    }
  }
  rows?.end()
}

function rowReader(name: string, first: string, options: TableOptions & ItemFileOptions): DelimitedRows {
  const delimiter = options.delimiter ?? delimiterOf(first)
  const quote = options.quote ?? (delimiter === '\t' ? null : '"')
  for (const [key, value] of Object.entries({ delimiter, quote }))
    if (value === '') throw new ConfigurationError(`${name}: ${key} must have a character; got none; leave it out`)
  const { columns, longestLine: longestRow = LONGEST_LINE } = options
  return new DelimitedRows(name, { delimiter, quote, columns, longestRow })
}

function delimiterOf(line: string): string {
  if (line.includes('\t')) return '\t'
  return line.includes(';') && !line.includes(',') ? ';' : ','
}
