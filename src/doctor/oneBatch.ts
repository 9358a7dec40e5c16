/* Whether the model can learn a few sequences by heart, before anything is said of what it learns. */
import { platform } from '#platform'
import type { Engine } from '../engine/engine.js'
import { NumericError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { fold, seedKey } from '../random.js'
import { optimizerOf, releaseState } from '../training/optimizers.js'
import { resolved, trainingSchema } from '../training/options.js'
import { trainingStep } from '../training/step.js'
import { type Examination, figure, fix, ok, problem } from './examination.js'
import type { ModelUnderTest } from './modelUnderTest.js'
import type { Probe } from './probe.js'

const MOST_STEPS = 400
const LEARNING_RATE = 0.005
/** Of the loss that an untrained model has: what is called near zero. */
const NEAR_ZERO = 0.05

/** Trains a copy on a few sequences until it knows them by heart. */
export async function checkOneBatch<Batch>(probe: Probe<Batch>, engine: Engine): Promise<Examination> {
  const { few } = probe
  const untrained = await probe.fresh(engine)
  const untrainedLoss = lossOf(untrained, few)
  untrained.close()
  const enough = NEAR_ZERO * untrainedLoss
  const model = await probe.copy(engine)
  let loss = Number.POSITIVE_INFINITY
  let steps = 0
  try {
    for await (const reached of learning(model, few, MOST_STEPS)) {
      loss = reached
      steps++
      if (loss < enough) break
    }
  } catch (error) {
    if (!(error instanceof NumericError)) throw error
    loss = Number.NaN
  } finally {
    model.close()
  }
  const evidence = { untrainedLoss, loss, steps }
  if (loss < enough)
    return ok(
      'one batch',
      `It learns a few sequences by heart: after ${steps} steps their loss is ${figure(loss)}, of ${figure(untrainedLoss)} untrained.`,
      evidence,
    )
  return problem(
    'one batch',
    `It cannot learn even a few sequences by heart: after ${steps} steps on them alone the loss is ${figure(loss)}, of ${figure(untrainedLoss)} untrained. Something between data and weights is broken, or nothing gets through the hidden units.`,
    evidence,
    [
      fix('cell', 'lstm', 'a built-in cell with its own start is known to learn; do not go on from these weights'),
      fix('initialisation', 'orthogonal', 'a start through which gradients pass; do not go on from these weights'),
    ],
  )
}

const lossOf = <Batch>(model: ModelUnderTest<Batch>, batch: Batch): number =>
  model.engine.scope(() => model.engine.scalar(model.loss(batch, {}).loss))

/** Losses before each step of Adam on one batch. */
async function* learning<Batch>(model: ModelUnderTest<Batch>, batch: Batch, steps: number) {
  const { engine } = model
  const learningRate = LEARNING_RATE
  const configuration = resolved(trainingSchema.parse({ learningRate, clipNorm: 1 }))
  const parameters: readonly Parameter[] = model.trained ?? model.parameters
  const optimizer = optimizerOf(configuration)
  const optimizerState = optimizer.init(engine, parameters)
  const settings = { configuration, optimizer, optimizerState, learningRate, teacherForcing: 1 }
  const key = fold(seedKey(1), 'training', 0)
  // Nothing is dropped while it learns by heart.
  const still = { trained: parameters, parameters: model.parameters, loss: (b: Batch) => model.loss(b, {}) }
  try {
    for (let step = 1; step <= steps; step++) {
      yield trainingStep(still, [{ batch, key, startsEpoch: true, numbers: {} }], undefined, { ...settings, step }).loss
      await platform.pause()
    }
  } finally {
    releaseState(engine, optimizerState)
  }
}
