/* Texts as bags of words: how often each word occurs, its order forgotten. What a recurrent classifier must be better than is
 * made of them: naiveBayes.ts, logisticRegression.ts. */

import { TextCorpus } from '../data/corpora/corpus.js'
import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import type { WordBoundaries } from '../data/tokenizers/wordBoundaries.js'
import { WordTokenizer } from '../data/tokenizers/wordTokenizer.js'
import { ConfigurationError } from '../errors.js'
import { type Judged, type LabelScores, labelScores } from '../evaluation/labelScores.js'

export interface BagOfWordsOptions {
  /** A word seen less often is left out. Default 1. */
  readonly minCount?: number | undefined
  /** Default `unicode`. */
  readonly wordBoundaries?: WordBoundaries | undefined
  /** Words in small letters. Default true. */
  readonly foldCase?: boolean | undefined
}

/** Words of a text by number, each once, and how often it occurs. */
export interface Bag {
  readonly words: Int32Array
  readonly counts: Float64Array
}

/** Labelled bags: what both baselines are fitted on. */
export interface LabelledBags {
  readonly labels: readonly string[]
  readonly vocabularySize: number
  readonly bags: readonly Bag[]
  /** Of each bag, by number. */
  readonly targets: Int32Array
  bagOf(text: string): Bag
}

/** What says a label for each text. */
export interface BagClassifier {
  /** Of each label, in the order of `labels`. */
  scores(bag: Bag): Float64Array
  readonly labels: readonly string[]
}

/** @throws ConfigurationError for fewer than two classes */
export function labelledBags(
  { items, name }: ItemCorpus<LabelledText>,
  { minCount = 1, wordBoundaries = 'unicode', foldCase = true }: BagOfWordsOptions = {},
): LabelledBags {
  const labels = [...new Set(items.map(({ label }) => label.trim()))].sort((a, b) => (a < b ? -1 : 1))
  if (labels.length < 2) throw new ConfigurationError(`${name} must have two classes or more; got ${labels.length}`)
  const text = new TextCorpus(items.map(item => `${item.text}\n`).join(''), name)
  const tokenizer = WordTokenizer.fit(text, { minCount, boundaries: wordBoundaries, foldCase })
  // Words that the vocabulary lacks, and white space, are no words.
  const isWord = tokenizer.vocabulary.map((word, token) => token !== tokenizer.unknown && word.trim() !== '')
  const bagOf = (text: string): Bag => {
    const counts = new Map<number, number>()
    for (const token of tokenizer.encode(text)) if (isWord[token]) counts.set(token, (counts.get(token) ?? 0) + 1)
    return { words: Int32Array.from(counts.keys()), counts: Float64Array.from(counts.values()) }
  }
  return {
    labels,
    vocabularySize: tokenizer.size,
    bags: items.map(item => bagOf(item.text)),
    targets: Int32Array.from(items, ({ label }) => labels.indexOf(label.trim())),
    bagOf,
  }
}

/** How well it does on labelled texts. */
export function evaluateBags(
  model: BagClassifier,
  { bagOf }: LabelledBags,
  { items }: ItemCorpus<LabelledText>,
): LabelScores {
  const judged: Judged[] = items.map(({ text, label }) => {
    const scores = model.scores(bagOf(text))
    return { truth: [label.trim()], predicted: [model.labels[scores.indexOf(Math.max(...scores))]] }
  })
  return labelScores(judged)
}
