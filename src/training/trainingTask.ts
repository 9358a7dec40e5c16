/* What the trainer needs beside a model: batches, validation, and examples to show. A task makes it of its data (src/tasks/);
 * batchTask.ts makes it of batches that the caller brings. */
import type { BatchSource } from '../models/shared/trainable.js'

/** A validation example: the input, the right output, and the model's output. */
export interface Sample {
  readonly input: string
  readonly target: string
  readonly output: string
}

/** Validation metrics by name; `loss` is always among them. */
export type Metrics = Readonly<Record<string, number>> & { readonly loss: number }

/** The validation metrics, and whether lower (`min`) or higher (`max`) values are better. */
export type MetricModes = Readonly<Record<string, 'min' | 'max'>> & { readonly loss: 'min' }

export interface TrainingTask<Batch> {
  readonly batches: BatchSource<Batch>
  readonly metrics: MetricModes
  readonly validate?: (() => Promise<Metrics>) | undefined
  /** The model's outputs on the same examples each time. */
  readonly samples?: ((count: number) => Promise<readonly Sample[]>) | undefined
  /** Whether the loss is a cross-entropy of tokens, whose exp is a perplexity. */
  readonly isText: boolean
  /** The real numbers in a batch, by name: a NaN can come from them. */
  readonly numbersOf?: ((batch: Batch) => Readonly<Record<string, ArrayLike<number>>>) | undefined
  /** Names the first item of a part that makes its loss NaN or infinite, and says why; undefined where none does. */
  readonly nonFiniteItem?: ((part: 'train' | 'validation') => string | undefined) | undefined
}

/** Batches that the caller brings, for any model that has `parameters` and `loss(batch)`. */
export interface BatchData<Batch> {
  readonly train: BatchSource<Batch>
  /** Validation is the mean loss over its batches. */
  readonly validation?: BatchSource<Batch> | undefined
}
