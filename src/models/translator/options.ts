/* What a translator is made of: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'
import { contradiction } from '../../configuration.js'
import type { TokenizerOptions } from '../../data/tokenizers/fitTokenizer.js'
import { attentions } from '../../layers/attention.js'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { recurrentContradictions, recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'
import { readingShape, tokenShape } from '../shared/textOptions.js'

/** What looks further back than a step, or begins from a state of its own, cannot begin from the encoder's. */
const { projSize, dilations, skip, learnedState, ...layers } = recurrentShape

/** A Hugging Face tokenizer is no vocabulary that is learned from pairs. */
const units = ['word', 'character', 'byte-pair', 'byte'] as const
const size = () => z.int().min(1).max(65536).optional()

export const translatorSchema = z.strictObject({
  unit: z.enum(units).default('word').describe('what a token is, on both sides'),
  sourceUnit: z.enum(units).optional().describe('what it is on the source’s side (default: unit)'),
  ...tokenShape,
  vocabularySize: tokenShape.vocabularySize.describe(
    'of each side: words at most (default: all), or byte pairs learned (default: 2048)',
  ),
  foldCase: z.boolean().default(false).describe('words in small letters'),
  sharedVocabulary: z.boolean().default(false).describe('one vocabulary, and one table of vectors, for both sides'),
  ...layers,
  cell: layers.cell.unwrap().default('gru').describe('the recurrent cell of encoder and decoder'),
  hiddenSize: z.int().min(1).max(65536).default(256).describe('units of each decoder layer'),
  numLayers: z.int().min(1).max(64).default(1).describe('decoder layers, one upon another'),
  bidirectional: z.boolean().default(true).describe('the encoder reads in both directions'),
  encoderHiddenSize: size().describe('units of each encoder layer and direction (default: hiddenSize)'),
  encoderLayers: z.int().min(1).max(64).optional().describe('encoder layers (default: numLayers)'),
  embeddingSize: size().describe('length of a token’s vector (default: hiddenSize)'),
  bridge: z
    .enum(['learned', 'copy'])
    .default('learned')
    .describe('how the decoder’s first state comes from the encoder’s last: tanh of a learned map, or as it is'),
  attention: z.enum(attentions).default('luong-general').describe('how the decoder looks at the source'),
  attentionSize: size().describe('of bahdanau’s attention (default: hiddenSize)'),
  inputFeeding: z.boolean().default(false).describe('luong’s attention is fed to the decoder at the next step'),
  tieWeights: z.boolean().default(false).describe('the output layer shares its weights with the target’s embedding'),
  inputDropout: readingShape.inputDropout.describe(
    'probability that a number of a token’s vector is dropped in training',
  ),
  outputDropout: readingShape.outputDropout.describe(
    'probability that a unit before the output layer is dropped in training',
  ),
  maxLength: z
    .int()
    .min(1)
    .max(65536)
    .default(200)
    .describe('tokens; pairs with a longer side are left out of the training'),
})

/** A translator's configuration as users give it: every key has a default. */
export type TranslatorOptions = z.input<typeof translatorSchema>
/** A translator's configuration, complete. */
export type TranslatorConfiguration = z.output<typeof translatorSchema>

/** Booleans, which a flag must be able to unset. */
export const translatorNegatable = [
  ...['foldCase', 'sharedVocabulary', 'bidirectional', 'inputFeeding', 'tieWeights'],
  ...['residual', 'layerNorm', 'variational'],
]

/** Numbers that the encoder gives at each step. */
export const memorySizeOf = ({ encoderHiddenSize, hiddenSize, bidirectional }: TranslatorConfiguration): number =>
  (encoderHiddenSize ?? hiddenSize) * (bidirectional ? 2 : 1)

export const embeddingSizeOf = ({ embeddingSize, hiddenSize }: TranslatorConfiguration): number =>
  embeddingSize ?? hiddenSize

type Key = keyof TranslatorConfiguration
const rule = <K extends Key>(
  keys: readonly [K, ...K[]],
  wanted: (values: Pick<TranslatorConfiguration, K>, nameOf: (key: Key) => string) => string | undefined,
) => contradiction(translatorSchema, keys, wanted as never)

const sizes = ['encoderHiddenSize', 'hiddenSize', 'bidirectional'] as const

/** Why the encoder's states do not fit the decoder's, if they do not. */
function misfit(values: TranslatorConfiguration, nameOf: (key: Key) => string) {
  const [memory, hidden] = [memorySizeOf(values), values.hiddenSize]
  if (memory === hidden) return undefined
  const needed = values.bidirectional ? hidden / 2 : hidden
  return `needs an encoder that gives ${hidden} numbers a step, not ${memory}: ${nameOf('encoderHiddenSize')} ${Math.ceil(needed)}`
}

export const translatorContradictions = [
  ...recurrentContradictions.filter(({ keys }) => keys.every(key => key in translatorSchema.shape)),
  rule(['attention', ...sizes], (values, nameOf) => {
    const why = values.attention === 'luong-dot' ? misfit(values as TranslatorConfiguration, nameOf) : undefined
    return why && `luong-dot ${why}, or ${nameOf('attention')} luong-general`
  }),
  rule(['bridge', ...sizes], (values, nameOf) =>
    values.bridge === 'copy' ? misfit(values as TranslatorConfiguration, nameOf) : undefined,
  ),
  rule(['inputFeeding', 'attention'], ({ inputFeeding, attention }, nameOf) =>
    inputFeeding && !attention.startsWith('luong')
      ? `is for ${nameOf('attention')} luong-dot or luong-general`
      : undefined,
  ),
  rule(['attentionSize', 'attention'], ({ attentionSize, attention }, nameOf) =>
    attentionSize !== undefined && attention !== 'bahdanau' ? `is for ${nameOf('attention')} bahdanau` : undefined,
  ),
  rule(['tieWeights', 'embeddingSize', 'hiddenSize'], ({ tieWeights, embeddingSize, hiddenSize }, nameOf) =>
    tieWeights && embeddingSize !== undefined && embeddingSize !== hiddenSize
      ? `needs ${nameOf('embeddingSize')} to be ${nameOf('hiddenSize')}, ${hiddenSize}`
      : undefined,
  ),
  rule(['sharedVocabulary', 'sourceUnit', 'unit'], ({ sharedVocabulary, sourceUnit, unit }, nameOf) =>
    sharedVocabulary && sourceUnit !== undefined && sourceUnit !== unit
      ? `needs one unit; leave ${nameOf('sourceUnit')} out`
      : undefined,
  ),
]

/** How a side's text is cut. */
export function tokenizerOptionsOf(
  configuration: TranslatorConfiguration,
  side: 'source' | 'target',
): TokenizerOptions {
  const { unit, sourceUnit = unit, minCount, vocabularySize, wordBoundaries, foldCase } = configuration
  return { unit: side === 'source' ? sourceUnit : unit, minCount, vocabularySize, wordBoundaries, foldCase }
}

const shared = { projSize: undefined, dilations: undefined, skip: 1, learnedState: false }

/** The encoder's recurrent layers. */
export function encoderLayersOf(configuration: TranslatorConfiguration) {
  const { encoderHiddenSize, hiddenSize, encoderLayers, numLayers, bidirectional } = configuration
  const own = { hiddenSize: encoderHiddenSize ?? hiddenSize, numLayers: encoderLayers ?? numLayers }
  const inputSize = embeddingSizeOf(configuration)
  return recurrentOptionsOf({ ...configuration, ...shared, ...own }, [], {
    ...{ inputSize, bidirectional, name: 'encoder' },
  })
}

/** The decoder's. What is fed to it stands behind the token's vector. */
export function decoderLayersOf(configuration: TranslatorConfiguration) {
  const { attention, inputFeeding, hiddenSize } = configuration
  const fed = attention === 'bahdanau' ? memorySizeOf(configuration) : inputFeeding ? hiddenSize : 0
  const inputSize = embeddingSizeOf(configuration) + fed
  return recurrentOptionsOf({ ...configuration, ...shared }, [], { inputSize, name: 'decoder' })
}

/**
 * Parameters of a translator, counted without making it.
 * @param vocabularies tokens of each side
 */
export function translatorParameterCount(
  configuration: TranslatorConfiguration,
  vocabularies: { readonly source: number; readonly target: number },
): number {
  const { sharedVocabulary, tieWeights, bridge, cell, numLayers, attention } = configuration
  const { hiddenSize: hidden, attentionSize: size = hidden } = configuration
  const [memory, vector] = [memorySizeOf(configuration), embeddingSizeOf(configuration)]
  const { source, target } = vocabularies
  const tables = (sharedVocabulary ? target : source + target) * vector
  const recurrent =
    recurrentParameterCount(encoderLayersOf(configuration)) + recurrentParameterCount(decoderLayersOf(configuration))
  const maps = bridge === 'learned' ? numLayers * (cell === 'lstm' ? 2 : 1) : 0
  const scores = {
    ...{ none: 0, 'luong-dot': 0, 'luong-general': memory * hidden },
    bahdanau: size * (hidden + memory + 2),
  }[attention]
  const read = memory + hidden + (attention === 'bahdanau' ? vector : 0)
  const readout = attention === 'none' ? 0 : (read + 1) * hidden
  const output = (tieWeights ? 0 : target * hidden) + target
  return tables + recurrent + maps * (memory + 1) * hidden + scores + readout + output
}
