/* The training loop, for anything that has `parameters` and `loss(batch)`:
 *
 *     until the budget or patience is used up, or the run is stopped:
 *         step        gradients of `accumulate` batches, clipping, optimizer        session.ts, step.ts
 *         pause       the event loop takes its turn; a paused run waits             clock.ts
 *         if due:     validate, then yield an event, which may ask for a checkpoint
 *
 * A run can be left at any time: what it holds in the heap is given back when it ends, however it ends. What the command line
 * shows are fields of its events. */
import { platform } from '#platform'
import { parseConfiguration } from '../configuration.js'
import { ConfigurationError } from '../errors.js'
import type { Trainable } from '../models/shared/trainable.js'
import { Gate, TrainingClock } from './clock.js'
import { contextContradictions, type TaskCapabilities, trainingContradictions } from './contradictions.js'
import type { TrainingEvent, TrainingResult, TrainingRun } from './events.js'
import { NonFiniteError } from './nonFinite.js'
import { resolved, type TrainingConfiguration, type TrainingOptions, trainingSchema } from './options.js'
import { TrainingSession } from './session.js'
import type { StepResult } from './step.js'
import type { MetricModes, TrainingTask } from './trainingTask.js'

/** Evaluations in a run without validateEvery. */
const EVALUATIONS = 20
/** Under a time limit, evaluations take at most this share of the time. */
const EVALUATION_TIME_SHARE = 0.08
const MAX_ROLLBACKS = 3

/** A task with its data, before the options of a run are known. */
export interface TrainingSource<Batch> extends Omit<TaskCapabilities, 'metrics'> {
  readonly metrics: MetricModes
  /** @param configuration with its defaults resolved */
  open(configuration: TrainingConfiguration): TrainingTask<Batch>
}

/**
 * A run that trains a model on the batches of a task. Nothing happens before it is awaited or iterated.
 * @throws ConfigurationError when options are wrong or contradict each other; all faults at once
 */
export function trainingRun<Batch>(
  model: Trainable<Batch>,
  source: TrainingSource<Batch>,
  { signal, resume, spentSeconds = 0, ...options }: TrainingOptions = {},
): TrainingRun {
  const configuration = resolved(configurationFor(source, options))
  const gate = new Gate()
  let session: TrainingSession<Batch> | undefined
  async function* iterate(): AsyncGenerator<TrainingEvent, TrainingResult> {
    session = new TrainingSession(model, source.open(configuration), configuration)
    try {
      if (resume) session.restore(resume)
      else session.markRollbackPoint()
      const loop = new TrainingLoop(session, { clock: new TrainingClock(spentSeconds), gate, signal })
      yield* loop.events()
      session.finish()
      return loop.result()
    } finally {
      session.close()
      session = undefined
    }
  }
  const sessionAtEvent = () => {
    if (session) return session
    throw new ConfigurationError('train: a checkpoint is of a run that is at an event; ask for it inside the loop')
  }
  signal?.addEventListener('abort', () => gate.release(), { once: true })
  return {
    [Symbol.asyncIterator]: iterate,
    // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, as the library promises
    then: (resolve, reject) => resultOf(iterate()).then(resolve, reject),
    pause: () => gate.close(),
    resume: () => gate.release(),
    checkpoint: () => sessionAtEvent().checkpoint(),
    modelBytes: async () => sessionAtEvent().modelBytes(),
  }
}

function configurationFor<Batch>(source: TrainingSource<Batch>, options: object): TrainingConfiguration {
  const contradictions = [
    ...trainingContradictions,
    ...contextContradictions({ ...source, metrics: Object.keys(source.metrics) }),
  ]
  return parseConfiguration(trainingSchema, options, 'train', { contradictions })
}

async function resultOf(run: AsyncGenerator<TrainingEvent, TrainingResult>): Promise<TrainingResult> {
  for (;;) {
    const { value, done } = await run.next()
    if (done) return value
  }
}

/** What came of one step. */
interface StepOutcome {
  readonly learningRate: number
  readonly teacherForcing: number
  /** Undefined where the step met a NaN or an infinity. */
  readonly result?: StepResult | undefined
  /** The report of that, and of what was done about it. */
  readonly nonFinite?: string | undefined
  readonly rolledBack: boolean
}

type ValidationFields = Pick<
  TrainingEvent,
  'validation' | 'validationLoss' | 'validationPerplexity' | 'best' | 'nonFinite' | 'samples'
>

const NOT_VALIDATED: ValidationFields = {
  validation: undefined,
  validationLoss: undefined,
  validationPerplexity: undefined,
  best: false,
  nonFinite: undefined,
  samples: undefined,
}

interface LoopControl {
  readonly clock: TrainingClock
  /** Holds a paused run. */
  readonly gate: Gate
  readonly signal: AbortSignal | undefined
}

class TrainingLoop<Batch> {
  /** Infinite under a time limit alone. */
  private readonly maxSteps: number
  private readonly maxSeconds: number
  private tokens = 0
  private readonly evaluations = { count: 0, seconds: 0 }
  private lastEvent: TrainingEvent | undefined
  /** Whether the run has done all that it was to do. */
  private finished: boolean

  constructor(
    private readonly session: TrainingSession<Batch>,
    private readonly control: LoopControl,
  ) {
    const { epochs = Infinity, steps = Infinity, minutes = Infinity, accumulate } = session.configuration
    const { batchesPerEpoch } = session.task.batches
    this.maxSteps = Math.min(steps, Math.ceil((epochs * batchesPerEpoch) / accumulate))
    this.maxSeconds = minutes * 60
    this.finished = this.isBudgetUsed
  }

  async *events(): AsyncGenerator<TrainingEvent, void> {
    const { clock, gate, signal } = this.control
    while (!this.finished && !this.isStopped) {
      const outcome = this.step()
      await platform.pause()
      if (gate.waiting && !signal?.aborted) await clock.wait(gate.waiting)
      const event = await this.eventAfter(outcome)
      if (event) yield event
    }
    // The signal came while the caller handled an event without a checkpoint: what it stopped is saved too.
    const { lastEvent } = this
    if (!this.finished && lastEvent && !lastEvent.checkpoint) yield { ...lastEvent, ...NOT_VALIDATED, checkpoint: true }
  }

  result(): TrainingResult {
    const { session, lastEvent, control } = this
    return {
      steps: session.state.step,
      epochs: session.epoch,
      loss: lastEvent?.loss ?? Number.NaN,
      validationLoss: session.state.lowestLoss ?? undefined,
      seconds: control.clock.all,
      stopped: !this.finished,
      outOfPatience: this.isOutOfPatience,
    }
  }

  /** The share of the run that is done, 0 to 1. */
  private get fraction(): number {
    const ofSteps = this.session.state.step / this.maxSteps
    return Math.min(1, Math.max(ofSteps, this.control.clock.all / this.maxSeconds))
  }

  private get isOutOfPatience(): boolean {
    const { state, configuration } = this.session
    return state.evaluationsSinceBest >= (configuration.patience ?? Infinity)
  }

  /** Whether the steps, the time or the patience of the run are used up. */
  private get isBudgetUsed(): boolean {
    return this.fraction >= 1 || this.isOutOfPatience
  }

  /** Whether it ends before that: by the signal, or at stopAt. */
  private get isStopped(): boolean {
    const { state, configuration } = this.session
    return this.control.signal?.aborted === true || state.step >= (configuration.stopAt ?? Infinity)
  }

  /** One optimizer step; where it meets a NaN or an infinity, what onNan says. */
  private step(): StepOutcome {
    const { session, control } = this
    const minutes = control.clock.all / 60
    const rates = { learningRate: session.learningRate(minutes), teacherForcing: session.teacherForcing }
    try {
      const result = session.step(minutes)
      this.tokens += result.count
      return { ...rates, result, rolledBack: false }
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error
      return { ...rates, ...this.recover(error) }
    }
  }

  /** Skips the failed step or goes back, as onNan says; throws the error where neither helps. */
  private recover(error: NonFiniteError): Pick<StepOutcome, 'nonFinite' | 'rolledBack'> {
    const { session } = this
    if (session.configuration.onNan === 'skip' && !error.inWeights) {
      session.skip()
      return { nonFinite: `${error.message}; the step is skipped`, rolledBack: false }
    }
    if (session.state.rollbacks >= MAX_ROLLBACKS || !session.rollBack()) throw error
    const { step } = session.state
    return { nonFinite: `${error.message}; back to step ${step} with half the learning rate`, rolledBack: true }
  }

  /** Validates and reports, where that is due after this step; else nothing. */
  private async eventAfter(outcome: StepOutcome): Promise<TrainingEvent | undefined> {
    const { session } = this
    const { checkpointEvery, reportEvery } = session.configuration
    const { step } = session.state
    this.finished = this.isBudgetUsed
    // What is due depends on the step alone, not on where the run was stopped: so a resumed run has the same bits.
    const isDue = (every: number) => !outcome.rolledBack && step % every === 0
    const validates = !outcome.rolledBack && session.task.validate !== undefined && this.isValidationDue(step)
    const saves = checkpointEvery ? isDue(checkpointEvery) : validates
    const reports = isDue(reportEvery) || validates || saves
    if (!reports && !outcome.nonFinite && !this.finished && !this.isStopped) return undefined
    const validation = validates ? await this.validated() : NOT_VALIDATED
    if (validates) this.finished = this.isBudgetUsed
    this.lastEvent = {
      ...this.progress(),
      ...validation,
      gradientNorm: outcome.result?.gradientNorm ?? this.lastEvent?.gradientNorm ?? 0,
      learningRate: outcome.learningRate,
      teacherForcing: outcome.teacherForcing,
      checkpoint: saves || validation.best || this.finished || this.isStopped,
      nonFinite:
        [outcome.nonFinite, validation.nonFinite].filter(report => report !== undefined).join('; ') || undefined,
    }
    if (reports) session.resetWindow()
    if (saves) session.markRollbackPoint()
    return this.lastEvent
  }

  /** At the end, and every validateEvery steps; or about 20 times in a run. */
  private isValidationDue(step: number): boolean {
    if (this.finished) return true
    const { validateEvery } = this.session.configuration
    if (validateEvery) return step % validateEvery === 0
    const evaluationsAt = (step: number) => Math.floor((EVALUATIONS * step) / this.maxSteps)
    if (this.maxSeconds === Infinity) return evaluationsAt(step) > evaluationsAt(step - 1)
    const { count, seconds } = this.evaluations
    const withinTime = seconds <= EVALUATION_TIME_SHARE * this.control.clock.seconds
    return withinTime && this.fraction * EVALUATIONS >= count + 1
  }

  /** Validates. Returns the fields of an event that validation gives. */
  private async validated(): Promise<ValidationFields> {
    const { session, evaluations } = this
    const { clock } = this.control
    const from = clock.seconds
    const validation = await session.validate()
    const samples = await session.samples()
    evaluations.count++
    evaluations.seconds += clock.seconds - from
    if (!validation) return { ...NOT_VALIDATED, samples }
    const { metrics, best, nonFinite } = validation
    return {
      validation: metrics,
      validationLoss: metrics.loss,
      validationPerplexity: session.task.isText ? Math.exp(metrics.loss) : undefined,
      ...{ best, nonFinite, samples },
    }
  }

  /** The fields of an event that say how far the run is, and the training losses since the last event. */
  private progress() {
    const { session, lastEvent, maxSteps, tokens } = this
    const { clock } = this.control
    const { step, window, smoothing } = session.state
    const fraction = this.finished ? 1 : this.fraction
    const loss = window.count > 0 ? window.loss / window.count : (lastEvent?.loss ?? Number.NaN)
    const mean = (sum: number) => (window.steps > 0 ? sum / window.steps : 0)
    return {
      step,
      steps: Number.isFinite(maxSteps) ? maxSteps : undefined,
      epoch: session.epoch,
      fraction,
      loss,
      penalizedLoss: loss + mean(window.penalty),
      smoothedLoss: smoothing.weight > 0 ? smoothing.sum / smoothing.weight : loss,
      perplexity: session.task.isText ? Math.exp(loss) : undefined,
      clippedShare: mean(window.clipped),
      tokensPerSecond: tokens / clock.seconds,
      elapsedSeconds: clock.all,
      remainingSeconds: (clock.all / fraction) * (1 - fraction),
    }
  }
}
