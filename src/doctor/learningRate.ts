/* Whether the learning rate is too high or too low: a short range test. From the same start, on the same batches, a few steps
 * at the configured rate, at a tenth and a hundredth of it, at ten and a hundred times it, and further where the best is at an
 * end of these. What counts is how far the loss of the last batches lies below that of the untrained model on the same
 * batches, and whether the difference is more than their noise. After Smith 2017, but each rate begins anew, so that what one
 * rate has broken is not counted against the next. */
import { platform } from '#platform'
import type { Engine } from '../engine/engine.js'
import { NumericError } from '../errors.js'
import { CarriedState } from '../models/shared/carriedState.js'
import { fold, seedKey } from '../random.js'
import { optimizerOf, releaseState } from '../training/optimizers.js'
import { trainingStep } from '../training/step.js'
import { type Evidence, type Examination, figure, fix, note, ok, problem, rounded } from './examination.js'
import type { Probe } from './probe.js'

const FACTORS = [0.01, 0.1, 1, 10, 100]
/** Further factors of ten at the end that is the best. */
const MOST_FURTHER = 3
/** No rate above it is tried. */
const HIGHEST_RATE = 10
/** Share of the steps, at the end, whose losses count; and how many at least. */
const COUNTED_SHARE = 0.25
const LEAST_COUNTED = 5
/** A rate at which the loss falls by less than this part of what the best one reaches is wrong. */
const FAIR_SHARE = 0.4
/** Of the untrained loss: where it falls by less at every rate, so few steps say nothing of rates. */
const LEAST_FALL = 0.02
/** Of the untrained loss, above it: no rate at which it comes down, and this one breaks the model. */
const BROKEN = 0.2
/** Steps that are too large may happen to end well; a loss so many times the untrained model's on the same batch shows them. */
const LEAP = 2
/** Of rates that reach about as much, the lowest is taken. */
const ABOUT_AS_MUCH = 0.9
/** Standard errors of a mean of paired differences, of ten batches or so: chance is 1 in 1,000 (Student's t). */
const CERTAIN = 4.8

export interface RateTrial {
  /** Of the configured rate. */
  readonly factor: number
  readonly learningRate: number
  /** Of the last batches, untrained: the mean. */
  readonly firstLoss: number
  /** Of the same, each before its own step; NaN where it broke; where the later steps leap, the highest that they come to. */
  readonly lastLoss: number
  /** Whether a later step leapt. */
  readonly leapt: boolean
  /** Of each of these batches: the untrained loss less the loss. */
  readonly falls: readonly number[]
  /** Of the gradients, each step's. */
  readonly norms: readonly number[]
}

/** How far the loss has come down. */
const fallOf = ({ firstLoss, lastLoss }: RateTrial) => (Number.isFinite(lastLoss) ? firstLoss - lastLoss : -Infinity)

/** Trains anew for a few steps at each rate; by ascending rate. */
export async function rateTrials<Batch>(probe: Probe<Batch>, engine: Engine, steps: number): Promise<RateTrial[]> {
  const { learningRate: configured = 0.002 } = probe.training
  const untrained = await trial(probe, engine, steps, 0)
  const counted = Math.min(steps, Math.max(LEAST_COUNTED, Math.round(COUNTED_SHARE * steps)))
  const firstLoss = meanOf(untrained.losses.slice(-counted))
  const at = async (factor: number): Promise<RateTrial> => {
    const learningRate = configured * factor
    const { losses, norms } = await trial(probe, engine, steps, learningRate)
    const leaps = losses.filter((loss, i) => 2 * i >= steps && loss > LEAP * untrained.losses[i])
    const lastLoss = Math.max(meanOf(losses.slice(-counted)), ...leaps)
    const falls = untrained.losses.slice(-counted).map((loss, i) => loss - losses[steps - counted + i])
    return { factor, learningRate, firstLoss, lastLoss, leapt: leaps.length > 0, falls, norms }
  }
  const trials: RateTrial[] = []
  for (const factor of FACTORS) trials.push(await at(factor))
  for (let further = 1; further <= MOST_FURTHER; further++) {
    const best = trials.reduce((a, b) => (fallOf(b) > fallOf(a) ? b : a))
    const [lowest, highest] = [trials[0], trials[trials.length - 1]]
    if (best === highest && 10 * best.learningRate <= HIGHEST_RATE) trials.push(await at(10 * best.factor))
    else if (best === lowest || fallOf(best) <= 0) trials.unshift(await at(lowest.factor / 10))
    else break
  }
  return trials
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The loss of each batch before its step, and the gradient's norm. */
async function trial<Batch>(
  probe: Probe<Batch>,
  engine: Engine,
  steps: number,
  learningRate: number,
): Promise<{ losses: number[]; norms: number[] }> {
  const { batches, training } = probe
  const model = await probe.fresh(engine)
  const optimizer = optimizerOf(training)
  const optimizerState = optimizer.init(engine, model.trained ?? model.parameters)
  const { carriedBatchSize, batchesPerEpoch } = batches
  const carried =
    carriedBatchSize === undefined
      ? undefined
      : new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
  const trainingKey = fold(seedKey(training.seed), 'training')
  const losses: number[] = []
  const norms: number[] = []
  try {
    for (let step = 1; step <= steps; step++) {
      const [epoch, index] = [Math.floor((step - 1) / batchesPerEpoch), (step - 1) % batchesPerEpoch]
      const key = fold(trainingKey, step)
      const drawn = { batch: batches.batch(epoch, index), key, startsEpoch: index === 0, numbers: {} }
      const settings = {
        configuration: training,
        optimizer,
        optimizerState,
        step,
        learningRate,
        teacherForcing: 1,
      }
      const { loss, gradientNorm } = trainingStep(model, [drawn], carried, settings)
      losses.push(loss)
      norms.push(gradientNorm)
      await platform.pause()
    }
  } catch (error) {
    if (!(error instanceof NumericError)) throw error
    while (losses.length < steps) losses.push(Number.NaN)
  } finally {
    carried?.close()
    releaseState(engine, optimizerState)
    model.close()
  }
  return { losses, norms }
}

/** The trial at the configured rate. */
export const trialAsConfigured = (trials: readonly RateTrial[]): RateTrial =>
  trials.find(({ factor }) => factor === 1) ?? trials[0]

export function checkLearningRate(trials: readonly RateTrial[]): Examination {
  const configured = trialAsConfigured(trials)
  const { learningRate, firstLoss } = configured
  const most = Math.max(...trials.map(fallOf))
  const best = trials.find(each => most > 0 && fallOf(each) >= ABOUT_AS_MUCH * most) ?? configured
  const steps = Math.max(...trials.map(({ norms }) => norms.length))
  const evidence = {
    ...{ learningRate, steps, lossBefore: firstLoss },
    rates: trials.map(each => each.learningRate),
    lossesAfter: trials.map(({ lastLoss }) => lastLoss),
  }
  const list = trials.map(each => `${figure(each.learningRate)}: ${figure(each.lastLoss)}`).join(', ')
  const losses = `Loss after ${steps} steps from ${figure(firstLoss)} at each rate: ${list}.`
  const learns = fallOf(best) >= LEAST_FALL * Math.abs(firstLoss) && isCertain(best.falls)
  if (!learns) return nothingLearned({ configured, steps, losses, evidence })
  const better = best.falls.map((fall, i) => fall - configured.falls[i])
  if (fallOf(configured) >= FAIR_SHARE * fallOf(best) || !(configured.leapt || isCertain(better)))
    return ok('learning rate', `The learning rate, ${figure(learningRate)}, is right. ${losses}`, evidence)
  const high = best.learningRate < learningRate
  return problem(
    'learning rate',
    `The learning rate, ${figure(learningRate)}, is too ${high ? 'high: the loss does not come down as at a lower one' : 'low: the loss falls much faster at a higher one'}. ${losses}`,
    evidence,
    [
      fix(
        'learningRate',
        rounded(best.learningRate),
        `the loss falls by ${figure(fallOf(best))} there in as many steps; here it ${changeOf(fallOf(configured))}`,
      ),
    ],
  )
}

/** Of no rate the loss comes down in so few steps: a slow task, or a model that breaks whatever the rate. */
function nothingLearned({
  configured,
  steps,
  losses,
  evidence,
}: {
  readonly configured: RateTrial
  readonly steps: number
  readonly losses: string
  readonly evidence: Evidence
}): Examination {
  const { firstLoss, learningRate } = configured
  if (fallOf(configured) >= -BROKEN * Math.abs(firstLoss))
    return note(
      'learning rate',
      `In ${steps} steps the loss hardly moves at any learning rate, so these say nothing of ${figure(learningRate)}; more steps (--steps) may. ${losses}`,
      evidence,
      [],
    )
  return problem(
    'learning rate',
    `The loss comes down at no learning rate, and at ${figure(learningRate)} it rises: what is carried from step to step grows out of bounds. ${losses}`,
    evidence,
    [
      fix('cell', 'lstm', 'gates bound what is carried from step to step'),
      fix('initialisation', 'orthogonal', 'W begins with all singular values 1'),
      fix('learningRate', rounded(learningRate / 100), 'smaller steps keep W longer as it begins'),
    ],
  )
}

/** Whether the mean of paired differences is above 0 by more than their noise; what broke is below everything. */
function isCertain(differences: readonly number[]): boolean {
  if (differences.some(value => !Number.isFinite(value))) return true
  const mean = meanOf(differences)
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (differences.length - 1)
  return mean > CERTAIN * Math.sqrt(variance / differences.length)
}

const changeOf = (fall: number) =>
  !Number.isFinite(fall) ? 'breaks' : fall < 0 ? `rises by ${figure(-fall)}` : `falls by ${figure(fall)}`
