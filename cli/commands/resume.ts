/* recurra resume RUN: goes on with a run as if it had never stopped, or longer than it was to go. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { type Contradiction, parseConfiguration } from '../../src/configuration.js'
import { ConfigurationError, FileFormatError, RecurraError } from '../../src/errors.js'
import { readSafetensors } from '../../src/formats/safetensors.js'
import { openEngine, trainingSchema } from '../../src/index.js'
import { readFileBytes, readTextFile } from '../../src/node/files.js'
import { RunFolder, readRun } from '../../src/node/index.js'
import { runFiles } from '../../src/node/runFolder.js'
import { checkpointStep } from '../../src/training/checkpoint.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { addFlags, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { TrainingProgress } from '../output/progress.js'
import { classifyTask } from './trainClassify.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, type TrainedModel, type TrainingTask } from './trainingTask.js'
import { lmTask } from './trainLm.js'
import { regressTask } from './trainRegress.js'
import { tagTask } from './trainTag.js'
import { translateTask } from './trainTranslate.js'

const tasks = [lmTask, classifyTask, tagTask, translateTask, regressTask] as unknown as readonly TrainingTask<
  TrainedModel,
  unknown,
  RunValues
>[]

/** Of every kind of run, what this file looks at. */
type RunValues = { readonly data?: string; readonly seed: number } & Record<string, unknown>

/** What a resumed run may have otherwise: how long it goes on, and how often it is looked at. */
const { epochs, steps, minutes, stopAt, patience, reportEvery, checkpointEvery, samples, onNan } = trainingSchema.shape
const free = { epochs, steps, minutes, stopAt, patience, reportEvery, checkpointEvery, samples, onNan }

/** All that a run may have been given: what it must keep is refused by name, with what it has. */
const kept = z
  .strictObject(Object.assign({}, ...tasks.map(({ fileSchema }) => fileSchema.shape)) as z.ZodRawShape)
  .partial()

const schema = z.strictObject({ ...kept.shape, ...z.strictObject(free).partial().shape, ...runSchema.shape })

export function resumeCommand(): Command {
  const command = new Command('resume')
    .description('goes on with a run that was stopped or killed, to the same end; or longer, with --steps')
    .argument('<RUN>', 'the folder of a run')
  addFlags(command, schema)
  for (const option of command.options)
    if (option.attributeName() in kept.shape && !(option.attributeName() in free)) option.hideHelp()
  return command.action(async (path: string) => {
    const run = await openRun(path)
    const { task, values } = run
    const given = givenFlags(command)
    const flags = readFlags(command, schema, { contradictions: keeping(values, given) })
    const changed = Object.fromEntries(
      Object.keys(free).flatMap(key => (key in given ? [[key, flags[key as never]]] : [])),
    )
    // A run that was bounded by one thing is lengthened by another: the old bound goes.
    const bounds = ['epochs', 'steps', 'minutes']
    const bounded = bounds.some(key => key in changed) ? Object.fromEntries(bounds.map(key => [key, undefined])) : {}
    const training = picked(trainingSchema, { ...values, ...bounded, ...changed })
    const source = await task.read(values)
    if (source.sha256 !== run.dataSha256)
      throw new ConfigurationError(
        `${path}: its data, ${source.name}, are not what it began with; give that file again, or train anew`,
      )
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(task.counted(values))
    progress.note(backendLine(engine))
    if (run.instructionSet !== engine.backend.instructionSet)
      progress.note(
        `the run began on ${run.instructionSet}: from here on its bits are not those of a run on that alone`,
      )
    const model = await task.load(join(path, runFiles.last), engine)
    const outcome = await trainInFolder(task, {
      ...{ values, source, model, progress, flags },
      training: trainingSchema.parse(training),
      makeFolder: options => RunFolder.open(path, options),
      resume: run,
    })
    await tellOutcome(outcome, flags)
  })
}

/** Keys that must stay: a rule for each that is given and is another. */
function keeping(values: RunValues, given: Record<string, unknown>): Contradiction[] {
  return Object.keys(kept.shape)
    .filter(key => key in given && !(key in free))
    .map(key => ({
      keys: [key],
      wanted: now =>
        JSON.stringify(now[key]) === JSON.stringify(values[key])
          ? undefined
          : `a resumed run keeps its own, ${JSON.stringify(values[key]) ?? 'none'}; leave it out`,
    }))
}

/** What stands in a run's folder, read and checked. */
async function openRun(path: string) {
  const { configuration, events, fault } = await readRun(path).catch(error => {
    throw error instanceof RecurraError ? new UsageError(error.message, { cause: error }) : error
  })
  if (fault) throw new FileFormatError(fault)
  const last = join(path, runFiles.last)
  if (!existsSync(last))
    throw new ConfigurationError(`${path}: the run ended before its first checkpoint; remove the folder and train anew`)
  const checkpoint = await readFileBytes(last)
  const { metadata } = readSafetensors(checkpoint, last, { requireChecksum: true })
  const task = tasks.find(each => each.task === metadata['recurra.task'])
  if (!task) throw new FileFormatError(`${last}: no task of recurra train; it holds a ${metadata['recurra.task']}`)
  const values = parseConfiguration(task.fileSchema, configuration, join(path, runFiles.configuration)) as RunValues
  if (values.data === '-')
    throw new ConfigurationError(`${path}: it was trained on standard input, which is gone; train anew on a file`)
  const environment = parsed(await readTextFile(join(path, runFiles.environment)), path)
  const step = checkpointStep(metadata, last)
  const done = events.filter(event => event.step <= step)
  return {
    ...{ task, values, checkpoint },
    dataSha256: String(environment.dataSha256),
    instructionSet: String(environment.instructionSet),
    events: done,
    spentSeconds: done.at(-1)?.elapsedSeconds ?? 0,
  }
}

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FileFormatError(`${join(path, runFiles.environment)}: it must be JSON; mend it, or train anew`, {
      cause: error,
    })
  }
}
