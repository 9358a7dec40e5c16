/* What the trainer needs beside a model: batches, what validation measures, which examples are shown. A task makes it of
 * its data (src/tasks/); batchTask.ts makes it of batches that the caller brings. */
import type { BatchSource } from '../models/shared/trainable.js'

/** A validation example as the model stands: what was given, what should come, what comes. */
export interface Sample {
  readonly given: string
  readonly expected: string
  readonly written: string
}

/** Names and numbers of what was measured on validation; `loss` is always among them. */
export type Metrics = Readonly<Record<string, number>> & { readonly loss: number }

/** What validation measures; whether training lowers it (`min`) or raises it (`max`). */
export type MetricModes = Readonly<Record<string, 'min' | 'max'>> & { readonly loss: 'min' }

export interface TrainingTask<Batch> {
  readonly batches: BatchSource<Batch>
  readonly metrics: MetricModes
  readonly validate?: (() => Promise<Metrics>) | undefined
  /** The same examples each time. */
  readonly samples?: ((count: number) => Promise<readonly Sample[]>) | undefined
  /** Whether the loss is a cross-entropy of tokens, whose exp is a perplexity. */
  readonly isText: boolean
  /** What a batch holds of real numbers, by name: where a NaN can come from. */
  readonly numbersOf?: ((batch: Batch) => Readonly<Record<string, ArrayLike<number>>>) | undefined
}

/** Batches that the caller brings, for any model that has `parameters` and `loss(batch)`. */
export interface BatchData<Batch> {
  readonly train: BatchSource<Batch>
  /** Validation is the mean loss over its batches. */
  readonly validation?: BatchSource<Batch> | undefined
}
