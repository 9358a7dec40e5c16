/* A text as a model sees it: of each token, how surprising it was, what was thought likelier, and how strongly one unit
 * answered to it. Plain data, to be coloured or put on a page (src/drawing/). */

import type { TextCorpus } from '../data/corpora/corpus.js'
import { logSoftmaxRows } from '../engine/operations/logSoftmax.js'
import { ConfigurationError } from '../errors.js'
import { likeliest, type NextToken } from '../generation/predictor.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { follow, piecesOf } from './following.js'
import { newest, type Unit, unitName } from './units.js'

export interface TokenView {
  /** Its part of the text. */
  readonly text: string
  readonly token: number
  /** −log p of it, in nats, given all before it. */
  readonly loss: number
  /** The likeliest tokens in its place, best first. */
  readonly guesses: readonly NextToken[]
  /** The unit's value once the token has been read, where a unit was asked for. */
  readonly activation?: number | undefined
}

export interface TextView {
  readonly name: string
  readonly tokens: readonly TokenView[]
  readonly vocabularySize: number
  /** Mean loss, nats per token. */
  readonly loss: number
  readonly unit?: string | undefined
  /** The largest value that the colours of the unit mean: 1, or the largest there is where one is larger. */
  readonly largest: number
  /** Whether the text went on. */
  readonly cut: boolean
}

export interface TextViewOptions {
  readonly unit?: Unit | undefined
  /** Guesses told of each token. Default 5. */
  readonly guesses?: number | undefined
  /** Tokens looked at, from the beginning; a token takes about a kilobyte. Default 2000. */
  readonly maxTokens?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export const VIEW_TOKENS = 2000

/** Reads a text's beginning, token by token. @throws ConfigurationError for a text that holds nothing */
export async function viewText(
  model: LanguageModel,
  corpus: TextCorpus,
  { unit, guesses = 5, maxTokens = VIEW_TOKENS, signal }: TextViewOptions = {},
): Promise<TextView> {
  const { engine, tokenizer } = model
  const encoded = corpus.encodeBeginning(tokenizer, maxTokens + 1).tokens
  const tokens = encoded.subarray(0, maxTokens)
  if (tokens.length === 0) throw new ConfigurationError(`${corpus.name}: there is no text to look at; give it some`)
  const pieces = piecesOf(model, tokens)
  const losses = new Float64Array(tokens.length)
  const activations = new Float64Array(tokens.length)
  const guessed: NextToken[][] = []
  await follow(model, tokens, { signal }, ({ positions: [at], state, logits }) => {
    if (unit && at >= 0) activations[at] = engine.read(newest(engine, state[unit.layer], unit.state))[unit.index]
    if (at + 1 >= tokens.length) return
    const logProbabilities = logSoftmaxRows(engine.read(logits))
    losses[at + 1] = -logProbabilities[tokens[at + 1]]
    guessed[at + 1] = likeliest(tokenizer, logProbabilities, guesses)
  })
  return {
    name: corpus.name,
    tokens: pieces.map((text, i) => ({
      ...{ text, token: tokens[i], loss: losses[i], guesses: guessed[i] ?? [] },
      ...(unit ? { activation: activations[i] } : {}),
    })),
    vocabularySize: tokenizer.size,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length),
    unit: unit && unitName(unit),
    largest: activations.reduce((most, value) => Math.max(most, Math.abs(value)), 1),
    cut: encoded.length > tokens.length,
  }
}
