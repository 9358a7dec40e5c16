/* Several labels at once, each by itself: p = 1 / (1 + exp(−o)), and the mean over all of
 *
 *     E = −w y log p − (1 − y) log(1 − p)          PyTorch's BCEWithLogitsLoss, w its pos_weight
 *
 * Label smoothing s moves each y towards one half: (1 − s) y + s / 2. Outputs are few beside hidden states, so the sum is
 * taken here and not in a kernel: in order, in float64. */
import type { Engine } from '../engine/engine.js'
import { checkShape, type Tensor } from '../engine/tensor.js'

/** −log of the sigmoid of o, exact at both ends. */
export const softplusOfNegative = (o: number): number => Math.max(-o, 0) + Math.log1p(Math.exp(-Math.abs(o)))

export interface BinaryCrossEntropyOptions {
  /** w of each label; default all 1. */
  readonly weights?: readonly number[] | undefined
  /** s. Default 0. */
  readonly labelSmoothing?: number | undefined
}

/** What one answer costs. */
export function binaryCost(o: number, y: number, weight = 1): number {
  return weight * y * softplusOfNegative(o) + (1 - y) * softplusOfNegative(-o)
}

/** Logits o [batch, labels] against y, 0 or 1, [batch × labels]; returns [1]. */
export function binaryCrossEntropy(
  engine: Engine,
  logits: Tensor,
  targets: ArrayLike<number>,
  { weights, labelSmoothing: s = 0 }: BinaryCrossEntropyOptions = {},
): Tensor {
  checkShape(logits, 'binaryCrossEntropy: logits', [-1, -1], '(batch, labels)')
  const labels = logits.shape[1]
  const o = engine.read(logits)
  const y = Float64Array.from(targets, target => (1 - s) * target + s / 2)
  const weightOf = (i: number) => weights?.[i % labels] ?? 1
  const loss = engine.from([o.reduce((sum, each, i) => sum + binaryCost(each, y[i], weightOf(i)), 0) / o.length])
  const { tape } = engine
  if (tape?.requiresGrad(logits))
    tape.record([loss], () => {
      const factor = engine.scalar(tape.gradientOf(loss) as Tensor) / o.length
      const slopes = o.map((each, i) => {
        const p = Math.exp(-softplusOfNegative(each))
        return factor * ((1 - y[i]) * p - weightOf(i) * y[i] * (1 - p))
      })
      tape.add(logits, engine.from(slopes, logits.shape))
    })
  return loss
}
