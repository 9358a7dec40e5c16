/* One step of training: forward and backward over a batch, or over several whose gradients are taken together; penalties;
 * clipping; update. Broken numbers are found before they reach the weights, or right after. */
import type { Engine } from '../engine/engine.js'
import { add, type DropoutDraw, scale } from '../engine/operations/operations.js'
import { elementwise, elementwiseOperation } from '../engine/records.js'
import type { Tape } from '../engine/tape.js'
import type { Parameter } from '../layers/parameter.js'
import type { CarriedState } from '../models/shared/carriedState.js'
import type { Trainable } from '../models/shared/trainable.js'
import { brokenNumbers } from './brokenNumbers.js'
import { type ClippingConfiguration, clip } from './clipping.js'
import type { Optimizer, OptimizerState } from './optimizers.js'
import { activationPenalty, addWeightPenalty, type PenaltyConfiguration } from './regularisation.js'

export interface StepOptions {
  /** What is the same at every step. */
  readonly configuration: ClippingConfiguration & PenaltyConfiguration & { readonly labelSmoothing: number }
  readonly optimizer: Optimizer
  readonly memory: OptimizerState
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  readonly averageFrom?: number | undefined
  readonly teacherForcing: number
}

/** A batch, and what is drawn for it. */
export interface DrawnBatch<Batch> {
  readonly batch: Batch
  readonly draw: DropoutDraw
  /** Whether the carried state begins anew before it. */
  readonly begins: boolean
  /** What it holds of real numbers, by name: looked through when the step is broken. */
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
 * Trains on batches, as one, and carries the state on.
 * @throws NumericError where data, loss, gradient or weights hold NaN or infinity, which it names
 */
export function trainingStep<Batch>(
  model: Trainable<Batch>,
  batches: readonly DrawnBatch<Batch>[],
  carried: CarriedState | undefined,
  options: StepOptions,
): StepResult {
  const { trained: parameters = model.parameters } = model
  const [{ engine }] = parameters
  const { configuration, optimizer, memory, step, learningRate, averageFrom } = options
  return engine.scope(() => {
    const sums = { loss: 0, count: 0, penalty: 0 }
    batches.forEach((drawn, i) => {
      const part = engine.scope(() =>
        backward(model, parameters, drawn, carried, options, { first: i === 0, only: batches.length === 1 }),
      )
      sums.loss += part.loss * part.count
      sums.count += part.count
      sums.penalty += part.penalty * part.count
    })
    const loss = sums.loss / sums.count
    if (batches.length > 1)
      for (const { gradient } of parameters) shrink(engine, gradient.place, gradient.size, sums.count)
    const penalty = sums.penalty / sums.count + addWeightPenalty(engine, parameters, configuration)
    const { norm: gradientNorm, scales, clipped } = clip(engine, parameters, configuration)
    const told = () =>
      brokenNumbers({
        ...{ step, learningRate, loss, gradientNorm },
        parameters: model.parameters,
        data: batches.map(({ numbers }) => numbers),
      })
    if (!Number.isFinite(loss) || !Number.isFinite(penalty) || !Number.isFinite(gradientNorm)) throw told()
    const update = { step, learningRate, gradientScales: scales, averageFrom }
    if (!optimizer.update(engine, parameters, memory, update)) throw told()
    return { loss, count: sums.count, penalty, gradientNorm, clipped }
  })
}

/** Forward and backward over one batch. Of several, each weighs what its mean is over. */
function backward<Batch>(
  model: Trainable<Batch>,
  parameters: readonly Parameter[],
  { batch, draw, begins }: DrawnBatch<Batch>,
  carried: CarriedState | undefined,
  options: StepOptions,
  place: { readonly first: boolean; readonly only: boolean },
) {
  const [{ engine }] = parameters
  const { configuration, teacherForcing } = options
  const { labelSmoothing } = configuration
  return engine.recording(tape => {
    for (const { value, gradient } of parameters) tape.watch(value, gradient, { filled: !place.first })
    // Where a text begins the model begins by itself, on the tape: a state that is learned gets its gradient.
    const state = begins ? undefined : carried?.state
    const result = model.loss(batch, { draw, state, labelSmoothing, teacherForcing })
    const { count = 1 } = result
    const penalty = activationPenalty(engine, result, configuration)
    const whole = penalty ? add(engine, result.loss, penalty) : result.loss
    tape.backward(place.only ? whole : scale(engine, whole, count))
    if (place.first) clearUnreached(engine, tape, parameters)
    if (result.state) carried?.carry(result.state)
    return { loss: engine.scalar(result.loss), count, penalty: penalty ? engine.scalar(penalty) : 0 }
  })
}

/** A parameter that had no part in the loss keeps no gradient of an earlier step. */
function clearUnreached(engine: Engine, tape: Tape, parameters: readonly Parameter[]): void {
  for (const { value, gradient } of parameters) if (!tape.gradientOf(value)) engine.fill(gradient, 0)
}

const shrink = (engine: Engine, place: number, count: number, by: number) =>
  engine.run(elementwise, { operation: elementwiseOperation.scale, count, a: place, y: place, alpha: 1 / by })
