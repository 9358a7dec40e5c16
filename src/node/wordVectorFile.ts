/* Word vectors on disk: files of many GB pass through, the vocabulary's vectors stay. */

import { type MissingVectors, WordVectorReader, type WordVectors } from '../data/wordVectors.js'
import { ConfigurationError } from '../errors.js'
import { fileChunks, nameOf } from './lines.js'

export interface ReadWordVectorsOptions {
  /** The vocabulary's words, in its order. */
  words: readonly string[]
  /** What the words get that the file lacks. Default zeros. */
  missing?: MissingVectors | undefined
}

/**
 * The vectors of a vocabulary's words from a file of word2vec (text or binary), GloVe or fastText (.vec), gzip or not.
 * @throws ConfigurationError when the file cannot be read, FileFormatError that names the line where it is broken.
 */
export async function readWordVectors(path: string, { words, missing }: ReadWordVectorsOptions): Promise<WordVectors> {
  const name = nameOf(path)
  if (words.length === 0) throw new ConfigurationError(`${name}: there are no words to find vectors for; give some`)
  const reader = new WordVectorReader(words, name)
  for await (const chunk of fileChunks(path)) reader.push(chunk)
  return reader.end(missing)
}
