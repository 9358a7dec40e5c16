/* Where a NaN or an infinity comes from. Searched only once a loss, a gradient or a weight has shown that there is one: in the
 * batch's data first, then in the weights, then in the gradients. */
import { NumericError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import type { Metrics } from './trainingTask.js'

/** A step with a NaN or an infinity, as far as it was computed. */
export interface FailedStep {
  readonly step: number
  readonly learningRate: number
  readonly loss: number
  /** Global norm of the gradient. */
  readonly gradientNorm: number
  readonly parameters: readonly Parameter[]
  /** The real numbers of each batch, by name. */
  readonly data: readonly Readonly<Record<string, ArrayLike<number>>>[]
  /** The first item of the training data that holds a NaN or an infinity, in words. */
  readonly item?: string | undefined
}

/** A step met a NaN or an infinity. */
export class NonFiniteError extends NumericError {
  constructor(
    message: string,
    /** Whether the weights hold it: then skipping the step does not help. */
    readonly inWeights: boolean,
  ) {
    super(message)
  }
}

/** The index of the first NaN or infinity; -1 where there is none. */
export function firstNonFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return -1
}

/** `recurrent.weight_ih_l0_reverse` belongs to layer recurrent 0, backwards. */
function layerOf(name: string): string {
  const [, layer = name, level, reverse] = /^(.*?)\.(?:.*?_l(\d+)(_reverse)?$)?/.exec(name) ?? []
  return `layer ${layer}${level === undefined ? '' : ` ${level}`}${reverse ? ', backwards' : ''}`
}

/** The error of a failed step; its message names the tensor, its layer and the step, and what to do. */
export function nonFiniteError(failed: FailedStep): NonFiniteError {
  const { step, learningRate, loss, gradientNorm, parameters, data, item } = failed
  const error = (what: string, fix: string, inWeights = false) =>
    new NonFiniteError(`train: step ${step}: ${what}; ${fix}`, inWeights)
  for (const tensors of data)
    for (const [name, values] of Object.entries(tensors)) {
      const at = firstNonFinite(values)
      if (at < 0) continue
      const where = `element ${at} of the batch${item ? ` (${item})` : ''}`
      return error(`the data's ${name} hold ${values[at]} at ${where}`, 'correct those data')
    }
  const fix = `lower learningRate (${learningRate}) or clipNorm, or start from the last checkpoint with onNan rollback`
  for (const { name, value, engine } of parameters) {
    const values = engine.read(value)
    const at = firstNonFinite(values)
    if (at >= 0) return error(`the weights ${name} (${layerOf(name)}) hold ${values[at]} at element ${at}`, fix, true)
  }
  // In reverse: what is nearest to the loss fails first.
  for (const { name, gradient, engine } of parameters.toReversed()) {
    const values = engine.read(gradient)
    const at = firstNonFinite(values)
    if (at >= 0)
      return error(
        `the gradient of ${name} (${layerOf(name)}) holds ${values[at]} at element ${at}; the loss is ${loss}`,
        fix,
      )
  }
  return error(
    `the loss is ${loss} and the gradient's norm ${gradientNorm}, though all weights are finite: an activation is too large for a float32`,
    fix,
  )
}

/**
 * The report of an evaluation with a NaN or an infinity; undefined where all metrics are finite.
 * @param itemOf names the first validation item that makes a metric so, where the task can tell
 */
export function nonFiniteMetrics(
  step: number,
  metrics: Metrics,
  itemOf: () => string | undefined = () => undefined,
): string | undefined {
  const values = Object.entries(metrics).filter(([, value]) => !Number.isFinite(value))
  if (values.length === 0) return undefined
  const named = values.map(([name, value]) => `${name} is ${value}`).join(', ')
  const item = itemOf()
  const fix = item
    ? `${item}; correct those data`
    : 'look for a NaN, an infinity or an unknown label in the validation data, or lower learningRate'
  return `train: step ${step}: on the validation data ${named}, which counts as not better; ${fix}`
}
