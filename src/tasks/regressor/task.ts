/* Regression: numbers of a sequence of numbers. */
import type { NumberSequence } from '../../data/corpora/items.js'
import { Regressor } from '../../models/regressor/regressor.js'
import { isCorpusData } from '../corpusData.js'
import { defineTask } from '../task.js'
import { type RegressionData, regressorMetrics, regressorTraining } from './training.js'

export const regressorTask = defineTask({
  name: 'regressor',
  dataDescription: 'a corpus of number sequences, { inputs, features, targets }',
  isModel: (model): model is Regressor => model instanceof Regressor,
  isData: (data): data is RegressionData => isCorpusData<NumberSequence>(data, 'inputs', 'targets'),
  metrics: regressorMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: false },
  training: regressorTraining,
})
