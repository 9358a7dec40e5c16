/* Where a run of training stands, apart from what lies in tensors: all that it needs to go on as if it had never stopped.
 * Random draws are functions of the seed and a number kept here, so no random state is among it; nor is time. */
import { z } from 'zod'
import { noPlateau, type Plateau } from './schedules.js'

/** Sums since the last report. */
export interface Window {
  /** Loss times what it is the mean of. */
  readonly loss: number
  readonly count: number
  /** Penalties, summed over steps. */
  readonly penalty: number
  readonly steps: number
  /** Steps whose gradient was clipped. */
  readonly clipped: number
}

export const emptyWindow: Window = { loss: 0, count: 0, penalty: 0, steps: 0, clipped: 0 }

export interface Standing {
  /** Steps done, those that were skipped counted. */
  readonly step: number
  /** The next batch: its epoch and its number there. */
  readonly epoch: number
  readonly index: number
  readonly window: Window
  /** The losses so far, each weighing 0.98 of the one after it, and those weights. */
  readonly smoothing: { readonly sum: number; readonly weight: number }
  readonly plateau: Plateau
  /** The best by the chosen metric, and the looks since. */
  readonly best: { readonly value: number; readonly step: number } | null
  readonly looksSinceBest: number
  /** The least validation loss. */
  readonly leastLoss: number | null
  /** Validation losses, which say when averaging begins; and the step at which it did. */
  readonly losses: readonly number[]
  readonly averageFrom: number | null
  /** How often it went back to a checkpoint: each halves the learning rate. */
  readonly rollbacks: number
}

export const atTheStart: Standing = {
  step: 0,
  epoch: 0,
  index: 0,
  window: emptyWindow,
  smoothing: { sum: 0, weight: 0 },
  plateau: noPlateau,
  best: null,
  looksSinceBest: 0,
  leastLoss: null,
  losses: [],
  averageFrom: null,
  rollbacks: 0,
}

const SMOOTHING = 0.98

export const smoothed = ({ sum, weight }: Standing['smoothing'], loss: number): Standing['smoothing'] => ({
  sum: SMOOTHING * sum + loss,
  weight: SMOOTHING * weight + 1,
})

const count = z.int().min(0)
const real = z.number()

/** A standing as a file may hold it: what another has written is not believed before it is looked at. */
export const standingSchema: z.ZodType<Standing> = z.strictObject({
  step: count,
  epoch: count,
  index: count,
  window: z.strictObject({ loss: real, count: real.min(0), penalty: real, steps: count, clipped: count }),
  smoothing: z.strictObject({ sum: real, weight: real.min(0) }),
  plateau: z.strictObject({ best: real.nullable(), bad: count, falls: count }),
  best: z.strictObject({ value: real, step: count }).nullable(),
  looksSinceBest: count,
  leastLoss: real.nullable(),
  losses: z.array(real),
  averageFrom: count.nullable(),
  rollbacks: count,
})
