/* BLEU (Papineni, Roukos, Ward & Zhu 2002): how many of a translation's word n-grams stand in a reference too.
 *
 *     BLEU = 100 BP exp(1/4 Σ_{n=1..4} log p_n)       p_n = matches_n / n-grams of order n, each match counted once
 *     BP = exp(1 − r / c) where c < r, else 1          c, r: words of all translations, of all references
 *
 * All counts are over the whole corpus. The numbers are sacreBLEU's (Post 2018), whose name for how they were taken, its
 * signature, goes with them. A p_n of no match would make BLEU 0; it is smoothed as in Chen & Cherry 2014. */
import { ConfigurationError } from '../errors.js'
import { type BleuTokenizer, bleuTokenizers, bleuWords } from './bleuTokens.js'
import { type Bootstrap, type BootstrapOptions, bootstrap, bootstrapMark, type Resampled } from './bootstrap.js'
import { countNGrams, matchesOf, mostOfEach, type NGramCounts } from './nGramCounts.js'

export const bleuSmoothings = ['exp', 'floor', 'add-k', 'none'] as const
export type BleuSmoothing = (typeof bleuSmoothings)[number]

export interface BleuOptions {
  /** How words are cut. Default 13a. */
  readonly tokenize?: BleuTokenizer | undefined
  /** Whether capital letters count as small ones. Default false. */
  readonly lowercase?: boolean | undefined
  /** What a p_n without a match becomes. Default exp: half of one match, then a quarter … */
  readonly smoothing?: BleuSmoothing | undefined
  /** Of floor (default 0.1 matches) and of add-k (default 1, to all orders but the first). */
  readonly smoothingValue?: number | undefined
  /** Resamples the sentences for an interval; default none. */
  readonly bootstrap?: BootstrapOptions | undefined
}

export interface Bleu {
  /** 0 to 100. */
  readonly score: number
  /** p_1 … p_4 in percent, smoothed. */
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  /** c */
  readonly length: number
  /** r */
  readonly referenceLength: number
  /** As sacreBLEU writes it. */
  readonly signature: string
  /** Where it was asked for. */
  readonly interval?: Bootstrap | undefined
}

/** One translation's references: one, or several, of which each n-gram may match any. */
export type References = string | readonly string[]

const ORDER = 4
/** The version of sacreBLEU whose numbers these are held to (tests/golden/bleu.py). */
export const SACREBLEU = '2.6.0'
const smoothingValues: Partial<Record<BleuSmoothing, number>> = { floor: 0.1, 'add-k': 1 }

/**
 * BLEU of translations against their references.
 * @throws ConfigurationError where there are not as many of the one as of the other, or none
 */
export function bleu(
  translations: readonly string[],
  references: readonly References[],
  options: BleuOptions = {},
): Bleu {
  checkPaired('bleu', translations, references)
  const { tokenize = '13a', lowercase = false } = options
  if (!bleuTokenizers.includes(tokenize))
    throw new ConfigurationError(`bleu: tokenize must be ${bleuTokenizers.join(', ')}; got ${tokenize}`)
  const words = (text: string) => bleuWords(text, tokenize, lowercase)
  const statistics = translations.map((translation, i) =>
    statisticsOf(words(translation), listed(references[i]).map(words)),
  )
  const scored = scoreOf(summed(statistics), options)
  const interval =
    options.bootstrap && bootstrap({ statistics, score: sums => scoreOf(sums, options).score }, options.bootstrap)
  return { ...scored, signature: signatureOf(references, options), interval }
}

/** Words and n-grams of one translation: [c, r, matches of order 1 … 4, n-grams of order 1 … 4]. */
function statisticsOf(words: readonly string[], references: readonly (readonly string[])[]): Float64Array {
  const found = countNGrams(words, ORDER)
  const known = mostOfEach(references.map(reference => countNGrams(reference, ORDER)))
  const statistics = new Float64Array(2 + 2 * ORDER)
  statistics[0] = words.length
  statistics[1] = nearest(
    words.length,
    references.map(reference => reference.length),
  )
  found.forEach((counts: NGramCounts, n: number) => {
    statistics[2 + n] = matchesOf(counts, known[n])
    statistics[2 + ORDER + n] = Math.max(0, words.length - n)
  })
  return statistics
}

/** The reference's length that is nearest to the translation's; of two as near, the shorter. */
const nearest = (length: number, lengths: readonly number[]): number =>
  lengths.reduce((best, each) => {
    const nearer = Math.abs(length - each) - Math.abs(length - best)
    return nearer < 0 || (nearer === 0 && each < best) ? each : best
  })

function scoreOf(sums: Float64Array, { smoothing = 'exp', smoothingValue }: BleuOptions) {
  const [length, referenceLength] = sums
  const value = smoothingValue ?? smoothingValues[smoothing] ?? 0
  const brevityPenalty = length < referenceLength ? (length > 0 ? Math.exp(1 - referenceLength / length) : 0) : 1
  const precisions = new Array<number>(ORDER).fill(0)
  const found = { precisions, brevityPenalty, length, referenceLength }
  if (sums.subarray(2, 2 + ORDER).every(matches => matches === 0)) return { score: 0, ...found }
  let halved = 1
  for (let n = 0; n < ORDER; n++) {
    const more = smoothing === 'add-k' && n > 0 ? value : 0
    const [matches, total] = [sums[2 + n] + more, sums[2 + ORDER + n] + more]
    if (total === 0) break
    if (matches > 0) precisions[n] = (100 * matches) / total
    else if (smoothing === 'exp') {
      halved *= 2
      precisions[n] = 100 / (halved * total)
    } else if (smoothing === 'floor') precisions[n] = (100 * value) / total
  }
  const logarithms = precisions.reduce((sum, p) => sum + (p > 0 ? Math.log(p) : -9_999_999_999), 0)
  return { score: brevityPenalty * Math.exp(logarithms / ORDER), ...found }
}

function signatureOf(references: readonly References[], options: BleuOptions): string {
  const { tokenize = '13a', lowercase = false, smoothing = 'exp', smoothingValue, bootstrap: resampled } = options
  const value = smoothingValue ?? smoothingValues[smoothing]
  const smooth = value !== undefined && smoothing in smoothingValues ? `${smoothing}[${value.toFixed(2)}]` : smoothing
  const marks = [referenceMark(references), ...bootstrapMark(resampled), `case:${lowercase ? 'lc' : 'mixed'}`, 'eff:no']
  return [...marks, `tok:${tokenize}`, `smooth:${smooth}`, `version:${SACREBLEU}`].join('|')
}

/** How many references a translation has, as signatures begin. */
export function referenceMark(references: readonly References[]): string {
  const counts = new Set(references.map(each => listed(each).length))
  return `nrefs:${counts.size === 1 ? [...counts][0] : 'var'}`
}

export const listed = (references: References): readonly string[] =>
  typeof references === 'string' ? [references] : references

/** @throws ConfigurationError where translations and references do not stand beside one another */
export function checkPaired(where: string, translations: readonly string[], references: readonly References[]): void {
  if (translations.length !== references.length || translations.length === 0)
    throw new ConfigurationError(
      `${where}: there must be as many translations as references, one or more; got ${translations.length} and ${references.length}`,
    )
  const bare = references.findIndex(each => listed(each).length === 0)
  if (bare >= 0) throw new ConfigurationError(`${where}: translation ${bare} has no reference; give it one`)
}

/** Over all sentences. */
export function summed(statistics: Resampled['statistics']): Float64Array {
  const sums = new Float64Array(statistics[0].length)
  for (const each of statistics) for (let k = 0; k < sums.length; k++) sums[k] += each[k]
  return sums
}
