/* What `recurra doctor` examines, from its arguments: a trained model with the configuration of its run, or a new model that a
 * configuration means; and the data, split as training splits them. */

import { basename } from 'node:path'
import type { Command } from 'commander'
import { type Engine, type Probe, parseConfiguration, picked, type Task, trainingSchema } from '../../src/index.js'
import { fileReader } from '../../src/node/index.js'
import { readConfiguration } from '../flags/configurationFile.js'
import { withShortPaths } from '../flags/dataPaths.js'
import { asUsage, flagOf, UsageError } from '../flags/flags.js'
import { findModel } from '../flags/models.js'
import { runAt } from '../flags/runs.js'

export interface DoctorInput {
  /** A model file or the folder of a run; none where a configuration is examined. */
  readonly model: string | undefined
  readonly config: string | undefined
  /** Default what the configuration says. */
  readonly data: string | undefined
  /** Of a configuration. */
  readonly task: Task
}

/** What is examined, its engine's to close. */
export interface Examined {
  readonly probe: Probe<unknown>
  /** What is examined, and on what. */
  readonly line: string
}

/**
 * @param command whose flags these are, and `tasks`, those of the program
 * @throws UsageError where something is missing, FileFormatError for a file that is no such model
 */
export async function examined(
  command: Command,
  tasks: readonly Task[],
  { model, config, data: given, task: named }: DoctorInput,
  engine: Engine,
): Promise<Examined> {
  const found = model === undefined ? undefined : await findModel(command, model, tasks)
  const task = found?.kind ?? named
  const run = model === undefined ? undefined : await runAt(model, task)
  const { schema, contradictions } = task
  const file = config === undefined ? undefined : await readConfiguration(config, schema)
  const where = file?.path ?? model ?? 'doctor'
  const configured = (file?.values ?? run?.run.configuration ?? {}) as Readonly<Record<string, unknown>>
  const own = withShortPaths(await asUsage(() => parseConfiguration(schema, configured, where, { contradictions })))
  const others = Object.fromEntries(task.otherDataKeys.map(key => [key, undefined]))
  const values = given === undefined ? own : { ...own, ...others, data: given }
  const data = values.data as string | undefined
  const implied = Object.entries(task.implied(data, fileReader)).filter(([key]) => !(key in configured))
  const all = { ...values, ...Object.fromEntries(implied) }
  const faults = task.faults(all, fileReader, flagOf)
  if (faults.length > 0 || data === '-')
    throw new UsageError('doctor: FILE is missing; give the data that it is, or is to be, trained on')
  const source = await task.read(all, fileReader)
  const opened = found
    ? await source.load(found.file, { engine })
    : await asUsage(() => source.create({ flags: {}, engine, note: () => {} }))
  const history = run?.run.events.flatMap(({ validationLoss }) =>
    validationLoss === undefined ? [] : [validationLoss],
  )
  const training = trainingSchema.parse(picked(trainingSchema, all))
  const probe = opened.probe({ training, trained: found !== undefined, history })
  const unknown = model !== undefined && !run && !file
  return {
    probe,
    line: `${basename(model ?? file?.path ?? 'a new model')}: ${task.name}, ${probe.name}, on ${source.name}${unknown ? '; how it was trained is not known (give --config): defaults are taken' : ''}`,
  }
}
