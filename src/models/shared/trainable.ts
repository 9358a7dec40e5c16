/* What can be trained: anything that has `parameters` and `loss(batch)`. What the trainer hands to a loss, what it takes
 * back, and where it has its batches from. */

import type { CellState } from '../../cells/cell.js'
import type { Tensor } from '../../engine/tensor.js'
import type { Parameter } from '../../layers/parameter.js'
import type { RecurrentObserver } from '../../layers/recurrent.js'
import type { RandomKey } from '../../random.js'

/** How a batch is to be looked at; empty in evaluation. */
export interface LossPass {
  /** What dropout and all else that is random in training is drawn from; none in evaluation. */
  readonly key?: RandomKey | undefined
  /** What the batch begins from, where the one before ended; default the zero state. */
  readonly state?: readonly CellState[] | undefined
  /** As what the batch's tokens enter the first layer, for whoever asks for a gradient with respect to that. */
  readonly vectors?: Tensor | undefined
  /** PyTorch's label_smoothing of a cross-entropy. Default 0. */
  readonly labelSmoothing?: number | undefined
  /** The share of steps that are fed the truth and not the model's own output. Default 1. */
  readonly teacherForcing?: number | undefined
  /** Who looks on while the recurrent layers run. */
  readonly observer?: RecurrentObserver | undefined
}

/** The loss of a batch, of the scope and on the tape that it was asked in. */
export interface BatchLoss {
  /** [1]: a mean */
  readonly loss: Tensor
  /** What the mean is over (tokens, sequences): batches that are taken together weigh as much. Default 1. */
  readonly count?: number | undefined
  /** After the batch, for the one that goes on from there. */
  readonly state?: readonly CellState[] | undefined
  /** Steps of each sequence, where they are not all as long as the batch; past them `hidden` is 0. */
  readonly lengths?: ArrayLike<number> | undefined
  /** [time, batch, hidden] of the last recurrent layer, which temporal activation regularisation looks at. */
  readonly hidden?: Tensor | undefined
  /** The same as it goes on to the output layer, after dropout: activation regularisation looks at this one. */
  readonly dropped?: Tensor | undefined
}

export interface Trainable<Batch> {
  /** All that are saved. */
  readonly parameters: readonly Parameter[]
  /** Those that training changes; default all. */
  readonly trained?: readonly Parameter[] | undefined
  loss(batch: Batch, pass: LossPass): BatchLoss
  /** The zero state of a batch, of the innermost scope; for models whose batches go on from one another. */
  zeroState?(batchSize: number): CellState[]
  /** What makes a file of its parameters a model of ours: configuration and vocabulary. */
  fileMetadata?(): Record<string, string>
}

/** Batches as a function of epoch and number, so that a place in the data is two whole numbers. */
export interface BatchSource<Batch> {
  /** From 1 on; the same in each epoch. */
  readonly batchesPerEpoch: number
  batch(epoch: number, index: number): Batch
  /** Sequences of a batch, where each batch of an epoch goes on where the one before it ended: the state is carried. */
  readonly carriedBatchSize?: number | undefined
}
