/* What one evaluation on the validation data changes in the trainer's state: the best value so far, patience, the plateau of the
 * learning rate, and where averaging begins. NaN and infinity are never better than anything. */
import type { TrainingConfiguration } from './options.js'
import { plateauAfter } from './schedules.js'
import type { TrainerState } from './state.js'
import type { MetricModes, Metrics } from './trainingTask.js'

/** @returns the state after the evaluation, and whether its metric is the best so far */
export function afterValidation(
  state: TrainerState,
  metrics: Metrics,
  configuration: TrainingConfiguration,
  modes: MetricModes,
): { readonly state: TrainerState; readonly best: boolean } {
  const { metric, schedulePatience } = configuration
  const value = metrics[metric]
  const best = isBetter(value, state.best?.value, modes[metric])
  const loss = Number.isFinite(metrics.loss) ? metrics.loss : Infinity
  return {
    best,
    state: {
      ...state,
      ...averagingAfter(state, loss, configuration),
      plateau: plateauAfter(state.plateau, metrics.loss, schedulePatience),
      best: best ? { value, step: state.step } : state.best,
      evaluationsSinceBest: best ? 0 : state.evaluationsSinceBest + 1,
      lowestLoss: loss < (state.lowestLoss ?? Infinity) ? loss : state.lowestLoss,
    },
  }
}

function isBetter(value: number, best: number | undefined, mode: 'min' | 'max' | undefined): boolean {
  if (!Number.isFinite(value)) return false
  if (best === undefined) return true
  return mode === 'max' ? value > best : value < best
}

/**
 * Averaged SGD without averageFrom averages once a loss is above the best of all evaluations but the last few (Merity, Keskar &
 * Socher 2018, algorithm 1).
 */
function averagingAfter(
  { step, losses, averageFrom }: TrainerState,
  loss: number,
  { optimizer, averageFrom: fixed, averagePatience }: TrainingConfiguration,
): Pick<TrainerState, 'losses' | 'averageFrom'> {
  const waiting = optimizer === 'asgd' && fixed === undefined && averageFrom === null
  if (!waiting) return { losses: [], averageFrom }
  const triggered = losses.slice(0, -averagePatience).some(earlier => loss > earlier)
  return { losses: [...losses, loss], averageFrom: triggered ? step : null }
}
