/* One vector for a whole sequence, of its states h_t [time, batch, width]:
 *
 *     last        h_T of the forward direction beside h_1 of the backward one: each direction's own end
 *     mean        Σ_t h_t / T
 *     max         max_t h_t, unit by unit
 *     attention   u_t = tanh(W h_t + b), α = softmax_t(wᵀ u_t), Σ_t α_t h_t        (Yang et al. 2016)
 *
 * The steps over time are in src/engine/operations/overTime.ts. */
import type { CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { joinColumns } from '../engine/operations/columns.js'
import { activate, linear } from '../engine/operations/operations.js'
import {
  type Lengths,
  maxOverTime,
  meanOverTime,
  softmaxOverTime,
  weightedSumOverTime,
} from '../engine/operations/overTime.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { lastHidden } from './dilation.js'
import { Linear } from './linear.js'
import { Parameter } from './parameter.js'

export const poolings = ['last', 'mean', 'max', 'attention'] as const
export type PoolingKind = (typeof poolings)[number]

/** What recurrent layers gave of a batch. */
export interface ReadSequences {
  /** [time, batch, width] */
  readonly output: Tensor
  /** Of each layer and direction. */
  readonly state: readonly CellState[]
  readonly lengths: Lengths
}

/** Numbers that training changes in such a layer, counted without making it. */
export const poolingParameterCount = (kind: PoolingKind, width: number): number =>
  kind === 'attention' ? width * width + 2 * width : 0

export class Pooling {
  readonly parameters: readonly Parameter[]
  /** W and b */
  private readonly projection: Linear | undefined
  /** w [1, width] */
  private readonly context: Parameter | undefined

  /**
   * @param width of the states, of all directions together
   * @param directions of the last layer: 1 or 2
   * @param name prefix of the parameters' names
   */
  constructor(
    private readonly engine: Engine,
    private readonly options: {
      readonly kind: PoolingKind
      readonly width: number
      readonly directions: number
      readonly name: string
    },
  ) {
    const { kind, width, name } = options
    if (kind === 'attention') {
      this.projection = new Linear(engine, { inputs: width, outputs: width, name: `${name}.projection` })
      this.context = new Parameter(engine, `${name}.context`, [1, width])
    }
    this.parameters = [...(this.projection?.parameters ?? []), ...(this.context ? [this.context] : [])]
  }

  initialise(random: Random): void {
    this.projection?.initialise(random)
    this.context?.fillUniform(random, 1 / Math.sqrt(this.options.width))
  }

  /** @returns vector [batch, width]; with attention the weights α [time, batch, 1] too, 0 where a sequence is over */
  forward({ output, state, lengths }: ReadSequences): { vector: Tensor; weights?: Tensor } {
    const { engine, options, projection, context } = this
    switch (options.kind) {
      case 'last': {
        const ends = state.slice(-options.directions).map(each => lastHidden(engine, each))
        return { vector: ends.length > 1 ? joinColumns(engine, ends) : ends[0] }
      }
      case 'mean':
        return { vector: meanOverTime(engine, output, lengths) }
      case 'max':
        return { vector: maxOverTime(engine, output, lengths) }
      case 'attention': {
        const u = activate(engine, 'tanh', (projection as Linear).forward(output))
        const weights = softmaxOverTime(engine, linear(engine, u, (context as Parameter).value), lengths)
        return { vector: weightedSumOverTime(engine, output, weights), weights }
      }
    }
  }
}
