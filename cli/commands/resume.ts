/* recurra resume RUN: goes on with a run as if it had never stopped, or longer than it was to go. */
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import {
  ConfigurationError,
  type Contradiction,
  checkpointStep,
  dashed,
  FileFormatError,
  openEngine,
  parseConfiguration,
  picked,
  RecurraError,
  readSafetensors,
  type Task,
  trainingSchema,
} from '../../src/index.js'
import { fileReader, RUN_FILES, RunFolder, readEnvironment, readFileBytes, readRun } from '../../src/node/index.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { isPathKey, shortPath, withShortPaths } from '../flags/dataPaths.js'
import { addFlags, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { runSchema } from '../flags/runFlags.js'
import { TrainingProgress } from '../output/progress.js'
import { report } from '../output/report.js'
import { backendLine, checkRunFlags, reportOutcome, sha256Of, trainInFolder } from './trainingSession.js'

type Values = Readonly<Record<string, unknown>>

/** What a resumed run may have otherwise: how long it goes on, and how often it is looked at. */
const { epochs, steps, minutes, stopAt, patience, reportEvery, checkpointEvery, samples, onNan } = trainingSchema.shape
const free = { epochs, steps, minutes, stopAt, patience, reportEvery, checkpointEvery, samples, onNan }

/** Where its files are may have changed; what they hold may not. */
const isMovable = (key: string) => isPathKey(key) && key !== 'embedding'

const isFree = (key: string) => key in free || isMovable(key)

const goingOn = z.strictObject({
  wait: z
    .boolean()
    .default(false)
    .describe('while another process trains the run, waits for its end (default: refuses)'),
  takeOver: z
    .boolean()
    .default(false)
    .describe(
      'takes the run from a process that trains it, which ends at its next save; from a dead one it is always taken',
    ),
  ...runSchema.shape,
})

export function resumeCommand(tasks: readonly Task[]): Command {
  /** All keys of a run's configuration: a flag that would change what it must keep is refused by name, with its value. */
  const shapes: z.ZodRawShape[] = tasks.map(task => task.schema.shape)
  const kept = z.strictObject(Object.assign({}, ...shapes)).partial()
  const schema = z.strictObject({ ...kept.shape, ...z.strictObject(free).partial().shape, ...goingOn.shape })
  const command = new Command('resume')
    .description('goes on with a run that was stopped or killed, to the same end; or longer, with --steps')
    .argument('<RUN>', 'the folder of a run')
  addFlags(command, schema)
  for (const option of command.options) {
    const key = option.attributeName()
    if (key in kept.shape && !isFree(key) && key !== 'data') option.hideHelp()
    if (key === 'data') option.description = 'where the data are, if they have moved (default: as config.yaml says)'
  }
  return command.action(async (path: string) => {
    const typed = givenFlags(command)
    const { values } = await openRun(path, tasks)
    const flags: Values = readFlags(command, schema, { contradictions: keeping(kept, values, typed) })
    const { wait, takeOver, ...run } = goingOn.parse(picked(goingOn, flags))
    const folder = await RunFolder.open(path, {
      ...{ wait, takeOver },
      onNote: line => report(`${line}\n`),
    })
    try {
      const changed = Object.fromEntries(Object.entries(flags).filter(([key]) => key in typed && isFree(key)))
      await goOn(folder, tasks, changed, run)
    } finally {
      await folder.close()
    }
  })
}

/** @param changed what the run has otherwise from here on */
async function goOn(
  folder: RunFolder,
  tasks: readonly Task[],
  changed: Values,
  flags: z.output<typeof runSchema>,
): Promise<void> {
  const { path } = folder
  // Read once more: until the folder was open, another process may have gone on with it.
  const run = await openRun(path, tasks)
  const { task } = run
  checkRunFlags('resume', task, flags)
  const moved = Object.entries(changed).filter(([key]) => isMovable(key))
  const values: Values = { ...run.values, ...Object.fromEntries(moved) }
  // A run that was bounded by one thing is lengthened by another: the old bound goes.
  const bounds = ['epochs', 'steps', 'minutes']
  const bounded = bounds.some(key => key in changed) ? Object.fromEntries(bounds.map(key => [key, undefined])) : {}
  const training = picked(trainingSchema, { ...values, ...bounded, ...changed })
  const source = await readData(path, task, values, run.configuration)
  if (sha256Of(source) !== run.dataSha256)
    throw new ConfigurationError(
      `${path}: its data, ${source.name}, are not what it began with; give that file again (--data), or train anew`,
    )
  const engine = await openEngine(engineOptionsOf(flags))
  const progress = new TrainingProgress(task.throughputUnit(values))
  progress.note(backendLine(engine))
  if (run.instructionSet !== engine.backend.instructionSet)
    progress.note(`the run began on ${run.instructionSet}: from here on its bits are not those of a run on that alone`)
  const model = await source.load(join(path, RUN_FILES.last), { engine })
  const outcome = await trainInFolder({
    ...{ task, values, source, model, progress, flags },
    training: trainingSchema.parse(training),
    makeFolder: async () => folder,
    resume: run,
  })
  await reportOutcome(outcome, flags)
}

/**
 * @param stored as config.yaml has them
 * @throws ConfigurationError when a file of the run is not where it was
 */
async function readData(path: string, task: Task, values: Values, stored: Values) {
  try {
    return await task.read(values, fileReader)
  } catch (error) {
    const isLost = (file: unknown) => typeof file === 'string' && isAbsolute(file) && !existsSync(file)
    const missing = Object.keys(stored).find(
      key => isMovable(key) && isLost(stored[key]) && shortPath(String(stored[key])) === values[key],
    )
    if (missing === undefined) throw error
    throw new ConfigurationError(
      `${path}: ${values[missing]}, which it was trained on, is not there; say where it is with --${dashed(missing)}`,
      { cause: error },
    )
  }
}

/** Keys that must stay: a rule for each that is given and is another. */
function keeping(kept: z.ZodObject, values: Values, typed: Values): Contradiction[] {
  return Object.keys(kept.shape)
    .filter(key => key in typed && !isFree(key))
    .map(key => ({
      keys: [key],
      wanted: now =>
        JSON.stringify(now[key]) === JSON.stringify(values[key])
          ? undefined
          : `a resumed run keeps its own, ${JSON.stringify(values[key]) ?? 'none'}; leave it out`,
    }))
}

/** What stands in a run's folder, read and checked. */
async function openRun(path: string, tasks: readonly Task[]) {
  const { configuration, events, fault } = await readRun(path).catch(error => {
    throw error instanceof RecurraError ? new UsageError(error.message, { cause: error }) : error
  })
  if (fault) throw new FileFormatError(fault)
  const last = join(path, RUN_FILES.last)
  if (!existsSync(last))
    throw new ConfigurationError(`${path}: the run ended before its first checkpoint; remove the folder and train anew`)
  const checkpoint = await readFileBytes(last)
  const { metadata } = readSafetensors(checkpoint, last, { requireChecksum: true })
  const task = tasks.find(({ name }) => name === metadata['recurra.task'])
  if (!task) throw new FileFormatError(`${last}: no task of recurra train; it holds a ${metadata['recurra.task']}`)
  const file = join(path, RUN_FILES.configuration)
  const values = withShortPaths(parseConfiguration(task.schema, configuration, file))
  if (values.data === '-')
    throw new ConfigurationError(`${path}: it was trained on standard input, which is gone; train anew on a file`)
  const { dataSha256, instructionSet } = await readEnvironment(path)
  if (typeof dataSha256 !== 'string' || typeof instructionSet !== 'string')
    throw new FileFormatError(
      `${join(path, RUN_FILES.environment)}: it must hold dataSha256 and instructionSet as texts; train anew`,
    )
  const step = checkpointStep(metadata, last)
  const done = events.filter(event => event.step <= step)
  return {
    ...{ task, values, configuration, checkpoint, dataSha256, instructionSet },
    events: done,
    spentSeconds: done.at(-1)?.elapsedSeconds ?? 0,
  }
}
