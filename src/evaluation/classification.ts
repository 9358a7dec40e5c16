/* How well a classifier does on labelled texts. */

import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import { binaryCost } from '../layers/binaryCrossEntropy.js'
import { type Classifier, probabilitiesOf } from '../models/classifier/classifier.js'
import { labelsOf } from '../models/shared/labels.js'
import { type LabelScores, labelScores } from './labelScores.js'

export interface ClassificationEvaluation extends LabelScores {
  /** What training makes small, in nats, with its weights of classes; of the texts whose labels the model has. */
  readonly loss: number
  readonly texts: number
  /** Labels that the model does not have, each with its texts: no answer to these can be right. */
  readonly strange: Readonly<Record<string, number>>
}

/** Every text once. */
export async function evaluateClassifier(
  model: Classifier,
  { items }: ItemCorpus<LabelledText>,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ClassificationEvaluation> {
  const { labels, configuration } = model
  const { multiLabel, labelWeights } = configuration
  const answers = await model.logits(
    items.map(({ text }) => text),
    options,
  )
  const strange = new Map<string, number>()
  let cost = 0
  let weight = 0
  const judged = items.flatMap(({ label }, i) => {
    const logits = answers[i]
    if (!logits) return []
    const truth = labelsOf(label, configuration)
    for (const each of truth) if (!labels.includes(each)) strange.set(each, (strange.get(each) ?? 0) + 1)
    const probabilities = probabilitiesOf(logits, configuration)
    if (multiLabel) {
      labels.forEach((each, k) => {
        cost += binaryCost(logits[k], truth.includes(each) ? 1 : 0, labelWeights[k])
        weight++
      })
      return [{ truth, given: labels.filter((_, k) => probabilities[k] > 0.5) }]
    }
    const right = labels.indexOf(truth[0])
    if (right >= 0) {
      cost += labelWeights[right] * (logSumExp(logits) - logits[right])
      weight += labelWeights[right]
    }
    return [{ truth, given: [labels[probabilities.indexOf(Math.max(...probabilities))]] }]
  })
  return {
    loss: cost / weight,
    ...labelScores(judged, { multiLabel }),
    texts: judged.length,
    strange: Object.fromEntries(strange),
  }
}

function logSumExp(values: Float64Array): number {
  const most = Math.max(...values)
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0))
}
