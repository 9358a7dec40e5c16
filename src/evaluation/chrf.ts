/* chrF (Popović 2015): the F-score of a translation's character n-grams of orders 1 to 6, white space left out; chrF++ adds
 * words and pairs of words (Popović 2017).
 *
 *     chrF = 100 (1 + β²) P R / (β² P + R)      P, R: means over the orders of precision and recall; β = 2
 *
 * Counts are over the whole corpus, and an order that either side lacks is left out, as sacreBLEU has it. */
import { checkPaired, listed, type References, referenceMark, SACREBLEU, summed } from './bleu.js'
import { withoutSpace, wordsIn } from './bleuTokens.js'
import { type Bootstrap, type BootstrapOptions, bootstrap, bootstrapMark } from './bootstrap.js'
import { countNGrams, matchesOf, type NGramCounts } from './nGramCounts.js'

export interface ChrfOptions {
  /** Orders of word n-grams: 0 is chrF, 2 is chrF++. Default 0. */
  readonly wordOrder?: number | undefined
  /** Default 6. */
  readonly characterOrder?: number | undefined
  /** What recall weighs beside precision. Default 2. */
  readonly beta?: number | undefined
  /** Default false. */
  readonly lowercase?: boolean | undefined
  /** Whether white space counts. Default false. */
  readonly whitespace?: boolean | undefined
  /** Resamples the sentences for an interval; default none. */
  readonly bootstrap?: BootstrapOptions | undefined
}

export interface Chrf {
  /** chrF2, chrF2++ … */
  readonly name: string
  /** 0 to 100. */
  readonly score: number
  /** As sacreBLEU writes it. */
  readonly signature: string
  /** Where it was asked for. */
  readonly interval?: Bootstrap | undefined
}

/**
 * chrF of translations against their references; of several references, that which fits each translation best.
 * @throws ConfigurationError where there are not as many of the one as of the other, or none
 */
export function chrf(
  translations: readonly string[],
  references: readonly References[],
  options: ChrfOptions = {},
): Chrf {
  checkPaired('chrf', translations, references)
  const { wordOrder = 0, characterOrder = 6, beta = 2, lowercase = false, whitespace = false } = options
  const counted = (text: string): NGramCounts[] => {
    const cased = lowercase ? text.toLowerCase() : text
    const characters = Array.from(whitespace ? cased : withoutSpace(cased))
    return [...countNGrams(characters, characterOrder), ...countNGrams(marksApart(cased), wordOrder)]
  }
  const score = (sums: Float64Array) => fScore(sums, beta)
  const statistics = translations.map((translation, i) => {
    const found = counted(translation)
    const each = listed(references[i]).map(reference => statisticsOf(found, counted(reference)))
    return each.reduce((best, other) => (score(other) > score(best) ? other : best))
  })
  const interval = options.bootstrap && bootstrap({ statistics, score }, options.bootstrap)
  const marks = [referenceMark(references), ...bootstrapMark(options.bootstrap), `case:${lowercase ? 'lc' : 'mixed'}`]
  const orders = ['eff:yes', `nc:${characterOrder}`, `nw:${wordOrder}`, `space:${whitespace ? 'yes' : 'no'}`]
  return {
    name: `chrF${beta}${'+'.repeat(wordOrder)}`,
    score: score(summed(statistics)),
    signature: [...marks, ...orders, `version:${SACREBLEU}`].join('|'),
    interval,
  }
}

/** Of each order: n-grams of the translation, of the reference, of both. */
function statisticsOf(found: readonly NGramCounts[], known: readonly NGramCounts[]): Float64Array {
  return Float64Array.from(
    found.flatMap((counts, k) => [known[k].size > 0 ? total(counts) : 0, total(known[k]), matchesOf(counts, known[k])]),
  )
}

const total = (counts: NGramCounts): number => {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

function fScore(sums: Float64Array, beta: number): number {
  let [precision, recall, orders] = [0, 0, 0]
  for (let k = 0; k < sums.length; k += 3) {
    const [found, known, matches] = sums.subarray(k, k + 3)
    if (found === 0 || known === 0) continue
    precision += matches / found
    recall += matches / known
    orders++
  }
  if (orders === 0 || precision + recall === 0) return 0
  precision /= orders
  recall /= orders
  return (100 * ((1 + beta ** 2) * precision * recall)) / (beta ** 2 * precision + recall)
}

const MARKS = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')

/** Words, with one mark at their end, or else at their beginning, set apart. */
function marksApart(text: string): string[] {
  return wordsIn(text).flatMap(word => {
    const characters = Array.from(word)
    if (characters.length === 1) return [word]
    const last = characters[characters.length - 1]
    if (MARKS.has(last)) return [characters.slice(0, -1).join(''), last]
    if (MARKS.has(characters[0])) return [characters[0], characters.slice(1).join('')]
    return [word]
  })
}
