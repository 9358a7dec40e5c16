/* Tagged sentences on disk: CoNLL-U, or a word and its tag in a line. */
import type { ItemCorpus, TaggedSentence } from '../data/corpora/items.js'
import { type TagLineOptions, TagLines } from '../data/readers/tagLines.js'
import { type HeldOutFiles, type HeldOutSplits, splitWithFiles } from './heldOutFiles.js'
import { type ItemFileOptions, notEmpty } from './itemFiles.js'
import { type LineOptions, lineBatches, nameOf } from './lines.js'

/**
 * Tagged sentences; the format is CoNLL-U where the name says so (.conllu, .conllu.gz), else a word first and its tag
 * last in a line.
 * @throws ConfigurationError, FileFormatError.
 */
export async function readTaggedCorpus(
  path: string,
  options: TagLineOptions & LineOptions = {},
): Promise<ItemCorpus<TaggedSentence>> {
  const format = options.format ?? (/\.conllu(\.gz)?$/.test(path) ? 'conllu' : 'columns')
  const sentences = new TagLines(nameOf(path), { ...options, format })
  const items: TaggedSentence[] = []
  for await (const { lines, first } of lineBatches(path, options)) {
    lines.forEach((line, i) => {
      const sentence = sentences.push(line, first + i)
      if (sentence) items.push(sentence)
    })
  }
  const last = sentences.end()
  if (last) items.push(last)
  return notEmpty(items, path, 'tagged sentences')
}

/** `readTaggedCorpus`, split; validation or test may be files of their own. */
export async function readTagged(
  path: string,
  options: TagLineOptions & ItemFileOptions & HeldOutFiles = {},
): Promise<HeldOutSplits<TaggedSentence>> {
  return splitWithFiles(path => readTaggedCorpus(path, options), path, options)
}
