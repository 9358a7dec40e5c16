/* One step of training: forward and backward over a batch, or over several whose gradients are added; penalties; clipping;
 * update. NaN and infinity in the data, the loss or the gradient are found before the update, those in the weights after it. */

import type { Engine } from '../engine/engine.js'
import { add, scale } from '../engine/operations/operations.js'
import { elementwise, elementwiseOperation } from '../engine/records.js'
import type { Tape } from '../engine/tape.js'
import type { Parameter } from '../layers/parameter.js'
import type { CarriedState } from '../models/shared/carriedState.js'
import type { Trainable } from '../models/shared/trainable.js'
import type { RandomKey } from '../random.js'
import { type ClippingConfiguration, clip } from './clipping.js'
import { nonFiniteError } from './nonFinite.js'
import type { Optimizer, OptimizerState } from './optimizers.js'
import { activationPenalty, addWeightPenalty, type PenaltyConfiguration } from './regularisation.js'

export interface StepOptions {
  readonly configuration: ClippingConfiguration & PenaltyConfiguration & { readonly labelSmoothing: number }
  readonly optimizer: Optimizer
  readonly optimizerState: OptimizerState
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  readonly averageFrom?: number | undefined
  readonly teacherForcing: number
  /** Names the first item of the training data that holds NaN or infinity; asked for only after a step has met one. */
  readonly nonFiniteItem?: (() => string | undefined) | undefined
}

/** One of the batches of a step. */
export interface BatchInStep<Batch> {
  readonly batch: Batch
  /** What its dropout and sampling are drawn from. */
  readonly key: RandomKey
  /** Whether it is the first of an epoch: the carried state begins from zero. */
  readonly startsEpoch: boolean
  /** The real numbers that it holds, by name: searched when the step meets NaN or infinity. */
  readonly numbers: Readonly<Record<string, ArrayLike<number>>>
}

export interface StepResult {
  /** Mean loss before the step, without penalties: cross-entropy in nats per token. */
  readonly loss: number
  /** What that mean is over. */
  readonly count: number
  /** What penalties add to it. */
  readonly penalty: number
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number
  readonly clipped: boolean
}

/**
 * Trains on batches as if they were one, and carries the hidden state on.
 * @throws NonFiniteError when data, loss, gradient or weights hold NaN or infinity; it names where
 */
export function trainingStep<Batch>(
  model: Trainable<Batch>,
  batches: readonly BatchInStep<Batch>[],
  carried: CarriedState | undefined,
  options: StepOptions,
): StepResult {
  const { trained: parameters = model.parameters } = model
  const [{ engine }] = parameters
  const { configuration, optimizer, optimizerState, step, learningRate, averageFrom } = options
  return engine.scope(() => {
    const sums = { loss: 0, count: 0, penalty: 0 }
    batches.forEach((batch, i) => {
      const place = { first: i === 0, only: batches.length === 1 }
      const { loss, count, penalty } = engine.scope(() => backward(model, parameters, batch, carried, options, place))
      sums.loss += loss * count
      sums.count += count
      sums.penalty += penalty * count
    })
    const loss = sums.loss / sums.count
    if (batches.length > 1)
      for (const { gradient } of parameters) shrink(engine, gradient.offset, gradient.size, sums.count)
    const penalty = sums.penalty / sums.count + addWeightPenalty(engine, parameters, configuration)
    const { norm: gradientNorm, scales, clipped } = clip(engine, parameters, configuration)
    const failure = () =>
      nonFiniteError({
        ...{ step, learningRate, loss, gradientNorm },
        parameters: model.parameters,
        data: batches.map(({ numbers }) => numbers),
        item: options.nonFiniteItem?.(),
      })
    if (!Number.isFinite(loss) || !Number.isFinite(penalty) || !Number.isFinite(gradientNorm)) throw failure()
    const update = { step, learningRate, gradientScales: scales, averageFrom }
    if (!optimizer.update(engine, parameters, optimizerState, update)) throw failure()
    return { loss, count: sums.count, penalty, gradientNorm, clipped }
  })
}

/** Forward and backward over one batch. Of several, each is weighted by the count that its loss is the mean of. */
function backward<Batch>(
  model: Trainable<Batch>,
  parameters: readonly Parameter[],
  { batch, key, startsEpoch }: BatchInStep<Batch>,
  carried: CarriedState | undefined,
  options: StepOptions,
  place: { readonly first: boolean; readonly only: boolean },
) {
  const [{ engine }] = parameters
  const { configuration, teacherForcing } = options
  const { labelSmoothing } = configuration
  return engine.recording(tape => {
    for (const { value, gradient } of parameters) tape.watch(value, gradient, { filled: !place.first })
    // At the start of a text the model makes its own initial state, on the tape: a learned one gets its gradient.
    const state = startsEpoch ? undefined : carried?.state
    const result = model.loss(batch, { key, state, labelSmoothing, teacherForcing })
    const { count = 1 } = result
    const penalty = activationPenalty(engine, result, configuration)
    const total = penalty ? add(engine, result.loss, penalty) : result.loss
    tape.backward(place.only ? total : scale(engine, total, count))
    if (place.first) clearUnreached(engine, tape, parameters)
    if (result.state) carried?.carry(result.state)
    return { loss: engine.scalar(result.loss), count, penalty: penalty ? engine.scalar(penalty) : 0 }
  })
}

/** Clears the gradient of each parameter that the loss does not depend on. */
function clearUnreached(engine: Engine, tape: Tape, parameters: readonly Parameter[]): void {
  for (const { value, gradient } of parameters) if (!tape.gradientOf(value)) engine.fill(gradient, 0)
}

const shrink = (engine: Engine, place: number, count: number, by: number) =>
  engine.run(elementwise, { operation: elementwiseOperation.scale, count, a: place, y: place, alpha: 1 / by })
