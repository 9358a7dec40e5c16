/* --embedding: learned, one-hot, or a file of word vectors, which is found before any work and read once the vocabulary is
 * known. */
import { statSync } from 'node:fs'
import { z } from 'zod'
import { nearest } from '../../src/errors.js'
import { explained } from '../../src/node/files.js'
import { readWordVectors } from '../../src/node/index.js'
import { Random, site } from '../../src/random.js'
import { whole } from '../output/output.js'
import type { TrainingProgress } from '../output/progress.js'
import { UsageError } from './flags.js'

const kinds = ['learned', 'one-hot'] as const

/** On the command line and in a file, the embedding may also be a file of vectors. */
export const embeddingSchema = z.strictObject({
  embedding: z
    .string()
    .default('learned')
    .describe('learned, one-hot, or a file of word vectors (word2vec, GloVe, fastText)'),
})

/**
 * What is no kind of embedding must be a file of vectors.
 * @throws UsageError for what is neither, ConfigurationError for a path to no file
 */
export function checkEmbedding(embedding: string, verb: string, known: readonly string[] = kinds): void {
  if (known.includes(embedding)) return
  try {
    statSync(embedding)
  } catch (error) {
    if (vectorFileOf(embedding)) throw explained(error, embedding, 'read')
    const near = nearest(embedding, known)
    throw new UsageError(
      `train ${verb}: --embedding must be ${known.join(', ')} or a file of word vectors; got ${embedding}${near ? `; did you mean ${near}?` : ', which does not exist'}`,
    )
  }
}

/** The embedding, where it is written as a path is. */
export const vectorFileOf = (embedding: string): string | undefined =>
  /[./\\]/.test(embedding) ? embedding : undefined

interface Reading {
  readonly seed: number
  readonly progress: TrainingProgress
}

/** The model's options that the flag means. */
export function embeddingOf(embedding: string, reading: Reading) {
  const known = kinds.find(each => each === embedding)
  return known ? { embedding: known } : { embedding: 'learned' as const, vectors: vectorsOf(embedding, reading) }
}

/** Finds a vocabulary's vectors in a file, and tells how many there are. */
export function vectorsOf(path: string, { seed, progress }: Reading) {
  const random = new Random(seed, 1, site.initialisation)
  return async (words: readonly string[]) => {
    const found = await readWordVectors(path, { words, missing: () => random.normal() })
    const { format, dimension, inFile, found: count, missing } = found.report
    progress.note(
      `word vectors: ${path}: ${format}, ${whole(inFile)} of length ${dimension}; ${whole(count)} symbols found, ${whole(missing)} drawn at random`,
    )
    return found
  }
}
