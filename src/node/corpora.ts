/* Corpora on disk: a file becomes the three parts that training, validation and test take. */

import { type SplitTextOptions, TextCorpus, type TextSplits } from '../data/corpora/corpus.js'
import { splitCorpus } from '../data/corpora/splitCorpus.js'
import { textOf } from './files.js'
import { FileText } from './fileText.js'
import { type ChunkOptions, fileChunks, nameOf } from './lines.js'

export interface ReadCorpusOptions extends ChunkOptions {
  /** A longer file stays on disk and is read chunk by chunk, each time that its text is wanted; bytes. Default 128 MiB. */
  mostHeld?: number | undefined
}

export type ReadTextOptions = ReadCorpusOptions & Omit<SplitTextOptions, 'name'>

/**
 * A text file as a corpus, unpacked where its name ends in .gz; `-` is standard input. A byte order mark is dropped and
 * CRLF becomes LF. What is longer than `mostHeld` stays in the file (standard input and unpacked text in a temporary one,
 * which ends with the program): do not change the file while the corpus is used.
 * @throws ConfigurationError when the file cannot be read, FileFormatError when it is not UTF-8.
 */
export async function readCorpus(
  path: string,
  { mostHeld = 2 ** 27, maxBytes }: ReadCorpusOptions = {},
): Promise<TextCorpus> {
  const name = nameOf(path)
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reading = fileChunks(path, { maxBytes })
  for (let next = await reading.next(); !next.done; next = await reading.next()) {
    chunks.push(next.value)
    bytes += next.value.length
    if (bytes > mostHeld) return new TextCorpus(await FileText.open(path, chunks, reading), name)
  }
  return new TextCorpus(textOf(Buffer.concat(chunks), path), name)
}

/** `splitCorpus(await readCorpus(path))`: a long file’s parts lie where it lies. */
export async function readText(path: string, options: ReadTextOptions = {}): Promise<TextSplits> {
  return splitCorpus(await readCorpus(path, options), options)
}
