/* What a model does with data of its kind: how the data become batches, what validation measures, which examples are shown.
 * One file a kind of model; tasks.ts chooses. */
import type { BatchSource } from '../models/shared/trainable.js'

/** A validation example as the model stands: what was given, what should come, what comes. */
export interface Sample {
  readonly given: string
  readonly expected: string
  readonly written: string
}

/** Names and numbers of what was measured on validation; `loss` is always among them. */
export type Metrics = Readonly<Record<string, number>> & { readonly loss: number }

export interface Task<Batch> {
  readonly batches: BatchSource<Batch>
  /** What is counted in a batch, as `tokens`. */
  readonly counted: string
  /** What validation measures, and which end of it is good. */
  readonly metrics: Readonly<Record<string, 'least' | 'most'>>
  readonly validate?: (() => Promise<Metrics>) | undefined
  /** The same examples each time. */
  readonly samples?: ((count: number) => Promise<readonly Sample[]>) | undefined
  /** Whether the loss is a cross-entropy of tokens, whose exp is a perplexity. */
  readonly isText: boolean
  /** What a batch holds of real numbers, by name: where a NaN can come from. */
  readonly numbersOf?: ((batch: Batch) => Readonly<Record<string, ArrayLike<number>>>) | undefined
}

/** Batches of one's own, for a model of one's own. */
export interface BatchData<Batch> {
  readonly train: BatchSource<Batch>
  /** Its mean loss is looked at. */
  readonly validation?: BatchSource<Batch> | undefined
}
