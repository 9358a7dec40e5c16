/* Counted n-grams as a trie, order by order, without those that are pruned. */
import type { CountedLevel } from './counting.js'
import { NGramTrie, type Unseen } from './trie.js'

/**
 * Which n-grams stay when those that stand in the text `thresholds[n − 1]` times or less are dropped: for each order a
 * list of 1 and 0, or undefined where all stay. Thresholds do not fall with the order, so contexts and suffixes of what
 * stays stay too.
 */
export function keptNGrams(levels: readonly CountedLevel[], thresholds: readonly number[]): (Uint8Array | undefined)[] {
  return levels.map(({ counts }, i) => {
    const threshold = thresholds[i]
    return threshold > 0 ? Uint8Array.from(counts, count => (count > threshold ? 1 : 0)) : undefined
  })
}

export class TrieBuilder {
  private trie: NGramTrie | undefined
  private order = 0
  /** Of the order below, the number that each n-gram has among the kept; undefined where all are. */
  private numbers: Int32Array | undefined

  constructor(
    private readonly kept: readonly (Uint8Array | undefined)[],
    private readonly unseen: Unseen = 'back off',
  ) {}

  /**
   * One order more.
   * @param probabilities of every n-gram of the level, pruned or not
   * @param backoffs of every n-gram of the order below
   */
  add({ words, parents, suffixes }: CountedLevel, probabilities: Float64Array, backoffs: Float64Array): void {
    const keep = this.kept[this.order]
    if (this.trie === undefined) this.trie = NGramTrie.ofUnigrams(logarithms(probabilities), this.unseen)
    else {
      this.trie = this.trie.extended({
        parents: selected(parents, keep, this.numbers),
        words: selected(words, keep),
        suffixes: selected(suffixes, keep, this.numbers),
        probabilities: logarithms(probabilities, keep),
        backoffs: logarithms(backoffs, this.kept[this.order - 1]),
      })
      this.numbers = keep && newNumbers(keep)
    }
    this.order++
  }

  /** The trie of the orders that were added, at least one. */
  end(): NGramTrie {
    return this.trie as NGramTrie
  }
}

/** log10 of each, or of each that is kept. */
function logarithms(values: Float64Array, keep?: Uint8Array): Float32Array {
  const logs = new Float32Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) if (!keep || keep[i] === 1) logs[count++] = Math.log10(values[i])
  return keep ? logs.slice(0, count) : logs
}

/** What is kept of a list of numbers, each replaced by its new one where they are renumbered. */
function selected(values: Int32Array, keep?: Uint8Array, numbers?: Int32Array): Int32Array {
  const chosen = keep ? values.filter((_, i) => keep[i] === 1) : values
  return numbers ? chosen.map(value => numbers[value]) : chosen
}

/** The number that each kept item gets among the kept. */
function newNumbers(keep: Uint8Array): Int32Array {
  const numbers = new Int32Array(keep.length)
  let next = 0
  for (let i = 0; i < keep.length; i++) numbers[i] = keep[i] === 1 ? next++ : -1
  return numbers
}
