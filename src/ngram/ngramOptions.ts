/* What an n-gram model can be asked to be, each option with its default. */
import { ConfigurationError, nearest } from '../errors.js'
import type { Tokenizer } from '../text/tokenizer.js'
import type { Discounts } from './kneserNey.js'

export const smoothings = ['kneser-ney', 'maximum likelihood', 'add-k'] as const
export type Smoothing = (typeof smoothings)[number]

export interface NGramOptions {
  /** Tokens of the longest n-gram, 1 to 32. Default 5. */
  readonly order?: number | undefined
  /** What a token is where no tokenizer is given: what stands between white space, or a character. Default word. */
  readonly unit?: 'word' | 'character' | undefined
  /** Cuts the text instead. */
  readonly tokenizer?: Tokenizer | undefined
  /** A word or character that occurs less often is unknown. Default 1: none. Not with a tokenizer. */
  readonly minCount?: number | undefined
  /** Interpolated modified Kneser-Ney as KenLM's, maximum likelihood, or add-k. Default kneser-ney. */
  readonly smoothing?: Smoothing | undefined
  /** Added to every count by add-k. Default 1. */
  readonly k?: number | undefined
  /**
   * For orders whose discounts the text does not give (too few n-grams that occur once, twice or three times): true for
   * KenLM's 0.5, 1 and 1.5, or three others. Default false: that is an error.
   */
  readonly discountFallback?: boolean | Discounts | undefined
  /**
   * n-grams that stand in the text so often or less are dropped, one number an order, the last for all further orders;
   * as [0, 0, 1]. They must not fall, and unigrams are never dropped. Default none.
   */
  readonly prune?: readonly number[] | undefined
  /** Whether each line is a sentence of its own, with <s> before and </s> after. Default: for words only. */
  readonly sentences?: boolean | undefined
}

export interface ResolvedOptions {
  readonly order: number
  readonly unit: 'word' | 'character'
  readonly tokenizer: Tokenizer | undefined
  readonly minCount: number
  readonly smoothing: Smoothing
  readonly k: number
  readonly fallback: Discounts | undefined
  readonly prune: readonly number[]
  readonly sentences: boolean
}

const mostOrders = 32
const keys = ['order', 'unit', 'tokenizer', 'minCount', 'smoothing', 'k', 'discountFallback', 'prune', 'sentences']

/** @throws ConfigurationError for an option that cannot be */
export function resolveOptions(options: NGramOptions): ResolvedOptions {
  const demand = (holds: boolean, name: string, wanted: string, value: unknown) => {
    if (!holds) throw new ConfigurationError(`NGram.fit: ${name} must be ${wanted}; got ${JSON.stringify(value)}`)
  }
  for (const key of Object.keys(options))
    if (!keys.includes(key)) {
      const meant = nearest(key, keys)
      throw new ConfigurationError(`NGram.fit: there is no option ${key}${meant ? `; did you mean ${meant}?` : ''}`)
    }
  const { order = 5, unit = 'word', tokenizer, minCount = 1, smoothing = 'kneser-ney', k = 1 } = options
  const { discountFallback = false, prune = [], sentences = tokenizer === undefined && unit === 'word' } = options
  demand(
    Number.isInteger(order) && order >= 1 && order <= mostOrders,
    'order',
    `a whole number in 1 … ${mostOrders}`,
    order,
  )
  demand(unit === 'word' || unit === 'character', 'unit', 'word or character (for others give a tokenizer)', unit)
  demand(Number.isSafeInteger(minCount) && minCount >= 1, 'minCount', 'a whole number from 1 on', minCount)
  demand(tokenizer === undefined || minCount === 1, 'minCount', 'the tokenizer’s own where one is given', minCount)
  demand(smoothings.includes(smoothing), 'smoothing', `one of ${smoothings.join(', ')}`, smoothing)
  demand(Number.isFinite(k) && k > 0, 'k', 'above 0', k)
  demand(
    typeof discountFallback === 'boolean' ||
      (Array.isArray(discountFallback) &&
        discountFallback.length === 3 &&
        discountFallback.every((discount, i) => discount >= 0 && discount <= i + 1)),
    'discountFallback',
    'true, or three discounts of at most 1, 2 and 3',
    discountFallback,
  )
  const sound = (threshold: number, i: number) =>
    Number.isSafeInteger(threshold) && (i === 0 ? threshold === 0 : threshold >= prune[i - 1])
  demand(
    Array.isArray(prune) && prune.length <= order && prune.every(sound),
    'prune',
    `at most ${order} whole numbers that begin with 0 and never fall, as [0, 0, 1]`,
    prune,
  )
  demand(typeof sentences === 'boolean', 'sentences', 'true or false', sentences)
  const fallback = discountFallback === true ? ([0.5, 1, 1.5] as const) : discountFallback || undefined
  const thresholds = Array.from({ length: order }, (_, i) => prune[Math.min(i, prune.length - 1)] ?? 0)
  return { order, unit, tokenizer, minCount, smoothing, k, fallback, prune: thresholds, sentences }
}
