/* Interpolated modified Kneser-Ney (Chen & Goodman 1998, section 4), as KenLM's lmplz estimates it (Heafield et al. 2013):
 *
 *     p(w | h) = (a(h w) − D(a(h w))) / Σ_v a(h v)  +  γ(h) p(w | h without its first token)
 *     γ(h)     = Σ_v D(a(h v)) / Σ_v a(h v)            below the unigrams: 1 / |V|, <unk> counted, <s> not
 *
 * a is the count of an n-gram of the highest order, and of one that begins a sentence; of every other, the number of
 * different tokens that stand before it. D is one of three discounts an order, for a = 1, 2 and 3 or more:
 *
 *     Y = n1 / (n1 + 2 n2)     D_i = i − (i + 1) Y n_{i+1} / n_i     n_i: how many n-grams of the order have a = i
 *
 * Pruned n-grams count in every sum, and their whole a goes to γ. */
import { ConfigurationError } from '../errors.js'
import type { CountedLevel, SentenceMarks } from './counting.js'
import type { NGramTrie } from './trie.js'
import { keptNGrams, TrieBuilder } from './trieBuilder.js'

/** D1, D2 and D3+ of one order. */
export type Discounts = readonly [number, number, number]

export interface KneserNeyOptions {
  readonly marks: SentenceMarks | undefined
  /** n-grams that stand in the text so often or less are dropped: one number an order. */
  readonly prune: readonly number[]
  /** For an order whose discounts the text does not give; undefined: that is an error. */
  readonly fallback: Discounts | undefined
}

/** What stands before an n-gram, counted: each different token once. */
function adjustedCounts(
  level: CountedLevel,
  longer: CountedLevel | undefined,
  marked: { readonly from: number; readonly to: number },
): Int32Array {
  if (!longer) return level.counts.slice()
  const adjusted = new Int32Array(level.counts.length)
  for (let i = 0; i < longer.suffixes.length; i++) adjusted[longer.suffixes[i]]++
  for (let i = marked.from; i < marked.to; i++) adjusted[i] = level.counts[i]
  // The beginning of a text without marks is something else that stands before.
  if (level.opening >= 0) adjusted[level.opening]++
  return adjusted
}

/** For each order, the n-grams that begin with `<s>`: they stand together, as the order of a level is its contexts'. */
function beginningSentences(levels: readonly CountedLevel[], marks: SentenceMarks | undefined) {
  if (!marks) return levels.map(() => ({ from: 0, to: 0 }))
  const ranges = [{ from: marks.begin, to: marks.begin + 1 }]
  for (const { parents } of levels.slice(1)) {
    const { from, to } = ranges[ranges.length - 1]
    ranges.push({ from: firstNotBelow(parents, from), to: firstNotBelow(parents, to) })
  }
  return ranges
}

function firstNotBelow(ascending: Int32Array, value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The discounts of one order, or what the counts lack for them. */
export function discountsOf(adjusted: Int32Array): Discounts | string {
  const n = [0, 0, 0, 0, 0]
  for (let i = 0; i < adjusted.length; i++) if (adjusted[i] < 5) n[adjusted[i]]++
  const missing = [1, 2, 3].find(count => n[count] === 0)
  if (missing !== undefined) return `none has the adjusted count ${missing}`
  // In 32-bit floats, as lmplz computes them: the sixth digit that it prints depends on it.
  const f = Math.fround
  const y = f(n[1] / f(n[1] + 2 * n[2]))
  const discounts = [1, 2, 3].map(i => f(i - f(f(f((i + 1) * y) * n[i + 1]) / n[i])))
  const wrong = discounts.findIndex((discount, i) => !(discount >= 0 && discount <= i + 1))
  if (wrong >= 0)
    return `the discount ${wrong + 1} must lie in 0 … ${wrong + 1} and came out as ${discounts[wrong].toFixed(4)}`
  const [one, two, three] = discounts
  return [one, two, three]
}

/** @throws ConfigurationError where the text gives no discounts and there is no fallback */
export function kneserNey(
  levels: readonly CountedLevel[],
  { marks, prune, fallback }: KneserNeyOptions,
): { trie: NGramTrie; discounts: Discounts[] } {
  const beginning = beginningSentences(levels, marks)
  const kept = keptNGrams(levels, prune)
  const discounts: Discounts[] = []
  const builder = new TrieBuilder(kept)
  /** Probabilities of the order below. */
  let lower = new Float64Array(0)
  for (let n = 1; n <= levels.length; n++) {
    const level = levels[n - 1]
    const adjusted = adjustedCounts(level, levels[n], beginning[n - 1])
    if (n === 1 && marks) adjusted[marks.begin] = 0
    const discount = discountsOrFallback(adjusted, n, fallback)
    discounts.push(discount)
    const { words, parents, suffixes } = level
    const keep = kept[n - 1]
    const contexts = n === 1 ? 1 : levels[n - 2].words.length
    const totals = new Float64Array(contexts)
    const gammas = new Float64Array(contexts)
    for (let i = 0; i < words.length; i++) {
      const context = n === 1 ? 0 : parents[i]
      totals[context] += adjusted[i]
      gammas[context] += keep && keep[i] === 0 ? adjusted[i] : discounted(discount, adjusted[i])
    }
    // What is never followed is no context: the shorter one answers alone.
    for (let context = 0; context < contexts; context++)
      gammas[context] = totals[context] > 0 ? gammas[context] / totals[context] : 1

    const uniform = 1 / (words.length - (marks ? 1 : 0))
    const exact = new Float64Array(words.length)
    for (let i = 0; i < words.length; i++) {
      const context = n === 1 ? 0 : parents[i]
      const discountedShare = (adjusted[i] - discounted(discount, adjusted[i])) / totals[context]
      exact[i] = discountedShare + gammas[context] * (n === 1 ? uniform : lower[suffixes[i]])
    }
    // `<s>` is never predicted; lmplz writes it with a probability of 1.
    if (n === 1 && marks) exact[marks.begin] = 1
    builder.add(level, exact, gammas)
    lower = exact
  }
  return { trie: builder.end(), discounts }
}

function discountsOrFallback(adjusted: Int32Array, n: number, fallback: Discounts | undefined): Discounts {
  const discounts = discountsOf(adjusted)
  if (typeof discounts !== 'string') return discounts
  if (fallback) return fallback
  throw new ConfigurationError(
    `Kneser-Ney: discounts for the ${n}-grams cannot be estimated: ${discounts} among ${adjusted.length}; ` +
      `give discountFallback: true (0.5, 1, 1.5 for such orders), more text, a lower order or another smoothing`,
  )
}

function discounted(discounts: Discounts, count: number): number {
  return count === 0 ? 0 : discounts[Math.min(count, 3) - 1]
}
