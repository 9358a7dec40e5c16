// Corpora of items on disk: sentences, pairs and JSON lines become items, read line by line; a row
// that is not what it should be is named by its line. Empty lines are no items.
import { ConfigurationError, FileFormatError } from '../errors.js'
import {
  ItemCorpus,
  type ItemSplitOptions,
  type ItemSplits,
  type LabelledText,
  splitItems,
  type TextPair,
} from '../text/items.js'
import { type LabelledColumns, labelledTextOf, type PairColumns, pairOf, type Row } from '../text/rows.js'
import { show } from '../text/savedFields.js'
import { type LineOptions, lineBatches, nameOf, readLines } from './lines.js'

/** How a file is read and split; how items are compared is the reader's business. */
export type ItemFileOptions = LineOptions &
  Pick<ItemSplitOptions<unknown>, 'seed' | 'validation' | 'test' | 'removeDuplicates'>

/** A text file with one sentence a line. Throws ConfigurationError, FileFormatError. */
export async function readSentenceCorpus(path: string, options: LineOptions = {}): Promise<ItemCorpus<string>> {
  return corpusOf(path, 'sentences', options, line => line)
}

/** `readSentenceCorpus`, split. */
export async function readSentences(path: string, options: ItemFileOptions = {}): Promise<ItemSplits<string>> {
  return splitCorpusOf(await readSentenceCorpus(path, options), options, { keyOf: sentence => sentence })
}

/**
 * Pairs: a file with source and target in a line, set apart by a tab (what follows a second tab is left out), or two
 * files of as many lines, of which pairs with an empty side are left out. Throws ConfigurationError, FileFormatError.
 */
export async function readPairCorpus(
  path: string | readonly [source: string, target: string],
  options: LineOptions = {},
): Promise<ItemCorpus<TextPair>> {
  if (typeof path !== 'string') return parallelCorpus(path, options)
  return corpusOf(path, 'pairs', options, (line, where) => {
    const [source, target] = line.split('\t')
    if (target === undefined)
      throw new FileFormatError(`${where}: source and target must be set apart by a tab; got none`)
    if (source.trim() === '' || target.trim() === '') {
      throw new FileFormatError(`${where}: the ${source.trim() === '' ? 'source' : 'target'} is empty`)
    }
    return { source, target }
  })
}

/** `readPairCorpus`, split; pairs of one source sentence stay in one part. */
export async function readPairs(
  path: string | readonly [source: string, target: string],
  options: ItemFileOptions = {},
): Promise<ItemSplits<TextPair>> {
  return splitCorpusOf(await readPairCorpus(path, options), options, bySource)
}

/** A JSON object a line as labelled texts. Throws ConfigurationError, FileFormatError. */
export async function readJSONLinesCorpus(
  path: string,
  options: LabelledColumns & LineOptions = {},
): Promise<ItemCorpus<LabelledText>> {
  return corpusOf(path, 'rows', options, (line, where) => labelledTextOf(rowOf(line, where), options, where))
}

/** `readJSONLinesCorpus`, split. */
export async function readJSONLines(
  path: string,
  options: LabelledColumns & ItemFileOptions = {},
): Promise<ItemSplits<LabelledText>> {
  return splitCorpusOf(await readJSONLinesCorpus(path, options), options)
}

/** A JSON object a line as pairs, split; pairs of one source sentence stay in one part. */
export async function readJSONPairs(
  path: string,
  options: PairColumns & ItemFileOptions = {},
): Promise<ItemSplits<TextPair>> {
  const corpus = await corpusOf(path, 'pairs', options, (line, where) => pairOf(rowOf(line, where), options, where))
  return splitCorpusOf(corpus, options, bySource)
}

/** Pairs of one source sentence stay in one part. */
export const bySource = { groupOf: ({ source }: TextPair) => source }

export function rowOf(line: string, where: string): Row {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    throw new FileFormatError(`${where}: a line must be a JSON object; it is not JSON`)
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new FileFormatError(`${where}: a line must be a JSON object; got ${show(row)}`)
  }
  return row as Row
}

/** One item a line that is not empty; `where` names file and line. Throws ConfigurationError for none. */
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

async function parallelCorpus(
  [sourcePath, targetPath]: readonly [string, string],
  options: LineOptions,
): Promise<ItemCorpus<TextPair>> {
  const items: TextPair[] = []
  const sources = readLines(sourcePath, options)
  const targets = readLines(targetPath, options)
  try {
    while (true) {
      const [source, target] = [await sources.next(), await targets.next()]
      if (source.done && target.done) break
      if (source.done || target.done) {
        const [shorter, longer] = source.done ? [sourcePath, targetPath] : [targetPath, sourcePath]
        const rest = source.done ? targets : sources
        const common = ((source.value ?? target.value)?.number ?? 1) - 1
        let more = 1
        while (!(await rest.next()).done) more++
        throw new FileFormatError(
          `${nameOf(shorter)}: it must have as many lines as ${nameOf(longer)}; it has ${common}, and that one ${common + more}; give files whose lines belong together`,
        )
      }
      const [from, to] = [source.value.text, target.value.text]
      if (from.trim() !== '' && to.trim() !== '') items.push({ source: from, target: to })
    }
  } finally {
    await sources.return()
    await targets.return()
  }
  return notEmpty(items, `${nameOf(sourcePath)} and ${nameOf(targetPath)}`, 'pairs')
}

/** Throws ConfigurationError where a file gave nothing; `called` names what it should hold. */
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
