/* Counting the n-grams of a text that comes token by token, of any length: a batch is counted by sorting (counting.ts),
 * and what was counted is merged, as sorted lists are. Counts of about the same size are merged first (O'Neil et al. 1996,
 * the log-structured merge tree), so that each n-gram is copied a logarithmic number of times. Memory grows with the
 * n-grams that are different, not with the text. */
import { ConfigurationError } from '../errors.js'
import { type CountedLevel, countNGrams, type SentenceMarks } from './counting.js'

/** Tokens that are sorted together, at most: 170 MB of memory, and less time than larger ones would take. */
const BATCH_SIZE = 2 ** 22

const MAX_COUNT = 2 ** 31 - 1

export interface NGramCounterOptions {
  readonly order: number
  readonly marks: SentenceMarks | undefined
  /** Tokens of a batch. */
  readonly batch?: number | undefined
}

export class NGramCounter {
  private stream: Int32Array
  private length = 0
  /** Tokens at the stream's begin that the batch before has counted: the contexts of the next. */
  private counted = 0
  private largest: number
  private open = true
  private readonly batch: number
  private readonly merged: CountedLevel[][] = []
  /** Whether something else than sentence ends has come. */
  hasTokens = false

  constructor(private readonly options: NGramCounterOptions) {
    this.batch = Math.max(options.batch ?? BATCH_SIZE, 2 * options.order)
    this.stream = new Int32Array(Math.min(1 << 16, this.batch))
    this.largest = Math.max(-1, options.marks?.begin ?? -1, options.marks?.end ?? -1)
  }

  /** Tokens; with sentence marks, each sentence ends with its end mark, and begin marks are put here. */
  push(tokens: Int32Array): void {
    const { marks } = this.options
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]
      if (marks && this.open) this.add(marks.begin)
      this.open = token === marks?.end
      if (!this.open) this.hasTokens = true
      if (token > this.largest) this.largest = token
      this.add(token)
    }
  }

  /** Closes the last sentence and gives the levels, for tokens in 0 … vocabularySize − 1. */
  end(vocabularySize: number): CountedLevel[] {
    const { marks } = this.options
    if (marks && !this.open) this.push(Int32Array.of(marks.end))
    this.largest = Math.max(this.largest, vocabularySize - 1)
    this.count()
    this.stream = new Int32Array(0)
    while (this.merged.length > 1) this.mergeLast()
    return this.merged.pop() as CountedLevel[]
  }

  private add(token: number): void {
    if (this.length === this.stream.length) {
      if (this.length >= this.batch) this.count()
      else {
        const larger = new Int32Array(Math.min(2 * this.length, this.batch))
        larger.set(this.stream)
        this.stream = larger
      }
    }
    this.stream[this.length++] = token
  }

  private count(): void {
    const { order, marks } = this.options
    const stream = this.stream.subarray(0, this.length)
    this.merged.push(countNGrams(stream, { order, vocabularySize: this.largest + 1, marks }, this.counted))
    const context = Math.min(order - 1, this.length)
    this.stream.copyWithin(0, this.length - context, this.length)
    this.length = context
    this.counted = context
    while (this.merged.length > 1 && sizeOf(this.merged.at(-2)) <= 2 * sizeOf(this.merged.at(-1))) this.mergeLast()
  }

  private mergeLast(): void {
    const second = this.merged.pop() as CountedLevel[]
    const first = this.merged.pop() as CountedLevel[]
    this.merged.push(mergedLevels(first, second))
  }
}

function sizeOf(levels: readonly CountedLevel[] | undefined): number {
  return levels ? levels.reduce((sum, { words }) => sum + words.length, 0) : 0
}

/** Both together; each list of levels is emptied on the way, so that its memory can be had for the next. */
function mergedLevels(first: CountedLevel[], second: CountedLevel[]): CountedLevel[] {
  const merged = [mergedUnigrams(first[0], second[0])]
  let numbers: Numbers = { first: undefined, second: undefined }
  const order = first.length
  for (let n = 1; n < order; n++) {
    const next = mergedLevel(first[n], second[n], numbers)
    merged.push(next.level)
    numbers = next.numbers
    first[n - 1] = second[n - 1] = none
  }
  return merged
}

const NOTHING = new Int32Array(0)
const none: CountedLevel = { words: NOTHING, parents: NOTHING, suffixes: NOTHING, counts: NOTHING, opening: -1 }

/** A token's number never changes; the vocabulary only grows. */
function mergedUnigrams(first: CountedLevel, second: CountedLevel): CountedLevel {
  const [longer, shorter] = first.words.length > second.words.length ? [first, second] : [second, first]
  const counts = longer.counts.slice()
  for (let i = 0; i < shorter.counts.length; i++) counts[i] = sum(counts[i], shorter.counts[i])
  return { ...longer, counts, opening: first.opening }
}

/** The number that each n-gram of the order below has in the merged list; undefined where it is its own. */
interface Numbers {
  readonly first: Int32Array | undefined
  readonly second: Int32Array | undefined
}

function mergedLevel(first: CountedLevel, second: CountedLevel, below: Numbers) {
  const [a, b] = [first.words.length, second.words.length]
  const numbers = { first: new Int32Array(a), second: new Int32Array(b) }
  const parentOfFirst = (i: number) => (below.first ? below.first[first.parents[i]] : first.parents[i])
  const parentOfSecond = (j: number) => (below.second ? below.second[second.parents[j]] : second.parents[j])
  let size = 0
  for (let i = 0, j = 0; i < a || j < b; size++) {
    const order = i === a ? 1 : j === b ? -1 : parentOfFirst(i) - parentOfSecond(j) || first.words[i] - second.words[j]
    if (order <= 0) numbers.first[i++] = size
    if (order >= 0) numbers.second[j++] = size
  }
  const words = new Int32Array(size)
  const parents = new Int32Array(size)
  const suffixes = new Int32Array(size)
  const counts = new Int32Array(size)
  for (let j = 0; j < b; j++) {
    const to = numbers.second[j]
    words[to] = second.words[j]
    parents[to] = parentOfSecond(j)
    suffixes[to] = below.second ? below.second[second.suffixes[j]] : second.suffixes[j]
    counts[to] = second.counts[j]
  }
  for (let i = 0; i < a; i++) {
    const to = numbers.first[i]
    words[to] = first.words[i]
    parents[to] = parentOfFirst(i)
    suffixes[to] = below.first ? below.first[first.suffixes[i]] : first.suffixes[i]
    counts[to] = sum(counts[to], first.counts[i])
  }
  const opening = first.opening < 0 ? -1 : numbers.first[first.opening]
  return { level: { words, parents, suffixes, counts, opening }, numbers }
}

function sum(a: number, b: number): number {
  if (a + b > MAX_COUNT)
    throw new ConfigurationError(`NGram.fit: an n-gram stands in the text more than ${MAX_COUNT} times; give less text`)
  return a + b
}
