/* The learning rate of each step. Each schedule is PyTorch's of that name where there is one, and is held to its numbers
 * (tests/training/pytorch.test.ts).
 *
 * With p, the share of the horizon that has passed (scheduleSteps, scheduleEpochs or scheduleMinutes), η the learningRate,
 * f the scheduleFactor and η_least the leastLearningRate:
 *
 *     constant      η
 *     step          η f^⌊p⌋                                             StepLR
 *     exponential   η f^p                                               ExponentialLR
 *     cosine        η_least + (η − η_least) (1 + cos(π min(p, 1))) / 2  CosineAnnealingLR (Loshchilov & Hutter 2017)
 *     plateau       η f^reductions                                      ReduceLROnPlateau
 *     zaremba       η f^max(0, ⌊epoch⌋ + 1 − k), k = scheduleEpochs     Zaremba, Sutskever & Vinyals 2014
 *
 * None falls below η_least. Warm-up multiplies any of them by t / warmupSteps until step t = warmupSteps. */
import type { TrainingConfiguration } from './options.js'

/** How far a run is before a step. */
export interface ScheduleTime {
  /** Steps done. */
  readonly step: number
  /** Epochs done; 1.5 in the middle of the second. */
  readonly epoch: number
  readonly minutes: number
  /** How often a plateau has reduced the rate. */
  readonly reductions: number
}

type ScheduleConfiguration = Pick<
  TrainingConfiguration,
  | 'learningRate'
  | 'schedule'
  | 'scheduleSteps'
  | 'scheduleEpochs'
  | 'scheduleMinutes'
  | 'scheduleFactor'
  | 'leastLearningRate'
  | 'warmupSteps'
>

/** The learning rate of the next step. */
export function learningRateAt(configuration: ScheduleConfiguration, time: ScheduleTime): number {
  const { learningRate = 0, warmupSteps, leastLearningRate } = configuration
  const warm = warmupSteps > 0 ? Math.min(1, (time.step + 1) / warmupSteps) : 1
  return warm * Math.max(Math.min(leastLearningRate, learningRate), scheduled(configuration, learningRate, time))
}

function scheduled(configuration: ScheduleConfiguration, rate: number, time: ScheduleTime): number {
  const { schedule, scheduleFactor: factor, leastLearningRate: least, scheduleEpochs = 0 } = configuration
  const passed = horizonShare(configuration, time)
  switch (schedule) {
    case 'constant':
      return rate
    case 'step':
      return rate * factor ** Math.floor(passed)
    case 'exponential':
      return rate * factor ** passed
    case 'cosine':
      return least + ((rate - least) * (1 + Math.cos(Math.PI * Math.min(passed, 1)))) / 2
    case 'plateau':
      return rate * factor ** time.reductions
    case 'zaremba':
      return rate * factor ** Math.max(0, Math.floor(time.epoch) + 1 - scheduleEpochs)
  }
}

/** The share of the horizon that has passed; above 1 after its end. */
function horizonShare(
  { scheduleSteps, scheduleEpochs, scheduleMinutes }: ScheduleConfiguration,
  time: ScheduleTime,
): number {
  if (scheduleSteps !== undefined) return time.step / scheduleSteps
  if (scheduleEpochs !== undefined) return time.epoch / scheduleEpochs
  return scheduleMinutes === undefined ? 0 : time.minutes / scheduleMinutes
}

/** The state of PyTorch's ReduceLROnPlateau (mode min, threshold 1e-4, relative). */
export interface Plateau {
  /** The lowest loss so far; null before the first. */
  readonly best: number | null
  /** Evaluations since the loss got better. */
  readonly bad: number
  /** How often the rate was reduced. */
  readonly reductions: number
}

export const INITIAL_PLATEAU: Plateau = { best: null, bad: 0, reductions: 0 }

const THRESHOLD = 1e-4

/** After one more validation loss; NaN and infinity are not better. */
export function plateauAfter({ best, bad, reductions }: Plateau, loss: number, patience: number): Plateau {
  const better = Number.isFinite(loss) && (best === null || loss < best * (1 - THRESHOLD))
  if (better) return { best: loss, bad: 0, reductions }
  return bad + 1 > patience ? { best, bad: 0, reductions: reductions + 1 } : { best, bad: bad + 1, reductions }
}
