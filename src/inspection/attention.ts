/* What a model with attention looked at: of a translator each word written over the words of the source, of a classifier that
 * pools by attention the words of the text. The weights of a row sum up to 1. */

import { padded } from '../data/batches/buckets.js'
import { surfacesOf } from '../data/tokenizers/surfaces.js'
import { ConfigurationError } from '../errors.js'
import type { Classifier } from '../models/classifier/classifier.js'
import { encodedSource } from '../models/translator/batches.js'
import type { Alignment, TranslateOptions } from '../models/translator/translation.js'
import type { Translator } from '../models/translator/translator.js'
import { readTokens } from './labelSaliency.js'

export interface TranslationAttention {
  readonly translation: string
  /** Nats, of all tokens and the end. */
  readonly logProbability: number
  /** Whether it came to its end; else it is cut. */
  readonly finished: boolean
  readonly alignment: Alignment
}

export interface LabelAttention {
  /** The likeliest class. */
  readonly label: string
  /** Its probability. */
  readonly probability: number
  readonly tokens: readonly {
    readonly text: string
    /** α, of all tokens 1. */
    readonly weight: number
  }[]
  /** Whether only the beginning of the text was read. */
  readonly cut: boolean
}

export interface AttentionOptions {
  /** Tokens of a text at most. Default 500. */
  readonly maxTokens?: number | undefined
}

export const ATTENTION_TOKENS = 500

/**
 * What the best translation that a search finds looked at. Memory: four bytes for each token written, each hypothesis and each
 * token of the source.
 * @throws ConfigurationError for a translator without attention, an empty text or one longer than maxTokens: what a
 * translation of its beginning looks at says nothing of the whole
 */
export async function attentionOfTranslation(
  model: Translator,
  text: string,
  { maxTokens = ATTENTION_TOKENS, ...search }: AttentionOptions & Omit<TranslateOptions, 'nBest'> = {},
): Promise<TranslationAttention> {
  if (model.configuration.attention === 'none')
    throw new ConfigurationError(
      'attention: this translator has none: its decoder sees the last state of the encoder alone; train one with attention luong-general',
    )
  if (text.trim() === '') throw new ConfigurationError('attention: the text is empty; give it words')
  const length = encodedSource(model.tokenizers, text).length - 1
  if (length > maxTokens)
    throw new ConfigurationError(
      `attention: the text must have at most ${maxTokens} tokens; got ${length}; give a sentence of it, or raise maxTokens`,
    )
  const { text: translation, logProbability, finished, attention } = await model.translate(text, search)
  return { translation, logProbability, finished, alignment: attention as Alignment }
}

/**
 * What each token of a text weighs in the vector that is classified.
 * @throws ConfigurationError for a classifier that does not pool by attention, or an empty text
 */
export function attentionOfLabel(
  model: Classifier,
  text: string,
  { maxTokens = ATTENTION_TOKENS }: AttentionOptions = {},
): LabelAttention {
  const { engine, labels, tokenizer, configuration } = model
  if (configuration.pooling !== 'attention')
    throw new ConfigurationError(
      `attention: this classifier has none, its pooling is ${configuration.pooling}; train one with pooling attention, or look at its saliency`,
    )
  const { tokens, cut } = readTokens(model, text, { maxTokens, where: 'attention' })
  const batch = padded([tokens])
  const weights = engine.scope(() => {
    const read = model.read(batch)
    return read.weights ? engine.read(read.weights) : new Float64Array(tokens.length)
  })
  const losses = labels.map((_, i) => engine.scope(() => engine.scalar(model.labelLoss(batch, i))))
  const likeliest = losses.indexOf(Math.min(...losses))
  return {
    label: labels[likeliest],
    probability: Math.exp(-losses[likeliest]),
    tokens: surfacesOf(tokenizer, text.trim(), tokens).map((each, k) => ({ text: each, weight: weights[k] })),
    cut,
  }
}

/** The same as an alignment, for a picture. */
export const alignmentOfLabel = ({ label, tokens }: LabelAttention): Alignment => ({
  source: tokens.map(({ text }) => text),
  target: [label],
  weights: [tokens.map(({ weight }) => weight)],
})
