/* Output layer, softmax and cross-entropy as one operation: o = V h + c, p = softmax(o), E = −Σ_j y_j log p_j, with label
 * smoothing (Szegedy et al. 2016, as PyTorch's cross_entropy has it) and weights of rows. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { elementwise, elementwiseOperation, outputLoss, sum as sumKernel } from '../records.js'
import { checkShape, type Tensor } from '../tensor.js'

export interface OutputLossOptions {
  /** PyTorch's label_smoothing s: y = (1 - s) onehot(target) + s / vocabulary. Default 0. */
  readonly labelSmoothing?: number | undefined
  /** [rows]: the loss is Σ weight_i E_i instead of the mean over targets. */
  readonly rowWeights?: Tensor | undefined
}

/**
 * Mean cross-entropy of softmax(h Vᵀ + c) against target tokens, in nats; the logits never stand whole in memory.
 * @param h [..., hidden]
 * @param weight V [vocabulary, hidden]
 * @param bias c [vocabulary]
 * @param targets int32, one a row of h; -1 counts nowhere
 * @returns loss [1], the mean over targets; losses [rows], each row's own, without weights; count, of the targets
 */
export function outputLayerLoss(
  engine: Engine,
  h: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  targets: Tensor,
  { labelSmoothing = 0, rowWeights }: OutputLossOptions = {},
): { loss: Tensor; losses: Tensor; count: number } {
  const rows = h.size / (h.shape.at(-1) ?? 1)
  checkShape(weight, 'outputLayerLoss: weight', [-1, h.shape.at(-1) ?? 1], '(vocabulary, hidden)')
  if (targets.size !== rows)
    throw new ShapeError(`outputLayerLoss: targets must have ${rows} elements, one a row of h; got ${targets.size}`)
  const [vocabulary, hidden] = weight.shape
  if (rowWeights) checkShape(rowWeights, 'outputLayerLoss: rowWeights', [rows], '(rows)')
  const count = counted(engine, targets)
  const share = rowWeights ? 1 : 1 / Math.max(1, count)
  const losses = engine.tensor([rows])
  const loss = engine.tensor([1])
  const { tape } = engine
  const gradients = tape?.requiresGrad(h, weight, bias) ? 1 : 0
  const inputs = [h, weight, bias]
  const claims = inputs.map(input => tape?.gradientBuffer(input))
  const [dH, dWeight, dBias] = claims.map(claim => claim?.tensor)
  engine.run(outputLoss, {
    rows,
    hidden,
    vocabulary,
    gradients,
    h: h.offset,
    weight: weight.offset,
    bias: bias?.offset,
    targets: targets.offset,
    rowWeights: rowWeights?.offset,
    losses: losses.offset,
    dH: dH?.offset,
    dWeight: dWeight?.offset,
    dBias: dBias?.offset,
    scale: share,
    smoothing: labelSmoothing,
  })
  const summed = rowWeights ? engine.tensor([rows]) : losses
  if (rowWeights)
    engine.run(elementwise, {
      operation: elementwiseOperation.multiply,
      count: rows,
      a: losses.offset,
      b: rowWeights.offset,
      y: summed.offset,
      alpha: 1,
    })
  engine.run(sumKernel, { count: rows, a: summed.offset, y: loss.offset })
  engine.run(elementwise, {
    operation: elementwiseOperation.scale,
    count: 1,
    a: loss.offset,
    y: loss.offset,
    alpha: share,
  })
  if (tape && gradients)
    tape.record([loss], () => {
      const factor = engine.scalar(tape.gradientOf(loss) as Tensor)
      inputs.forEach((input, i) => {
        const claim = claims[i]
        if (input && claim) tape.accumulate(input, claim.tensor, factor)
      })
    })
  return { loss, losses, count }
}

/** Targets that count, those from 0 on; read where they lie, as every step does it. */
function counted(engine: Engine, targets: Tensor): number {
  const { words } = engine.heap
  const from = targets.offset / 4
  let count = 0
  for (let i = from; i < from + targets.size; i++) if (words[i] >= 0) count++
  return count
}
