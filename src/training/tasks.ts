/* Which task a model and its data are: the model's kind says; a model of one's own brings its batches itself. */
import { ConfigurationError } from '../errors.js'
import { Classifier } from '../models/classifier/classifier.js'
import { LanguageModel } from '../models/languageModel/languageModel.js'
import { Regressor } from '../models/regressor/regressor.js'
import type { Trainable } from '../models/shared/trainable.js'
import { Tagger } from '../models/tagger/tagger.js'
import { Translator } from '../models/translator/translator.js'
import { batchTask } from './batchTask.js'
import { type ClassificationData, classifierMetrics, classifierTask } from './classifierTask.js'
import { type LanguageData, languageModelTask } from './languageModelTask.js'
import type { TrainingConfiguration } from './options.js'
import { type RegressionData, regressorTask } from './regressorTask.js'
import { type TaggingData, taggerMetrics, taggerTask } from './taggerTask.js'
import type { BatchData, Task } from './task.js'
import { type TranslationData, translatorMetrics, translatorTask } from './translatorTask.js'

export type TrainingData<Batch> =
  | LanguageData
  | ClassificationData
  | TaggingData
  | TranslationData
  | RegressionData
  | BatchData<Batch>

/** What is measured of each kind of model. */
export function metricsOf(model: Trainable<never>): Task<never>['metrics'] {
  if (model instanceof LanguageModel) return { loss: 'least', perplexity: 'least' }
  if (model instanceof Classifier) return classifierMetrics
  if (model instanceof Tagger) return taggerMetrics
  if (model instanceof Translator) return translatorMetrics
  if (model instanceof Regressor) return { loss: 'least', meanSquaredError: 'least', meanAbsoluteError: 'least' }
  return { loss: 'least' }
}

/** @throws ConfigurationError for data that are not of the model's kind */
export function taskOf<Batch>(
  model: Trainable<Batch>,
  data: TrainingData<Batch>,
  configuration: TrainingConfiguration,
): Task<Batch> {
  const task = (): unknown => {
    if (isOwn(data)) return batchTask(model, data)
    if (model instanceof LanguageModel) return languageModelTask(model, data as LanguageData, configuration)
    if (model instanceof Classifier) return classifierTask(model, data as ClassificationData, configuration)
    if (model instanceof Tagger) return taggerTask(model, data as TaggingData, configuration)
    if (model instanceof Regressor) return regressorTask(model, data as RegressionData, configuration)
    if (model instanceof Translator) return translatorTask(model, data as TranslationData, configuration)
    throw new ConfigurationError(
      'train: data of a model of your own must have a train with batchesPerEpoch and batch(epoch, index); it has none; see BatchSource',
    )
  }
  return task() as Task<Batch>
}

const isOwn = <Batch>(data: TrainingData<Batch>): data is BatchData<Batch> => 'batchesPerEpoch' in data.train
