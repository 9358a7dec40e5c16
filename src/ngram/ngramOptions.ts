/* What an n-gram model can be asked to be: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'
import { contradiction, parseConfiguration } from '../configuration.js'
import type { Tokenizer } from '../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../errors.js'
import type { Discounts } from './kneserNey.js'

export const smoothings = ['kneser-ney', 'maximum-likelihood', 'add-k'] as const
export type Smoothing = (typeof smoothings)[number]

/** What a token may be where no tokenizer is given. */
export const ngramUnits = ['word', 'character', 'byte', 'byte-pair'] as const
export type NGramUnit = (typeof ngramUnits)[number]

const MAX_ORDER = 32

/** Unigrams are never dropped; what stays needs its context and its suffix. */
const neverFalls = (thresholds: readonly number[]) =>
  thresholds.every((threshold, i) => (i === 0 ? threshold === 0 : threshold >= thresholds[i - 1]))

export const ngramSchema = z.strictObject({
  order: z.int().min(1).max(MAX_ORDER).default(5).describe('tokens of the longest n-gram'),
  unit: z.enum(ngramUnits).default('word').describe('what a token is; a word is what stands between white space'),
  minCount: z
    .int()
    .min(1)
    .optional()
    .describe('a word or character seen less often is unknown, a byte pair not learned (default: 1; byte pairs 2)'),
  vocabularySize: z
    .int()
    .min(256)
    .max(1_000_000)
    .optional()
    .describe('of byte pairs: ids at most, the 256 bytes included (default: 2048)'),
  smoothing: z
    .enum(smoothings)
    .default('kneser-ney')
    .describe('interpolated modified Kneser-Ney as KenLM’s, relative frequency, or a constant added to every count'),
  k: z.number().positive().default(1).describe('what add-k adds'),
  discountFallback: z
    .boolean()
    .default(false)
    .describe('discounts 0.5, 1 and 1.5 for orders whose own the text does not give; else that is a fault'),
  prune: z
    .array(z.int().min(0))
    .max(MAX_ORDER)
    .refine(neverFalls, 'must begin with 0 and never fall, as 0,0,1')
    .optional()
    .describe(
      'drop n-grams seen so often or less: a number an order, the last for all further ones, as 0,0,1 (default: none)',
    ),
  sentences: z
    .boolean()
    .optional()
    .describe('each line is a sentence of its own, between <s> and </s> (default: for words only)'),
})

/** What these keys must hold together. */
export const ngramContradictions = [
  contradiction(ngramSchema, ['vocabularySize', 'unit'], ({ vocabularySize, unit }, nameOf) =>
    vocabularySize !== undefined && unit !== 'byte-pair'
      ? `is for byte pairs alone; leave it out, or give ${nameOf('unit')} byte-pair`
      : undefined,
  ),
  contradiction(ngramSchema, ['prune', 'order'], ({ prune = [], order }) =>
    prune.length > order ? `must have at most ${order} elements, one an order` : undefined,
  ),
]

/** Where a tokenizer is given, it has learned its symbols already. */
const tokenizerContradictions = (['minCount', 'vocabularySize'] as const).map(key =>
  contradiction(ngramSchema, [key], values =>
    values[key] === undefined ? undefined : 'is the tokenizer’s own where one is given; leave it out',
  ),
)

/** An n-gram model's configuration, complete but for what depends on the unit. */
export type NGramConfiguration = z.output<typeof ngramSchema>

/** The schema's keys, each with its default. */
export type NGramOptions = Omit<z.input<typeof ngramSchema>, 'discountFallback' | 'prune'> & {
  /** Cuts the text instead of `unit`. */
  readonly tokenizer?: Tokenizer | undefined
  /** Also three discounts of one's own, of at most 1, 2 and 3. */
  readonly discountFallback?: boolean | Discounts | undefined
  readonly prune?: readonly number[] | undefined
}

export interface ResolvedOptions {
  readonly order: number
  readonly unit: NGramUnit
  readonly tokenizer: Tokenizer | undefined
  readonly minCount: number
  readonly vocabularySize: number | undefined
  readonly smoothing: Smoothing
  readonly k: number
  readonly fallback: Discounts | undefined
  readonly prune: readonly number[]
  readonly sentences: boolean
}

/** @throws ConfigurationError for an option that cannot be */
export function resolveOptions(options: NGramOptions): ResolvedOptions {
  const { tokenizer, discountFallback, ...rest } = options
  const own = Array.isArray(discountFallback) ? (discountFallback as Discounts) : undefined
  const values = { ...rest, discountFallback: own ? true : discountFallback }
  const contradictions = [...ngramContradictions, ...(tokenizer === undefined ? [] : tokenizerContradictions)]
  const parsed = parseConfiguration(ngramSchema, values, 'NGram.fit', { contradictions })
  if (own && !(own.length === 3 && own.every((discount, i) => discount >= 0 && discount <= i + 1)))
    throw new ConfigurationError(
      `NGram.fit: discountFallback must be true, or three discounts of at most 1, 2 and 3; got ${JSON.stringify(own)}`,
    )
  const { order, unit, minCount, vocabularySize, smoothing, k, prune = [] } = parsed
  return {
    order,
    unit,
    tokenizer,
    minCount: minCount ?? (unit === 'byte-pair' ? 2 : 1),
    vocabularySize,
    smoothing,
    k,
    fallback: own ?? (parsed.discountFallback ? [0.5, 1, 1.5] : undefined),
    prune: Array.from({ length: order }, (_, i) => prune[Math.min(i, prune.length - 1)] ?? 0),
    sentences: parsed.sentences ?? (tokenizer === undefined && unit === 'word'),
  }
}
