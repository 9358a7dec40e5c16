/* Exploding gradients: how a loss's gradient grows on its way back, how large gradients are from batch to batch, and what
 * clipping does to the steps. */
import { median } from '../data/statistics.js'
import { sum } from '../engine/operations/operations.js'
import { watchAll } from '../layers/parameter.js'
import { CarriedState } from '../models/shared/carriedState.js'
import type { TrainingConfiguration } from '../training/options.js'
import { type Examination, type Fix, figure, fix, note, ok, percent, problem, rounded } from './examination.js'
import type { Decay } from './gradientDecay.js'
import type { Probe } from './probe.js'

/** More at the far end than at the near one is an explosion. */
const GROWN = 10
const BATCHES = 20
/** A norm above so many medians is an outburst … */
const OUTBURST = 30
/** … where it is also so many times what the gradient of an untrained model is: a solved one has a median of nearly nothing. */
const LARGE = 10
/** Of the steps. */
const MOST_CLIPPED = 0.5
/** These divide the gradient by its own size, so that a clip which cuts every step changes no step. */
const SCALE_FREE: readonly TrainingConfiguration['optimizer'][] = ['adam', 'adamw', 'rmsprop', 'adagrad']

/** The global norm of the gradient on some batches, of the model as it stands. */
export function gradientNorms<Batch>({ model, batches }: Probe<Batch>): number[] {
  const { engine, trained: parameters = model.parameters } = model
  const { carriedBatchSize, batchesPerEpoch } = batches
  const carried =
    carriedBatchSize === undefined
      ? undefined
      : new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
  const normOf = (index: number) =>
    engine.scope(() =>
      engine.recording(tape => {
        for (const { gradient } of parameters) engine.fill(gradient, 0)
        watchAll(tape, parameters)
        const { loss, state } = model.loss(batches.batch(0, index), { state: carried?.state })
        tape.backward(loss)
        if (state) carried?.carry(state)
        const squares = parameters.map(({ gradient }) => engine.scalar(sum(engine, gradient, { squares: true })))
        return Math.sqrt(squares.reduce((total, square) => total + square, 0))
      }),
    )
  try {
    return Array.from({ length: Math.min(BATCHES, batchesPerEpoch) }, (_, index) => normOf(index))
  } finally {
    carried?.close()
  }
}

/** Norms of gradients. */
export interface GradientNorms {
  /** Of the model as it stands, a batch each. */
  readonly present: readonly number[]
  /** Of the first steps of a training at the configured rate. */
  readonly training: readonly number[]
  /** Of an untrained model: of the first steps at the lowest rate. */
  readonly untrained: readonly number[]
}

/** What the norms and the decay say. */
interface Findings {
  readonly median: number
  readonly largest: number
  readonly notFinite: boolean
  readonly bursts: boolean
  /** Factor a step back, and over a segment. */
  readonly perStep: number
  readonly growth: number
  readonly clippedShare: number
  /** Whether most steps are clipped, and that changes them. */
  readonly clipRules: boolean
  /** clipNorm, where the global norm is clipped. */
  readonly bound: number | undefined
}

function findingsOf<Batch>(
  { training, segmentLength }: Probe<Batch>,
  decay: Decay | undefined,
  norms: GradientNorms,
): Findings {
  const { clipping, clipNorm, optimizer } = training
  const middle = median(norms.present)
  const largest = Math.max(...norms.present)
  const all = [...norms.present, ...norms.training]
  const bound = clipping === 'norm' ? clipNorm : undefined
  const clippedShare = bound === undefined ? 0 : all.filter(norm => !(norm <= bound)).length / all.length
  const perStep = decay && !Number.isNaN(decay.perStep) ? decay.perStep : 1
  // What the clip cuts off does no harm.
  const passed = Math.min(largest, bound ?? Infinity)
  const large = norms.untrained.length > 0 ? LARGE * median(norms.untrained) : 0
  return {
    ...{ median: middle, largest, clippedShare, perStep, bound },
    notFinite: !all.every(Number.isFinite),
    bursts: passed > OUTBURST * middle && passed > large,
    growth: perStep ** segmentLength,
    clipRules: clippedShare > MOST_CLIPPED && !SCALE_FREE.includes(optimizer),
  }
}

export function checkExploding<Batch>(
  probe: Probe<Batch>,
  decay: Decay | undefined,
  norms: GradientNorms,
): Examination {
  const findings = findingsOf(probe, decay, norms)
  const { largest, clippedShare, perStep, growth, bound } = findings
  const { segmentLength } = probe
  const evidence = {
    ...{ medianNorm: findings.median, largestNorm: largest, clippedShare, growthPerStep: perStep, growth },
    trainingNorms: norms.training,
  }
  const figures = `gradient norms: median ${figure(findings.median)}, largest ${figure(largest)}`
  const clipped = bound === undefined ? '' : `; ${percent(clippedShare)} of the steps clipped at ${bound}`
  const faults: string[] = []
  if (findings.notFinite) faults.push('The gradient holds NaN or infinity.')
  else if (findings.bursts) faults.push(`Gradients burst out (${figures}).`)
  if (growth > GROWN)
    faults.push(
      `The gradient grows by ${figure(perStep)} with every step back: over ${segmentLength} steps ${figure(growth)} times.`,
    )
  if (findings.clipRules)
    faults.push(
      `${percent(clippedShare)} of the steps are clipped at ${bound}: the step size is the clip’s, not the gradient’s.`,
    )
  if (faults.length > 0) return problem('exploding', faults.join(' '), evidence, fixesOf(probe, findings))
  if (clippedShare > MOST_CLIPPED)
    return note(
      'exploding',
      `${percent(clippedShare)} of the steps are clipped at ${bound}; ${probe.training.optimizer} divides the gradient by its size, so that this changes little (${figures}).`,
      evidence,
      [],
    )
  return ok('exploding', `Gradients stay small (${figures}${clipped}).`, evidence)
}

function fixesOf<Batch>({ training, configuration }: Probe<Batch>, findings: Findings): Fix[] {
  const { median: middle, growth, bursts, bound, clipRules } = findings
  const fixes: Fix[] = []
  if (configuration.cell === 'elman' && growth > GROWN)
    fixes.push(
      fix('cell', 'gru', 'what is carried on is weighed, not multiplied by W'),
      fix('initialisation', 'orthogonal', 'W begins with all singular values 1'),
    )
  if (bound === undefined) fixes.push(fix('clipping', 'norm', 'bounds the gradient’s length'))
  if (clipRules && !bursts && growth <= GROWN)
    fixes.push(fix('clipNorm', rounded(2 * middle), 'above the median norm, so that clipping is the exception'))
  else
    fixes.push(
      fix(
        'clipNorm',
        rounded(Math.min(bound ?? 1, Math.max(0.1, Number.isFinite(middle) ? middle : 1))),
        'about the median norm: outbursts are cut, ordinary steps are not',
      ),
    )
  fixes.push(
    fix('learningRate', rounded((training.learningRate ?? 0.002) / 3), 'smaller steps stay where gradients are small'),
  )
  return fixes
}
