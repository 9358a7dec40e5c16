/* Whether the hidden units still answer: saturated ones, whose slope is under 0.05, pass a twentieth of a gradient or less;
 * a ReLU that is 0 at every step passes none and never will. */
import { type Cure, type Examination, figure, percent, sick, skipped, well } from './examination.js'
import type { LayerActivity, Patient } from './patient.js'

const LEAST_SLOPE = 0.05
/** Of a layer's units and steps. What goes into tanh as an LSTM's c does is carried on beside it, by a way without a slope. */
const mostSaturated = (activation: LayerActivity['activation']) => (activation === 'tanh of' ? 0.9 : 0.6)
const MOST_DEAD = 0.3

/** σ' by the value of σ; of what goes into tanh, by that. */
const slopes: Readonly<Record<LayerActivity['activation'], (value: number) => number>> = {
  tanh: h => 1 - h * h,
  sigmoid: h => h * (1 - h),
  relu: h => (h > 0 ? 1 : 0),
  'tanh of': c => 1 - Math.tanh(c) ** 2,
}

export function checkSaturation<Batch>(
  { configuration, training }: Patient<Batch>,
  activity: readonly LayerActivity[] | undefined,
): Examination {
  const layers = activity?.filter(({ activation }) => activation !== 'relu') ?? []
  if (layers.length === 0) return skipped('saturation', 'No layer of it has units that saturate.')
  const shares = layers.map(({ values, activation }) => {
    const slope = slopes[activation]
    return values.reduce((count, value) => count + (slope(value) < LEAST_SLOPE ? 1 : 0), 0) / values.length
  })
  const worst = Math.max(...shares)
  const evidence = { worst, layers: layers.map(({ name }) => name).join(', '), shares }
  const told = layers.map(({ name }, i) => `${name} ${percent(shares[i])}`).join(', ')
  if (layers.every(({ activation }, i) => shares[i] <= mostSaturated(activation)))
    return well('saturation', `Units answer: slopes under ${LEAST_SLOPE} are ${told}.`, evidence)
  const cures: Cure[] = [
    {
      line: `learningRate: ${figure((training.learningRate ?? 0.002) / 10)}`,
      why: 'large steps drive weights to where σ is flat; train anew',
    },
    { line: 'l2: 0.0001', why: 'keeps weights, and so what goes into σ, small' },
    { line: 'layerNorm: true', why: 'what goes into σ has deviation 1' },
  ]
  const needed = configuration.layerNorm === true ? cures.slice(0, 2) : cures
  return sick('saturation', `Units are stuck: slopes under ${LEAST_SLOPE} are ${told}.`, evidence, needed)
}

export function checkDeadUnits<Batch>(
  { configuration, training }: Patient<Batch>,
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
    return well('dead units', `ReLU units live: 0 at each of ${steps} steps are ${told}.`, evidence)
  const cures: Cure[] = [
    {
      line: `learningRate: ${figure((training.learningRate ?? 0.002) / 10)}`,
      why: 'one large step can push a bias so low that the unit never answers again; train anew',
    },
    { line: 'nonlinearity: tanh', why: 'has a slope everywhere' },
  ]
  if (configuration.initialisation !== 'identity')
    cures.unshift({
      line: 'initialisation: identity',
      why: 'W begins as the identity, the way ReLU units are begun (IRNN)',
    })
  return sick('dead units', `ReLU units are dead: 0 at each of ${steps} steps are ${told}.`, evidence, cures)
}
