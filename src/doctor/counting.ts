/* What counting words finds of classes, on data held out: naive Bayes on a text's tokens and pairs of tokens (Wang & Manning
 * 2012) for labels, the commonest tag of each word for tags. Where it finds nothing, either order alone decides or the classes do
 * not belong to their texts. The score is the mean of the classes' recalls, which is 1 / classes for whatever is answered
 * blindly, however unequal the classes are.
 *
 * Words of one sentence depend on each other, so its standard error counts sentences: the recalls are linearised (delta
 * method), and a sentence's share of that is one draw (cluster-robust, Liang & Zeger 1986). */
import { NaiveBayesCounts } from '../data/naiveBayes.js'
import { shuffledOrder } from '../data/shuffle.js'
import { fold, seedKey } from '../random.js'
import type { ClassCounting } from './probe.js'

export interface CountedText {
  readonly tokens: ArrayLike<number>
  /** By number. */
  readonly label: number
}

export interface CountedSentence {
  readonly words: readonly string[]
  /** By number. */
  readonly tags: ArrayLike<number>
}

const MOST_TEXTS = 4000
/** Held out; fewer say nothing. */
const FEWEST = 50
const MOST_TOKENS = 200
/** Larger than any vocabulary. */
const PAIR = 2 ** 21

/** Both halves of a sample of the items: one is counted, the other held out. */
function halvesOf<Item>(items: readonly Item[]): [counted: Item[], heldOut: Item[]] {
  const order = shuffledOrder(items.length, fold(seedKey(1), 'countedTexts')).subarray(0, MOST_TEXTS)
  const chosen = Array.from(order, i => items[i])
  const half = Math.floor(chosen.length / 2)
  return [chosen.slice(0, half), chosen.slice(half)]
}

/** @returns undefined where there are too few texts */
export function countLabels(texts: readonly CountedText[], labels: number): ClassCounting[] | undefined {
  const [counted, heldOut] = halvesOf(texts)
  if (counted.length < FEWEST) return undefined
  const counts = new NaiveBayesCounts<number>(labels)
  for (const { tokens, label } of counted) for (const feature of featuresOf(tokens)) counts.add(feature, label)
  const scored = heldOut.map(({ tokens, label }) => {
    const scores = counts.scores(featuresOf(tokens))
    return [{ truth: label, answer: scores.indexOf(Math.max(...scores)) }]
  })
  return [{ shift: 0, gain: 0, ...recallOf(scored, labels) }]
}

function featuresOf(tokens: ArrayLike<number>): Set<number> {
  const features = new Set<number>()
  for (let i = 0; i < Math.min(tokens.length, MOST_TOKENS); i++) {
    features.add(tokens[i])
    if (i > 0) features.add((tokens[i - 1] + 1) * PAIR + tokens[i])
  }
  return features
}

/** The same of tags, as they stand and moved along their sentences; undefined where there are too few words. */
export function countTags(
  sentences: readonly CountedSentence[],
  tags: number,
  shifts: readonly number[] = [-1, 1, -2, 2],
): ClassCounting[] | undefined {
  const [counted, heldOut] = halvesOf(sentences)
  if (heldOut.reduce((sum, { words }) => sum + words.length, 0) < FEWEST) return undefined
  const at = (shift: number) => recallOf(answersAt(counted, heldOut, tags, shift), tags)
  const present = at(0)
  return [
    { shift: 0, gain: 0, ...present },
    ...shifts.map(shift => {
      const moved = at(shift)
      const difference = moved.parts.map((part, i) => part - present.parts[i])
      return { shift, gain: (moved.recall - present.recall) / errorOf(difference), ...moved }
    }),
  ].map(({ parts: _, ...counting }) => counting)
}

/** A word's commonest tag, tags being moved; one list a held-out sentence. */
function answersAt(
  counted: readonly CountedSentence[],
  heldOut: readonly CountedSentence[],
  tags: number,
  shift: number,
): Answer[][] {
  const pairsOf = ({ words, tags: own }: CountedSentence) =>
    words.flatMap((word, t) => (own[t + shift] >= 0 ? [{ word, tag: own[t + shift] }] : []))
  const byWord = new Map<string, Float64Array>()
  const all = new Float64Array(tags)
  for (const sentence of counted)
    for (const { word, tag } of pairsOf(sentence)) {
      const counts = byWord.get(word) ?? new Float64Array(tags)
      counts[tag]++
      all[tag]++
      byWord.set(word, counts)
    }
  return heldOut.map(sentence =>
    pairsOf(sentence).map(({ word, tag }) => {
      const counts = byWord.get(word) ?? all
      return { truth: tag, answer: counts.indexOf(Math.max(...counts)) }
    }),
  )
}

interface Answer {
  readonly truth: number
  readonly answer: number
}

interface Recall extends Pick<ClassCounting, 'recall' | 'deviations'> {
  /** What each cluster adds to the recall's error. */
  readonly parts: number[]
}

/** @param clusters answers that depend on each other stand together */
function recallOf(clusters: readonly (readonly Answer[])[], classes: number): Recall {
  const [truths, right, answers] = [0, 1, 2].map(() => new Float64Array(classes))
  let all = 0
  for (const { truth, answer } of clusters.flat()) {
    all++
    truths[truth]++
    answers[answer]++
    if (truth === answer) right[truth]++
  }
  const present = [...truths.keys()].filter(label => truths[label] > 0)
  const meanOver = (of: (label: number) => number) =>
    present.reduce((sum, label) => sum + of(label), 0) / present.length
  const recall = meanOver(label => right[label] / truths[label])
  // Answered blindly, each class is found as often as it is the answer.
  const chance = meanOver(label => answers[label] / all)
  const parts = clusters.map(cluster => {
    let part = 0
    for (const { truth, answer } of cluster) {
      part += ((truth === answer ? 1 : 0) - right[truth] / truths[truth]) / truths[truth]
      part -= ((truths[answer] > 0 ? 1 : 0) - chance * present.length) / all
    }
    return part / present.length
  })
  return { recall, deviations: (recall - chance) / errorOf(parts), parts }
}

/** Of a sum of independent parts; what does not vary is far from chance, unless it is 0. */
const errorOf = (parts: readonly number[]) => Math.sqrt(parts.reduce((sum, part) => sum + part * part, 0)) || 1e-9
