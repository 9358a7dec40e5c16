/* Options of training that contradict each other, or the task; reported before any work, all at once. */
import { type Contradiction, contradiction } from '../configuration.js'
import { nearest } from '../errors.js'
import { type TrainingConfiguration, trainingSchema } from './options.js'

const rule = <K extends keyof TrainingConfiguration>(
  keys: readonly [K, ...K[]],
  wanted: (values: Pick<TrainingConfiguration, K>, nameOf: (key: K) => string) => string | undefined,
): Contradiction => contradiction(trainingSchema, keys, wanted)

/** Rules on the options alone. */
export const trainingContradictions: readonly Contradiction[] = [
  rule(['clipNorm', 'clipping'], ({ clipNorm, clipping }, nameOf) =>
    clipNorm !== undefined && (clipping === 'value' || clipping === 'none')
      ? `is for ${nameOf('clipping')} norm or parameter`
      : undefined,
  ),
  rule(['clipValue', 'clipping'], ({ clipValue, clipping }, nameOf) =>
    clipValue !== undefined && clipping !== 'value' ? `is for ${nameOf('clipping')} value` : undefined,
  ),
  rule(['momentum', 'optimizer'], ({ momentum, optimizer }, nameOf) =>
    momentum > 0 && optimizer !== 'sgd' && optimizer !== 'rmsprop'
      ? `is for ${nameOf('optimizer')} sgd or rmsprop`
      : undefined,
  ),
  rule(['nesterov', 'momentum', 'optimizer'], ({ nesterov, momentum, optimizer }, nameOf) =>
    nesterov && (optimizer !== 'sgd' || momentum === 0)
      ? `needs ${nameOf('optimizer')} sgd with ${nameOf('momentum')}`
      : undefined,
  ),
  rule(['averageFrom', 'optimizer'], ({ averageFrom, optimizer }, nameOf) =>
    averageFrom !== undefined && optimizer !== 'asgd' ? `is for ${nameOf('optimizer')} asgd` : undefined,
  ),
  rule(['lossAverage', 'algorithm'], ({ lossAverage, algorithm }, nameOf) =>
    lossAverage === 'sentence' && algorithm === 'stream' ? `needs ${nameOf('algorithm')} sentence` : undefined,
  ),
  rule(
    ['schedule', 'scheduleSteps', 'scheduleEpochs', 'scheduleMinutes'],
    ({ schedule, scheduleSteps, scheduleEpochs, scheduleMinutes }, nameOf) => {
      const horizons = [scheduleSteps, scheduleEpochs, scheduleMinutes].filter(horizon => horizon !== undefined).length
      if (schedule === 'zaremba')
        return scheduleEpochs === undefined || horizons > 1
          ? `needs ${nameOf('scheduleEpochs')} and no other horizon`
          : undefined
      const names = `${nameOf('scheduleSteps')}, ${nameOf('scheduleEpochs')} or ${nameOf('scheduleMinutes')}`
      if (schedule === 'constant' || schedule === 'plateau')
        return horizons > 0 ? `has no horizon: leave ${names} out, or choose a schedule that decreases` : undefined
      return horizons === 1 ? undefined : `needs one horizon: ${names}`
    },
  ),
  rule(['teacherForcingSchedule', 'teacherForcingSteps'], ({ teacherForcingSchedule, teacherForcingSteps }, nameOf) =>
    teacherForcingSchedule !== 'constant' && teacherForcingSteps === undefined
      ? `needs ${nameOf('teacherForcingSteps')}`
      : undefined,
  ),
  rule(['teacherForcingSteps', 'teacherForcingSchedule'], ({ teacherForcingSchedule, teacherForcingSteps }, nameOf) =>
    teacherForcingSteps !== undefined && teacherForcingSchedule === 'constant'
      ? `needs a ${nameOf('teacherForcingSchedule')} that decreases`
      : undefined,
  ),
  rule(['teacherForcingLeast', 'teacherForcing'], ({ teacherForcingLeast, teacherForcing }, nameOf) =>
    teacherForcingLeast > teacherForcing ? `must be at most ${nameOf('teacherForcing')}, ${teacherForcing}` : undefined,
  ),
]

/** What a task offers that options of training need. */
export interface TaskCapabilities {
  /** Whether there are validation data. */
  readonly validation: boolean
  /** Names of the validation metrics. */
  readonly metrics: readonly string[]
  /** Whether the model can take its own output as its next input. */
  readonly feedsItself: boolean
  /** Whether `algorithm` chooses between streams and sentences. */
  readonly readsText: boolean
  /** Whether the loss is a cross-entropy. */
  readonly crossEntropy: boolean
}

/** Rules on the options and the task. */
export function contextContradictions({
  validation,
  metrics,
  feedsItself,
  readsText,
  crossEntropy,
}: TaskCapabilities): Contradiction[] {
  const unvalidated = 'needs validation data'
  return [
    rule(['patience'], ({ patience }) => (patience !== undefined && !validation ? unvalidated : undefined)),
    rule(['keepBest'], ({ keepBest }) => (keepBest && !validation ? unvalidated : undefined)),
    rule(['validateEvery'], ({ validateEvery }) =>
      validateEvery !== undefined && !validation ? unvalidated : undefined,
    ),
    rule(['schedule'], ({ schedule }) => (schedule === 'plateau' && !validation ? unvalidated : undefined)),
    rule(['optimizer', 'averageFrom'], ({ optimizer, averageFrom }, nameOf) =>
      optimizer === 'asgd' && averageFrom === undefined && !validation
        ? `needs validation data, or ${nameOf('averageFrom')}`
        : undefined,
    ),
    rule(['metric'], ({ metric }) => {
      if (metrics.includes(metric)) return undefined
      const near = nearest(metric, metrics)
      return `must be ${metrics.join(' or ')}${near ? `; did you mean ${near}?` : ''}`
    }),
    rule(['teacherForcing', 'teacherForcingSchedule'], ({ teacherForcing, teacherForcingSchedule }) =>
      (teacherForcing < 1 || teacherForcingSchedule !== 'constant') && !feedsItself
        ? 'must be 1 and its schedule constant for a model that does not take its own output as input'
        : undefined,
    ),
    rule(['algorithm'], ({ algorithm }) =>
      algorithm === 'sentence' && !readsText ? 'is for language models' : undefined,
    ),
    rule(['labelSmoothing'], ({ labelSmoothing }) =>
      labelSmoothing > 0 && !crossEntropy ? 'is for losses that are cross-entropies' : undefined,
    ),
  ]
}
