/* Corpora of items on disk: sentences and JSON lines become items, read line by line; a row that is not what it should be is
 * named by its line. Empty lines are no items. */

import {
  ItemCorpus,
  type ItemSplitOptions,
  type ItemSplits,
  type LabelledText,
  splitItems,
} from '../data/corpora/items.js'
import { jsonRowOf } from '../data/readers/jsonRow.js'
import { type LabelledColumns, labelledTextOf } from '../data/readers/rows.js'
import { ConfigurationError } from '../errors.js'
import { type LineOptions, lineBatches, nameOf } from './lines.js'

/** How a file is read and split; how items are compared is the reader's business. */
export type ItemFileOptions = LineOptions &
  Pick<ItemSplitOptions<unknown>, 'seed' | 'validation' | 'test' | 'removeDuplicates'>

/** A text file with one sentence a line. @throws ConfigurationError, FileFormatError */
export async function readSentenceCorpus(path: string, options: LineOptions = {}): Promise<ItemCorpus<string>> {
  return corpusOf(path, 'sentences', options, line => line)
}

/** `readSentenceCorpus`, split. */
export async function readSentences(path: string, options: ItemFileOptions = {}): Promise<ItemSplits<string>> {
  return splitCorpusOf(await readSentenceCorpus(path, options), options, { keyOf: sentence => sentence })
}

/** A JSON object a line as labelled texts. @throws ConfigurationError, FileFormatError */
export async function readJSONLinesCorpus(
  path: string,
  options: LabelledColumns & LineOptions = {},
): Promise<ItemCorpus<LabelledText>> {
  return corpusOf(path, 'rows', options, (line, where) => labelledTextOf(jsonRowOf(line, where), options, where))
}

/** `readJSONLinesCorpus`, split. */
export async function readJSONLines(
  path: string,
  options: LabelledColumns & ItemFileOptions = {},
): Promise<ItemSplits<LabelledText>> {
  return splitCorpusOf(await readJSONLinesCorpus(path, options), options)
}

/** One item a line that is not empty; `where` names file and line. @throws ConfigurationError for none */
export async function corpusOf<Item>(
  path: string,
  called: string,
  options: LineOptions,
  itemOf: (line: string, where: string) => Item,
): Promise<ItemCorpus<Item>> {
  const name = nameOf(path)
  const items: Item[] = []
  for await (const { lines, first } of lineBatches(path, options)) {
    for (let i = 0; i < lines.length; i++) {
      if (lines[i].trim() !== '') items.push(itemOf(lines[i], `${name}, line ${first + i}`))
    }
  }
  return notEmpty(items, path, called)
}

/** @throws ConfigurationError where a file gave nothing; `called` names what it should hold */
export function notEmpty<Item>(items: Item[], path: string, called: string): ItemCorpus<Item> {
  if (items.length > 0) return new ItemCorpus(items, nameOf(path))
  throw new ConfigurationError(`${nameOf(path)}: it holds no ${called}; give another file`)
}

/** Splits a corpus as the options say. */
export function splitCorpusOf<Item>(
  { items, name }: ItemCorpus<Item>,
  { seed, validation, test, removeDuplicates }: ItemFileOptions,
  compared: Pick<ItemSplitOptions<Item>, 'keyOf' | 'groupOf'> = {},
): ItemSplits<Item> {
  return splitItems(items, { seed, validation, test, removeDuplicates, name, ...compared })
}
