/* Scores of a tagger on tagged sentences. */
import type { ItemCorpus, TaggedSentence } from '../data/corpora/items.js'
import { chainCost, exponentialChain } from '../layers/linearChain.js'
import { checkSentence, wordNumber } from '../models/tagger/batches.js'
import type { SentenceScores, Tagger } from '../models/tagger/tagger.js'
import { type LabelScores, labelScores } from './labelScores.js'
import { areSpanTags, type SpanScores, spanScores } from './spans.js'

export interface TaggingEvaluation extends LabelScores {
  /** The training loss, in nats a word, over the sentences whose tags the model has; NaN where there are none. */
  readonly loss: number
  /** Share of words whose tag is right. */
  readonly accuracy: number
  /** The same of the words that the vocabulary lacks; NaN where there are none. */
  readonly accuracyOnUnknown: number
  readonly words: number
  readonly unknown: number
  readonly sentences: number
  /** Scores of spans, where the tags are BIO's. */
  readonly spans: SpanScores | undefined
  /** Tags that the model does not have, and how many words have them: no answer to these can be right. */
  readonly unknownTags: Readonly<Record<string, number>>
}

/**
 * Scores on every sentence.
 * @throws ConfigurationError when a sentence has no words, or not a tag for each word
 */
export async function evaluateTagger(
  model: Tagger,
  { items, name }: ItemCorpus<TaggedSentence>,
): Promise<TaggingEvaluation> {
  for (const [i, item] of items.entries()) checkSentence(item, `${name}: sentence ${i}`)
  const { tags, vocabularies } = model
  const scores = await model.scores(items.map(({ words }) => words))
  const numbers = new Map(tags.map((tag, i) => [tag, i]))
  const costOf = costs(model)
  const unknownTags = new Map<string, number>()
  const sums = { cost: 0, costed: 0, unknown: 0, unknownRight: 0 }
  const sentences = items.map(({ words, tags: truth }, i) => {
    const predicted = Array.from(scores[i].tags, tag => tags[tag])
    words.forEach((word, t) => {
      if (!numbers.has(truth[t])) unknownTags.set(truth[t], (unknownTags.get(truth[t]) ?? 0) + 1)
      if (wordNumber(vocabularies.words, word) !== vocabularies.words.unknown) return
      sums.unknown++
      if (predicted[t] === truth[t]) sums.unknownRight++
    })
    const y = truth.map(tag => numbers.get(tag) ?? -1)
    if (!y.includes(-1)) {
      sums.cost += costOf(scores[i], Int32Array.from(y))
      sums.costed += y.length
    }
    return { truth, predicted }
  })
  const judged = sentences.flatMap(({ truth, predicted }) =>
    truth.map((tag, t) => ({ truth: [tag], predicted: [predicted[t]] })),
  )
  return {
    ...labelScores(judged),
    loss: sums.cost / sums.costed,
    accuracyOnUnknown: sums.unknownRight / sums.unknown,
    words: judged.length,
    unknown: sums.unknown,
    sentences: items.length,
    spans: areSpanTags(tags) ? spanScores(sentences) : undefined,
    unknownTags: Object.fromEntries(unknownTags),
  }
}

/** The loss of a sentence's true tags. */
function costs({ crf, engine, tags }: Tagger): (scores: SentenceScores, y: Int32Array) => number {
  const width = tags.length
  if (crf) {
    const [transitions, start, end] = [crf.transitions, crf.start, crf.end].map(({ value }) => engine.read(value))
    const chain = exponentialChain({ tags: width, transitions, start, end })
    return ({ emissions }, y) => chainCost(chain, emissions, y)
  }
  return ({ emissions }, y) =>
    y.reduce((sum, tag, t) => {
      const row = emissions.subarray(t * width, (t + 1) * width)
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity)
      return sum + most + Math.log(row.reduce((total, e) => total + Math.exp(e - most), 0)) - row[tag]
    }, 0)
}
