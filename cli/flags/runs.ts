/* The configuration of a run, where a path is a run's folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FileFormatError, parseConfiguration, type Task } from '../../src/index.js'
import { type RunRecord, readRun } from '../../src/node/index.js'
import { withShortPaths } from './dataPaths.js'

/** A run, and its configuration as its task has it. */
export interface TaskRun {
  readonly run: RunRecord
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * The run at a path; undefined where the path is a file or a folder without a configuration.
 * @throws FileFormatError, ConfigurationError for a run that is damaged
 */
export async function runAt(path: string, task: Task): Promise<TaskRun | undefined> {
  const file = join(path, 'config.yaml')
  if (!existsSync(file)) return undefined
  const run = await readRun(path)
  if (run.fault) throw new FileFormatError(run.fault)
  return { run, values: withShortPaths(parseConfiguration(task.schema, run.configuration, file)) }
}
