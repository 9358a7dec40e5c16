/* What the model has learned: more than how often each symbol comes, and what holds for texts that it has not seen too. */
import { type Examination, type Fix, figure, ok, percent, problem, skipped } from './examination.js'
import type { Baseline, Probe } from './probe.js'

export interface Losses {
  readonly training: number
  readonly validation: number | undefined
}

/** Of the baseline's loss that must be saved. */
const LEAST_SAVED = 0.05

export function checkFrequencies<Batch>(
  { trained, training, configuration }: Probe<Batch>,
  { validation }: Losses,
  baselines: readonly Baseline[],
): Examination {
  if (!trained) return skipped('frequencies', 'It is not trained yet.')
  if (baselines.length === 0 || validation === undefined)
    return skipped('frequencies', 'There is nothing to compare it with.')
  const saved = ({ loss }: Baseline) => 1 - validation / loss
  const worst = baselines.reduce((a, b) => (saved(b) < saved(a) ? b : a))
  const evidence = { loss: validation, baseline: worst.loss, saved: saved(worst) }
  const told = `its loss is ${figure(validation)}, that of ${baselines.map(({ name, loss }) => `${name} ${figure(loss)}`).join(', of ')}`
  if (saved(worst) >= LEAST_SAVED) return ok('frequencies', `It has learned more than frequencies: ${told}.`, evidence)
  const fixes: Fix[] = [
    ...(worst.fixes ?? []),
    {
      line: `epochs: ${figure(2 * (training.epochs ?? 10))}`,
      why: 'frequencies are learned first; what depends on the past comes later',
    },
    {
      line: `learningRate: ${figure(3 * (training.learningRate ?? 0.002))}`,
      why: 'where the loss still falls, but slowly',
    },
  ]
  if (configuration.cell === 'elman') fixes.push({ line: 'cell: lstm', why: 'where the past does not come through' })
  return problem('frequencies', `${worst.means ?? 'It has learned only frequencies'}: ${told}.`, evidence, fixes)
}

/** Of the training loss, and in the loss's own unit. */
const MOST_GAP = 0.25
const LEAST_GAP = 0.1
/** Over the best of the run; and beside the loss of knowing nothing, so that what is as good as nothing is no rise. */
const MOST_RISE = 0.03
const LEAST_RISE = 0.01

export function checkOverfitting<Batch>(
  { trained, configuration, history = [] }: Probe<Batch>,
  { training, validation }: Losses,
  baselines: readonly Baseline[] = [],
): Examination {
  if (!trained) return skipped('overfitting', 'It is not trained yet.')
  if (validation === undefined) return skipped('overfitting', 'There are no data to validate on.')
  const gap = validation - training
  const best = Math.min(...history)
  const last = history.at(-1)
  const known = baselines.map(({ loss }) => loss)
  const trifle = known.length > 0 ? LEAST_RISE * Math.min(...known) : 0
  const rise = last === undefined || last - best < trifle ? 0 : last / best - 1
  const evidence = { training, validation, gap, rise }
  const told = `the loss is ${figure(training)} on what it was trained on, ${figure(validation)} on what it was not`
  const gapes = validation > trifle && gap > MOST_GAP * Math.abs(training) && gap > LEAST_GAP * Math.max(validation, 0)
  if (!gapes && rise <= MOST_RISE) return ok('overfitting', `It holds for new data: ${told}.`, evidence)
  const dropout = typeof configuration.dropout === 'number' ? configuration.dropout : 0
  const fixes: Fix[] = []
  if (rise > MOST_RISE) fixes.push({ line: 'patience: 3', why: 'training ends once validation gets no better' })
  if (configuration.numLayers !== 1 && dropout < 0.5)
    fixes.push({ line: `dropout: ${figure(Math.min(0.5, dropout + 0.25))}`, why: 'no unit can lean on one other' })
  const { outputDropout } = configuration
  if (typeof outputDropout === 'number' && outputDropout < 0.5)
    fixes.push({ line: 'outputDropout: 0.5', why: 'the same before the output layer' })
  fixes.push(
    { line: 'recurrentDropout: 0.25', why: 'the same between steps' },
    { line: 'keepBest: true', why: 'the model ends with the weights that did best' },
  )
  if (typeof configuration.hiddenSize === 'number' && configuration.hiddenSize > 32)
    fixes.push({ line: `hiddenSize: ${Math.ceil(configuration.hiddenSize / 2)}`, why: 'less room to learn by heart' })
  const risen = rise > MOST_RISE ? ` In its run validation rose by ${percent(rise)} from its best.` : ''
  const says = gapes ? 'It overfits' : 'Its run overfitted, this model does not'
  return problem('overfitting', `${says}: ${told}.${risen}`, evidence, fixes)
}
