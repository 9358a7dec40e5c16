/* What a language model is made of: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'
import type { Cell } from '../../cells/cell.js'
import { contradiction } from '../../configuration.js'
import { units } from '../../data/tokenizers/tokenizer.js'
import { adaptiveParameterCount } from '../../layers/adaptiveSoftmax.js'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { recurrentContradictions, recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'
import { readingShape, tokenShape } from '../shared/textOptions.js'

const { embedding, embeddingSize, freezeEmbedding, inputDropout, outputDropout } = readingShape

export const languageModelSchema = z.strictObject({
  unit: z.enum(units).default('character').describe('what a token is'),
  ...tokenShape,
  wordBoundaries: tokenShape.wordBoundaries
    .unwrap()
    .default('space')
    .describe('where words end: white space, or Unicode’s boundaries too'),
  foldCase: z.boolean().default(false).describe('words in small letters'),
  ...recurrentShape,
  embedding,
  embeddingSize,
  freezeEmbedding,
  tieWeights: z.boolean().default(false).describe('the output layer shares its weights with the embedding'),
  adaptiveCutoffs: z
    .array(z.int().min(1).max(1_000_000))
    .min(1)
    .optional()
    .describe(
      'adaptive softmax, for large vocabularies: the first token of each cluster, as 2000,10000 (default: none)',
    ),
  initialRange: z
    .number()
    .positive()
    .optional()
    .describe('all weights and biases begin uniform in ±this (default: each layer as PyTorch’s does)'),
  inputDropout,
  outputDropout,
})

/** What these keys must hold together. The embedding may also be a file of vectors, which are learned on. */
export const languageModelContradictions = [
  ...recurrentContradictions,
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
  contradiction(languageModelSchema, ['adaptiveCutoffs', 'tieWeights'], ({ adaptiveCutoffs, tieWeights }, nameOf) =>
    adaptiveCutoffs && tieWeights ? `excludes ${nameOf('tieWeights')}; leave one of them out` : undefined,
  ),
  contradiction(languageModelSchema, ['adaptiveCutoffs'], ({ adaptiveCutoffs: cutoffs }) =>
    cutoffs?.some((cutoff, i) => i > 0 && cutoff <= cutoffs[i - 1]) ? 'must ascend' : undefined,
  ),
  contradiction(languageModelSchema, ['initialRange', 'initialisation', 'forgetBias'], (values, nameOf) => {
    const { initialRange, initialisation, forgetBias } = values
    if (initialRange === undefined) return undefined
    if (initialisation !== 'uniform') return `is for ${nameOf('initialisation')} uniform`
    return forgetBias === undefined ? undefined : `excludes ${nameOf('forgetBias')}; leave one of them out`
  }),
  contradiction(languageModelSchema, ['inputDropout', 'embedding'], ({ inputDropout, embedding }, nameOf) =>
    inputDropout > 0 && embedding === 'one-hot' ? `is for ${nameOf('embedding')} learned` : undefined,
  ),
  contradiction(languageModelSchema, ['embeddingSize', 'hiddenSize', 'projSize', 'tieWeights'], (values, nameOf) => {
    const { tieWeights, embeddingSize, hiddenSize, projSize } = values
    const outputs = projSize ?? hiddenSize
    return tieWeights && embeddingSize !== undefined && embeddingSize !== outputs
      ? `must be ${nameOf(projSize === undefined ? 'hiddenSize' : 'projSize')}, ${outputs}, where ${nameOf('tieWeights')} is set`
      : undefined
  }),
]

/** In a model's file: the cell may be one of the user's own. */
export const languageModelFileSchema = z.strictObject({
  ...languageModelSchema.shape,
  cell: z.string().default('lstm'),
})

/** A language model's configuration, complete. */
export type LanguageModelConfiguration = z.output<typeof languageModelFileSchema>
/** A language model's configuration as users give it: every key has a default. */
export type LanguageModelOptions = Omit<z.input<typeof languageModelSchema>, 'cell'> & {
  /** The recurrent cell: elman, gru or lstm (the default), or one of one's own. */
  readonly cell?: z.input<typeof languageModelSchema>['cell'] | Cell | undefined
}

/** Length of a word's vector: where it is the output layer's row too, what the recurrent layers put out. */
export const embeddingSizeOf = ({ embeddingSize, tieWeights, projSize, hiddenSize }: LanguageModelConfiguration) =>
  embeddingSize ?? (tieWeights ? (projSize ?? hiddenSize) : hiddenSize)

/** The recurrent layers of a language model. */
export function languageModelLayers(
  configuration: LanguageModelConfiguration,
  vocabularySize: number,
  cells: readonly Cell[],
) {
  const inputSize = configuration.embedding === 'learned' ? embeddingSizeOf(configuration) : vocabularySize
  return recurrentOptionsOf(configuration, cells, { inputSize, name: 'recurrent' })
}

/** Parameters of the output layer; those that the embedding has too, where weights are tied, among them. */
export function outputParameterCount(
  { projSize, hiddenSize, adaptiveCutoffs: cutoffs }: LanguageModelConfiguration,
  vocabularySize: number,
): number {
  const inputs = projSize ?? hiddenSize
  if (cutoffs) return adaptiveParameterCount({ inputs, outputs: vocabularySize, cutoffs })
  return vocabularySize * (inputs + 1)
}

/**
 * Parameters of a language model, counted without making it.
 * @param cells cells of one's own that the configuration may name
 */
export function languageModelParameterCount(
  configuration: LanguageModelConfiguration,
  vocabularySize: number,
  cells: readonly Cell[] = [],
): number {
  const { embedding, tieWeights } = configuration
  const tableSize = vocabularySize * embeddingSizeOf(configuration)
  const table = embedding === 'learned' && !tieWeights ? tableSize : 0
  const recurrent = recurrentParameterCount(languageModelLayers(configuration, vocabularySize, cells))
  return table + recurrent + outputParameterCount(configuration, vocabularySize)
}
