/* Gradients through time: how much of one loss reaches each earlier step,
 *
 *     ‖∂E_t/∂h_k‖      for every k and t
 *
 * The total derivative goes every way that there is, through the layers above as well. The direct path beside it stays in
 * its layer from step t back to step k: ∂E_t/∂h_t ∏_{i=k+1}^{t} ∂h_i/∂h_{i−1}. The sequence stands in the batch once a
 * loss, and row t keeps E_t alone, so one backward pass gives every t; in blocks of rows, so that memory is bounded.
 *
 * The part that step k gives to ∂E_t/∂W is the product of the gradient of W h_{k−1} + b and h_{k−1}: a matrix of rank 1,
 * whose norm is the product of the two lengths (Pascanu, Mikolov & Bengio 2013, equation 5). */
import { ConfigurationError } from '../errors.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import type { Trainable } from '../models/shared/trainable.js'
import { type Observation, type ObservedGradients, type ObservedLayer, observe, type Row } from './observing.js'
import { type InspectedSequence, textSequence } from './sequence.js'
import { lengthOf } from './spectra.js'

export interface GradientOptions {
  /** Steps t whose E_t is looked at, ascending. Default all. */
  readonly losses?: readonly number[] | undefined
  /** Bytes that one block of rows may take, about. Default 256 MiB; one row is always taken. */
  readonly memory?: number | undefined
}

/** Norms, [losses, steps]: row i, column k is of ∂E_t/∂(state after step k) with t = losses[i]. */
export interface StateGradients {
  readonly total: Float64Array
  readonly direct: Float64Array
}

export interface LayerGradients {
  readonly layer: number
  readonly reverse: boolean
  /** The cell's name. */
  readonly cell: string
  readonly hidden: StateGradients
  /** Of c, by every way from it, h of the same step included; where the cell has one. */
  readonly cellState?: StateGradients | undefined
  /** Of h and c as the two halves of one state. */
  readonly joint?: StateGradients | undefined
  /** [losses, steps]: norms of what step k gives to ∂E_t/∂W, by every way. */
  readonly weightParts: Float64Array
  /** [steps], where one loss is looked at: how much of ∂E_t/∂W each step's part is, along it; they sum up to 1. */
  readonly weightShares?: Float64Array | undefined
}

export interface GradientsThroughTime {
  readonly steps: number
  /** What goes in at each step, and what is to come out. */
  readonly names: readonly string[]
  readonly targetNames: readonly string[]
  /** The t of each row. */
  readonly losses: readonly number[]
  /** E_t in nats, one a row. */
  readonly values: Float64Array
  /** Layer 0, its second direction where there is one, layer 1 … */
  readonly layers: readonly LayerGradients[]
}

/** A text before a language model, the start symbol before it; `gradientsThroughTime` says the rest. */
export const gradientsOfText = (model: LanguageModel, text: string, options?: GradientOptions): GradientsThroughTime =>
  gradientsThroughTime(model, textSequence(model.tokenizer, model.tokenizer.encode(text)), options)

/**
 * @param model anything whose `loss` heeds `rowWeights` and the observer: a language model
 * @throws ConfigurationError for losses that are no steps of the sequence
 */
export function gradientsThroughTime<Batch>(
  model: Trainable<Batch>,
  sequence: InspectedSequence<Batch>,
  options: GradientOptions = {},
): GradientsThroughTime {
  const { steps, names, targetNames } = sequence
  const { losses = Array.from({ length: steps }, (_, t) => t), memory = 256 * 2 ** 20 } = options
  const fits = losses.every((t, i) => Number.isInteger(t) && t > (losses[i - 1] ?? -1) && t < steps)
  if (!fits || losses.length === 0)
    throw new ConfigurationError(
      `gradients: losses must be steps from 0 to ${steps - 1}, ascending; got ${losses.join(', ') || 'none'}`,
    )
  const values = new Float64Array(losses.length)
  const found: Norms[] = []
  let bytes = 0
  for (let from = 0; from < losses.length; ) {
    const block = losses.slice(from, from + rowsThatFit(losses, from, bytes, memory))
    const look = (path: keyof StateGradients) =>
      lookAt(model, sequence, block, path, observation => {
        observation.layers.forEach((layer, i) => {
          found[i] ??= new Norms(layer, losses.length, steps)
          block.forEach((_, b) => void found[i].put(path, from + b, layer as WithGradients, b))
          if (losses.length === 1 && path === 'total') found[i].share(layer as WithGradients)
        })
        block.forEach((t, b) => {
          values[from + b] = observation.losses[t * block.length + b]
        })
        // What a row takes is known after the first one.
        bytes = bytesPerStep(model, observation)
      })
    look('total')
    // Without a layer above another there is no way but the direct one.
    if (found.some(({ layer }) => layer > 0)) look('direct')
    from += block.length
  }
  return { steps, names, targetNames, losses, values, layers: found.map(norms => norms.result()) }
}

/** A row more takes no more steps than its own loss is from the beginning. */
function rowsThatFit(losses: readonly number[], from: number, bytesPerStep: number, memory: number): number {
  if (bytesPerStep === 0) return 1
  let rows = 1
  while (from + rows < losses.length && (losses[from + rows] + 1) * (rows + 1) * bytesPerStep <= memory) rows++
  return rows
}

type WithGradients = ObservedLayer & { readonly gradients: ObservedGradients }

/** One backward pass over the rows of some losses, no longer than the last of them needs. */
function lookAt<Batch>(
  model: Trainable<Batch>,
  sequence: InspectedSequence<Batch>,
  block: readonly number[],
  path: keyof StateGradients,
  use: (observation: Observation) => void,
): void {
  const both = model.parameters.some(({ name }) => name.includes('_reverse'))
  const time = both ? sequence.steps : (block.at(-1) as number) + 1
  const directAt = path === 'direct' ? block : undefined
  observe(model, sequence.rows(block, time), { time, batchSize: block.length, gates: false, directAt }, use)
}

/** Of a row of the batch: tensors on the heap and what is copied out of them, gates four times and states twelve. */
const bytesPerStep = ({ parameters: [{ engine }] }: Trainable<never>, { layers }: Observation) =>
  layers.reduce((sum, { gradients, hidden }) => sum + 4 * (gradients?.product.width ?? 0) + 12 * hidden.width, 0) *
  engine.backend.elementBytes

/** Collects the norms of one layer and direction. */
class Norms {
  readonly layer: number
  private readonly hidden: StateGradients
  private readonly cellState: StateGradients | undefined
  private readonly joint: StateGradients | undefined
  private readonly parts: Float64Array
  private shares: Float64Array | undefined
  private hasDirect = false

  constructor(
    private readonly seen: ObservedLayer,
    rows: number,
    private readonly steps: number,
  ) {
    this.layer = seen.layer
    const empty = () => new Float64Array(rows * steps)
    const pair = () => ({ total: empty(), direct: empty() })
    this.hidden = pair()
    this.cellState = seen.cell && pair()
    this.joint = seen.cell && pair()
    this.parts = empty()
  }

  put(path: keyof StateGradients, row: number, { gradients, operand, time }: WithGradients, b: number): void {
    const { hidden, cell, carriedCell, product } = gradients
    this.hasDirect ||= path === 'direct'
    for (let k = 0; k < time; k++) {
      const at = row * this.steps + k
      const ofHidden = lengthOf(hidden.row(k, b))
      this.hidden[path][at] = ofHidden
      if (cell && carriedCell && this.cellState && this.joint) {
        this.cellState[path][at] = lengthOf(cell.row(k, b))
        this.joint[path][at] = Math.hypot(ofHidden, lengthOf(carriedCell.row(k, b)))
      }
      if (path === 'total') this.parts[at] = lengthOf(product.row(k, b)) * lengthOf(operand.row(k, b))
    }
  }

  /** ⟨part_k, Σ parts⟩ / ‖Σ parts‖², by the products of lengths and angles, so that no matrix is made. */
  share({ gradients: { product }, operand, time }: WithGradients): void {
    const along = Float64Array.from({ length: time }, (_, k) => {
      let total = 0
      for (let j = 0; j < time; j++)
        total += dot(product.row(k, 0), product.row(j, 0)) * dot(operand.row(k, 0), operand.row(j, 0))
      return total
    })
    const whole = along.reduce((sum, value) => sum + value, 0)
    this.shares = new Float64Array(this.steps)
    if (whole > 0) this.shares.set(along.map(value => value / whole))
  }

  /** In a single layer nothing but the direct path was there. */
  private whole(state: StateGradients): StateGradients {
    return this.hasDirect ? state : { total: state.total, direct: state.total }
  }

  result(): LayerGradients {
    const { layer, reverse, direction } = this.seen
    return {
      ...{ layer, reverse, cell: direction.options.cell.name },
      ...{ hidden: this.whole(this.hidden), cellState: this.cellState && this.whole(this.cellState) },
      joint: this.joint && this.whole(this.joint),
      ...{ weightParts: this.parts, weightShares: this.shares },
    }
  }
}

function dot(a: Row, b: Row): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i] * b[i]
  return total
}

/** ‖∂E_t/∂h_k‖ of one layer, with what a picture of it says. */
export function matrixOf(result: GradientsThroughTime, layer: LayerGradients) {
  const { steps, losses, names, targetNames } = result
  const { total: norms } = layer.hidden
  return { steps, losses, names, targetNames, norms, decay: decayOf(result, norms, layer) }
}

/** How a gradient changes with every step back. */
export interface Decay {
  /** [distances]: geometric mean over all pairs t − k = distance whose gradient is not 0; NaN where there is none. */
  readonly norms: Float64Array
  /** Factor a step: a straight line through the logarithms, each distance weighing what it is the mean of. */
  readonly perStep: number
  /** Steps after which half is left; Infinity where it does not get less. */
  readonly halfLife: number
}

/**
 * The decay of gradients over distance, of all losses together.
 * @param norms [losses, steps], as `StateGradients` has them
 */
export function decayOf(
  { losses, steps }: Pick<GradientsThroughTime, 'losses' | 'steps'>,
  norms: Float64Array,
  { reverse = false }: { readonly reverse?: boolean } = {},
): Decay {
  const sums = new Float64Array(steps)
  const counts = new Float64Array(steps)
  losses.forEach((t, i) => {
    for (let k = 0; k < steps; k++) {
      const distance = reverse ? k - t : t - k
      const norm = norms[i * steps + k]
      if (distance < 0 || !(norm > 0)) continue
      sums[distance] += Math.log(norm)
      counts[distance]++
    }
  })
  const logs = sums.map((sum, d) => sum / counts[d])
  const perStep = Math.exp(slopeOf(logs, counts))
  return {
    norms: logs.map(Math.exp),
    perStep,
    halfLife: perStep < 1 ? Math.log(0.5) / Math.log(perStep) : perStep >= 1 ? Infinity : Number.NaN,
  }
}

/** Weighted least squares. */
function slopeOf(logs: Float64Array, weights: Float64Array): number {
  let [weight, x, y] = [0, 0, 0]
  logs.forEach((log, d) => {
    if (!(weights[d] > 0)) return
    weight += weights[d]
    x += weights[d] * d
    y += weights[d] * log
  })
  let [xx, xy] = [0, 0]
  logs.forEach((log, d) => {
    if (!(weights[d] > 0)) return
    xx += weights[d] * (d - x / weight) ** 2
    xy += weights[d] * (d - x / weight) * (log - y / weight)
  })
  return xx > 0 ? xy / xx : Number.NaN
}
