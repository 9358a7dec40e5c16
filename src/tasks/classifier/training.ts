/* A classifier in training: labelled texts as batches, validation by accuracy and F1, and the same few texts classified each
 * time. */

import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import { evaluateClassifier } from '../../evaluation/classification.js'
import { classifierBatches, type LabelledBatch } from '../../models/classifier/batches.js'
import type { Classifier } from '../../models/classifier/classifier.js'
import { labelsOf } from '../../models/shared/labels.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'
import type { CorpusData } from '../corpusData.js'

/** Labelled texts to train on, and to look at. */
export type ClassificationData = CorpusData<LabelledText>

export const classifierMetrics = { loss: 'min', accuracy: 'max', macroF1: 'max', microF1: 'max' } as const

/** Of a text, as an example shows it. */
const SHOWN = 120

export function classifierTraining(
  model: Classifier,
  { train, validation }: ClassificationData,
  configuration: TrainingConfiguration,
): TrainingTask<LabelledBatch> {
  return {
    batches: classifierBatches(model.tokenizer, train, model.configuration, configuration),
    metrics: classifierMetrics,
    isText: false,
    validate:
      validation &&
      (async () => {
        const { loss, accuracy, macro, micro } = await evaluateClassifier(model, validation)
        return { loss, accuracy, macroF1: macro.f1, microF1: micro.f1 }
      }),
    nonFiniteItem: part => unknownLabels(model, part === 'train' ? train : validation),
    samples: validation && (count => classified(model, validation.items.filter(holdsText).slice(0, count))),
  }
}

const holdsText = ({ text }: LabelledText) => text.trim() !== ''

/** Where no text has a label that the model has, none can be scored: the first label. */
function unknownLabels(
  { labels, configuration }: Classifier,
  corpus: ItemCorpus<LabelledText> | undefined,
): string | undefined {
  const items = corpus?.items ?? []
  const isKnown = ({ label }: LabelledText) => labelsOf(label, configuration).some(name => labels.includes(name))
  if (items.length === 0 || items.some(isKnown)) return undefined
  return `no text of ${corpus?.name} has a label that the training data have; the first one has ${items[0].label}`
}

async function classified(model: Classifier, items: readonly LabelledText[]): Promise<Sample[]> {
  const answers = await model.classify(items.map(({ text }) => text))
  return items.map(({ text, label }, i) => ({
    input: text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text,
    target: label,
    output: answers[i].labels.join(model.configuration.labelSeparator),
  }))
}
