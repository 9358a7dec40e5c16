/* The n-grams of a text, as one would write them on a blackboard: what `recurra ngram list` prints. */
import { ConfigurationError } from '../errors.js'
import type { Tokenizer } from '../text/tokenizer.js'

export interface ListedNGram {
  /** Its tokens' texts. */
  readonly tokens: readonly string[]
  readonly count: number
}

export interface ListOptions {
  /** Tokens of each n-gram. Default 2. */
  readonly order?: number | undefined
  /** What a token is: what stands between white space, or a character. Default word. */
  readonly unit?: 'word' | 'character' | undefined
  /** Cuts the text instead; what it lacks is shown as its unknown symbol. */
  readonly tokenizer?: Tokenizer | undefined
}

/** Each different n-gram of the text in the order of its first occurrence. A text shorter than the order has none. */
export function listNGrams(text: string, { order = 2, unit = 'word', tokenizer }: ListOptions = {}): ListedNGram[] {
  if (!Number.isInteger(order) || order < 1)
    throw new ConfigurationError(`listNGrams: order must be a whole number from 1 on; got ${order}`)
  const tokens = tokenizer
    ? Array.from(tokenizer.encode(text), token => tokenizer.vocabulary[token])
    : unit === 'word'
      ? text.split(/[\s\0]+/).filter(word => word !== '')
      : [...text]
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
