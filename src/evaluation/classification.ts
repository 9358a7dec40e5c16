/* Scores of a classifier on labelled texts. */
import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import { binaryCost } from '../layers/binaryCrossEntropy.js'
import { type Classifier, probabilitiesOf } from '../models/classifier/classifier.js'
import { labelsOf } from '../models/shared/labels.js'
import { type LabelScores, labelScores } from './labelScores.js'

export interface ClassificationEvaluation extends LabelScores {
  /** The training loss, in nats, with its class weights, over the texts whose labels the model has; NaN where there are none. */
  readonly loss: number
  readonly texts: number
  /** Labels that the model does not have, and how many texts have them: no answer to these can be right. */
  readonly unknownLabels: Readonly<Record<string, number>>
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
  const unknownLabels = new Map<string, number>()
  let cost = 0
  let weight = 0
  const judged = items.flatMap(({ label }, i) => {
    const logits = answers[i]
    if (!logits) return []
    const truth = labelsOf(label, configuration)
    for (const name of truth) if (!labels.includes(name)) unknownLabels.set(name, (unknownLabels.get(name) ?? 0) + 1)
    const probabilities = probabilitiesOf(logits, configuration)
    if (multiLabel) {
      labels.forEach((name, k) => {
        cost += binaryCost(logits[k], truth.includes(name) ? 1 : 0, labelWeights[k])
        weight++
      })
      return [{ truth, predicted: labels.filter((_, k) => probabilities[k] > 0.5) }]
    }
    const right = labels.indexOf(truth[0])
    if (right >= 0) {
      cost += labelWeights[right] * (logSumExp(logits) - logits[right])
      weight += labelWeights[right]
    }
    return [{ truth, predicted: [labels[probabilities.indexOf(Math.max(...probabilities))]] }]
  })
  return {
    loss: cost / weight,
    ...labelScores(judged, { multiLabel }),
    texts: judged.length,
    unknownLabels: Object.fromEntries(unknownLabels),
  }
}

function logSumExp(values: Float64Array): number {
  const most = Math.max(...values)
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0))
}
