/* Training, as a user starts it: the task whose model the model is says how; a model of one's own brings its batches. */
import { ConfigurationError } from '../errors.js'
import type { Trainable } from '../models/shared/trainable.js'
import { batchTask } from '../training/batchTask.js'
import type { TrainingRun } from '../training/events.js'
import type { TrainingOptions } from '../training/options.js'
import { trainingRun } from '../training/trainer.js'
import type { BatchData } from '../training/trainingTask.js'
import { tasks } from './all.js'
import type { Task } from './task.js'

type Listed = (typeof tasks)[number]
type ModelOf<T> = T extends Task<infer Model, unknown> ? Model : never
type DataOf<T, Model> = T extends Task<infer M, infer Data> ? (Model extends M ? Data : never) : never

/**
 * Trains a model on data of its task: a language model on a text or sentences, a classifier on labelled texts, a tagger on
 * tagged sentences, a regressor on sequences of numbers, a translator on pairs, a model of one's own on batches of one's
 * own. Nothing happens before it is awaited or iterated.
 * @throws ConfigurationError when options contradict each other, all at once, or the data are not of the model's task
 * @throws NumericError when a loss, a gradient or a weight becomes NaN or infinite
 */
export function train<Model extends ModelOf<Listed>>(
  model: Model,
  data: DataOf<Listed, Model>,
  options?: TrainingOptions,
): TrainingRun
export function train<Batch>(model: Trainable<Batch>, data: BatchData<Batch>, options?: TrainingOptions): TrainingRun
export function train<Batch>(model: Trainable<Batch>, data: unknown, options: TrainingOptions = {}): TrainingRun {
  if (isBatchData<Batch>(data)) {
    const validation = data.validation !== undefined
    return trainingRun(model, { ...BATCH_TASK, validation, open: () => batchTask(model, data) }, options)
  }
  const task = tasks.find(task => task.isModel(model))
  const run = task?.train(model, data, options)
  if (run) return run
  throw new ConfigurationError(
    task
      ? `train: data of a ${task.name} must be ${task.dataDescription}; got something else as data.train`
      : 'train: data of a model of your own must have a train with batchesPerEpoch and batch(epoch, index); it has none; see BatchSource',
  )
}

const BATCH_TASK = { metrics: { loss: 'min' }, feedsItself: false, readsText: false, crossEntropy: false } as const

const isBatchData = <Batch>(data: unknown): data is BatchData<Batch> =>
  typeof data === 'object' &&
  data !== null &&
  'train' in data &&
  typeof data.train === 'object' &&
  data.train !== null &&
  'batchesPerEpoch' in data.train
