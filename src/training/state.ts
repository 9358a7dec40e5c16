/* What a run of training knows of itself beside its tensors: all that it needs to go on as if it had never stopped. Random
 * numbers are functions of the seed and of the batch's number, so there is no random state; nor is there any time. */
import { z } from 'zod'
import { INITIAL_PLATEAU, type Plateau } from './schedules.js'

/** Sums since the last report. */
export interface ReportWindow {
  /** Σ loss × count over batches, in nats. */
  readonly loss: number
  /** Tokens, or whatever the losses are means over. */
  readonly count: number
  /** Σ penalty over steps. */
  readonly penalty: number
  readonly steps: number
  /** Steps whose gradient was clipped. */
  readonly clipped: number
}

export const EMPTY_WINDOW: ReportWindow = { loss: 0, count: 0, penalty: 0, steps: 0, clipped: 0 }

export interface TrainerState {
  /** Optimizer steps done; skipped ones count. */
  readonly step: number
  /** The next batch: its epoch and its index in it. */
  readonly epoch: number
  readonly batchIndex: number
  readonly window: ReportWindow
  /** Σ 0.98^age × loss over all steps, and Σ 0.98^age. */
  readonly smoothing: { readonly sum: number; readonly weight: number }
  readonly plateau: Plateau
  /** The best value of the chosen metric and its step; null before a first finite one. */
  readonly best: { readonly value: number; readonly step: number } | null
  readonly evaluationsSinceBest: number
  /** The lowest finite validation loss. */
  readonly lowestLoss: number | null
  /** Validation losses before averaging begins (asgd without averageFrom); Infinity where one was not finite. */
  readonly losses: readonly number[]
  /** The step after which weights are averaged. */
  readonly averageFrom: number | null
  /** How often the run went back to a checkpoint; each time halves the learning rate. */
  readonly rollbacks: number
}

export const initialState: TrainerState = {
  step: 0,
  epoch: 0,
  batchIndex: 0,
  window: EMPTY_WINDOW,
  smoothing: { sum: 0, weight: 0 },
  plateau: INITIAL_PLATEAU,
  best: null,
  evaluationsSinceBest: 0,
  lowestLoss: null,
  losses: [],
  averageFrom: null,
  rollbacks: 0,
}

const SMOOTHING = 0.98

export const smoothed = ({ sum, weight }: TrainerState['smoothing'], loss: number): TrainerState['smoothing'] => ({
  sum: SMOOTHING * sum + loss,
  weight: SMOOTHING * weight + 1,
})

const count = z.int().min(0)
/** A number as `stateToJSON` writes it: JSON has no NaN and no infinity. */
const real = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])
const notNegative = real.refine(value => !(value < 0))

/** A state as it stands in a file, checked. */
export const stateSchema = z.strictObject({
  step: count,
  epoch: count,
  batchIndex: count,
  window: z.strictObject({ loss: real, count: notNegative, penalty: real, steps: count, clipped: count }),
  smoothing: z.strictObject({ sum: real, weight: notNegative }),
  plateau: z.strictObject({ best: real.nullable(), bad: count, reductions: count }),
  best: z.strictObject({ value: real, step: count }).nullable(),
  evaluationsSinceBest: count,
  lowestLoss: real.nullable(),
  losses: z.array(real),
  averageFrom: count.nullable(),
  rollbacks: count,
})

/** For JSON.stringify: NaN and the infinities as the strings that `stateSchema` reads back. */
export const nonFiniteAsText = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
