/* The machine itself, before anything is said of the model: whether the gradient is the gradient, and whether the model can
 * learn a few sequences by heart.
 *
 * The gradient check moves the weights along random directions u of length 1 and compares the slope that training would
 * follow with the one that is seen, in float64 on the reference backend, by central differences of width ε:
 *
 *     ∇E · u    and    (E(w + ε u) − E(w − ε u)) / 2ε */
import { platform } from '#platform'
import type { Engine } from '../engine/engine.js'
import { openEngine } from '../engine/open.js'
import { type Parameter, watchAll } from '../layers/parameter.js'
import { Random } from '../random.js'
import { optimizerOf, releaseState } from '../training/optimizers.js'
import { resolved, trainingSchema } from '../training/options.js'
import { trainingStep } from '../training/step.js'
import { type Examination, figure, ok, problem } from './examination.js'
import type { ExaminedModel, Probe } from './probe.js'

const DIRECTIONS = 4
const WIDTH = 1e-4
/** Of slopes: wrong gradients are wrong in the first digit, right ones here in the seventh. */
const SLOPE_TOLERANCE = 1e-4
/** Of ‖g − g₆₄‖ / ‖g₆₄‖ between this machine's backend and the reference. */
const BACKEND_TOLERANCE = 1e-3
const SITE = 101

export async function checkGradient<Batch>(probe: Probe<Batch>, seed: number): Promise<Examination> {
  const reference = await openEngine({ backend: 'reference' })
  try {
    const exact = await probe.copy(reference)
    try {
      const gradient = gradientsOf(exact, probe.few)
      const random = new Random(seed, 0, SITE)
      const errors: number[] = []
      for (let k = 0; k < DIRECTIONS; k++) {
        errors.push(slopeError(exact, probe.few, random))
        await platform.pause()
      }
      const worst = Math.max(...errors)
      const here = gradientsOf(probe.model, probe.few)
      const apart = distance(here, gradient)
      const { description } = probe.model.engine
      const evidence = { slopeError: worst, backendError: apart, backend: description }
      if (!(worst < SLOPE_TOLERANCE))
        return problem(
          'gradient',
          `The gradient is wrong: along random directions the loss changes otherwise than it says, by ${percentOf(worst)} of the slope in float64. No training can be trusted.`,
          evidence,
          [
            {
              line: 'cell: lstm',
              why: 'a cell or an operation of your own has a backward step that does not fit its forward step; a built-in one is right',
            },
          ],
        )
      if (!(apart < BACKEND_TOLERANCE))
        return problem(
          'gradient',
          `The gradient in float64 is right, but ${description} gives another one: they differ by ${percentOf(apart)} of its length.`,
          evidence,
          [{ line: 'backend: wasm', why: 'another backend (--backend) computes the same by other code' }],
        )
      return ok(
        'gradient',
        `The gradient is right: along ${DIRECTIONS} random directions it differs from what is seen by ${figure(worst)} at most (float64), and ${description} differs from float64 by ${figure(apart)}.`,
        evidence,
      )
    } finally {
      exact.close()
    }
  } finally {
    reference.close()
  }
}

const percentOf = (share: number) => (Number.isFinite(share) ? `${figure(100 * share)} %` : 'more than can be said')

/** Watched and played back once; read out. */
function gradientsOf<Batch>(model: ExaminedModel<Batch>, batch: Batch): Float64Array[] {
  const { engine, parameters } = model
  return engine.scope(() =>
    engine.recording(tape => {
      for (const { gradient } of parameters) engine.fill(gradient, 0)
      watchAll(tape, parameters)
      tape.backward(model.loss(batch, {}).loss)
      return parameters.map(({ gradient }) => engine.read(gradient))
    }),
  )
}

/** Of one direction: the difference of the two slopes, by the larger of them. */
function slopeError<Batch>(model: ExaminedModel<Batch>, batch: Batch, random: Random): number {
  const { engine, parameters } = model
  const gradients = gradientsOf(model, batch)
  const start = parameters.map(({ value }) => engine.read(value))
  const direction = start.map(values => values.map(() => random.normal()))
  const length = Math.sqrt(direction.reduce((sum, part) => sum + squares(part), 0))
  const lossAt = (by: number) => {
    parameters.forEach(({ value }, i) => {
      engine.write(
        value,
        start[i].map((w, j) => w + (by * direction[i][j]) / length),
      )
    })
    return engine.scope(() => engine.scalar(model.loss(batch, {}).loss))
  }
  const seen = (lossAt(WIDTH) - lossAt(-WIDTH)) / (2 * WIDTH)
  lossAt(0)
  const said = gradients.reduce((sum, part, i) => part.reduce((s, g, j) => s + (g * direction[i][j]) / length, sum), 0)
  // A slope that is nothing beside the whole gradient has no digits of its own.
  const whole = Math.sqrt(gradients.reduce((sum, part) => sum + squares(part), 0))
  const floor = whole / length / 10
  return said === seen ? 0 : Math.abs(said - seen) / Math.max(Math.abs(said), Math.abs(seen), floor)
}

const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0)

function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const apart = a.reduce((sum, part, i) => sum + squares(part.map((value, j) => value - b[i][j])), 0)
  const whole = b.reduce((sum, part) => sum + squares(part), 0)
  return apart === 0 ? 0 : Math.sqrt(apart / whole)
}

const MOST_STEPS = 400
/** Of the loss that an untrained model has: what is called near zero. */
const NEAR_ZERO = 0.05

/** Trains a copy on a few sequences until it knows them by heart. */
export async function checkOneBatch<Batch>(probe: Probe<Batch>, engine: Engine): Promise<Examination> {
  const { few } = probe
  const untrained = await probe.fresh(engine)
  const first = lossOf(untrained, few)
  untrained.close()
  const wanted = NEAR_ZERO * first
  const model = await probe.copy(engine)
  let loss = Number.POSITIVE_INFINITY
  let steps = 0
  try {
    for await (const reached of learning(model, few, MOST_STEPS)) {
      loss = reached
      steps++
      if (loss < wanted) break
    }
  } catch (error) {
    if (!isNumeric(error)) throw error
    loss = Number.NaN
  } finally {
    model.close()
  }
  const evidence = { untrainedLoss: first, loss, steps }
  if (loss < wanted)
    return ok(
      'one batch',
      `It learns a few sequences by heart: after ${steps} steps their loss is ${figure(loss)}, of ${figure(first)} untrained.`,
      evidence,
    )
  return problem(
    'one batch',
    `It cannot learn even a few sequences by heart: after ${steps} steps on them alone the loss is ${figure(loss)}, of ${figure(first)} untrained. Something between data and weights is broken, or nothing gets through the hidden units.`,
    evidence,
    [
      { line: 'cell: lstm', why: 'a built-in cell with its own start is known to learn' },
      {
        line: 'initialisation: orthogonal',
        why: 'a start through which gradients pass; do not go on from these weights',
      },
    ],
  )
}

const isNumeric = (error: unknown) => (error as { kind?: string })?.kind === 'numeric'

const lossOf = <Batch>(model: ExaminedModel<Batch>, batch: Batch): number =>
  model.engine.scope(() => model.engine.scalar(model.loss(batch, {}).loss))

/** Losses before each step of Adam on one batch. */
async function* learning<Batch>(model: ExaminedModel<Batch>, batch: Batch, steps: number) {
  const { engine } = model
  const configuration = resolved(trainingSchema.parse({ learningRate: 0.005, clipNorm: 1 }))
  const parameters: readonly Parameter[] = model.trained ?? model.parameters
  const optimizer = optimizerOf(configuration)
  const memory = optimizer.init(engine, parameters)
  const settings = { configuration, optimizer, optimizerState: memory, learningRate: 0.005, teacherForcing: 1 }
  const draw = { seed: 1, step: 0, site: 0 }
  // Nothing is dropped while it learns by heart.
  const still = { trained: parameters, parameters: model.parameters, loss: (b: Batch) => model.loss(b, {}) }
  try {
    for (let step = 1; step <= steps; step++) {
      yield trainingStep(still, [{ batch, draw, startsEpoch: true, numbers: {} }], undefined, { ...settings, step })
        .loss
      await platform.pause()
    }
  } finally {
    releaseState(engine, memory)
  }
}
