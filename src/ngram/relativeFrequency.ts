/* Two estimates without discounts, from the plain counts c of the text:
 *
 *     maximum likelihood    p(w | h) = c(h w) / c(h ·)
 *     add-k (Lidstone)      p(w | h) = (c(h w) + k) / (c(h ·) + k |V|)
 *
 * h is as much of what stands before as the text has seen followed by something: a context that it has not seen so is
 * shortened by its oldest token until it has. |V| counts <unk>, not <s>. Under maximum likelihood what did not follow h
 * has no probability at all; add-k gives all of it the same. */
import type { CountedLevel, SentenceMarks } from './counting.js'
import type { NGramTrie } from './trie.js'
import { keptNGrams, TrieBuilder } from './trieBuilder.js'

export interface RelativeFrequencyOptions {
  readonly marks: SentenceMarks | undefined
  readonly prune: readonly number[]
  /** 0: maximum likelihood. */
  readonly k: number
}

export function relativeFrequency(
  levels: readonly CountedLevel[],
  { marks, prune, k }: RelativeFrequencyOptions,
): NGramTrie {
  const kept = keptNGrams(levels, prune)
  const vocabularySize = levels[0].words.length - (marks ? 1 : 0)
  const builder = new TrieBuilder(kept, k > 0 ? 'uniform' : 'back off')
  for (let n = 1; n <= levels.length; n++) {
    const { words, parents, counts } = levels[n - 1]
    const keep = kept[n - 1]
    const contexts = n === 1 ? 1 : levels[n - 2].words.length
    const totals = new Float64Array(contexts)
    for (let i = 0; i < words.length; i++) {
      if (n === 1 && i === marks?.begin) continue
      // What is dropped is as if it had never been there, so that what stays sums to 1.
      if (!keep || keep[i] === 1) totals[n === 1 ? 0 : parents[i]] += counts[i]
    }
    const probabilities = Float64Array.from(counts, (count, i) => {
      return (count + k) / (totals[n === 1 ? 0 : parents[i]] + k * vocabularySize)
    })
    if (n === 1 && marks) probabilities[marks.begin] = 1
    // Never followed: nothing is known, and the shorter context answers alone.
    const backoffs = totals.map(total => (total > 0 ? k / (total + k * vocabularySize) : 1))
    builder.add(levels[n - 1], probabilities, backoffs)
  }
  return builder.end()
}
