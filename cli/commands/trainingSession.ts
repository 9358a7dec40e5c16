/* One run of training on the command line, in its folder, from an open model to the best one measured on the test data: what
 * `recurra train`, `recurra resume` and the quickstart share. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import type { z } from 'zod'
import {
  type Engine,
  type LoadedData,
  type ModelWithData,
  picked,
  type RecurraError,
  type Sample,
  type Task,
  type TaskModel,
  type TestReport,
  type TrainingConfiguration,
  type TrainingEvent,
  type TrainingResult,
  type TrainingRun,
} from '../../src/index.js'
import { decimals, type WatchedLayer, whole } from '../../src/inspection/index.js'
import { type RunFolder, type RunFolderOptions, TensorBoardWriter } from '../../src/node/index.js'
import { resolved } from '../../src/training/options.js'
import { withAbsolutePaths } from '../flags/dataPaths.js'
import { UsageError } from '../flags/flags.js'
import type { runSchema } from '../flags/runFlags.js'
import { STOPPED, watchInterrupt } from '../output/interrupt.js'
import { write } from '../output/output.js'
import type { TrainingProgress } from '../output/progress.js'
import { report } from '../output/report.js'
import { type LossEvent, lossCurve } from './runs.js'

export const version: string = createRequire(import.meta.url)('recurra/package.json').version

export interface Session<Model extends TaskModel> {
  readonly task: Task
  /** The run's configuration. */
  readonly values: Readonly<Record<string, unknown>>
  readonly source: LoadedData<Model>
  /** Closed when training fails; else its memory goes on in the outcome's. */
  readonly model: ModelWithData<Model>
  readonly training: TrainingConfiguration
  readonly progress: TrainingProgress
  readonly flags: Pick<z.output<typeof runSchema>, 'tensorboard' | 'onFailedSave' | 'watchGradients'>
  /** Makes the run's folder, when all else is known to work; or opens the one that is there. */
  readonly makeFolder: (options: RunFolderOptions) => Promise<RunFolder>
  /** Where it goes on from. */
  readonly resume?: {
    readonly checkpoint: Uint8Array
    readonly spentSeconds: number
    readonly events: readonly LossEvent[]
  }
  /** Called after every event, with the bar running. */
  readonly onEvent?: (model: Model, event: TrainingEvent, progress: TrainingProgress) => Promise<void>
}

export interface Outcome<Model extends TaskModel> {
  readonly run: RunFolder
  readonly result: TrainingResult
  /** The best model, open, on its own engine. */
  readonly model: ModelWithData<Model>
  /** Of that model on the test data; undefined if the run was stopped. */
  readonly test: TestReport | undefined
  /** All events, those of an earlier part of the run among them. */
  readonly events: readonly LossEvent[]
}

/** @throws UsageError for a flag that the task has no use for */
export function checkRunFlags(
  verb: string,
  { name, watchesGradients }: Task,
  { watchGradients }: Pick<z.output<typeof runSchema>, 'watchGradients'>,
): void {
  if (watchGradients && !watchesGradients)
    throw new UsageError(`${verb}: --watch-gradients is not for a ${name}; leave it out`)
}

export const backendLine = ({ description, reason }: Engine) => `backend: ${description}${reason ? ` (${reason})` : ''}`

/** Trains, keeps the run's folder up to date, and measures the best model on the test data. */
export async function trainInFolder<Model extends TaskModel>(session: Session<Model>): Promise<Outcome<Model>> {
  const { task, values, source, model, training, progress, flags, resume } = session
  const { engine } = model.model
  progress.note(model.line)
  progress.note(source.line)
  const onFailedSave = (fault: RecurraError) => progress.note(`${fault.message}; training goes on`)
  const saving = flags.onFailedSave === 'continue' ? { onFailedSave } : {}
  const run = await session.makeFolder(saving)
  run.onFailedSave = saving.onFailedSave
  const interrupt = watchInterrupt(() => progress.note('stopping after this step; Ctrl-C again ends at once'))
  const { signal } = interrupt
  const events: LossEvent[] = [...(resume?.events ?? [])]
  let board: TensorBoardWriter | undefined
  try {
    const configuration = { ...withAbsolutePaths(values), ...resolved(training), stopAt: undefined }
    await run.writeConfiguration(picked(task.schema, configuration))
    await run.writeEnvironment(environment(engine, source, training))
    board = flags.tensorboard ? await TensorBoardWriter.create(run.path, saving) : undefined
    progress.start()
    const steps = model.train({
      ...{ ...training, signal, resume: resume?.checkpoint, spentSeconds: resume?.spentSeconds },
    })
    const result = await followed(steps, async event => {
      events.push(event)
      const gradients = flags.watchGradients && event.validation ? model.gradients() : undefined
      await run.appendMetrics({ ...event, gradients })
      if (board) await writeScalars(board, event, gradients)
      if (event.checkpoint) {
        const final = event.fraction === 1 || signal.aborted || event.step === training.stopAt
        await run.saveModel(steps.checkpoint(), { best: event.best ? await steps.modelBytes() : undefined, final })
      }
      progress.show(event)
      await session.onEvent?.(model.model, event, progress)
    })
    progress.stop()
    const best = await bestOf(session, run, result)
    const test = result.stopped ? undefined : await best.test(signal)
    if (test && !signal.aborted) await run.writeTest(result.steps, { summary: test.lines, ...test.record })
    const stopped = result.stopped || signal.aborted
    if (stopped) {
      progress.note(`stopped after step ${result.steps}; saved ${run.last}; go on with: recurra resume ${run.path}`)
      if (signal.aborted) process.exitCode = STOPPED
    }
    return { run, result: { ...result, stopped }, model: best, test: signal.aborted ? undefined : test, events }
  } catch (error) {
    progress.stop()
    await run.discard()
    throw error
  } finally {
    await board?.close()
    await run.close()
    interrupt.release()
  }
}

/** Hands each event on, and waits for what is done with it. */
async function followed(run: TrainingRun, onEvent: (event: TrainingEvent) => Promise<void>): Promise<TrainingResult> {
  const events = run[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await events.next()
      if (done) return value
      await onEvent(value)
    }
  } finally {
    await events.return?.()
  }
}

const environment = (engine: Engine, source: LoadedData, { seed }: TrainingConfiguration) => ({
  version,
  backend: engine.description,
  reason: engine.reason || undefined,
  instructionSet: engine.backend.instructionSet,
  threads: engine.backend.threads,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  processor: cpus()[0]?.model,
  data: source.name,
  dataSha256: sha256Of(source),
  seed,
})

/** Of all data that are trained, validated and tested on. */
export function sha256Of(source: LoadedData): string {
  const hash = createHash('sha256')
  for (const chunk of source.content()) hash.update(chunk)
  return hash.digest('hex')
}

/** The model that `recurra generate` will take from the run's folder. */
async function bestOf<Model extends TaskModel>(
  { source, model }: Session<Model>,
  run: RunFolder,
  result: TrainingResult,
): Promise<ModelWithData<Model>> {
  const there = await stat(run.best).then(
    state => state.isFile(),
    () => false,
  )
  if (!there || result.stopped) return model
  const { engine } = model.model
  model.model.close()
  return source.load(run.best, { engine })
}

async function writeScalars(
  board: TensorBoardWriter,
  event: TrainingEvent,
  gradients: readonly WatchedLayer[] = [],
): Promise<void> {
  const { step, samples } = event
  const scalars = {
    'loss/training': event.loss,
    'loss/smoothed': event.smoothedLoss,
    'loss/penalized': event.penalizedLoss,
    'gradient/norm': event.gradientNorm,
    'gradient/clipped share': event.clippedShare,
    'schedule/learning rate': event.learningRate,
    'schedule/teacher forcing': event.teacherForcing,
    'speed/tokens per second': event.tokensPerSecond,
  }
  for (const [tag, value] of Object.entries(scalars)) await board.scalar(tag, step, value)
  for (const [name, value] of Object.entries(event.validation ?? {}))
    await board.scalar(name === 'loss' ? 'loss/validation' : `validation/${name}`, step, value)
  for (const { layer, reverse, halfLife } of gradients)
    if (halfLife !== null)
      await board.scalar(`gradient/half-life, layer ${layer}${reverse ? ' backward' : ''}`, step, halfLife)
  if (samples?.length) await board.text('examples', step, samples.map(quoted).join('\n\n'))
}

const quoted = ({ input, target, output }: Sample) => `    ${input}\n    → ${output}\n    (${target})`

/** Reports how a run ended, on standard output what belongs there, and closes the model. */
export async function reportOutcome<Model extends TaskModel>(
  { run, result, model: { model }, test, events }: Outcome<Model>,
  { json }: { readonly json: boolean },
): Promise<void> {
  try {
    if (json) {
      const { description } = model.engine
      const facts = { run: run.path, backend: description, parameters: model.parameterCount }
      await write(`${JSON.stringify({ ...facts, ...result, test: test?.record })}\n`)
      return
    }
    if (process.stderr.isTTY) report(lossCurve(events, process.stderr))
    report(`${resultLine(result)}\n`)
    await write(`${run.path}: ${test ? `test ${test.lines}` : 'stopped'}\n`)
  } finally {
    model.close()
    model.engine.close()
  }
}

/** How training went, in one line. */
export const resultLine = ({ steps, epochs, loss, validationLoss, seconds, outOfPatience }: TrainingResult): string =>
  `${whole(steps)} steps (${decimals(epochs, 2)} epochs) in ${decimals(seconds, 1)} s: training loss ${decimals(loss)}${
    validationLoss === undefined ? '' : `, best validation loss ${decimals(validationLoss)}`
  }${outOfPatience ? '; patience ended it' : ''}`
