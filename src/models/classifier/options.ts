/* What a classifier is made of: one schema for the library, the configuration file, the flags and the help; and the larger one
 * of its file, with the labels that it knows. */
import { z } from 'zod'
import { contradiction } from '../../configuration.js'
import { units } from '../../data/tokenizers/tokenizer.js'
import { type PoolingKind, poolingParameterCount, poolings } from '../../layers/pooling.js'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { recurrentContradictions, recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'
import { readingContradictions, readingShape, tokenShape } from '../shared/textOptions.js'

/** `spam=3,ham=1` */
const WEIGHTS = /^[^=,]+=[\d.eE+-]+(,[^=,]+=[\d.eE+-]+)*$/

export const classifierSchema = z.strictObject({
  unit: z.enum(units).default('word').describe('what a token is'),
  ...tokenShape,
  foldCase: z.boolean().default(true).describe('words in small letters'),
  maxLength: z.int().min(1).optional().describe('tokens of a text that are read, from its beginning (default: all)'),
  ...recurrentShape,
  hiddenSize: z.int().min(1).max(65536).default(128).describe('units of each recurrent layer and direction'),
  numLayers: z.int().min(1).max(64).default(1).describe('recurrent layers, one upon another'),
  ...readingShape,
  pooling: z
    .enum(poolings)
    .default('last')
    .describe('a text’s vector: the last state of each direction, or mean, maximum or attention over all states'),
  classifierHidden: z
    .int()
    .min(1)
    .max(65536)
    .optional()
    .describe('units of a layer between a text’s vector and the output (default: none)'),
  bagOfWords: z
    .boolean()
    .default(false)
    .describe('what single words say for each class is added before the softmax: as naive Bayes counts it, learned on'),
  multiLabel: z.boolean().default(false).describe('a text may have several labels, or none: sigmoids, not a softmax'),
  labelSeparator: z.string().min(1).default('|').describe('what sets several labels apart'),
  classWeights: z
    .union([
      z.string().regex(new RegExp(`^(none|balanced)$|${WEIGHTS.source}`), 'must be none, balanced, or as spam=3,ham=1'),
      z.record(z.string(), z.number().positive()),
    ])
    .default('none')
    .describe('what a class’s texts weigh in the loss: none, balanced (n / (k n_c)), or given as spam=3,ham=1'),
})

/** What these keys must hold together. The embedding may also be a file of vectors, which are learned on. */
export const classifierContradictions = [
  ...recurrentContradictions,
  ...readingContradictions,
  contradiction(classifierSchema, ['bagOfWords', 'multiLabel'], ({ bagOfWords, multiLabel }, nameOf) =>
    bagOfWords && multiLabel ? `excludes ${nameOf('multiLabel')}; leave one of them out` : undefined,
  ),
  contradiction(classifierSchema, ['wordDropout', 'unit'], ({ wordDropout, unit }, nameOf) =>
    wordDropout > 0 && unit !== 'word' && unit !== 'character'
      ? `needs tokens that can be unknown: ${nameOf('unit')} word or character`
      : undefined,
  ),
]

/** In a model's file. */
export const classifierFileSchema = z.strictObject({
  ...classifierSchema.shape,
  labels: z.array(z.string()).min(1).describe('in the order of the outputs'),
  labelWeights: z.array(z.number()).describe('of each label, in the loss'),
})

/** A classifier's configuration as users give it: every key has a default. */
export type ClassifierOptions = z.input<typeof classifierSchema>
/** A classifier's configuration, complete, with the labels that it knows. */
export type ClassifierConfiguration = z.output<typeof classifierFileSchema>

/** The recurrent layers that a text goes through. */
export function classifierLayers(
  configuration: Pick<ClassifierConfiguration, 'embedding' | 'embeddingSize' | 'hiddenSize' | 'bidirectional'> &
    Parameters<typeof recurrentOptionsOf>[0],
  vocabularySize: number,
) {
  const { embedding, embeddingSize, hiddenSize, bidirectional } = configuration
  const inputSize = embedding === 'learned' ? (embeddingSize ?? hiddenSize) : vocabularySize
  return recurrentOptionsOf(configuration, [], { inputSize, bidirectional, name: 'recurrent' })
}

/** Width of a text's vector. */
export const vectorSizeOf = ({ projSize, hiddenSize, bidirectional }: ClassifierConfiguration): number =>
  (projSize ?? hiddenSize) * (bidirectional ? 2 : 1)

/** Parameters of a classifier, counted without making it. */
export function classifierParameterCount(configuration: ClassifierConfiguration, vocabularySize: number): number {
  const { embedding, embeddingSize, hiddenSize, pooling, classifierHidden: between, labels, bagOfWords } = configuration
  const width = vectorSizeOf(configuration)
  const table = embedding === 'learned' ? vocabularySize * (embeddingSize ?? hiddenSize) : 0
  const layer = between === undefined ? 0 : (width + 1) * between
  const bag = bagOfWords ? labels.length : 0
  const output = ((between ?? width) + bag + 1) * labels.length
  return (
    table +
    recurrentParameterCount(classifierLayers(configuration, vocabularySize)) +
    poolingParameterCount(pooling as PoolingKind, width) +
    layer +
    vocabularySize * bag +
    output
  )
}
