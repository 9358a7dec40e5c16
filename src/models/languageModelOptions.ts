/* What a language model is made of: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'
import { contradiction } from '../configuration.js'
import { units } from '../text/tokenizer.js'

export const languageModelSchema = z.strictObject({
  unit: z.enum(units).default('character').describe('what a token is'),
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
    .default('space')
    .describe('where words end: white space, or Unicode’s boundaries too'),
  foldCase: z.boolean().default(false).describe('words in small letters'),
  cell: z.enum(['elman', 'gru', 'lstm']).default('lstm').describe('the recurrent cell'),
  nonlinearity: z.enum(['tanh', 'relu', 'sigmoid']).default('tanh').describe('the elman cell’s σ'),
  hiddenSize: z.int().min(1).max(65536).default(256).describe('units of each recurrent layer'),
  numLayers: z.int().min(1).max(64).default(2).describe('recurrent layers, one upon another'),
  embedding: z.enum(['learned', 'one-hot']).default('learned').describe('how tokens enter the first layer'),
  embeddingSize: z.int().min(1).max(65536).optional().describe('length of a learned vector (default: hiddenSize)'),
  freezeEmbedding: z.boolean().default(false).describe('training leaves the embedding as it is'),
  tieWeights: z.boolean().default(false).describe('the output layer shares its weights with the embedding'),
  dropout: z.number().min(0).lt(1).default(0).describe('probability that a unit between layers is dropped in training'),
})

/** What these keys must hold together. The embedding may also be a file of vectors, which are learned on. */
export const languageModelContradictions = [
  contradiction(languageModelSchema, ['freezeEmbedding', 'tieWeights', 'embedding'], (values, nameOf) =>
    values.freezeEmbedding && (values.tieWeights || values.embedding === 'one-hot')
      ? `needs an embedding of its own; leave it or ${values.tieWeights ? nameOf('tieWeights') : `${nameOf('embedding')} one-hot`} out`
      : undefined,
  ),
  contradiction(languageModelSchema, ['tieWeights', 'embedding'], ({ tieWeights, embedding }, nameOf) =>
    tieWeights && embedding === 'one-hot'
      ? `needs a learned embedding; leave it or ${nameOf('embedding')} one-hot out`
      : undefined,
  ),
  contradiction(languageModelSchema, ['embeddingSize', 'hiddenSize', 'tieWeights'], (values, nameOf) =>
    values.tieWeights && values.embeddingSize !== undefined && values.embeddingSize !== values.hiddenSize
      ? `must be ${nameOf('hiddenSize')}, ${values.hiddenSize}, where ${nameOf('tieWeights')} is set`
      : undefined,
  ),
]

/** A language model's configuration, complete. */
export type LanguageModelConfiguration = z.output<typeof languageModelSchema>
/** A language model's configuration as users give it: every key has a default. */
export type LanguageModelOptions = z.input<typeof languageModelSchema>

const gatesOf = { elman: 1, gru: 3, lstm: 4 }

/** Parameters of a language model, counted without making it. */
export function languageModelParameterCount(configuration: LanguageModelConfiguration, vocabularySize: number): number {
  const { cell, hiddenSize, numLayers, embedding, embeddingSize = hiddenSize, tieWeights } = configuration
  const inputSize = embedding === 'learned' ? embeddingSize : vocabularySize
  const inputs = inputSize + (numLayers - 1) * hiddenSize
  const recurrent = gatesOf[cell] * hiddenSize * (inputs + numLayers * (hiddenSize + 2))
  const table = embedding === 'learned' ? vocabularySize * embeddingSize : 0
  return table + recurrent + (tieWeights ? 0 : vocabularySize * hiddenSize) + vocabularySize
}
