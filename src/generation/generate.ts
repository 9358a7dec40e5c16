/* One to many: a text continued token by token, each token read back before the next is drawn. */

import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError, NumericError } from '../errors.js'
import { fold, Random, seedKey } from '../random.js'
import type { Predictor, Reading } from './predictor.js'
import { type SamplingOptions, sample } from './sampling.js'

export interface GenerateOptions extends SamplingOptions {
  /** The text to continue; default none. */
  readonly prompt?: string | undefined
  /** Tokens at most; default 300. */
  readonly length?: number | undefined
  /** No stop text ends anything before so many tokens. Default 0. */
  readonly minLength?: number | undefined
  /** Same seed, same text. Default 1. */
  readonly seed?: number | undefined
  /** Generation ends before any of these texts. */
  readonly stop?: string | readonly string[] | undefined
  /**
   * θ: the log-probability of a token that stands in the text already is multiplied by it, so that 1.2 makes repeating
   * less likely (Keskar et al. 2019, whose scores are the log-probabilities here). Default 1.
   */
  readonly repetitionPenalty?: number | undefined
  /** An open reading that the prompt goes on from; it stays open, and has read all that was drawn. */
  readonly reading?: Reading | undefined
  /** Is told each token as it is drawn. */
  readonly onToken?: ((token: GeneratedToken) => void) | undefined
}

/** A token of a continuation. */
export interface GeneratedToken {
  /** Its name in the vocabulary. */
  readonly text: string
  readonly token: number
  /** Nats, as the model foretells it: before temperature, penalty and whatever else is chosen by. */
  readonly logProbability: number
}

/** @throws ConfigurationError for an option outside its range */
export function checkGenerate(options: GenerateOptions): void {
  const { temperature, topK, topP, length, minLength, seed, repetitionPenalty: penalty } = options
  const demand = (holds: boolean, name: string, wanted: string, value: unknown) => {
    if (!holds) throw new ConfigurationError(`generate: ${name} must be ${wanted}; got ${value}`)
  }
  const count = (value: number | undefined) => value === undefined || (Number.isSafeInteger(value) && value >= 0)
  demand(
    temperature === undefined || (temperature > 0 && temperature < Infinity),
    'temperature',
    'above 0',
    temperature,
  )
  demand(topK === undefined || (Number.isInteger(topK) && topK >= 1), 'topK', 'a whole number from 1', topK)
  demand(topP === undefined || (topP > 0 && topP <= 1), 'topP', 'above 0 and at most 1', topP)
  demand(count(length), 'length', 'a whole number from 0', length)
  demand(count(minLength), 'minLength', 'a whole number from 0', minLength)
  demand(seed === undefined || Number.isSafeInteger(seed), 'seed', 'a whole number', seed)
  demand(penalty === undefined || (penalty >= 1 && penalty < Infinity), 'repetitionPenalty', 'from 1 on', penalty)
}

/**
 * Yields the continuation piece by piece, without the prompt. What might be the beginning of a stop text is held back
 * until it is known not to be; a character that the length cuts in two is left out.
 * @param pause lets the event loop turn between tokens
 * @param draws which draws of the seed: each continuation of several has its own
 * @throws ConfigurationError for an option outside its range
 */
export async function* generate(
  predictor: Predictor,
  options: GenerateOptions,
  pause: () => Promise<void>,
  draws = 0,
): AsyncGenerator<string, void, undefined> {
  checkGenerate(options)
  const { prompt = '', length = 300, minLength = 0, seed = 1, reading: given, onToken } = options
  const stops = stopsOf(options)
  const random = new Random(fold(seedKey(seed), 'sampling', draws))
  const { tokenizer } = predictor
  const reading = given ?? predictor.read()
  try {
    const textOf = continuation(tokenizer, prompt, reading.tail)
    const read = tokenizer.encode(prompt)
    const standing = new Set([...reading.tail, ...read])
    reading.push(read)
    let held = ''
    for (let i = 0; i < length; i++) {
      const foretold = reading.next()
      const token = sample(chosenFrom(foretold, tokenizer, options, standing), options, random)
      standing.add(token)
      onToken?.({ text: tokenizer.vocabulary[token], token, logProbability: foretold[token] })
      held += textOf(token)
      // What was drawn before minLength has gone out, and holds no stop text.
      const counts = i + 1 > minLength
      const end = counts ? firstOf(stops, held) : -1
      if (end >= 0) {
        held = held.slice(0, end)
        if (given) reading.push([token])
        break
      }
      const kept = counts ? stops.reduce((most, text) => Math.max(most, overlap(held, text)), 0) : 0
      if (held.length > kept) yield held.slice(0, held.length - kept)
      held = held.slice(held.length - kept)
      if (given || i + 1 < length) reading.push([token])
      await pause()
    }
    if (held) yield held
  } finally {
    if (!given) reading.close()
  }
}

export const stopsOf = ({ stop = [] }: GenerateOptions): string[] =>
  (typeof stop === 'string' ? [stop] : stop).filter(text => text.length > 0)

/**
 * What a token is chosen from: a copy, without the unknown symbol, and with tokens that stand already made less likely.
 * @throws NumericError for NaN, ConfigurationError where nothing is left
 */
export function chosenFrom(
  foretold: Float64Array,
  { unknown }: Tokenizer,
  { repetitionPenalty = 1 }: GenerateOptions,
  standing: Iterable<number>,
): Float64Array {
  const logProbabilities = foretold.slice()
  // The unknown symbol stands for what cannot be written.
  if (unknown >= 0) logProbabilities[unknown] = -Infinity
  if (repetitionPenalty !== 1) for (const token of standing) logProbabilities[token] *= repetitionPenalty
  let silent = true
  for (let token = 0; token < logProbabilities.length; token++) {
    if (Number.isNaN(foretold[token]))
      throw new NumericError(
        'generate: the model gives probabilities that are no numbers; its weights have diverged; train it again with a lower learningRate',
      )
    if (logProbabilities[token] !== -Infinity) silent = false
  }
  if (silent)
    throw new ConfigurationError('generate: the model foretells nothing that can be written; train it on more text')
  return logProbabilities
}

/** Where the first of the stop texts begins; −1 where none does. */
export function firstOf(stops: readonly string[], text: string): number {
  let first = -1
  for (const stop of stops) {
    const at = text.indexOf(stop)
    if (at >= 0 && (first < 0 || at < first)) first = at
  }
  return first
}

/**
 * What each token adds to a prompt: its text depends on what stands before it (a space, half a character).
 * @param tail the last tokens before the prompt
 */
export function continuation(
  tokenizer: Tokenizer,
  prompt: string,
  tail: readonly number[] = [],
): (token: number) => string {
  const decoder = tokenizer.decoder()
  let shown = ''
  for (const token of [...tail, ...tokenizer.encode(prompt)]) shown = decoder.push(token) || shown
  // Words that imply the space before them: after a prompt that ends with white space there is one.
  let spaced = /\s$/.test(prompt) && !/\s$/.test(shown)
  return token => {
    const text = decoder.push(token)
    const begins = spaced
    spaced = false
    return begins ? text.replace(/^ /, '') : text
  }
}

/** How much of the end of `text` could be the beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let count = Math.min(text.length, stop.length - 1); count > 0; count--)
    if (text.endsWith(stop.slice(0, count))) return count
  return 0
}
