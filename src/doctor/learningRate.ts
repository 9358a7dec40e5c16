/* Whether the learning rate is too high or too low: a short range test. From the same start, on the same batches, a few steps
 * at the configured rate, at a tenth and a hundredth of it, at ten and a hundred times it; what counts is how far the loss
 * of the last few batches lies below that of the untrained model on the same batches. After Smith 2017, but each rate begins anew, so that what one rate has broken is not counted against the next. */
import { platform } from '#platform'
import type { Engine } from '../engine/engine.js'
import { CarriedState } from '../models/shared/carriedState.js'
import { site } from '../random.js'
import { optimizerOf, releaseState } from '../training/optimizers.js'
import { trainingStep } from '../training/step.js'
import { type Examination, figure, ok, problem } from './examination.js'
import type { Probe } from './probe.js'

const FACTORS = [0.01, 0.1, 1, 10, 100]
/** Steps at the end whose mean loss counts. */
const COUNTED = 5
/** A rate at which the loss falls by less than this part of what the best one reaches is wrong. */
const FAIR_SHARE = 0.4
/** Steps that are too large may happen to end well; a loss so many times the untrained model's on the same batch tells them. */
const LEAP = 2
/** Of rates that reach about as much the lowest is told. */
const ABOUT_AS_MUCH = 0.9

export interface RateTrial {
  readonly learningRate: number
  /** Of the last few batches, untrained. */
  readonly firstLoss: number
  /** Of the same, each before its own step; NaN where it broke; where the later steps leap, the highest that they come to. */
  readonly lastLoss: number
  readonly norms: readonly number[]
}

/** Trains anew for a few steps at each rate. */
export async function rateTrials<Batch>(probe: Probe<Batch>, engine: Engine, steps: number): Promise<RateTrial[]> {
  const { learningRate = 0.002 } = probe.training
  const untrained = await trial(probe, engine, steps, 0)
  const firstLoss = meanOfLast(untrained.losses)
  const trials: RateTrial[] = []
  for (const factor of FACTORS) {
    const { losses, norms } = await trial(probe, engine, steps, learningRate * factor)
    const leaps = losses.filter((loss, i) => 2 * i >= steps && loss > LEAP * untrained.losses[i])
    const lastLoss = Math.max(meanOfLast(losses), ...leaps)
    trials.push({ learningRate: learningRate * factor, firstLoss, lastLoss, norms })
  }
  return trials
}

function meanOfLast(losses: readonly number[]): number {
  const last = losses.slice(-COUNTED)
  return last.reduce((sum, loss) => sum + loss, 0) / last.length
}

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
  const memory = optimizer.init(engine, model.trained ?? model.parameters)
  const { carriedBatchSize, batchesPerEpoch } = batches
  const carried =
    carriedBatchSize === undefined
      ? undefined
      : new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
  const losses: number[] = []
  const norms: number[] = []
  try {
    for (let step = 1; step <= steps; step++) {
      const [epoch, index] = [Math.floor((step - 1) / batchesPerEpoch), (step - 1) % batchesPerEpoch]
      const draw = { seed: training.seed, step, site: site.dropout }
      const drawn = { batch: batches.batch(epoch, index), draw, startsEpoch: index === 0, numbers: {} }
      const settings = {
        configuration: training,
        optimizer,
        optimizerState: memory,
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
    if ((error as { kind?: string })?.kind !== 'numeric') throw error
    losses.push(Number.NaN)
  } finally {
    carried?.close()
    releaseState(engine, memory)
    model.close()
  }
  return { losses, norms }
}

/** The trial at the configured rate. */
export const ownTrial = (trials: readonly RateTrial[]): RateTrial => trials[FACTORS.indexOf(1)]

export function checkLearningRate(trials: readonly RateTrial[]): Examination {
  const fallOf = ({ firstLoss, lastLoss }: RateTrial) => (Number.isFinite(lastLoss) ? firstLoss - lastLoss : -Infinity)
  const own = ownTrial(trials)
  const most = Math.max(...trials.map(fallOf))
  const best = trials.find(each => most > 0 && fallOf(each) >= ABOUT_AS_MUCH * most) ?? own
  const steps = Math.max(...trials.map(({ norms }) => norms.length))
  const evidence = {
    learningRate: own.learningRate,
    steps,
    rates: trials.map(({ learningRate }) => learningRate),
    lossesAfter: trials.map(({ lastLoss }) => lastLoss),
    lossBefore: own.firstLoss,
  }
  const list = trials.map(({ learningRate, lastLoss }) => `${figure(learningRate)}: ${figure(lastLoss)}`).join(', ')
  const told = `Loss after ${steps} steps from ${figure(own.firstLoss)} at each rate: ${list}.`
  if (best === own || fallOf(best) <= 0 || fallOf(own) >= FAIR_SHARE * fallOf(best))
    return ok('learning rate', `The learning rate, ${figure(own.learningRate)}, is right. ${told}`, evidence)
  const high = best.learningRate < own.learningRate
  return problem(
    'learning rate',
    `The learning rate, ${figure(own.learningRate)}, is too ${high ? 'high: the loss does not come down as at a lower one' : 'low: the loss falls much faster at a higher one'}. ${told}`,
    evidence,
    [
      {
        line: `learningRate: ${figure(best.learningRate)}`,
        why: `the loss falls by ${figure(fallOf(best))} there in as many steps; here it ${changeOf(fallOf(own))}`,
      },
    ],
  )
}

const changeOf = (fall: number) =>
  !Number.isFinite(fall) ? 'breaks' : fall < 0 ? `rises by ${figure(-fall)}` : `falls by ${figure(fall)}`
