/* Finds the NaN or infinity that broke a step, so that the message names the tensor, its layer and the step. Looked for
 * only when loss, gradient or weights have shown that there is one: data first, then weights, then gradients. */
import { NumericError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'

export interface BrokenStep {
  readonly step: number
  readonly learningRate: number
  /** Loss and global norm of the gradient, as far as they were computed. */
  readonly loss: number
  readonly gradientNorm: number
  readonly parameters: readonly Parameter[]
  /** What the batches held of real numbers, by name. */
  readonly data: readonly Readonly<Record<string, ArrayLike<number>>>[]
}

/** A step whose numbers are broken. */
export class BrokenNumbers extends NumericError {
  constructor(
    message: string,
    /** Whether the weights are broken: then no step can be skipped any more. */
    readonly inWeights: boolean,
  ) {
    super(message)
  }
}

const broken = (values: ArrayLike<number>): number => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return -1
}

/** `recurrent.weight_ih_l0_reverse` is of layer recurrent 0, backwards. */
function layerOf(name: string): string {
  const [, layer = name, level, reverse] = /^(.*?)\.(?:.*?_l(\d+)(_reverse)?$)?/.exec(name) ?? []
  return `layer ${layer}${level === undefined ? '' : ` ${level}`}${reverse ? ', backwards' : ''}`
}

export function brokenNumbers({ step, learningRate, loss, gradientNorm, parameters, data }: BrokenStep): BrokenNumbers {
  const told = (what: string, cure: string) =>
    new BrokenNumbers(`train: step ${step}: ${what}; ${cure}`, what.startsWith('the weights'))
  for (const tensors of data)
    for (const [name, values] of Object.entries(tensors)) {
      const at = broken(values)
      if (at >= 0)
        return told(`the data's ${name} hold ${values[at]} at element ${at} of the batch`, 'mend or leave out that row')
    }
  const cure = `lower learningRate (${learningRate}) or clipNorm, or start from the last checkpoint with onNan rollback`
  for (const { name, value, engine } of parameters) {
    const values = engine.read(value)
    const at = broken(values)
    if (at >= 0) return told(`the weights ${name} (${layerOf(name)}) hold ${values[at]} at element ${at}`, cure)
  }
  // Backwards: what is nearest to the loss was broken first.
  for (const { name, gradient, engine } of parameters.toReversed()) {
    const values = engine.read(gradient)
    const at = broken(values)
    if (at >= 0)
      return told(
        `the gradient of ${name} (${layerOf(name)}) holds ${values[at]} at element ${at}; the loss is ${loss}`,
        cure,
      )
  }
  return told(
    `the loss is ${loss} and the gradient's norm ${gradientNorm}, though all weights are numbers: an activation is too large for a float32`,
    cure,
  )
}
