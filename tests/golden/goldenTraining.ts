// Reads training.json: what PyTorch's optimizers, schedulers, clipping and losses computed. README.md says how it is made.
import { readFileSync } from 'node:fs'

/** Of two parameters, [3, 4] and [5], flat. */
export type TwoParameters = readonly (readonly number[])[]

export interface GoldenOptimizerRun {
  readonly name: string
  /** As PyTorch calls them. */
  readonly options: Readonly<Record<string, number | boolean | number[]>>
  readonly float32: { readonly after: TwoParameters; readonly averages?: TwoParameters }
  readonly float64: { readonly after: TwoParameters; readonly averages?: TwoParameters }
}

export interface GoldenTraining {
  readonly start: TwoParameters
  /** One entry a step. */
  readonly gradients: readonly TwoParameters[]
  readonly optimizers: readonly GoldenOptimizerRun[]
  readonly schedules: Readonly<Record<string, readonly number[]>>
  /** The first step's gradients, clipped. */
  readonly clipping: Readonly<Record<'norm' | 'value' | 'parameter', TwoParameters>>
  readonly crossEntropy: {
    readonly h: readonly number[]
    readonly weight: readonly number[]
    readonly bias: readonly number[]
    readonly targets: readonly number[]
    readonly cases: readonly {
      readonly smoothing: number
      readonly loss: number
      readonly grads: Readonly<Record<'h' | 'weight' | 'bias', readonly number[]>>
    }[]
  }
  readonly regression: {
    readonly y: readonly number[]
    readonly targets: readonly number[]
    readonly cases: readonly {
      readonly loss: 'squared' | 'huber'
      readonly delta: number
      readonly value: number
      readonly grad: readonly number[]
    }[]
  }
}

export const loadGoldenTraining = (): GoldenTraining =>
  JSON.parse(readFileSync(new URL('./training.json', import.meta.url), 'utf8'))
