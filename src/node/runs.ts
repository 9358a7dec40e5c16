/* The runs in a folder, read back: what each was, how it went, how it stands, and in what their configurations differ. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError, FileFormatError, RecurraError } from '../errors.js'
import { explained, readTextFile } from './files.js'
import { type Metric, readMetrics } from './metrics.js'
import { RUN_FILES } from './runFolder.js'
import { ownerOf } from './runLock.js'
import { parseYAML } from './yaml.js'

/**
 * `damaged`: a file of it cannot be read. `running`: a process trains it. `finished`: it has come to its end. `stopped`: it
 * has not, and was given back. `dead`: it has not, and the process that trained it ended without giving it back.
 */
export type RunState = 'finished' | 'running' | 'stopped' | 'dead' | 'damaged'

export interface RunRecord {
  readonly name: string
  readonly path: string
  readonly state: RunState
  /** What is wrong with a damaged run, in one line. */
  readonly fault: string | undefined
  /** The process that trains it or, of a dead run, has trained it: `process 12 on host`. */
  readonly owner: string | undefined
  /** How the best model did on the test data, with `steps` and `summary`, where it was measured after the last step. */
  readonly test: Readonly<Record<string, unknown>> | undefined
  /** As config.yaml has it; empty where it cannot be read. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** By ascending step; empty where they cannot be read. */
  readonly events: readonly Metric[]
  /** The event with the lowest validation loss. */
  readonly best: Metric | undefined
  readonly last: Metric | undefined
}

/**
 * Reads a run's folder; what is damaged in it stands in the record.
 * @throws ConfigurationError when it is no run's
 */
export async function readRun(path: string): Promise<RunRecord> {
  const names = await namesIn(path)
  if (!isRun(names))
    throw new ConfigurationError(
      `${path}: a run's folder holds ${RUN_FILES.configuration} and ${RUN_FILES.metrics}; this one has neither; give the folder of a run`,
    )
  const faults: string[] = []
  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RecurraError)) throw error
      faults.push(error.message)
      return otherwise
    }
  }
  const configuration = await attempt(() => configurationIn(path), {})
  const events = names.includes(RUN_FILES.metrics)
    ? await attempt(() => readMetrics(join(path, RUN_FILES.metrics)), [])
    : []
  const test = names.includes(RUN_FILES.test)
    ? await attempt(() => readObject(join(path, RUN_FILES.test)), undefined)
    : undefined
  const owner = await attempt(() => ownerOf(path), undefined)
  const last = events.at(-1)
  const unowned = last?.fraction === 1 ? 'finished' : owner ? 'dead' : 'stopped'
  return {
    name: path.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, ''),
    path,
    state: faults.length > 0 ? 'damaged' : owner?.living ? 'running' : unowned,
    fault: faults.length > 0 ? faults.join('; ') : undefined,
    owner: owner?.name,
    test: Number(test?.steps) >= (last?.step ?? 0) ? test : undefined,
    configuration,
    events,
    best: events.reduce<Metric | undefined>(
      (best, event) => ((event.validationLoss ?? Infinity) < (best?.validationLoss ?? Infinity) ? event : best),
      undefined,
    ),
    last,
  }
}

/**
 * The runs in a folder, the one with the lowest validation loss first, those without one last, by name.
 * @throws ConfigurationError when the folder cannot be read
 */
export async function listRuns(parent = 'runs'): Promise<RunRecord[]> {
  const runs: RunRecord[] = []
  for (const name of (await namesIn(parent)).toSorted(byName)) {
    const path = join(parent, name)
    const folder = await stat(path).catch(() => undefined)
    if (folder?.isDirectory() && isRun(await namesIn(path))) runs.push(await readRun(path))
  }
  const loss = ({ best }: RunRecord) => best?.validationLoss ?? Infinity
  // Infinity − Infinity is no number; the order by name stays.
  return runs.toSorted((a, b) => loss(a) - loss(b) || 0)
}

/** The keys in which the configurations of some runs differ, in the order in which they stand there. */
export function differingKeys(runs: readonly Pick<RunRecord, 'configuration' | 'state'>[]): string[] {
  const read = runs.filter(({ configuration }) => Object.keys(configuration).length > 0)
  const keys = new Set(read.flatMap(({ configuration }) => Object.keys(configuration)))
  return [...keys].filter(
    key => new Set(read.map(({ configuration }) => JSON.stringify(settingOf(configuration, key)))).size > 1,
  )
}

const settingOf = (values: Readonly<Record<string, unknown>>, key: string) =>
  Object.hasOwn(values, key) ? values[key] : undefined

/** lm-10 after lm-9. */
const byName = new Intl.Collator('en', { numeric: true }).compare

const isRun = (names: readonly string[]) => names.includes(RUN_FILES.configuration) || names.includes(RUN_FILES.metrics)

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(error => {
    throw explained(error, path, 'read', 'folder')
  })
}

async function configurationIn(path: string): Promise<Record<string, unknown>> {
  const file = join(path, RUN_FILES.configuration)
  const text = await readTextFile(file)
  const values = parseYAML(text, file)
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new FileFormatError(`${file}: it must hold keys and values`)
  return values as Record<string, unknown>
}

/**
 * The environment of a run: what its numbers depend on.
 * @throws ConfigurationError when the file cannot be read, FileFormatError when it is no JSON object
 */
export const readEnvironment = (path: string): Promise<Readonly<Record<string, unknown>>> =>
  readObject(join(path, RUN_FILES.environment))

/** In bytes: a confusion matrix of 300 labels. */
const LONGEST_OBJECT = 2 ** 20

async function readObject(file: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readTextFile(file, { maxBytes: LONGEST_OBJECT })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FileFormatError(`${file}: it must be a JSON object; it is not JSON; remove the file`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FileFormatError(
      `${file}: it must be a JSON object; got ${Array.isArray(value) ? 'a list' : String(value)}`,
    )
  return value as Record<string, unknown>
}
