/* What is added to a loss so that weights stay small and hidden states calm.
 *
 *     L1     l1 Σ|w|           its gradient: l1 sign(w)
 *     L2     l2 / 2 Σ w²       its gradient: l2 w, as PyTorch's weight_decay of SGD
 *     AR     α mean(d²)        d: the last recurrent layer's output after dropout
 *     TAR    β mean((h_t − h_{t−1})²)    h: the same before dropout
 *
 * AR and TAR are activation and temporal activation regularisation (Merity, McCann & Socher 2017). Weight decay that is
 * decoupled from the gradient is AdamW's: optimizers.ts. */
import type { Engine } from '../engine/engine.js'
import { add, multiply, scale, slice, sum } from '../engine/operations.js'
import { elementwise, elementwiseOperation } from '../engine/records.js'
import type { Tensor } from '../engine/tensor.js'
import type { Parameter } from '../layers/parameter.js'
import type { BatchLoss } from '../models/trainable.js'
import type { TrainingConfiguration } from './options.js'

export type PenaltyConfiguration = Pick<
  TrainingConfiguration,
  'l1' | 'l2' | 'activationPenalty' | 'temporalActivationPenalty'
>

/** Adds the gradient of L1 and L2 to the parameters' gradients. Returns what they add to the loss. */
export function addWeightPenalty(
  engine: Engine,
  parameters: readonly Parameter[],
  { l1, l2 }: PenaltyConfiguration,
): number {
  let penalty = 0
  for (const { value, gradient } of parameters) {
    const count = value.size
    const to = { count, y: gradient.place, accumulate: 1 }
    if (l2 > 0) {
      penalty += (l2 / 2) * engine.scalar(sum(engine, value, { squares: true }))
      engine.run(elementwise, { ...to, operation: elementwiseOperation.scale, a: value.place, alpha: l2 })
    }
    if (l1 > 0)
      penalty += engine.scope(() => {
        const sign = engine.tensor(value.shape)
        engine.run(elementwise, {
          operation: elementwiseOperation.sign,
          count,
          a: value.place,
          y: sign.place,
          alpha: 1,
        })
        engine.run(elementwise, { ...to, operation: elementwiseOperation.scale, a: sign.place, alpha: l1 })
        return l1 * engine.scalar(sum(engine, multiply(engine, sign, value)))
      })
  }
  return penalty
}

const meanSquare = (engine: Engine, x: Tensor): Tensor => scale(engine, sum(engine, multiply(engine, x, x)), 1 / x.size)

/** AR and TAR of a batch, on the tape: [1]; nothing where neither is wanted or the model shows no hidden states. */
export function activationPenalty(
  engine: Engine,
  { hidden, dropped = hidden }: BatchLoss,
  { activationPenalty: alpha, temporalActivationPenalty: beta }: PenaltyConfiguration,
): Tensor | undefined {
  const parts: Tensor[] = []
  if (alpha > 0 && dropped) parts.push(scale(engine, meanSquare(engine, dropped), alpha))
  const steps = hidden?.shape[0] ?? 0
  if (beta > 0 && hidden && steps > 1) {
    const change = add(engine, slice(engine, hidden, 1, steps), slice(engine, hidden, 0, steps - 1), -1)
    parts.push(scale(engine, meanSquare(engine, change), beta))
  }
  return parts.length > 1 ? add(engine, parts[0], parts[1]) : parts[0]
}
