/* Why a recurrent network: subject and verb agree in number, however many words stand between them. On the built-in
 * grammar of relative clauses (src/data/generated/agreement.ts, after Elman 1991) each model is asked, before the main verb,
 * which of its two forms is the likelier (the test of Linzen, Dupoux & Goldberg 2016). A model of n-grams knows n − 1 words
 * back: past them it is at chance, 0.5. */

import { platform } from '#platform'
import { type AgreementSentence, agreement } from '../data/generated/agreement.js'
import type { Predictor } from '../generation/predictor.js'
import { NGram } from '../ngram/ngram.js'
import { type ComparedModel, comparedOn } from './compare.js'
import { type CompareOptions, type RecurrentPlan, withRivals } from './rivals.js'

/** How often a model prefers the verb's right form. */
export interface DistanceAccuracy {
  /** Words from the subject, or from the nearest word that tells its number, to the verb. */
  readonly distance: number
  readonly sentences: number
  /** 0.5 is chance. */
  readonly accuracy: number
}

export interface AgreementComparison {
  /** Perplexity on the held-out sentences, as `compareModels`. */
  readonly models: ComparedModel[]
  readonly trainingSentences: number
  readonly testSentences: number
  /** For each model, by distance from the subject. */
  readonly byDistance: Readonly<Record<string, DistanceAccuracy[]>>
  /**
   * For each model, by distance from the nearest word that tells the subject's number: the subject, or the verb of a
   * relative clause whose subject it is. Past its window an n-gram model has nothing to go by.
   */
  readonly byCueDistance: Readonly<Record<string, DistanceAccuracy[]>>
}

export interface AgreementOptions extends Omit<CompareOptions, 'unit'> {
  /** Sentences in all, a tenth of them for validation and a tenth for the test. Default 100,000. */
  readonly count?: number | undefined
}

/** Enough that sentences of ten words between subject and verb are held out by the hundred. */
const COUNT = 100_000

/** Chosen on the validation sentences alone. */
const plan: RecurrentPlan = {
  model: { cell: 'lstm', numLayers: 1, hiddenSize: 128, embeddingSize: 32 },
  training: { batchSize: 32, timeSteps: 48, learningRate: 0.004 },
}

/** Trains n-grams and a small LSTM on sentences of the grammar, and asks each for the main verb's number. */
export function agreementByDistance({
  count = COUNT,
  seed = 1,
  ...options
}: AgreementOptions = {}): Promise<AgreementComparison> {
  const sentences = agreement.generate({ seed, count })
  const splits = sentences.asText()
  const { train, test } = sentences
  return withRivals(
    splits,
    { ...options, seed, unit: 'word' },
    async rivals => {
      const models = await comparedOn(splits.test, rivals)
      const byDistance: Record<string, DistanceAccuracy[]> = {}
      const byCueDistance: Record<string, DistanceAccuracy[]> = {}
      for (const { name, model } of rivals) {
        const right = await preferences(model, test.items)
        byDistance[name] = grouped(test.items, right, 'distance')
        byCueDistance[name] = grouped(test.items, right, 'cueDistance')
      }
      const sizes = { trainingSentences: train.items.length, testSentences: test.items.length }
      return { models, ...sizes, byDistance, byCueDistance }
    },
    plan,
  )
}

/** A model's accuracy on the number of the main verb; what it has read is the sentence's beginning, after a line end. */
export async function accuracyByDistance(
  model: Predictor,
  sentences: readonly AgreementSentence[],
  by: 'distance' | 'cueDistance' = 'distance',
): Promise<DistanceAccuracy[]> {
  return grouped(sentences, await preferences(model, sentences), by)
}

/** For each sentence 1 where the right form is likelier, 0 where the other is, and 0.5 where neither. */
async function preferences(model: Predictor, sentences: readonly AgreementSentence[]): Promise<number[]> {
  const { tokenizer } = model
  const only = (word: string) => tokenizer.encode(word)[0]
  const right: number[] = []
  for (const { words, verb, verbForm, otherForm } of sentences) {
    const reading = model.read()
    try {
      // Every model is to know that a sentence begins; an n-gram model of plain text opens with no context.
      if (model instanceof NGram) reading.push([tokenizer.start])
      reading.push(tokenizer.encode(words.slice(0, verb).join(' ')))
      const next = reading.next()
      const lead = next[only(verbForm)] - next[only(otherForm)]
      right.push(lead > 0 ? 1 : lead < 0 ? 0 : 0.5)
    } finally {
      reading.close()
    }
    if (right.length % 64 === 0) await platform.pause()
  }
  return right
}

function grouped(
  sentences: readonly AgreementSentence[],
  right: readonly number[],
  by: 'distance' | 'cueDistance',
): DistanceAccuracy[] {
  const groups = new Map<number, number[]>()
  sentences.forEach((sentence, i) => {
    const group = groups.get(sentence[by]) ?? []
    groups.set(sentence[by], group)
    group.push(right[i])
  })
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([distance, group]) => ({
      distance,
      sentences: group.length,
      accuracy: group.reduce((sum, each) => sum + each, 0) / group.length,
    }))
}
