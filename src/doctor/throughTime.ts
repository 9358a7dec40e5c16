/* Vanishing and exploding gradients: what is left of a loss's gradient a dependency's or a stretch's length back, how large
 * gradients are from batch to batch, and how many steps are clipped. */
import { sum } from '../engine/operations/operations.js'
import { watchAll } from '../layers/parameter.js'
import { CarriedState } from '../models/shared/carriedState.js'
import { type Examination, type Fix, figure, note, ok, percent, problem, skipped } from './examination.js'
import { type Decay, gradientDecay } from './gradientDecay.js'
import type { Probe } from './probe.js'

/** Less is nothing beside the noise of training. */
const NOTHING_LEFT = 1e-4
/** More at the far end than at the near one is an explosion. */
const GROWN = 10

const gated = (cell: unknown) => cell === 'lstm' || cell === 'gru'

/** @param dependency steps that the model has to remember, where the user knows them */
export function checkVanishing<Batch>(
  probe: Probe<Batch>,
  decay: Decay | undefined,
  dependency: number | undefined,
): Examination {
  if (!decay) return skipped('vanishing', probe.noEnds ?? 'Its gradient through time cannot be looked at.')
  const reach = dependency ?? probe.stretch
  // Where nothing at all comes back there is no slope either.
  const { halfLife, perStep } = Number.isNaN(decay.perStep) ? { halfLife: 0, perStep: 0 } : decay
  const left = Math.min(1, perStep ** reach)
  const evidence = { halfLife, perStep, reach, left, norms: Array.from(decay.norms) }
  const what = dependency === undefined ? 'the stretch that training goes back over' : 'the dependency'
  if (!(halfLife < reach))
    return ok(
      'vanishing',
      `Gradients last: the half-life is ${halfLife === Infinity ? 'without end' : `${figure(halfLife)} steps`}, and ${what} is ${reach}.`,
      evidence,
    )
  const says = `The gradient halves every ${figure(halfLife)} steps back; over ${reach}, ${what}, ${percent(left)} of it is left`
  const fixes = fixesOf(probe, halfLife)
  if (dependency !== undefined)
    return problem('vanishing', `${says}: what lies so far back cannot be learned.`, evidence, fixes)
  if (gated(probe.configuration.cell) && !probe.trained)
    return note('vanishing', `${says} as it begins. Gates open while it trains: look again then.`, evidence, fixes)
  // Gates close where the text asks for no more; a network without them has no choice.
  if (gated(probe.configuration.cell) ? halfLife >= 1 || probe.ends?.local : left >= NOTHING_LEFT)
    return note(
      'vanishing',
      `${says}. Where something further back matters, the dependency (--dependency) says how far.`,
      evidence,
      fixes,
    )
  return problem('vanishing', `${says}: what lies so far back cannot be learned.`, evidence, fixes)
}

function fixesOf<Batch>(
  { configuration, stretch, sentences, shorterWays = [] }: Probe<Batch>,
  halfLife: number,
): Fix[] {
  const fixes: Fix[] = [...shorterWays]
  const { cell, nonlinearity, skip, forgetBias } = configuration
  if (!gated(cell))
    fixes.push({ line: 'cell: gru', why: 'gates carry the state on, and the gradient with it; or lstm' })
  if (cell === 'lstm' && forgetBias === undefined)
    fixes.push({ line: 'forgetBias: 1', why: 'the forget gate begins open, so that c and its gradient pass' })
  if (cell === 'elman' && nonlinearity === 'relu')
    fixes.push({ line: 'initialisation: identity', why: 'W begins as the identity (IRNN), whose factor is 1' })
  if (cell === 'elman' && nonlinearity !== 'relu')
    fixes.push({ line: 'initialisation: orthogonal', why: 'W begins with all singular values 1' })
  if (skip === 1 && configuration.dilations === undefined)
    fixes.push({ line: `skip: ${Math.max(2, Math.round(halfLife))}`, why: 'a way past so many steps at once' })
  if (sentences?.longer === 'carried' && stretch > 10 * halfLife)
    fixes.push({
      line: `timeSteps: ${Math.max(8, Math.round(10 * halfLife))}`,
      why: 'or go back no further than gradients last, and train faster',
    })
  return fixes
}

const BATCHES = 20
/** A norm above so many medians is an outburst. */
const OUTBURST = 30

/** The global norm of the gradient on some batches, of the model as it stands. */
export function gradientNorms<Batch>({ model, batches }: Probe<Batch>): number[] {
  const { engine, trained: parameters = model.parameters } = model
  const { carriedBatchSize, batchesPerEpoch } = batches
  const carried =
    carriedBatchSize === undefined
      ? undefined
      : new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
  try {
    return Array.from({ length: Math.min(BATCHES, batchesPerEpoch) }, (_, index) =>
      engine.scope(() =>
        engine.recording(tape => {
          for (const { gradient } of parameters) engine.fill(gradient, 0)
          watchAll(tape, parameters)
          const { loss, state } = model.loss(batches.batch(0, index), { state: carried?.state })
          tape.backward(loss)
          if (state) carried?.carry(state)
          return Math.sqrt(
            parameters.reduce(
              (total, { gradient }) => total + engine.scalar(sum(engine, gradient, { squares: true })),
              0,
            ),
          )
        }),
      ),
    )
  } finally {
    carried?.close()
  }
}

/**
 * @param trial norms of the first steps of a training at the configured rate
 */
export function checkExploding<Batch>(
  { training, configuration, stretch }: Probe<Batch>,
  decay: Decay | undefined,
  norms: readonly number[],
  trial: readonly number[],
): Examination {
  const { clipping, clipNorm } = training
  const median = norms.toSorted((a, b) => a - b)[Math.floor(norms.length / 2)]
  const largest = Math.max(...norms)
  const all = [...norms, ...trial]
  const bound = clipping === 'norm' ? clipNorm : undefined
  const clippedShare = bound === undefined ? 0 : all.filter(norm => !(norm <= bound)).length / all.length
  const growth = decay && !Number.isNaN(decay.perStep) ? decay.perStep ** stretch : 1
  const evidence = {
    ...{ medianNorm: median, largestNorm: largest, clippedShare, growthPerStep: decay?.perStep ?? 1, growth },
    trialNorms: trial,
  }
  const told = `gradient norms: median ${figure(median)}, largest ${figure(largest)}`
  const faults: string[] = []
  if (!all.every(Number.isFinite)) faults.push('The gradient is not even a number any more.')
  else if (largest > OUTBURST * median) faults.push(`Gradients burst out (${told}).`)
  if (growth > GROWN)
    faults.push(
      `The gradient grows by ${figure(decay?.perStep ?? 1)} with every step back: over ${stretch} steps ${figure(growth)} times.`,
    )
  if (clippedShare > 0.5)
    faults.push(
      `${percent(clippedShare)} of the steps are clipped at ${bound}: the step size is the clip’s, not the gradient’s.`,
    )
  if (faults.length === 0)
    return ok(
      'exploding',
      `Gradients stay small (${told}${bound === undefined ? '' : `; ${percent(clippedShare)} of the steps clipped at ${bound}`}).`,
      evidence,
    )
  const fixes: Fix[] = []
  if (bound === undefined) fixes.push({ line: 'clipping: norm', why: 'bounds the gradient’s length' })
  if (bound === undefined || growth > GROWN || largest > OUTBURST * median)
    fixes.push({
      line: `clipNorm: ${figure(Math.min(bound ?? 1, Math.max(0.1, Number.isFinite(median) ? median : 1)))}`,
      why: 'about the median norm: outbursts are cut, ordinary steps are not',
    })
  else
    fixes.push({
      line: `clipNorm: ${figure(2 * median)}`,
      why: 'above the median norm, so that clipping is the exception',
    })
  if (configuration.cell === 'elman')
    fixes.push(
      { line: 'cell: gru', why: 'what is carried on is weighed, not multiplied by W' },
      { line: 'initialisation: orthogonal', why: 'W begins with all singular values 1' },
    )
  fixes.push({
    line: `learningRate: ${figure((training.learningRate ?? 0.002) / 3)}`,
    why: 'smaller steps stay where gradients are small',
  })
  return problem('exploding', faults.join(' '), evidence, fixes)
}

export const decayOf = <Batch>({ model, ends }: Probe<Batch>): Decay | undefined => ends && gradientDecay(model, ends)
