// Tables with named columns: comma- or tab-separated, by csv-parse (https://csv.js.org), so that quoted fields, line ends
// within them and doubled quotes are read as others write them. A malformed row is named by its line.
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { FileFormatError } from '../errors.js'
import type { ItemSplits, LabelledText, TextPair } from '../text/items.js'
import { type LabelledColumns, labelledTextOf, type PairColumns, pairOf, type Row } from '../text/rows.js'
import { bySource, type ItemFileOptions, notEmpty, splitCorpusOf } from './itemFiles.js'
import { type LineBatch, lineBatches, nameOf } from './lines.js'

export interface TableOptions {
  /** What stands between two columns. Default: a tab where the first line has one, else a comma. */
  delimiter?: string | undefined
}

/** A table's rows as labelled texts, split. Throws ConfigurationError, FileFormatError. */
export async function readTable(
  path: string,
  options: LabelledColumns & TableOptions & ItemFileOptions = {},
): Promise<ItemSplits<LabelledText>> {
  const items = await rowsOf(path, options, (row, where) => labelledTextOf(row, options, where))
  return splitCorpusOf(notEmpty(items, path, 'rows'), options)
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
  const delimiter = options.delimiter ?? (first.value.lines[0]?.includes('\t') ? '\t' : ',')
  const parser = parse({ columns: true, bom: true, delimiter, info: true, skip_empty_lines: true })
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

const joined = ({ lines }: LineBatch) => lines.map(line => `${line}\n`).join('')
