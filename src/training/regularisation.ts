/* Penalties that are added to the loss: on the weights, and on the hidden states.
 *
 *     L1     l1 Σ|w|           its gradient: l1 sign(w)
 *     L2     l2 / 2 Σ w²       its gradient: l2 w, as PyTorch's weight_decay of SGD
 *     AR     α mean(d²)        d: the last recurrent layer's output after dropout
 *     TAR    β mean((h_t − h_{t−1})²)    h: the same before dropout
 *
 * AR and TAR are activation and temporal activation regularisation (Merity, McCann & Socher 2017). Weight decay that is
 * decoupled from the gradient is AdamW's: optimizers.ts. */
import type { Engine } from '../engine/engine.js'
import { add, embed, multiply, scale, sum } from '../engine/operations/operations.js'
import { elementwise, elementwiseOperation } from '../engine/records.js'
import type { Tensor } from '../engine/tensor.js'
import type { Parameter } from '../layers/parameter.js'
import type { BatchLoss } from '../models/shared/trainable.js'
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
    const to = { count, y: gradient.offset, accumulate: 1 }
    if (l2 > 0) {
      penalty += (l2 / 2) * engine.scalar(sum(engine, value, { squares: true }))
      engine.run(elementwise, { ...to, operation: elementwiseOperation.scale, a: value.offset, alpha: l2 })
    }
    if (l1 > 0)
      penalty += engine.scope(() => {
        const sign = engine.tensor(value.shape)
        engine.run(elementwise, {
          operation: elementwiseOperation.sign,
          count,
          a: value.offset,
          y: sign.offset,
          alpha: 1,
        })
        engine.run(elementwise, { ...to, operation: elementwiseOperation.scale, a: sign.offset, alpha: l1 })
        return l1 * engine.scalar(sum(engine, multiply(engine, sign, value)))
      })
  }
  return penalty
}

/** Mean over the rows that exist; the others hold zeros, which add nothing to the sum. */
function meanSquare(engine: Engine, x: Tensor, rows: number): Tensor {
  const width = x.shape.at(-1) as number
  return scale(engine, sum(engine, multiply(engine, x, x)), 1 / Math.max(1, rows * width))
}

/** AR and TAR of a batch, on the tape: [1]; undefined where both are off or the model gives no hidden states. */
export function activationPenalty(
  engine: Engine,
  { hidden, dropped = hidden, lengths }: BatchLoss,
  { activationPenalty: alpha, temporalActivationPenalty: beta }: PenaltyConfiguration,
): Tensor | undefined {
  const parts: Tensor[] = []
  if (alpha > 0 && dropped) {
    const [time, batch] = dropped.shape
    const rows = lengths ? Array.from(lengths).reduce((total, length) => total + length, 0) : time * batch
    parts.push(scale(engine, meanSquare(engine, dropped, rows), alpha))
  }
  if (beta > 0 && hidden) {
    const later = laterSteps(hidden, lengths)
    if (later.length > 0) {
      const [, batch] = hidden.shape
      const rowsOf = (rows: Int32Array) => embed(engine, engine.tokens(rows), hidden)
      const change = add(engine, rowsOf(later), rowsOf(later.map(row => row - batch)), -1)
      parts.push(scale(engine, meanSquare(engine, change, later.length), beta))
    }
  }
  return parts.length > 1 ? add(engine, parts[0], parts[1]) : parts[0]
}

/** Rows t × batch + b of the steps that have one before them. */
function laterSteps({ shape: [time, batch] }: Tensor, lengths: ArrayLike<number> | undefined): Int32Array {
  const rows: number[] = []
  for (let t = 1; t < time; t++)
    for (let b = 0; b < batch; b++) if (t < (lengths?.[b] ?? time)) rows.push(t * batch + b)
  return Int32Array.from(rows)
}
