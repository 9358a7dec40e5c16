/* Counting every n-gram of a text up to an order, by sorting places of the text and never making an object of an n-gram.
 *
 * An n-gram is its context (the number of an n-gram one shorter, which the text had one place before) and its last
 * token. Two stable counting sorts, by last token and then by context, bring equal ones together; the first of them is
 * the same for every order and done once. The numbers that come out are the sorted order, as the trie wants it.
 * Memory: five 32-bit numbers a token while it runs, and four an n-gram that stay. A long text is counted in batches
 * of some millions of tokens (nGramCounter.ts), so only the n-grams grow with it. */

export interface SentenceMarks {
  /** `<s>`: context only, never predicted. */
  readonly begin: number
  /** `</s>` */
  readonly end: number
}

/** The n-grams of one order, sorted by context, then by last token. The unigrams are all tokens, seen or not. */
export interface CountedLevel {
  /** The last token. */
  readonly words: Int32Array
  /** The n-gram without its last token: its number in the order below. Empty for unigrams. */
  readonly parents: Int32Array
  /** The n-gram without its first token: its number in the order below. Empty for unigrams. */
  readonly suffixes: Int32Array
  /** How often it stands in the text. */
  readonly counts: Int32Array
  /** The n-gram with which a text without sentence marks begins; −1 where there is none. */
  readonly opening: number
}

export interface Counting {
  readonly order: number
  readonly vocabularySize: number
  readonly marks: SentenceMarks | undefined
}

/**
 * @param stream each token in 0 … vocabularySize − 1; with sentence marks, every sentence opened by its begin mark and
 *   closed by its end mark
 * @param from n-grams that end before this place are not counted: they are there as contexts, with a count of 0
 * @returns a level an order
 */
export function countNGrams(stream: Int32Array, { order, vocabularySize, marks }: Counting, from = 0): CountedLevel[] {
  const length = stream.length
  const counts = new Int32Array(vocabularySize)
  for (let t = from; t < length; t++) counts[stream[t]]++
  const words = Int32Array.from({ length: vocabularySize }, (_, i) => i)
  const none = new Int32Array(0)
  const opens = from === 0 && !marks
  const levels: CountedLevel[] = [
    { words, parents: none, suffixes: none, counts, opening: opens ? (stream[0] ?? -1) : -1 },
  ]
  if (order === 1) return levels

  // Every place that can end a longer n-gram, sorted by its token: no n-gram goes over a sentence's begin.
  const begin = marks ? marks.begin : -1
  const place = new Int32Array(vocabularySize + 1)
  for (let t = 1; t < length; t++) if (stream[t] !== begin) place[stream[t] + 1]++
  for (let word = 0; word < vocabularySize; word++) place[word + 1] += place[word]
  const byWord = new Int32Array(place[vocabularySize])
  for (let t = 1; t < length; t++) if (stream[t] !== begin) byWord[place[stream[t]]++] = t

  let shorter = stream.slice()
  let longer = new Int32Array(length)
  const sorted = new Int32Array(byWord.length)
  for (let n = 2; n <= order; n++) {
    const contexts = levels[n - 2].words.length
    const level = countLevel(stream, byWord, sorted, shorter, longer, { contexts, from, opening: opens ? n - 1 : -1 })
    levels.push(level)
    const kept = shorter
    shorter = longer
    longer = kept
  }
  return levels
}

/**
 * One order more. `shorter` has the number of the n-gram one shorter that ends at each place, −1 where the sentence has
 * not so many tokens before; `longer` is filled in the same way.
 */
function countLevel(
  stream: Int32Array,
  byWord: Int32Array,
  sorted: Int32Array,
  shorter: Int32Array,
  longer: Int32Array,
  { contexts, from, opening: openingPlace }: { contexts: number; from: number; opening: number },
): CountedLevel {
  const place = new Int32Array(contexts + 1)
  let found = 0
  for (let i = 0; i < byWord.length; i++) {
    const context = shorter[byWord[i] - 1]
    if (context < 0) continue
    place[context + 1]++
    found++
  }
  for (let context = 0; context < contexts; context++) place[context + 1] += place[context]
  for (let i = 0; i < byWord.length; i++) {
    const t = byWord[i]
    const context = shorter[t - 1]
    if (context >= 0) sorted[place[context]++] = t
  }
  longer.fill(-1)
  // Of each group of equal n-grams the first place stays, at the front of `sorted`.
  let size = 0
  let lastContext = -1
  let lastWord = -1
  for (let i = 0; i < found; i++) {
    const t = sorted[i]
    const context = shorter[t - 1]
    const word = stream[t]
    if (context !== lastContext || word !== lastWord) {
      lastContext = context
      lastWord = word
      sorted[size++] = t
    }
    longer[t] = size - 1
  }
  const words = new Int32Array(size)
  const parents = new Int32Array(size)
  const suffixes = new Int32Array(size)
  const counts = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const t = sorted[i]
    words[i] = stream[t]
    parents[i] = shorter[t - 1]
    suffixes[i] = shorter[t]
  }
  for (let t = from; t < longer.length; t++) if (longer[t] >= 0) counts[longer[t]]++
  const opening = openingPlace >= 0 && openingPlace < longer.length ? longer[openingPlace] : -1
  return { words, parents, suffixes, counts, opening }
}
