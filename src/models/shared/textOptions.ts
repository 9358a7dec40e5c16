/* How models that read whole texts take them in: keys that the schemas of classifier, tagger and translator take over, and what
 * they must hold together. */
import { z } from 'zod'
import { contradiction } from '../../configuration.js'

const probability = () => z.number().min(0).lt(1).default(0)

/** What the tokens are that a text is cut into. */
export const tokenShape = {
  minCount: z
    .int()
    .min(1)
    .optional()
    .describe('a symbol seen less often is unknown (default: 1; words and byte pairs 2)'),
  vocabularySize: z
    .int()
    .min(2)
    .max(1_000_000)
    .optional()
    .describe('words at most (default: all), or byte pairs learned (default: 2048)'),
  wordBoundaries: z
    .enum(['space', 'unicode'])
    .default('unicode')
    .describe('where words end: white space, or Unicode’s boundaries too, which set punctuation apart'),
}

export const readingShape = {
  embedding: z.enum(['learned', 'one-hot']).default('learned').describe('how tokens enter the first layer'),
  embeddingSize: z.int().min(1).max(65536).optional().describe('length of a learned vector (default: hiddenSize)'),
  freezeEmbedding: z.boolean().default(false).describe('training leaves the embedding as it is'),
  bidirectional: z.boolean().default(false).describe('a second direction reads from each text’s end'),
  inputDropout: probability().describe(
    'probability that a number of what enters the first layer is dropped in training',
  ),
  wordDropout: probability().describe('probability that a token is taken as unknown in training'),
  outputDropout: probability().describe(
    'probability that a unit before each layer of the output is dropped in training',
  ),
}

const readingSchema = z.strictObject(readingShape)

/** Booleans among them, which a flag must be able to unset. */
export const readingNegatable = ['freezeEmbedding', 'bidirectional', 'foldCase'] as const

export const readingContradictions = [
  contradiction(readingSchema, ['freezeEmbedding', 'embedding'], ({ freezeEmbedding, embedding }, nameOf) =>
    freezeEmbedding && embedding === 'one-hot'
      ? `needs a learned embedding; leave it or ${nameOf('embedding')} one-hot out`
      : undefined,
  ),
  contradiction(readingSchema, ['embeddingSize', 'embedding'], ({ embeddingSize, embedding }, nameOf) =>
    embeddingSize !== undefined && embedding === 'one-hot' ? `is for ${nameOf('embedding')} learned` : undefined,
  ),
  contradiction(readingSchema, ['inputDropout', 'embedding'], ({ inputDropout, embedding }, nameOf) =>
    inputDropout > 0 && embedding === 'one-hot' ? `is for ${nameOf('embedding')} learned` : undefined,
  ),
]
