/* What a task is: language modelling, classification, tagging, translation, regression. `defineTask` takes all that is
 * particular to one, in its own types, and gives an object whose types are closed over: what walks the list of tasks
 * (all.ts) reads data, opens models, trains and measures without knowing what they are. */
import type { z } from 'zod'
import type { Contradiction } from '../configuration.js'
import type { Probe, ProbeOptions } from '../doctor/probe.js'
import type { Engine } from '../engine/engine.js'
import type { WatchedLayer } from '../inspection/watchedGradients.js'
import type { Parameter } from '../layers/parameter.js'
import type { ModelEngineOptions } from '../models/shared/modelEngine.js'
import type { Trainable } from '../models/shared/trainable.js'
import type { TaskCapabilities } from '../training/contradictions.js'
import type { TrainingRun } from '../training/events.js'
import type { TrainingConfiguration, TrainingOptions } from '../training/options.js'
import type { MetricModes, TrainingTask } from '../training/trainingTask.js'
import type { DataReader } from './dataReader.js'

/** What every task's model is, beside what trains it. */
export interface TaskModel {
  readonly engine: Engine
  readonly parameters: readonly Parameter[]
  readonly parameterCount: number
  close(): void
}

/** Data to train on, and to validate on where there are any. */
export interface TaskData {
  readonly train: unknown
  readonly validation?: unknown
}

/** Values of a configuration, by key. */
export type Values = Readonly<Record<string, unknown>>

/** How keys are called where the user writes them: `--hidden-size` on a command line. */
export type NameOf = (key: string) => string

/** Data that have been read and split. */
export interface DataSource<Data> {
  readonly data: Data
  /** What it was read from. */
  readonly name: string
  /** How much of it there is, in a line. */
  readonly line: string
  /** All of it in an order that is always the same: what a checksum is taken of. */
  content(): Iterable<string | Uint8Array>
}

/** A measurement, as text for people and as JSON. */
export interface Report {
  readonly lines: string
  readonly record: object
}

/** How a model did on the test data; the first of the lines stands for all. */
export interface TestReport extends Report {
  readonly loss: number
}

export interface CreateOptions<Values, Flags, Data> {
  readonly values: Values
  readonly flags: Flags
  readonly data: Data
  readonly engine: Engine
  /** Reads files that the model starts from, as word vectors. Without it such a start is a random one. */
  readonly reader?: DataReader | undefined
  /** Receives lines about what was read. */
  readonly note: (line: string) => void
}

type Output<S extends z.ZodObject> = z.output<S>

/**
 * All that is particular to a task.
 * @typeParam Data what the library's `train` takes
 * @typeParam Splits the same, as it is read: with a test part
 * @typeParam S schema of a run's configuration
 * @typeParam E schema of what a measurement can be told
 * @typeParam F schema of what training can be told beside the configuration
 */
export interface TaskDefinition<
  Model extends TaskModel & Trainable<Batch>,
  Data extends TaskData,
  Splits extends Data,
  Batch,
  S extends z.ZodObject,
  E extends z.ZodObject,
  F extends z.ZodObject,
> extends Omit<TaskCapabilities, 'metrics' | 'validation'> {
  /** As a model's file names it: `language model`. */
  readonly name: string
  /** As `recurra train` names it. */
  readonly verb: string
  /** What training does, in a line of help. */
  readonly summary: string
  /** What the data file may be, in a line of help. */
  readonly dataArgument: string
  /** What is to be given where no data are named: `a text to train on`. */
  readonly wantedData: string
  /** Whether the data may come from standard input. Default true. */
  readonly standardInput?: boolean | undefined
  /** Keys that name data files in the place of `data`. Default none. */
  readonly otherDataKeys?: readonly string[] | undefined
  /** What `train` takes in the library, for the message that refuses other data. */
  readonly dataDescription: string
  isModel(model: unknown): model is Model
  isData(data: unknown): data is Data

  /** Keys of a run's configuration: `data`, its form and parts, the model, training, measuring. */
  readonly schema: S
  /** Of these, the trainer's. */
  readonly training: z.ZodObject
  /** Of these, how the data file is read: a model is measured on data that are read as its training data were. */
  readonly dataForm: z.ZodObject
  /** What a measurement can be told: `dataForm` among it. */
  readonly evaluation: E
  /** What training can be told that is no part of the configuration. */
  readonly flags: F
  /** Of any of these keys. */
  readonly contradictions: readonly Contradiction[]
  /** Training options that differ from the trainer's own defaults. */
  readonly trainingDefaults?: TrainingOptions | undefined
  /** Validation's, and which way each is better. */
  readonly metrics: MetricModes

  /** Values that the data imply where the user gives none. */
  implied?(data: string | undefined, reader: DataReader): Values
  /** What is wrong with how the values name the data. Default: that `data` is missing, where it is. */
  dataFaults?(values: Partial<Output<S>>, nameOf: NameOf): readonly string[]
  /** What else is wrong with the values, seen before anything is read; each begins with the key's name. */
  faults?(values: Partial<Output<S>>, reader: DataReader, nameOf: NameOf): readonly string[]
  /** Files that the values name, in the place of data where there are others. Default: data. */
  files?(values: Partial<Output<S>>, reader: DataReader): readonly string[]
  read(values: Output<S>, reader: DataReader): Promise<DataSource<Splits>>

  create(options: CreateOptions<Output<S>, Output<F>, Splits>): Promise<Model>
  load(from: string | Uint8Array, options: ModelEngineOptions): Promise<Model>
  /** What throughput counts: `tokens`. */
  throughputUnit(values: Output<S>): string
  trainingTask(model: Model, data: Data, configuration: TrainingConfiguration): TrainingTask<Batch>
  /** Lines on what simpler methods reach on the same data, where `flags` ask for them. */
  baselines?(data: Splits, values: Output<S>, flags: Output<F>): readonly string[]
  /** How far gradients reach back, on validation data. */
  gradients?(model: Model, data: Splits): readonly WatchedLayer[]
  /** The model on the test part of the data. */
  test(model: Model, data: Splits, values: Output<S>, signal: AbortSignal): Promise<TestReport>
  /** The model on data of its own, or on the test part of a built-in corpus. */
  evaluate(model: Model, path: string | undefined, values: Output<E>, reader: DataReader): Promise<Report>
  /** The model in a line, for people. */
  line(model: Model): string
  /** Names of its cell's gates, in the order in which weights stack them. Default none. */
  gateNames?(model: Model): readonly string[]
  /** More that a list of its parameters does not say. */
  remarks?(model: Model): readonly string[]
  probe(model: Model, data: Data, options: ProbeOptions): Probe<Batch>
}

/** A model that is open, with what its task does with it. */
export interface LoadedModel<Model extends TaskModel = TaskModel> {
  readonly model: Model
  readonly line: string
  readonly gateNames: readonly string[]
  readonly remarks: readonly string[]
  /** @param values keys of the task's `evaluation` */
  evaluate(path: string | undefined, values: Values, reader: DataReader): Promise<Report>
}

/** A model that is open, with data of its task. */
export interface ModelWithData<Model extends TaskModel = TaskModel> extends LoadedModel<Model> {
  train(options: TrainingOptions): TrainingRun
  /** Undefined where the task's models have none. */
  gradients(): readonly WatchedLayer[] | undefined
  test(signal: AbortSignal): Promise<TestReport>
  /** What the doctor examines. */
  probe(options: ProbeOptions): Probe<unknown>
}

/** Data that have been read, with what their task does with them. */
export interface LoadedData<Model extends TaskModel = TaskModel> extends Omit<DataSource<unknown>, 'data'> {
  /** @param flags keys of the task's `flags` */
  create(options: Omit<CreateOptions<never, Values, never>, 'values' | 'data'>): Promise<ModelWithData<Model>>
  load(from: string | Uint8Array, options: ModelEngineOptions): Promise<ModelWithData<Model>>
  baselines(flags: Values): readonly string[]
}

/** A task, whatever its types. */
export interface Task<Model extends TaskModel = TaskModel, Data = unknown, Splits = unknown>
  extends Pick<
    TaskDefinition<TaskModel & Trainable<unknown>, TaskData, TaskData, unknown, z.ZodObject, z.ZodObject, z.ZodObject>,
    | 'name'
    | 'verb'
    | 'summary'
    | 'dataArgument'
    | 'wantedData'
    | 'dataDescription'
    | 'schema'
    | 'training'
    | 'dataForm'
    | 'evaluation'
    | 'flags'
    | 'metrics'
  > {
  readonly watchesGradients: boolean
  readonly otherDataKeys: readonly string[]
  /** Of the configuration's keys. */
  readonly contradictions: readonly Contradiction[]
  /** Of keys of the configuration and of the flags. */
  readonly flagContradictions: readonly Contradiction[]
  isModel(model: unknown): model is Model
  isData(data: unknown): data is Data
  /** The run that trains a model on data; undefined where the model or the data are of another task. */
  train(model: unknown, data: unknown, options?: TrainingOptions): TrainingRun | undefined
  implied(data: string | undefined, reader: DataReader): Values
  faults(values: Values, reader: DataReader, nameOf: NameOf): readonly string[]
  files(values: Values, reader: DataReader): readonly string[]
  throughputUnit(values: Values): string
  read(values: Values, reader: DataReader): Promise<LoadedData<Model>>
  /** Data that the caller has read. */
  withData(values: Values, source: DataSource<Splits>): LoadedData<Model>
  load(from: string | Uint8Array, options: ModelEngineOptions): Promise<LoadedModel<Model>>
}
