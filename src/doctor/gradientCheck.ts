/* Whether the gradient is the gradient. The check moves the weights along random directions u of length 1 and compares the
 * slope that training follows with the one that differences show, in float64 on the reference backend:
 *
 *     ∇E · u    and    (E(w + ε u) − E(w − ε u)) / 2ε
 *
 * ReLU, maxima and norms have kinks, where the slope jumps. A difference over a kink shows neither slope. So where the two
 * disagree, ε becomes narrower until they agree, or until the differences to both sides agree with each other: only then is
 * the gradient wrong. A kink at w itself is left by a small random move of all weights. */
import { platform } from '#platform'
import { openEngine } from '../engine/open.js'
import { watchAll } from '../layers/parameter.js'
import { fold, Random, seedKey } from '../random.js'
import { type Examination, figure, fix, note, ok, percent, problem } from './examination.js'
import type { ModelUnderTest } from './modelUnderTest.js'
import type { Probe } from './probe.js'

const DIRECTIONS = 4
/** Directions with kinks on them are replaced by others, up to so many in all. */
const MOST_DIRECTIONS = 16
/** Below the last one rounding is as large as the tolerance. */
const WIDTHS = [1e-4, 1e-5, 1e-6, 1e-7]
/** Of slopes: wrong gradients are wrong in the first digit, right ones differ in the seventh. */
const SLOPE_TOLERANCE = 1e-4
/** Of ‖g − g₆₄‖ / ‖g₆₄‖ between this machine's backend and the reference. */
const BACKEND_TOLERANCE = 1e-3
/** Length of the move away from a kink, by the length of the weights. */
const MOVE = 1e-3

export async function checkGradient<Batch>(probe: Probe<Batch>): Promise<Examination> {
  const { model, few, training } = probe
  const reference = await openEngine({ backend: 'reference' })
  try {
    const exact = await probe.copy(reference)
    try {
      const gradient = gradientsOf(exact, few)
      const errors = await slopeErrors(exact, few, new Random(fold(seedKey(training.seed), 'gradientDirections')))
      const backendError = distance(gradientsOf(model, few), gradient)
      return judged({ errors, backendError, backend: model.engine.description })
    } finally {
      exact.close()
    }
  } finally {
    reference.close()
  }
}

interface GradientErrors {
  /** Of each direction that has no kink, by the slope. */
  readonly errors: readonly number[]
  readonly backendError: number
  readonly backend: string
}

function judged({ errors, backendError, backend }: GradientErrors): Examination {
  const worst = Math.max(...errors)
  const evidence = { slopeError: worst, directions: errors.length, backendError, backend }
  if (errors.length > 0 && !(worst < SLOPE_TOLERANCE))
    return problem(
      'gradient',
      `The gradient is wrong: along random directions the loss changes otherwise than it says, by ${shareOf(worst)} of the slope in float64. No training can be trusted.`,
      evidence,
      [
        fix(
          'cell',
          'lstm',
          'a cell or an operation of your own has a backward step that does not fit its forward step; a built-in one is right',
        ),
      ],
    )
  if (!(backendError < BACKEND_TOLERANCE))
    return problem(
      'gradient',
      `The gradient in float64 is right, but ${backend} gives another one: they differ by ${shareOf(backendError)} of its length.`,
      evidence,
      [fix('backend', 'wasm', 'another backend (--backend) computes the same by other code')],
    )
  if (errors.length < DIRECTIONS)
    return note(
      'gradient',
      `The loss has a kink along nearly every direction: ${errors.length} of ${MOST_DIRECTIONS} could be compared, and agree. ${backend} differs from float64 by ${figure(backendError)}.`,
      evidence,
      [],
    )
  return ok(
    'gradient',
    `The gradient is right: along ${errors.length} random directions it differs from what differences show by ${figure(worst)} at most (float64), and ${backend} differs from float64 by ${figure(backendError)}.`,
    evidence,
  )
}

const shareOf = (share: number) => (Number.isFinite(share) ? percent(share) : 'more than can be said')

/** Runs the batch forward and back, and reads the gradient out. */
function gradientsOf<Batch>(model: ModelUnderTest<Batch>, batch: Batch): Float64Array[] {
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

/** Errors of the slope along directions without a kink; fewer than DIRECTIONS where there are not so many. */
async function slopeErrors<Batch>(model: ModelUnderTest<Batch>, batch: Batch, random: Random): Promise<number[]> {
  const errors: number[] = []
  let line = new Line(model, batch)
  for (let tried = 0; tried < MOST_DIRECTIONS && errors.length < DIRECTIONS; tried++) {
    const error = line.slopeError(line.drawDirection(random))
    if (error === undefined) {
      line.moveAway(line.drawDirection(random))
      line = new Line(model, batch)
    } else errors.push(error)
    await platform.pause()
  }
  return errors
}

/** One value for each weight. */
type Direction = readonly Float64Array[]

/** The loss on lines through the present weights. */
class Line<Batch> {
  private readonly start: Direction
  private readonly gradient: Direction
  private readonly gradientLength: number
  private readonly loss: number

  constructor(
    private readonly model: ModelUnderTest<Batch>,
    private readonly batch: Batch,
  ) {
    const { engine, parameters } = model
    this.start = parameters.map(({ value }) => engine.read(value))
    this.gradient = gradientsOf(model, batch)
    this.gradientLength = lengthOf(this.gradient)
    this.loss = this.lossAt(this.start, 0)
  }

  /** Of length 1. */
  drawDirection(random: Random): Direction {
    const drawn = this.start.map(values => values.map(() => random.normal()))
    const length = lengthOf(drawn)
    return drawn.map(part => part.map(value => value / length))
  }

  /** By the larger of both slopes; undefined where a kink is nearer than the narrowest width. */
  slopeError(direction: Direction): number | undefined {
    const slope = dot(this.gradient, direction)
    // A slope that is nothing beside the whole gradient has no digits of its own.
    const floor = this.gradientLength / Math.sqrt(count(direction)) / 10
    let smooth: number | undefined
    for (const width of WIDTHS) {
      const [above, below] = [this.lossAt(direction, width), this.lossAt(direction, -width)]
      const difference = (above - below) / (2 * width)
      const scale = Math.max(Math.abs(slope), Math.abs(difference), floor)
      const error = slope === difference ? 0 : Math.abs(slope - difference) / scale
      if (error < SLOPE_TOLERANCE || Number.isNaN(error)) return this.back(error)
      // Both sides have one slope, and it is another one.
      const jump = Math.abs(above - this.loss - (this.loss - below)) / width
      if (jump < SLOPE_TOLERANCE * scale) smooth = Math.min(smooth ?? Infinity, error)
    }
    return this.back(smooth)
  }

  /** Changes the weights by MOVE of their length. */
  moveAway(direction: Direction): void {
    this.lossAt(direction, MOVE * (lengthOf(this.start) || 1))
  }

  private back<T>(result: T): T {
    this.lossAt(this.start, 0)
    return result
  }

  private lossAt(direction: Direction, distance: number): number {
    const { engine, parameters } = this.model
    parameters.forEach(({ value }, i) => {
      engine.write(
        value,
        this.start[i].map((w, j) => w + distance * direction[i][j]),
      )
    })
    return engine.scope(() => engine.scalar(this.model.loss(this.batch, {}).loss))
  }
}

const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0)

const lengthOf = (parts: Direction) => Math.sqrt(parts.reduce((sum, part) => sum + squares(part), 0))

const count = (parts: Direction) => parts.reduce((sum, { length }) => sum + length, 0)

const dot = (a: Direction, b: Direction) =>
  a.reduce((sum, part, i) => part.reduce((total, value, j) => total + value * b[i][j], sum), 0)

/** ‖a − b‖ / ‖b‖ */
function distance(a: Direction, b: Direction): number {
  const apart = lengthOf(a.map((part, i) => part.map((value, j) => value - b[i][j])))
  return apart === 0 ? 0 : apart / lengthOf(b)
}
