/* How far numbers are from those that were asked for: the mean over all of them of
 *
 *     squared   (y − t)²                                                             PyTorch's MSELoss
 *     Huber     d² / 2 where d = |y − t| ≤ δ, else δ (d − δ / 2)   (Huber 1964)      PyTorch's HuberLoss
 *
 * Outputs are few beside hidden states, so the sum is taken here and not in a kernel: in order, in float64. */
import type { Engine } from '../engine/engine.js'
import { checkShape, type Tensor } from '../engine/tensor.js'

export interface RegressionLossOptions {
  readonly loss: 'squared' | 'huber'
  /** δ */
  readonly huberDelta: number
}

/** What one number costs that is off by d. */
export function regressionCost(d: number, { loss, huberDelta: delta }: RegressionLossOptions): number {
  if (loss === 'squared') return d * d
  return Math.abs(d) <= delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2)
}

/** y [...] against targets [...]; returns [1]. */
export function regressionLoss(engine: Engine, y: Tensor, targets: Tensor, options: RegressionLossOptions): Tensor {
  checkShape(targets, 'regressionLoss: targets', y.shape)
  const wanted = engine.read(targets)
  const difference = engine.read(y).map((value, i) => value - wanted[i])
  const { loss: kind, huberDelta: delta } = options
  const slope = (d: number) => (kind === 'squared' ? 2 * d : Math.max(-delta, Math.min(delta, d)))
  const loss = engine.from([difference.reduce((sum, d) => sum + regressionCost(d, options), 0) / y.size])
  const { tape } = engine
  if (tape?.requiresGrad(y))
    tape.record([loss], () => {
      const factor = engine.scalar(tape.gradientOf(loss) as Tensor) / y.size
      tape.add(
        y,
        engine.from(
          difference.map(d => slope(d) * factor),
          y.shape,
        ),
      )
    })
  return loss
}
