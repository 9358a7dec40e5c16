/* The trainer: a step, and again; a look at validation now and then; a checkpoint. It trains anything that has `parameters`
 * and `loss(batch)`, yields to the event loop between steps, can be paused, and can be left at any time: what it keeps in the
 * heap goes back when it ends, however it ends. Whatever the command line shows is an event of it. */
import { platform } from '#platform'
import { parseConfiguration } from '../configuration.js'
import { ConfigurationError } from '../errors.js'
import type { Trainable } from '../models/shared/trainable.js'
import { BrokenNumbers } from './brokenNumbers.js'
import { Gate, TrainingClock } from './clock.js'
import { type Circumstances, circumstantial, trainingContradictions } from './contradictions.js'
import type { TrainingEvent, TrainingResult, TrainingRun } from './events.js'
import { resolved, type TrainingConfiguration, type TrainingOptions, trainingSchema } from './options.js'
import { TrainingSession } from './session.js'
import { emptyWindow } from './state.js'
import type { StepResult } from './step.js'
import type { MetricModes, TrainingTask } from './trainingTask.js'

const LOOKS = 20
/** Where time is short, looks take no more than this part of it; of a run of steps they are the same on every machine. */
const LOOKING = 0.08
const MOST_ROLLBACKS = 3

/** A task with its data, before the options of a run are known. */
export interface TrainingSource<Batch> extends Omit<Circumstances, 'metrics'> {
  readonly metrics: MetricModes
  /** @param configuration with its defaults resolved */
  open(configuration: TrainingConfiguration): TrainingTask<Batch>
}

/**
 * A run that trains a model on the batches of a task. Nothing happens before it is awaited or iterated.
 * @throws ConfigurationError for options that cannot be, all at once
 */
export function trainingRun<Batch>(
  model: Trainable<Batch>,
  source: TrainingSource<Batch>,
  { signal, resume, spentSeconds = 0, ...options }: TrainingOptions = {},
): TrainingRun {
  const configuration = resolved(configurationFor(source, options))
  const gate = new Gate()
  let session: TrainingSession<Batch> | undefined
  const iterate = () => {
    const open = () => {
      session = new TrainingSession(model, source.open(configuration), configuration)
      return session
    }
    const close = () => {
      session = undefined
    }
    return events({ open, close, gate, signal, resume, spentSeconds })
  }
  const atAnEvent = () => {
    if (session) return session
    throw new ConfigurationError('train: a checkpoint is of a run that is at an event; ask for it inside the loop')
  }
  signal?.addEventListener('abort', () => gate.release(), { once: true })
  return {
    [Symbol.asyncIterator]: iterate,
    // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, as the library promises
    then: (resolve, reject) => finish(iterate()).then(resolve, reject),
    pause: () => gate.close(),
    resume: () => gate.release(),
    checkpoint: () => atAnEvent().checkpoint(),
    modelBytes: async () => atAnEvent().modelBytes(),
  }
}

function configurationFor<Batch>(source: TrainingSource<Batch>, options: object): TrainingConfiguration {
  const contradictions = [
    ...trainingContradictions,
    ...circumstantial({ ...source, metrics: Object.keys(source.metrics) }),
  ]
  return parseConfiguration(trainingSchema, options, 'train', { contradictions })
}

async function finish(run: AsyncGenerator<TrainingEvent, TrainingResult>): Promise<TrainingResult> {
  for (;;) {
    const { value, done } = await run.next()
    if (done) return value
  }
}

interface Run<Batch> {
  readonly open: () => TrainingSession<Batch>
  readonly close: () => void
  readonly gate: Gate
  readonly signal: AbortSignal | undefined
  readonly resume: Uint8Array | undefined
  readonly spentSeconds: number
}

async function* events<Batch>(run: Run<Batch>): AsyncGenerator<TrainingEvent, TrainingResult> {
  const { gate, signal } = run
  const session = run.open()
  try {
    const { task, configuration } = session
    const { epochs = Infinity, steps = Infinity, minutes = Infinity, patience = Infinity, accumulate } = configuration
    const { onNan, stopAt = Infinity, reportEvery, checkpointEvery } = configuration
    const mostSteps = Math.min(steps, Math.ceil((epochs * task.batches.batchesPerEpoch) / accumulate))
    const clock = new TrainingClock(run.spentSeconds)
    if (run.resume) session.restore(run.resume)
    let safe = onNan === 'rollback' ? session.checkpoint() : undefined
    const looks = { done: 0, seconds: 0 }
    let tokens = 0
    const progress = () => Math.min(1, Math.max(session.standing.step / mostSteps, clock.all / (minutes * 60)))
    const bounded = () => progress() >= 1 || session.standing.looksSinceBest >= patience
    const halted = () => signal?.aborted === true || session.standing.step >= stopAt
    /** At fixed steps, or about twenty times in the run. */
    const lookDue = (step: number) => {
      if (configuration.validateEvery) return step % configuration.validateEvery === 0
      if (minutes === Infinity)
        return Math.floor((LOOKS * step) / mostSteps) > Math.floor((LOOKS * (step - 1)) / mostSteps)
      return looks.seconds <= LOOKING * clock.seconds && progress() * LOOKS >= looks.done + 1
    }
    let last: TrainingEvent | undefined
    let ended = bounded()

    while (!ended && !halted()) {
      const minute = clock.all / 60
      const [learningRate, teacherForcing] = [session.learningRate(minute), session.teacherForcing]
      let result: StepResult | undefined
      let broken: string | undefined
      try {
        result = session.step(minute)
        tokens += result.count
      } catch (error) {
        if (!(error instanceof BrokenNumbers)) throw error
        broken = mend(session, error, safe)
      }
      await platform.pause()
      if (gate.waiting && !signal?.aborted) await clock.wait(gate.waiting)

      // What follows is a function of the step alone, whether the run stops here or not: so it resumes to the bit.
      ended = bounded()
      const { step } = session.standing
      const looking = task.validate !== undefined && !broken && (ended || lookDue(step))
      const kept = !broken && (checkpointEvery ? step % checkpointEvery === 0 : looking)
      const reported = !broken && (step % reportEvery === 0 || looking || kept)
      if (!reported && !broken && !ended && !halted()) continue
      const from = clock.seconds
      const looked = looking ? await session.look() : undefined
      const samples = looking ? await session.samples() : undefined
      if (looking) looks.done++
      looks.seconds += clock.seconds - from
      if (looking) ended = bounded()
      const checkpoint = kept || (!broken && (ended || halted()))
      const fraction = ended ? 1 : progress()
      last = {
        step,
        steps: Number.isFinite(mostSteps) ? mostSteps : undefined,
        fraction,
        validationLoss: looked?.metrics.loss,
        validationPerplexity: task.isText && looked ? Math.exp(looked.metrics.loss) : undefined,
        validation: looked?.metrics,
        best: looked?.best === true,
        gradientNorm: result?.gradientNorm ?? last?.gradientNorm ?? 0,
        learningRate,
        teacherForcing,
        tokensPerSecond: tokens / clock.seconds,
        elapsedSeconds: clock.all,
        remainingSeconds: (clock.all / fraction) * (1 - fraction),
        samples,
        checkpoint,
        broken,
        ...measured(session, last),
      }
      if (reported) session.standing = { ...session.standing, window: emptyWindow }
      if (checkpoint && safe) safe = session.checkpoint()
      yield last
    }
    session.finish()
    const { step, leastLoss, looksSinceBest } = session.standing
    return {
      steps: step,
      epochs: session.epoch,
      loss: last?.loss ?? Number.NaN,
      validationLoss: leastLoss ?? undefined,
      seconds: clock.all,
      stopped: !ended,
      outOfPatience: looksSinceBest >= patience,
    }
  } finally {
    session.close()
    run.close()
  }
}

/** What an event tells of the steps since the one before it. */
function measured<Batch>({ standing, task, epoch }: TrainingSession<Batch>, last: TrainingEvent | undefined) {
  const { window, smoothing } = standing
  const loss = window.count > 0 ? window.loss / window.count : (last?.loss ?? Number.NaN)
  const mean = (sum: number) => (window.steps > 0 ? sum / window.steps : 0)
  return {
    epoch,
    loss,
    penalizedLoss: loss + mean(window.penalty),
    smoothedLoss: smoothing.weight > 0 ? smoothing.sum / smoothing.weight : loss,
    perplexity: task.isText ? Math.exp(loss) : undefined,
    clippedShare: mean(window.clipped),
  }
}

/** After a broken step: what was done about it, or the error again. */
function mend<Batch>(session: TrainingSession<Batch>, error: BrokenNumbers, safe: Uint8Array | undefined): string {
  if (session.configuration.onNan === 'skip' && !error.inWeights) {
    session.skip()
    return `${error.message}; the step is skipped`
  }
  const { rollbacks } = session.standing
  if (!safe || rollbacks >= MOST_ROLLBACKS) throw error
  session.restore(safe)
  session.standing = { ...session.standing, rollbacks: rollbacks + 1 }
  return `${error.message}; back to step ${session.standing.step} with half the learning rate`
}
