/* What a task is: language modelling, classification, tagging, translation, regression. One folder a task; all.ts lists them. */
import type { Trainable } from '../models/shared/trainable.js'
import type { TrainingRun } from '../training/events.js'
import type { TrainingConfiguration, TrainingOptions } from '../training/options.js'
import { type TrainingSource, trainingRun } from '../training/trainer.js'
import type { TrainingTask } from '../training/trainingTask.js'

/** What a task says of itself; `defineTask` binds it to the types of its model and data. */
export interface TaskDefinition<Model extends Trainable<Batch>, Data extends TaskData, Batch>
  extends Omit<TrainingSource<Batch>, 'open' | 'validation'> {
  readonly name: string
  /** What its data are, for the message that refuses others. */
  readonly dataDescription: string
  isModel(model: unknown): model is Model
  isData(data: unknown): data is Data
  training(model: Model, data: Data, configuration: TrainingConfiguration): TrainingTask<Batch>
}

/** Data to train on, and to validate on where there are any. */
export interface TaskData {
  readonly train: unknown
  readonly validation?: unknown
}

/** A task whose types are closed over: what walks the list of tasks needs none of them. */
export interface Task<Model = unknown, Data = unknown> {
  readonly name: string
  /** What its data are, for the message that refuses others. */
  readonly dataDescription: string
  isModel(model: unknown): model is Model
  isData(data: unknown): data is Data
  /** The run that trains a model on data of the task; undefined where the model or the data are of another. */
  train(model: unknown, data: unknown, options?: TrainingOptions): TrainingRun | undefined
}

export function defineTask<Model extends Trainable<Batch>, Data extends TaskData, Batch>(
  definition: TaskDefinition<Model, Data, Batch>,
): Task<Model, Data> {
  const { name, dataDescription, isModel, isData, training, ...source } = definition
  return {
    ...{ name, dataDescription, isModel, isData },
    train(model, data, options) {
      if (!isModel(model) || !isData(data)) return undefined
      const validation = data.validation !== undefined
      return trainingRun(
        model,
        { ...source, validation, open: configuration => training(model, data, configuration) },
        options,
      )
    },
  }
}
