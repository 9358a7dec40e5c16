/* One to many: a text continued token by token, each token read back before the next is drawn. */
import { Random, site } from '../engine/random.js'
import { ConfigurationError, NumericError } from '../errors.js'
import type { Tokenizer } from '../text/tokenizer.js'
import type { Predictor } from './predictor.js'
import { type SamplingOptions, sample } from './sampling.js'

export interface GenerateOptions extends SamplingOptions {
  /** The text to continue; default none. */
  readonly prompt?: string | undefined
  /** Tokens to draw; default 300. */
  readonly length?: number | undefined
  /** Same seed, same text. Default 1. */
  readonly seed?: number | undefined
  /** Generation ends before any of these texts. */
  readonly stop?: string | readonly string[] | undefined
}

function check({ temperature, topK, topP, length, seed }: GenerateOptions): void {
  const demand = (holds: boolean, name: string, wanted: string, value: unknown) => {
    if (!holds) throw new ConfigurationError(`generate: ${name} must be ${wanted}; got ${value}`)
  }
  demand(
    temperature === undefined || (temperature > 0 && temperature < Infinity),
    'temperature',
    'above 0',
    temperature,
  )
  demand(topK === undefined || (Number.isInteger(topK) && topK >= 1), 'topK', 'a whole number from 1', topK)
  demand(topP === undefined || (topP > 0 && topP <= 1), 'topP', 'above 0 and at most 1', topP)
  demand(
    length === undefined || (Number.isSafeInteger(length) && length >= 0),
    'length',
    'a whole number from 0',
    length,
  )
  demand(seed === undefined || Number.isSafeInteger(seed), 'seed', 'a whole number', seed)
}

/**
 * Yields the continuation piece by piece, without the prompt. What might be the beginning of a stop text is held back
 * until it is known not to be; a character that the length cuts in two is left out.
 * @param pause lets the event loop turn between tokens
 * @throws ConfigurationError for an option outside its range
 */
export async function* generate(
  predictor: Predictor,
  options: GenerateOptions,
  pause: () => Promise<void>,
): AsyncGenerator<string, void, undefined> {
  check(options)
  const { prompt = '', length = 300, seed = 1, stop = [] } = options
  const stops = (typeof stop === 'string' ? [stop] : stop).filter(text => text.length > 0)
  const random = new Random(seed, 0, site.sampling)
  const { tokenizer } = predictor
  const textOf = continuation(tokenizer, prompt)
  const reading = predictor.read()
  try {
    reading.push(tokenizer.encode(prompt))
    let held = ''
    for (let i = 0; i < length; i++) {
      const logProbabilities = reading.next()
      const { broken, silent } = found(logProbabilities, tokenizer.unknown)
      if (broken)
        throw new NumericError(
          'generate: the model gives probabilities that are no numbers; its weights have diverged; train it again with a lower learningRate',
        )
      // The unknown symbol stands for what cannot be written.
      if (tokenizer.unknown >= 0) logProbabilities[tokenizer.unknown] = -Infinity
      if (silent)
        throw new ConfigurationError('generate: the model foretells nothing that can be written; train it on more text')
      const token = sample(logProbabilities, options, random)
      held += textOf(token)
      const end = firstOf(stops, held)
      if (end >= 0) {
        held = held.slice(0, end)
        break
      }
      const kept = stops.reduce((most, text) => Math.max(most, overlap(held, text)), 0)
      if (held.length > kept) yield held.slice(0, held.length - kept)
      held = held.slice(held.length - kept)
      if (i + 1 < length) reading.push([token])
      await pause()
    }
    if (held) yield held
  } finally {
    reading.close()
  }
}

/** Where the first of the stop texts begins; −1 where none does. */
function firstOf(stops: readonly string[], text: string): number {
  let first = -1
  for (const stop of stops) {
    const at = text.indexOf(stop)
    if (at >= 0 && (first < 0 || at < first)) first = at
  }
  return first
}

/** Whether some probability is no number; and whether no token but the unknown one can come. */
function found(logProbabilities: Float64Array, unknown: number): { broken: boolean; silent: boolean } {
  let silent = true
  for (let token = 0; token < logProbabilities.length; token++) {
    const value = logProbabilities[token]
    if (Number.isNaN(value)) return { broken: true, silent }
    if (value !== -Infinity && token !== unknown) silent = false
  }
  return { broken: false, silent }
}

/** What each token adds to a prompt: its text depends on what stands before it (a space, half a character). */
function continuation(tokenizer: Tokenizer, prompt: string): (token: number) => string {
  const decoder = tokenizer.decoder()
  let shown = ''
  for (const token of tokenizer.encode(prompt)) shown = decoder.push(token) || shown
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
