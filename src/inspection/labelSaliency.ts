/* The words that decided: how much each token of a text changes −log p of a class (saliency.ts), for classifiers. */

import { padded } from '../data/batches/buckets.js'
import { surfacesOf } from '../data/tokenizers/surfaces.js'
import { ConfigurationError, nearest } from '../errors.js'
import { tokensOf } from '../models/classifier/batches.js'
import type { Classifier } from '../models/classifier/classifier.js'
import { SALIENCY_TOKENS, type SalientToken, saliencyOf, salientTokens } from './saliency.js'

export interface DecidingToken extends SalientToken {
  /** Whether the vocabulary lacks it: all such tokens enter as the same vector. */
  readonly unknown: boolean
  /** What it says for the class by itself, beside the recurrent layers, that the gradient is of: of `bagOfWords`. */
  readonly counted?: number | undefined
}

export interface LabelSaliency {
  /** The class that was asked about, and how likely the model finds it. */
  readonly label: string
  readonly probability: number
  /** −log p of it, nats. */
  readonly loss: number
  readonly tokens: readonly DecidingToken[]
  /** Whether only the beginning of the text was read. */
  readonly cut: boolean
}

export interface LabelSaliencyOptions {
  /** The class that is asked about; default the likeliest. */
  readonly label?: string | undefined
  /** Tokens read at most, from the beginning; their states are all held. Default 500. */
  readonly maxTokens?: number | undefined
}

/**
 * What a class of a text rests on.
 * @throws ConfigurationError for a text without anything to read, or a class that the model has not
 */
export function saliencyOfLabel(
  model: Classifier,
  text: string,
  { label: asked, maxTokens = SALIENCY_TOKENS }: LabelSaliencyOptions = {},
): LabelSaliency {
  const { engine, labels, tokenizer } = model
  const { tokens, cut } = readTokens(model, text, { maxTokens, where: 'saliency' })
  const timeSteps = tokens.length
  const batch = padded([tokens])
  const lossOf = (number: number) => engine.scope(() => engine.scalar(model.labelLoss(batch, number)))
  const number = asked === undefined ? least(labels.map((_, i) => lossOf(i))) : numberOf(asked, labels)
  const saliency = saliencyOf(engine, {
    vectors: () => model.vectors(engine.tokens(tokens, [timeSteps, 1])),
    loss: vectors => model.labelLoss(batch, number, { vectors }),
  })
  const scores = model.wordScores
  return {
    label: labels[number],
    probability: Math.exp(-saliency.loss),
    loss: saliency.loss,
    tokens: salientTokens(tokens, surfacesOf(tokenizer, text.trim(), tokens), saliency).map(each => ({
      ...each,
      unknown: each.token === tokenizer.unknown,
      ...(scores && { counted: scores[each.token * labels.length + number] }),
    })),
    cut,
  }
}

const least = (values: readonly number[]) => values.indexOf(Math.min(...values))

function numberOf(asked: string, labels: readonly string[]): number {
  const number = labels.indexOf(asked)
  if (number >= 0) return number
  const near = nearest(asked, labels)
  throw new ConfigurationError(
    `saliency: there is no class ${asked}; ${near ? `did you mean ${near}?` : `the classes are ${labels.slice(0, 20).join(', ')}`}`,
  )
}

/**
 * What a classifier reads of a text, and no more than so many tokens of it.
 * @throws ConfigurationError for a text without anything to read
 */
export function readTokens(
  { tokenizer, configuration }: Classifier,
  text: string,
  { maxTokens, where }: { readonly maxTokens: number; readonly where: string },
): { readonly tokens: Int32Array; readonly cut: boolean } {
  if (text.trim() === '') throw new ConfigurationError(`${where}: the text is empty; give it words`)
  const whole = tokensOf(tokenizer, text, configuration.maxLength)
  return { tokens: whole.slice(0, maxTokens), cut: whole.length > maxTokens }
}
