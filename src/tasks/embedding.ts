/* How a token enters a model: learned, one-hot, or a file of word vectors, which is checked before any work and read once the
 * vocabulary is known. */
import { z } from 'zod'
import type { WordVectors } from '../data/wordVectors.js'
import { whole } from '../drawing/figures.js'
import { nearest } from '../errors.js'
import { fold, Random, seedKey } from '../random.js'
import type { DataReader } from './dataReader.js'
import type { NameOf } from './task.js'

const EMBEDDINGS = ['learned', 'one-hot'] as const

/** In a configuration the embedding may also be a file of vectors. */
export const embeddingSchema = z.strictObject({
  embedding: z
    .string()
    .default('learned')
    .describe('learned, one-hot, or a file of word vectors (word2vec, GloVe, fastText)'),
})

/** The embedding, where it is written as a path is. */
export const vectorFileOf = (embedding: string | undefined): string | undefined =>
  embedding !== undefined && /[./\\]/.test(embedding) ? embedding : undefined

/** What is wrong with an embedding that is neither a known one nor a file. */
export function embeddingFaults(
  embedding: string | undefined,
  reader: DataReader,
  nameOf: NameOf,
  known: readonly string[] = EMBEDDINGS,
): string[] {
  if (embedding === undefined || known.includes(embedding) || vectorFileOf(embedding) || reader.exists(embedding))
    return []
  const near = nearest(embedding, known)
  return [
    `${nameOf('embedding')} must be ${known.join(', ')} or a file of word vectors; got ${embedding}${near ? `; did you mean ${near}?` : ', which does not exist'}`,
  ]
}

interface VectorOptions {
  readonly seed: number
  /** Without it vectors are learned from a random start. */
  readonly reader: DataReader | undefined
  readonly note: (line: string) => void
}

/** A model's options that the embedding means. */
export function embeddingOf(embedding: string, options: VectorOptions) {
  const known = EMBEDDINGS.find(name => name === embedding)
  return known ? { embedding: known } : { embedding: 'learned' as const, vectors: vectorsOf(embedding, options) }
}

/** Reads a vocabulary's vectors from a file and notes how many there are; undefined without a reader. */
export function vectorsOf(
  path: string,
  { seed, reader, note }: VectorOptions,
): ((words: readonly string[]) => Promise<WordVectors>) | undefined {
  if (!reader) return undefined
  const random = new Random(fold(seedKey(seed), 'wordVectors'))
  return async words => {
    const vectors = await reader.wordVectors(path, { words, missing: () => random.normal() })
    const { format, dimension, inFile, found, missing } = vectors.report
    note(
      `word vectors: ${path}: ${format}, ${whole(inFile)} of length ${dimension}; ${whole(found)} symbols found, ${whole(missing)} drawn at random`,
    )
    return vectors
  }
}
