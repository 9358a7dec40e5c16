/* The n-grams of a text, as one would write them on a blackboard: what `recurra ngram list` prints. */

import { fitTokenizer } from '../data/tokenizers/fitTokenizer.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../errors.js'
import type { NGramUnit } from './ngramOptions.js'

export interface ListedNGram {
  /** Its tokens' texts. */
  readonly tokens: readonly string[]
  readonly count: number
}

export interface ListOptions {
  /** Tokens of each n-gram. Default 2. */
  readonly order?: number | undefined
  /** What a token is; byte pairs are learned on the text itself. Default word: what stands between white space. */
  readonly unit?: NGramUnit | undefined
  /** Cuts the text instead; what it lacks is shown as its unknown symbol. */
  readonly tokenizer?: Tokenizer | undefined
}

/** Each different n-gram of the text in the order of its first occurrence. A text shorter than the order has none. */
export function listNGrams(text: string, { order = 2, unit = 'word', tokenizer }: ListOptions = {}): ListedNGram[] {
  if (!Number.isInteger(order) || order < 1)
    throw new ConfigurationError(`listNGrams: order must be a whole number from 1 on; got ${order}`)
  const tokens = tokenizer ? named(text, tokenizer) : cut(text, unit)
  const found = new Map<string, { tokens: string[]; count: number }>()
  for (let i = 0; i + order <= tokens.length; i++) {
    const ngram = tokens.slice(i, i + order)
    const key = JSON.stringify(ngram)
    const known = found.get(key)
    if (known) known.count++
    else found.set(key, { tokens: ngram, count: 1 })
  }
  return [...found.values()]
}

function cut(text: string, unit: NGramUnit): string[] {
  if (unit === 'word') return text.split(/[\s\0]+/).filter(word => word !== '')
  return unit === 'character' ? [...text] : named(text, fitTokenizer(text, { unit }))
}

function named(text: string, tokenizer: Tokenizer): string[] {
  const { vocabulary } = tokenizer
  return Array.from(tokenizer.encode(text), token => vocabulary[token])
}
