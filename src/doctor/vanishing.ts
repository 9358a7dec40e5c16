/* Vanishing gradients: what is left of a loss's gradient at the far end of a dependency, of the segment that training goes
 * back over, or of a text whose last state is all that the loss sees. */
import { type Examination, type Fix, figure, fix, note, ok, percent, problem, skipped } from './examination.js'
import { type Decay, gradientDecay } from './gradientDecay.js'
import type { Probe } from './probe.js'

/** Less is nothing beside the noise of training. */
const NOTHING_LEFT = 1e-4
/** Steps: what halves faster than this is no memory, not even of the step before. */
const LEAST_HALF_LIFE = 0.5
/** Steps: gates open far enough while they train where a text is shorter. */
const LONG_SEQUENCE = 50

const isGated = (cell: unknown) => cell === 'lstm' || cell === 'gru'

export const decayThroughTime = <Batch>({ model, ends }: Probe<Batch>): Decay | undefined =>
  ends && gradientDecay(model, ends)

/** @param dependency steps that the model has to remember, where the user knows them */
export function checkVanishing<Batch>(
  probe: Probe<Batch>,
  decay: Decay | undefined,
  dependency: number | undefined,
): Examination {
  const { configuration, ends, segmentLength, trained } = probe
  if (!decay) return skipped('vanishing', probe.noEnds ?? 'Its gradient through time cannot be measured.')
  const reach = dependency ?? segmentLength
  // Where nothing at all comes back there is no slope either.
  const { halfLife, perStep } = Number.isNaN(decay.perStep) ? { halfLife: 0, perStep: 0 } : decay
  const left = Math.min(1, perStep ** reach)
  const evidence = { halfLife, perStep, reach, left, norms: Array.from(decay.norms) }
  const what = dependency === undefined ? 'the segment that training goes back over' : 'the dependency'
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
  if (ends?.lastStateAlone && reach >= LONG_SEQUENCE && left < NOTHING_LEFT)
    return problem(
      'vanishing',
      `${says}: the loss sees the last state alone, and learns nothing of what texts of this length begin with.`,
      evidence,
      fixes,
    )
  if (isGated(configuration.cell) && !trained)
    return note(
      'vanishing',
      `${says} as it begins. Gates open while it trains: examine it again then.`,
      evidence,
      fixes,
    )
  // A text may ask for no more: then gates close, and weights that carry nothing on are right.
  if (halfLife >= LEAST_HALF_LIFE || ends?.local)
    return note(
      'vanishing',
      `${says}. Where something further back matters, the dependency (--dependency) says how far.`,
      evidence,
      fixes,
    )
  return problem('vanishing', `${says}: what lies so far back cannot be learned.`, evidence, fixes)
}

function fixesOf<Batch>(
  { configuration, segmentLength, sentences, shorterWays = [] }: Probe<Batch>,
  halfLife: number,
): Fix[] {
  const fixes: Fix[] = [...shorterWays]
  const { cell, nonlinearity, skip, forgetBias } = configuration
  if (!isGated(cell)) fixes.push(fix('cell', 'gru', 'gates carry the state on, and the gradient with it; or lstm'))
  if (cell === 'lstm' && forgetBias === undefined)
    fixes.push(fix('forgetBias', 1, 'the forget gate begins open, so that c and its gradient pass'))
  if (cell === 'elman' && nonlinearity === 'relu')
    fixes.push(fix('initialisation', 'identity', 'W begins as the identity (IRNN), whose factor is 1'))
  if (cell === 'elman' && nonlinearity !== 'relu')
    fixes.push(fix('initialisation', 'orthogonal', 'W begins with all singular values 1'))
  if (skip === 1 && configuration.dilations === undefined)
    fixes.push(fix('skip', Math.max(2, Math.round(halfLife)), 'a way past so many steps at once'))
  if (sentences?.longer === 'carried' && segmentLength > 10 * halfLife)
    fixes.push(
      fix(
        'timeSteps',
        Math.max(8, Math.round(10 * halfLife)),
        'or go back no further than gradients last, and train faster',
      ),
    )
  return fixes
}
