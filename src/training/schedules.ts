/* How the learning rate changes over a run, as functions of where the run stands. Each is PyTorch's scheduler of that name
 * where there is one, and held to its numbers (tests/training/schedules.test.ts).
 *
 * With p, the part of the horizon that has passed (scheduleSteps, scheduleEpochs or scheduleMinutes), η the learningRate,
 * f the scheduleFactor and η_least the leastLearningRate:
 *
 *     constant      η
 *     step          η f^⌊p⌋                                             StepLR
 *     exponential   η f^p                                               ExponentialLR
 *     cosine        η_least + (η − η_least) (1 + cos(π min(p, 1))) / 2  CosineAnnealingLR (Loshchilov & Hutter 2017)
 *     plateau       η f^falls                                           ReduceLROnPlateau
 *     zaremba       η f^max(0, ⌊epoch⌋ + 1 − k), k = scheduleEpochs     Zaremba, Sutskever & Vinyals 2014
 *
 * None falls below η_least. Warm-up multiplies any of them by t / warmupSteps until step t = warmupSteps. */
import type { TrainingConfiguration } from './options.js'

/** Where a run stands before a step. */
export interface Moment {
  /** Steps done. */
  readonly step: number
  /** Epochs done, with their part. */
  readonly epoch: number
  readonly minutes: number
  /** How often a plateau was met. */
  readonly falls: number
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

/** The learning rate of the step that follows. */
export function learningRateAt(configuration: ScheduleConfiguration, moment: Moment): number {
  const { learningRate = 0, warmupSteps, leastLearningRate } = configuration
  const warm = warmupSteps > 0 ? Math.min(1, (moment.step + 1) / warmupSteps) : 1
  return warm * Math.max(Math.min(leastLearningRate, learningRate), scheduled(configuration, learningRate, moment))
}

function scheduled(configuration: ScheduleConfiguration, rate: number, moment: Moment): number {
  const { schedule, scheduleFactor: factor, leastLearningRate: least, scheduleEpochs = 0 } = configuration
  const passed = part(configuration, moment)
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
      return rate * factor ** moment.falls
    case 'zaremba':
      return rate * factor ** Math.max(0, Math.floor(moment.epoch) + 1 - scheduleEpochs)
  }
}

/** Of the horizon. */
function part({ scheduleSteps, scheduleEpochs, scheduleMinutes }: ScheduleConfiguration, moment: Moment): number {
  if (scheduleSteps !== undefined) return moment.step / scheduleSteps
  if (scheduleEpochs !== undefined) return moment.epoch / scheduleEpochs
  return scheduleMinutes === undefined ? 0 : moment.minutes / scheduleMinutes
}

/** What a plateau is known by: PyTorch's ReduceLROnPlateau, whose threshold is one in ten thousand of the best. */
export interface Plateau {
  readonly best: number | null
  /** Looks since it got better. */
  readonly bad: number
  readonly falls: number
}

export const noPlateau: Plateau = { best: null, bad: 0, falls: 0 }

const THRESHOLD = 1e-4

/** After one more look at validation. */
export function plateauAfter({ best, bad, falls }: Plateau, loss: number, patience: number): Plateau {
  if (best === null || loss < best * (1 - THRESHOLD)) return { best: loss, bad: 0, falls }
  return bad + 1 > patience ? { best, bad: 0, falls: falls + 1 } : { best, bad: bad + 1, falls }
}
