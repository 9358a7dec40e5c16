/* Pairs on disk: source and target in a line, in two parallel files, or as JSON lines. Pairs of one source sentence stay in one
 * part of a split. */

import type { ItemCorpus, ItemSplits, TextPair } from '../data/corpora/items.js'
import { jsonRowOf } from '../data/readers/jsonRow.js'
import { type PairColumns, pairOf } from '../data/readers/rows.js'
import { FileFormatError } from '../errors.js'
import { type HeldOutFiles, type HeldOutSplits, splitWithFiles } from './heldOutFiles.js'
import { corpusOf, type ItemFileOptions, notEmpty, splitCorpusOf } from './itemFiles.js'
import { type LineOptions, nameOf, readLines } from './lines.js'

/**
 * Pairs: a file with source and target in a line, set apart by a tab (what follows a second tab is left out), or two
 * files of as many lines, of which pairs with an empty side are left out.
 * @throws ConfigurationError, FileFormatError.
 */
export async function readPairCorpus(
  path: string | readonly [source: string, target: string],
  options: LineOptions = {},
): Promise<ItemCorpus<TextPair>> {
  if (typeof path !== 'string') return parallelCorpus(path, options)
  return corpusOf(path, 'pairs', options, (line, where) => {
    const [source, target] = line.split('\t', 2)
    if (target === undefined)
      throw new FileFormatError(
        `${where}: source and target must be set apart by a tab; got none; set one between them`,
      )
    if (source.trim() === '' || target.trim() === '') {
      throw new FileFormatError(
        `${where}: the ${source.trim() === '' ? 'source' : 'target'} is empty; give it a text, or leave the line out`,
      )
    }
    return { source, target }
  })
}

/**
 * `readPairCorpus`, split; pairs of one source sentence stay in one part. Validation or test may be files of their own, whose
 * sources are not trained on.
 */
export async function readPairs(
  path: string | readonly [source: string, target: string],
  options: ItemFileOptions & HeldOutFiles = {},
): Promise<HeldOutSplits<TextPair>> {
  return splitWithFiles(path => readPairCorpus(path, options), path, options, bySource)
}

/** A JSON object a line as pairs, split; pairs of one source sentence stay in one part. */
export async function readJSONPairs(
  path: string,
  options: PairColumns & ItemFileOptions = {},
): Promise<ItemSplits<TextPair>> {
  const corpus = await corpusOf(path, 'pairs', options, (line, where) => pairOf(jsonRowOf(line, where), options, where))
  return splitCorpusOf(corpus, options, bySource)
}

/** Pairs of one source sentence stay in one part. */
export const bySource = { groupOf: ({ source }: TextPair) => source }

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
