/* The factors of the product that a gradient goes through on its way back,
 *
 *     ∂h_t/∂h_k = ∏_{i=k+1}^{t} ∂h_i/∂h_{i−1}        Elman: ∏ diag(σ'(a_i)) W
 *
 * each with its norm; W with its largest singular value and its spectral radius; how steep the activation is, how many
 * units are saturated or dead, how open the gates stand. Of an LSTM the factor is that of h and c together, and the path
 * through the cell is ∏ diag(f_i); of a GRU the straight path is ∏ diag(z_i).
 *
 * Bound (Pascanu, Mikolov & Bengio 2013): ‖∂h_t/∂h_k‖ ≤ (‖W‖ max σ')^(t−k), of an Elman cell. A gated cell has no such
 * bound of W alone; for it the largest factor of the text itself is taken. */
import { ConfigurationError } from '../errors.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import type { Trainable } from '../models/shared/trainable.js'
import { hasFactors, mayDie, recurrentWeight, type StepFactor, steepestOf, stepFactor } from './jacobians.js'
import { type ObservedLayer, observe } from './observing.js'
import { type InspectedSequence, textSequence } from './sequence.js'
import { largestSingularValue, matrixOperator, spectralRadius } from './spectra.js'

/** A unit whose slope is under this lets next to nothing through. */
const SATURATED = 0.05
/** The QR algorithm takes some 10 n³ operations: two seconds at this size. */
const MOST_UNITS_FOR_RADIUS = 512

export interface WeightSpectrum {
  /** The gate whose rows of W these are. */
  readonly gate: string
  /** ‖W‖, the largest singular value. */
  readonly norm: number
  /** The largest absolute eigenvalue; undefined above 512 units. */
  readonly spectralRadius: number | undefined
}

/** Slopes of one activation, over all units. */
export interface Slopes {
  readonly name: string
  /** [steps] */
  readonly means: Float64Array
  readonly mean: number
  /** [steps]: share of units whose slope is under 0.05. */
  readonly saturated: Float64Array
  readonly saturation: number
}

export interface LayerFactors {
  readonly layer: number
  readonly reverse: boolean
  readonly cell: string
  readonly units: number
  readonly weights: readonly WeightSpectrum[]
  /** [steps]: ‖∂s_i/∂s_{i−1}‖; NaN where it was not looked at. */
  readonly norms: Float64Array
  readonly slopes: readonly Slopes[]
  /** Units of a ReLU that were 0 at every step. */
  readonly deadUnits: readonly number[]
  /** Mean openness of each gate, and the share of values that are nearly shut (under 0.1) and open (over 0.9). */
  readonly gates: readonly {
    readonly name: string
    readonly mean: number
    readonly shut: number
    readonly open: number
  }[]
  /** What goes straight on: each step's mean, and the largest: the norm of its factor. */
  readonly straight?: { readonly gate: string; readonly means: Float64Array; readonly norms: Float64Array } | undefined
  /** A step's factor can be no larger: ‖W‖ max σ'; of a gated cell, the largest factor found. */
  readonly bound: number
}

export interface FactorOptions {
  /** Steps whose factor's norm is computed, spread evenly; the others cost next to nothing. Default 64. */
  readonly norms?: number | undefined
}

/** A text before a language model; `factorsThroughTime` says the rest. */
export const factorsOfText = (model: LanguageModel, text: string, options?: FactorOptions): LayerFactors[] =>
  factorsThroughTime(model, textSequence(model.tokenizer, model.tokenizer.encode(text)), options)

/**
 * @throws ConfigurationError for layers whose derivative is not written down: a cell of one's own, layer normalisation,
 * projection, skips, zoneout
 */
export function factorsThroughTime<Batch>(
  model: Trainable<Batch>,
  sequence: InspectedSequence<Batch>,
  { norms = 64 }: FactorOptions = {},
): LayerFactors[] {
  const { steps } = sequence
  const batch = sequence.rows([steps - 1], steps)
  return observe(model, batch, { time: steps, batchSize: 1, gradients: false }, ({ layers }) => {
    const without = layers.find(layer => !hasFactors(layer))
    if (without)
      throw new ConfigurationError(
        `factors: the Jacobian of layer ${without.layer} is not written down; leave layerNorm, projSize, skip, zoneout and cells of your own out`,
      )
    const every = Math.max(1, Math.ceil(steps / norms))
    return layers.map(layer => factorsOf(layer, every))
  })
}

function factorsOf(layer: ObservedLayer, every: number): LayerFactors {
  const { direction, time, hidden } = layer
  const { cell } = direction.options
  const size = hidden.width
  const W = recurrentWeight(layer)
  const steps = Array.from({ length: time }, (_, t) => stepFactor(layer, W, t, 0))
  const norms = Float64Array.from(steps, ({ jacobian }, t) =>
    t % every === 0 || t === time - 1 ? largestSingularValue(jacobian) : Number.NaN,
  )
  const weights = cell.gates.map((gate, k) => {
    const block = W.subarray(k * size * size, (k + 1) * size * size)
    return {
      gate,
      norm: largestSingularValue(matrixOperator(block, size, size)),
      spectralRadius: size <= MOST_UNITS_FOR_RADIUS ? spectralRadius(block, size) : undefined,
    }
  })
  const steepest = steepestOf(layer)
  const largest = norms.reduce((most, norm) => (norm > most ? norm : most), 0)
  return {
    ...{ layer: layer.layer, reverse: layer.reverse, cell: cell.name, units: size, weights, norms },
    slopes: slopesOf(steps),
    deadUnits: mayDie(layer) ? deadUnits(layer) : [],
    gates: steepest === undefined ? gatesOf(cell.gates, steps) : [],
    straight: straightOf(steps),
    bound: steepest === undefined ? largest : weights[0].norm * steepest,
  }
}

const meanOf = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total / values.length
}

const shareOf = (values: Float64Array, holds: (value: number) => boolean): number =>
  values.reduce((count, value) => (holds(value) ? count + 1 : count), 0) / values.length

function slopesOf(steps: readonly StepFactor[]): Slopes[] {
  return steps[0].slopes.map(({ name }, i) => {
    const means = Float64Array.from(steps, ({ slopes }) => meanOf(slopes[i].of))
    const saturated = Float64Array.from(steps, ({ slopes }) => shareOf(slopes[i].of, slope => slope < SATURATED))
    return { name, means, mean: meanOf(means), saturated, saturation: meanOf(saturated) }
  })
}

/** The candidate is no gate: it is not open or shut. */
function gatesOf(names: readonly string[], steps: readonly StepFactor[]): LayerFactors['gates'] {
  return names.flatMap((name, k) => {
    if (name === 'candidate') return []
    const over = (of: (gate: Float64Array) => number) => meanOf(steps.map(({ gates }) => of(gates[k])))
    return [
      {
        name,
        mean: over(meanOf),
        shut: over(gate => shareOf(gate, value => value < 0.1)),
        open: over(gate => shareOf(gate, value => value > 0.9)),
      },
    ]
  })
}

function straightOf(steps: readonly StepFactor[]): LayerFactors['straight'] {
  const [{ kept }] = steps
  if (!kept) return undefined
  const values = steps.map(step => step.kept?.of as Float64Array)
  return {
    gate: kept.name,
    means: Float64Array.from(values, meanOf),
    norms: Float64Array.from(values, of => of.reduce((most, value) => Math.max(most, value), 0)),
  }
}

function deadUnits({ hidden, time }: ObservedLayer): number[] {
  return Array.from({ length: hidden.width }, (_, j) => j).filter(j => {
    for (let t = 0; t < time; t++) if (hidden.row(t, 0)[j] > 0) return false
    return true
  })
}
