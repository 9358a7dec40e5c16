/* What options of training cannot stand together, told before any work and all at once. */
import { type Contradiction, contradiction } from '../configuration.js'
import { nearest } from '../errors.js'
import { type TrainingConfiguration, trainingSchema } from './options.js'

const rule = <K extends keyof TrainingConfiguration>(
  keys: readonly [K, ...K[]],
  wanted: (values: Pick<TrainingConfiguration, K>, nameOf: (key: K) => string) => string | undefined,
) => contradiction(trainingSchema, keys, wanted as never)

/** The keys alone. */
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
      const horizons = [scheduleSteps, scheduleEpochs, scheduleMinutes].filter(each => each !== undefined).length
      if (schedule === 'zaremba')
        return scheduleEpochs === undefined || horizons > 1
          ? `needs ${nameOf('scheduleEpochs')} and no other horizon`
          : undefined
      const names = `${nameOf('scheduleSteps')}, ${nameOf('scheduleEpochs')} or ${nameOf('scheduleMinutes')}`
      if (schedule === 'constant' || schedule === 'plateau')
        return horizons > 0 ? `has no horizon: leave ${names} out, or choose a schedule that falls` : undefined
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
      ? `needs a ${nameOf('teacherForcingSchedule')} that falls`
      : undefined,
  ),
  rule(['teacherForcingLeast', 'teacherForcing'], ({ teacherForcingLeast, teacherForcing }, nameOf) =>
    teacherForcingLeast > teacherForcing ? `must be at most ${nameOf('teacherForcing')}, ${teacherForcing}` : undefined,
  ),
]

/** What a task can do, and has to do it with. */
export interface Circumstances {
  /** Whether there is anything to validate on. */
  readonly validation: boolean
  /** What validation measures. */
  readonly metrics: readonly string[]
  /** Whether the model can be fed what it gave. */
  readonly feedsItself: boolean
  /** Whether its batches are streams or sentences, as `algorithm` says. */
  readonly readsText: boolean
  /** Whether its loss is a cross-entropy. */
  readonly crossEntropy: boolean
}

/** The keys against what is at hand. */
export function circumstantial({
  validation,
  metrics,
  feedsItself,
  readsText,
  crossEntropy,
}: Circumstances): Contradiction[] {
  const unvalidated = 'needs something to validate on'
  return [
    rule(['patience'], ({ patience }) => (patience !== undefined && !validation ? unvalidated : undefined)),
    rule(['keepBest'], ({ keepBest }) => (keepBest && !validation ? unvalidated : undefined)),
    rule(['validateEvery'], ({ validateEvery }) =>
      validateEvery !== undefined && !validation ? unvalidated : undefined,
    ),
    rule(['schedule'], ({ schedule }) => (schedule === 'plateau' && !validation ? unvalidated : undefined)),
    rule(['optimizer', 'averageFrom'], ({ optimizer, averageFrom }, nameOf) =>
      optimizer === 'asgd' && averageFrom === undefined && !validation
        ? `needs something to validate on, or ${nameOf('averageFrom')}`
        : undefined,
    ),
    rule(['metric'], ({ metric }) => {
      if (metrics.includes(metric)) return undefined
      const near = nearest(metric, metrics)
      return `must be ${metrics.join(' or ')}${near ? `; did you mean ${near}?` : ''}`
    }),
    rule(['teacherForcing', 'teacherForcingSchedule'], ({ teacherForcing, teacherForcingSchedule }) =>
      (teacherForcing < 1 || teacherForcingSchedule !== 'constant') && !feedsItself
        ? 'must be 1 and its schedule constant for a model that is not fed its own output'
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
