/* What counting words finds of classes, on data held out: naive Bayes on a text's tokens and pairs of tokens (Wang & Manning
 * 2012) for labels, the commonest tag of each word for tags. Where it finds nothing, either order alone decides or the classes do
 * not belong to their texts. What is told is the mean of the classes' recalls, which is 1 / classes for whatever is said blindly,
 * however unequal the classes are. */
import { seedOf, shuffledOrder } from '../data/shuffle.js'
import type { Counted } from './probe.js'

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

/** One half is counted, the other found; undefined where there are too few texts. */
export function countLabels(texts: readonly CountedText[], labels: number): Counted[] | undefined {
  const order = shuffledOrder(texts.length, seedOf(1, 0)).subarray(0, MOST_TEXTS)
  const chosen = Array.from(order, i => ({ label: texts[i].label, features: featuresOf(texts[i].tokens) }))
  const half = Math.floor(chosen.length / 2)
  if (half < FEWEST) return undefined
  const seen = new Map<number, Float64Array>()
  const totals = new Float64Array(labels)
  for (const { features, label } of chosen.slice(0, half))
    for (const feature of features) {
      const counts = seen.get(feature) ?? new Float64Array(labels)
      counts[label]++
      totals[label]++
      seen.set(feature, counts)
    }
  const known = [...totals.keys()].filter(label => totals[label] > 0)
  const answers = chosen.slice(half).map(({ features, label }) => {
    const scores = new Float64Array(labels).fill(Number.NEGATIVE_INFINITY)
    for (const each of known) scores[each] = 0
    for (const feature of features) {
      const counts = seen.get(feature)
      if (!counts) continue
      for (const each of known) scores[each] += Math.log((counts[each] + 1) / (totals[each] + seen.size))
    }
    return { truth: label, given: scores.indexOf(Math.max(...scores)) }
  })
  return [{ shift: 0, ...recallOf(answers, labels) }]
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
  shifts: readonly number[] = [0, -1, 1, -2, 2],
): Counted[] | undefined {
  const order = shuffledOrder(sentences.length, seedOf(1, 0)).subarray(0, MOST_TEXTS)
  const chosen = Array.from(order, i => sentences[i])
  const half = Math.floor(chosen.length / 2)
  const held = chosen.slice(half).reduce((sum, { words }) => sum + words.length, 0)
  if (held < FEWEST) return undefined
  return shifts.map(shift => {
    const seen = new Map<string, Float64Array>()
    const all = new Float64Array(tags)
    const each = (part: readonly CountedSentence[], use: (word: string, tag: number) => void) => {
      for (const { words, tags: of } of part)
        for (let t = 0; t < words.length; t++) {
          const at = t + shift
          if (at >= 0 && at < of.length && of[at] >= 0) use(words[t], of[at])
        }
    }
    each(chosen.slice(0, half), (word, tag) => {
      const counts = seen.get(word) ?? new Float64Array(tags)
      counts[tag]++
      all[tag]++
      seen.set(word, counts)
    })
    const answers: Answer[] = []
    each(chosen.slice(half), (word, truth) => {
      const counts = seen.get(word) ?? all
      answers.push({ truth, given: counts.indexOf(Math.max(...counts)) })
    })
    return { shift, ...recallOf(answers, tags) }
  })
}

interface Answer {
  readonly truth: number
  readonly given: number
}

function recallOf(answers: readonly Answer[], labels: number): Omit<Counted, 'shift'> {
  const asked = new Float64Array(labels)
  const right = new Float64Array(labels)
  const given = new Float64Array(labels)
  for (const answer of answers) {
    asked[answer.truth]++
    given[answer.given]++
    if (answer.truth === answer.given) right[answer.truth]++
  }
  const present = [...asked.keys()].filter(label => asked[label] > 0)
  const found = present.reduce((sum, label) => sum + right[label] / asked[label], 0) / present.length
  // Said blindly, each class is found as often as it is said.
  const said = (label: number) => given[label] / answers.length
  const chance = present.reduce((sum, label) => sum + said(label), 0) / present.length
  const variance =
    present.reduce((sum, label) => sum + (said(label) * (1 - said(label))) / asked[label], 0) / present.length ** 2
  return { found, deviations: variance > 0 ? (found - chance) / Math.sqrt(variance) : 0 }
}
