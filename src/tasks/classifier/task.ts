/* Classification: a label, or several, of a text. */
import type { LabelledText } from '../../data/corpora/items.js'
import { Classifier } from '../../models/classifier/classifier.js'
import { isCorpusData } from '../corpusData.js'
import { defineTask } from '../task.js'
import { type ClassificationData, classifierMetrics, classifierTraining } from './training.js'

export const classifierTask = defineTask({
  name: 'classifier',
  dataDescription: 'a corpus of labelled texts, { text, label }',
  isModel: (model): model is Classifier => model instanceof Classifier,
  isData: (data): data is ClassificationData => isCorpusData<LabelledText>(data, 'text', 'label'),
  metrics: classifierMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: true },
  training: classifierTraining,
})
