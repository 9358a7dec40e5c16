/* A classifier in training: labelled texts as batches, validation by accuracy and F1, and the same few texts classified each
 * time. */

import type { ItemCorpus, LabelledText } from '../data/corpora/items.js'
import { evaluateClassifier } from '../evaluation/classification.js'
import { classifierBatches, type LabelledBatch } from '../models/classifier/batches.js'
import type { Classifier } from '../models/classifier/classifier.js'
import type { TrainingConfiguration } from './options.js'
import type { Sample, Task } from './task.js'

/** Labelled texts to train on, and to look at. */
export interface ClassificationData {
  readonly train: ItemCorpus<LabelledText>
  readonly validation?: ItemCorpus<LabelledText> | undefined
}

export const classifierMetrics = { loss: 'least', accuracy: 'most', macroF1: 'most', microF1: 'most' } as const

/** Of a text, as an example shows it. */
const SHOWN = 120

export function classifierTask(
  model: Classifier,
  { train, validation }: ClassificationData,
  configuration: TrainingConfiguration,
): Task<LabelledBatch> {
  return {
    batches: classifierBatches(model.tokenizer, train, model.configuration, configuration),
    counted: 'texts',
    metrics: classifierMetrics,
    isText: false,
    validate:
      validation &&
      (async () => {
        const { loss, accuracy, macro, micro } = await evaluateClassifier(model, validation)
        return { loss, accuracy, macroF1: macro.f1, microF1: micro.f1 }
      }),
    samples: validation && (count => classified(model, validation.items.filter(holdsText).slice(0, count))),
  }
}

const holdsText = ({ text }: LabelledText) => text.trim() !== ''

async function classified(model: Classifier, items: readonly LabelledText[]): Promise<Sample[]> {
  const answers = await model.classify(items.map(({ text }) => text))
  return items.map(({ text, label }, i) => ({
    given: text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text,
    expected: label,
    written: answers[i].labels.join(model.configuration.labelSeparator),
  }))
}
