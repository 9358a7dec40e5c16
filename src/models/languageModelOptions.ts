/* What a language model is made of: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'

export const languageModelSchema = z.strictObject({
  unit: z.enum(['character']).default('character').describe('what a token is'),
  cell: z.enum(['elman', 'gru', 'lstm']).default('lstm').describe('the recurrent cell'),
  nonlinearity: z.enum(['tanh', 'relu', 'sigmoid']).default('tanh').describe('the elman cell’s σ'),
  hiddenSize: z.int().min(1).max(65536).default(256).describe('units of each recurrent layer'),
  numLayers: z.int().min(1).max(64).default(2).describe('recurrent layers, one upon another'),
  embedding: z.enum(['learned', 'one-hot']).default('learned').describe('how tokens enter the first layer'),
  embeddingSize: z.int().min(1).max(65536).optional().describe('length of a learned vector (default: hiddenSize)'),
  tieWeights: z.boolean().default(false).describe('the output layer shares its weights with the embedding'),
  dropout: z.number().min(0).lt(1).default(0).describe('probability that a unit between layers is dropped in training'),
})

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
