/* One step of training: forward, backward, clip by the global norm (Pascanu et al. 2013), update. */
import type { DropoutDraw } from '../engine/operations.js'
import { sum } from '../engine/operations.js'
import { NumericError } from '../errors.js'
import { watchAll } from '../layers/parameter.js'
import type { CarriedState } from '../models/carriedState.js'
import type { LanguageModel } from '../models/languageModel.js'
import type { Stretch } from '../text/lanes.js'
import type { Optimizer, OptimizerState } from './optimizers.js'

export interface StepOptions {
  readonly optimizer: Optimizer
  readonly memory: OptimizerState
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  /** The gradient's global norm is at most this. */
  readonly clipNorm: number
  readonly draw?: DropoutDraw | undefined
}

export interface StepResult {
  /** Mean cross-entropy of the stretch before the step, nats per token. */
  readonly loss: number
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number
}

/**
 * Trains on one stretch and carries the state on.
 * @throws NumericError where loss or gradient is no number; the weights are then as they were
 */
export function trainingStep(
  model: LanguageModel,
  stretch: Stretch,
  carried: CarriedState,
  options: StepOptions,
): StepResult {
  const { engine, trained: parameters } = model
  const { optimizer, memory, step, learningRate, clipNorm, draw } = options
  return engine.scope(() => {
    const loss = engine.recording(tape => {
      watchAll(tape, parameters)
      const result = model.loss(stretch, carried.state, draw)
      carried.carry(result.state)
      tape.backward(result.loss)
      return engine.scalar(result.loss)
    })
    const squares = parameters.map(({ gradient }) => engine.scalar(sum(engine, gradient, { squares: true })))
    const gradientNorm = Math.sqrt(squares.reduce((total, square) => total + square, 0))
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      throw new NumericError(
        `train: step ${step}: the loss is ${loss} and the gradient's norm ${gradientNorm}; the weights are those of the step before; lower learningRate (${learningRate}) or clipNorm (${clipNorm})`,
      )
    // PyTorch's clip_grad_norm_ divides by the norm + 1e-6.
    const gradientScale = Math.min(1, clipNorm / (gradientNorm + 1e-6))
    optimizer.update(engine, parameters, memory, { step, learningRate, gradientScale })
    return { loss, gradientNorm }
  })
}
