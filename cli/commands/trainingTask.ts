/* What the command line knows of one kind of model that is trained in a run's folder: one object a kind, which `recurra train`
 * and `recurra resume` share. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Contradiction } from '../../src/configuration.js'
import type { Engine, TrainingOptions, TrainingRun } from '../../src/index.js'
import type { WatchedLayer } from '../../src/inspection/index.js'
import { commonSchema, engineSchema, jsonSchema } from '../flags/commonFlags.js'

/** What is trained on, read and split. */
export interface TrainingSource<Data> {
  readonly data: Data
  /** What it was read from. */
  readonly name: string
  /** Of what was read. */
  readonly sha256: string
  /** How much of it there is, in a line. */
  readonly line: string
}

/** How the best model did on the test data. */
export interface TestResult {
  readonly loss: number
  readonly line: string
  readonly record: object
}

export interface TrainedModel {
  readonly engine: Engine
  readonly parameterCount: number
  close(): void
}

export interface TrainingTask<Model extends TrainedModel, Data, Values extends object> {
  /** As a model's file names it. */
  readonly task: string
  /** As `recurra train` does. */
  readonly verb: string
  /** What config.yaml holds. */
  readonly fileSchema: z.ZodObject
  readonly contradictions: readonly Contradiction[]
  /** What is counted per second. */
  counted(values: Values): string
  read(values: Values): Promise<TrainingSource<Data>>
  load(path: string, engine: Engine): Promise<Model>
  train(model: Model, data: Data, options: TrainingOptions): TrainingRun
  /** Gradients through time on validation data, where the kind of model has them. */
  gradients?(model: Model, data: Data): readonly WatchedLayer[]
  /** Of the model, for people. */
  line(model: Model): string
  test(model: Model, data: Data, values: Values, signal: AbortSignal): Promise<TestResult>
}

/** Flags of a run that are no part of its configuration. */
export const runSchema = z.strictObject({
  watchGradients: z
    .boolean()
    .default(false)
    .describe('at each look at validation, also keeps how far back gradients reach on its first 64 tokens'),
  tensorboard: z.boolean().default(false).describe('also writes event files for TensorBoard into the run’s folder'),
  onFailedSave: z
    .enum(['continue', 'stop'])
    .default('continue')
    .describe('what to do while nothing can be saved (a full disk); the last good checkpoint stands'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

/** Of a text as it was read: UTF-8, line ends LF, no byte order mark. */
export function sha256(parts: Iterable<Iterable<string | Uint8Array>>): string {
  const hash = createHash('sha256')
  for (const part of parts) for (const chunk of part) hash.update(chunk)
  return hash.digest('hex')
}
