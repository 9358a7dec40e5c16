/* Whether the hidden units still answer. A saturated one, whose slope is under 0.05, passes a twentieth of a gradient or less.
 * In a simple cell every gradient goes through that slope at every step, so the share of saturated values counts. A gate that
 * is shut or open has decided, and in a trained network most have (Karpathy, Johnson & Li 2016): there a unit is stuck only
 * where it is saturated at every step, whatever is read. A ReLU that is 0 at every step passes nothing and never will. */
import type { LayerActivity } from './activity.js'
import { type Examination, fix, ok, percent, problem, rounded, skipped } from './examination.js'
import type { Probe } from './probe.js'

const LEAST_SLOPE = 0.05
const MOST_SATURATED = 0.5
const MOST_DEAD = 0.3

/** σ' by the value of σ. */
const slopes: Readonly<Record<LayerActivity['activation'], (value: number) => number>> = {
  tanh: h => 1 - h * h,
  sigmoid: h => h * (1 - h),
  relu: h => (h > 0 ? 1 : 0),
}

const isFlat = (activation: LayerActivity['activation'], value: number) => slopes[activation](value) < LEAST_SLOPE

const saturatedShare = ({ values, activation }: LayerActivity) =>
  values.reduce((count, value) => count + (isFlat(activation, value) ? 1 : 0), 0) / values.length

/** Of the units, those that are saturated at every step. */
function stuckShare({ values, units, activation }: LayerActivity): number {
  const moved = new Uint8Array(units)
  values.forEach((value, i) => {
    if (!isFlat(activation, value)) moved[i % units] = 1
  })
  return moved.filter(each => each === 0).length / units
}

export function checkSaturation<Batch>(
  { training }: Probe<Batch>,
  activity: readonly LayerActivity[] | undefined,
): Examination {
  const layers = activity?.filter(({ activation }) => activation !== 'relu') ?? []
  if (layers.length === 0) return skipped('saturation', 'No layer of it has units that saturate.')
  const shares = layers.map(layer => (layer.gated ? stuckShare(layer) : saturatedShare(layer)))
  const worst = Math.max(...shares)
  const saturated = layers.map(saturatedShare)
  const evidence = { worst, layers: layers.map(({ name }) => name).join(', '), shares, saturated }
  const tell = (i: number) =>
    `${percent(shares[i])} of ${layers[i].name}’s ${layers[i].gated ? 'units at every step' : 'values'}`
  if (!(worst > MOST_SATURATED))
    return ok(
      'saturation',
      `Units answer: slopes are under ${LEAST_SLOPE} in at most ${tell(shares.indexOf(worst))}.`,
      evidence,
    )
  const fixes = [
    fix(
      'learningRate',
      rounded((training.learningRate ?? 0.002) / 10),
      'large steps drive weights to where σ is flat; train anew',
    ),
    fix('l2', 0.0001, 'keeps weights, and so what goes into σ, small'),
    fix('layerNorm', true, 'what goes into σ has deviation 1'),
  ]
  const stuck = shares.flatMap((share, i) => (share > MOST_SATURATED ? [tell(i)] : []))
  return problem(
    'saturation',
    `Units are stuck: slopes are under ${LEAST_SLOPE} in ${stuck.join(', ')}.`,
    evidence,
    fixes,
  )
}

export function checkDeadUnits<Batch>(
  { training }: Probe<Batch>,
  activity: readonly LayerActivity[] | undefined,
): Examination {
  const layers = activity?.filter(({ activation }) => activation === 'relu') ?? []
  if (layers.length === 0) return skipped('dead units', 'It has no ReLU units, which alone can die.')
  const dead = layers.map(({ values, units }) => {
    const alive = new Uint8Array(units)
    values.forEach((value, i) => {
      if (value > 0) alive[i % units] = 1
    })
    return alive.filter(each => each === 0).length
  })
  const shares = layers.map(({ units }, i) => dead[i] / units)
  const steps = layers[0].values.length / layers[0].units
  const evidence = { worst: Math.max(...shares), steps, dead }
  const told = layers.map(({ name, units }, i) => `${dead[i]} of ${units} in ${name}`).join(', ')
  if (!(Math.max(...shares) > MOST_DEAD))
    return ok('dead units', `ReLU units live: 0 at each of ${steps} steps are ${told}.`, evidence)
  const fixes = [
    fix('initialisation', 'identity', 'W begins as the identity, the way ReLU units are begun (IRNN)'),
    fix(
      'learningRate',
      rounded((training.learningRate ?? 0.002) / 10),
      'one large step can push a bias so low that the unit never answers again; train anew',
    ),
    fix('nonlinearity', 'tanh', 'has a slope everywhere'),
  ]
  return problem('dead units', `ReLU units are dead: 0 at each of ${steps} steps are ${told}.`, evidence, fixes)
}
