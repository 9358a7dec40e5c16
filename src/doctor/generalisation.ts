/* What the model has learned: more than how often each symbol comes, and what holds for texts that it has not seen too. */
import { type Examination, type Fix, figure, fix, ok, percent, problem, rounded, skipped } from './examination.js'
import type { Baseline, Probe } from './probe.js'

/** Mean losses. */
export interface Losses {
  readonly training: number
  readonly validation: number | undefined
}

/** Of the baseline's loss that must be saved. */
const LEAST_SAVED = 0.05
/** Saved on the training data, and not on others: they are known by heart. */
const BY_HEART = 0.2

export function checkFrequencies<Batch>(
  probe: Probe<Batch>,
  { training, validation }: Losses,
  baselines: readonly Baseline[],
): Examination {
  if (!probe.trained) return skipped('frequencies', 'It is not trained yet.')
  if (baselines.length === 0 || validation === undefined)
    return skipped('frequencies', 'There is nothing to compare it with.')
  const saved = ({ loss }: Baseline) => 1 - validation / loss
  const worst = baselines.reduce((a, b) => (saved(b) < saved(a) ? b : a))
  const evidence = { loss: validation, training, baseline: worst.loss, saved: saved(worst) }
  const losses = `its loss is ${figure(validation)}, that of ${baselines.map(({ name, loss }) => `${name} ${figure(loss)}`).join(', of ')}`
  if (saved(worst) >= LEAST_SAVED)
    return ok('frequencies', `It has learned more than frequencies: ${losses}.`, evidence)
  const causes = worst.fixes ?? []
  if (training < (1 - BY_HEART) * worst.loss)
    return problem(
      'frequencies',
      `${worst.means ?? 'It has learned its training data by heart and nothing that holds for others'}: ${losses}; on what it was trained on it is ${figure(training)}.`,
      evidence,
      [...causes, ...againstOverfitting(probe)],
    )
  return problem('frequencies', `${worst.means ?? 'It has learned only frequencies'}: ${losses}.`, evidence, [
    ...causes,
    ...towardsMore(probe),
  ])
}

/** For a model that has not learned enough. */
function towardsMore<Batch>({ training, configuration }: Probe<Batch>): Fix[] {
  const { steps, epochs, minutes } = training
  const why = 'frequencies are learned first; what depends on the past comes later'
  const longer =
    steps !== undefined
      ? fix('steps', 4 * steps, why)
      : epochs !== undefined
        ? fix('epochs', rounded(4 * epochs), why)
        : fix('minutes', rounded(4 * (minutes ?? 1)), why)
  return [
    longer,
    fix('learningRate', rounded(3 * (training.learningRate ?? 0.002)), 'where the loss still falls, but slowly'),
    ...(configuration.cell === 'elman' ? [fix('cell', 'lstm', 'where the past does not come through')] : []),
  ]
}

/** Of the training loss, and in the loss's own unit. */
const MOST_GAP = 0.25
const LEAST_GAP = 0.1
/** Over the best of the run; and beside the loss of knowing nothing, so that what is as good as nothing is no rise. */
const MOST_RISE = 0.03
const LEAST_RISE = 0.01

export function checkOverfitting<Batch>(
  probe: Probe<Batch>,
  { training, validation }: Losses,
  baselines: readonly Baseline[] = [],
): Examination {
  const { trained, history = [] } = probe
  if (!trained) return skipped('overfitting', 'It is not trained yet.')
  if (validation === undefined) return skipped('overfitting', 'There are no data to validate on.')
  const gap = validation - training
  const best = Math.min(...history)
  const last = history.at(-1)
  const known = baselines.map(({ loss }) => loss)
  const trifle = known.length > 0 ? LEAST_RISE * Math.min(...known) : 0
  const rise = last === undefined || last - best < trifle ? 0 : last / best - 1
  const evidence = { training, validation, gap, rise }
  const losses = `the loss is ${figure(training)} on what it was trained on, ${figure(validation)} on what it was not`
  const gapes = validation > trifle && gap > MOST_GAP * Math.abs(training) && gap > LEAST_GAP * Math.max(validation, 0)
  if (!gapes && rise <= MOST_RISE) return ok('overfitting', `It holds for new data: ${losses}.`, evidence)
  const risen = rise > MOST_RISE ? ` In its run validation rose by ${percent(rise)} from its best.` : ''
  const says = gapes ? 'It overfits' : 'Its run overfitted, this model does not'
  return problem('overfitting', `${says}: ${losses}.${risen}`, evidence, [
    ...(rise > MOST_RISE ? [fix('patience', 3, 'training ends once validation gets no better')] : []),
    ...againstOverfitting(probe),
  ])
}

/** For a model that knows its training data too well. */
function againstOverfitting<Batch>({ configuration, history }: Probe<Batch>): Fix[] {
  const keepBest = fix('keepBest', true, 'the model ends with the weights that did best in validation')
  const { numLayers, hiddenSize, outputDropout } = configuration
  const dropout = typeof configuration.dropout === 'number' ? configuration.dropout : 0
  const fixes: Fix[] = []
  // Of a run whose validation is known, the best weights are known too.
  if (history === undefined) fixes.push(keepBest)
  if (typeof outputDropout === 'number' && outputDropout < 0.5)
    fixes.push(fix('outputDropout', 0.5, 'no unit can lean on one other, before the output layer'))
  if (numLayers !== 1 && dropout < 0.5)
    fixes.push(fix('dropout', rounded(Math.min(0.5, dropout + 0.25)), 'the same between layers'))
  fixes.push(fix('recurrentDropout', 0.25, 'the same between steps'))
  if (typeof hiddenSize === 'number' && hiddenSize > 32)
    fixes.push(fix('hiddenSize', Math.ceil(hiddenSize / 2), 'less room to learn by heart'))
  if (history !== undefined) fixes.push(keepBest)
  return fixes
}
