/* Language modelling: a model of a text or of sentences. */
import { LanguageModel } from '../../models/languageModel/languageModel.js'
import { defineTask } from '../task.js'
import { isLanguageData, languageModelMetrics, languageModelTraining } from './training.js'

export const languageModelTask = defineTask({
  name: 'languageModel',
  dataDescription: 'a TextCorpus or a corpus of sentences',
  isModel: (model): model is LanguageModel => model instanceof LanguageModel,
  isData: isLanguageData,
  metrics: languageModelMetrics,
  ...{ feedsItself: true, readsText: true, crossEntropy: true },
  training: languageModelTraining,
})
