/* The runs in a folder, read back: what each was, how it went, how it stands, and in what their configurations differ. */
import { readdir, stat } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { ConfigurationError, FileFormatError, RecurraError } from '../errors.js'
import { explained, readTextFile } from './files.js'
import { type Metric, readMetrics } from './metrics.js'
import { runFiles } from './runFolder.js'
import { parseYAML } from './yaml.js'

/** `damaged`: a file of it cannot be read. `stopped`: it has not come to its end, and nobody works on it. */
export type RunState = 'finished' | 'running' | 'stopped' | 'damaged'

export interface RunRecord {
  readonly name: string
  readonly path: string
  readonly state: RunState
  /** What is wrong with a damaged run, in one line. */
  readonly fault: string | undefined
  /** As config.yaml has it; empty where it cannot be read. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** By ascending step; empty where they cannot be read. */
  readonly events: readonly Metric[]
  /** The event with the lowest validation loss. */
  readonly best: Metric | undefined
  readonly last: Metric | undefined
}

/** Reads a run's folder. Throws ConfigurationError where it is none; what is damaged in it is told in the record. */
export async function readRun(path: string): Promise<RunRecord> {
  const names = await namesIn(path)
  if (!isRun(names))
    throw new ConfigurationError(
      `${path}: a run's folder holds ${runFiles.configuration} and ${runFiles.metrics}; this one has neither; give the folder of a run`,
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
  const events = names.includes(runFiles.metrics)
    ? await attempt(() => readMetrics(join(path, runFiles.metrics)), [])
    : []
  const last = events.at(-1)
  return {
    name: path.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, ''),
    path,
    state: faults.length > 0 ? 'damaged' : last?.fraction === 1 ? 'finished' : await stateOf(path),
    fault: faults.length > 0 ? faults.join('; ') : undefined,
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
 * @throws ConfigurationError where the folder cannot be read
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
    key => new Set(read.map(({ configuration }) => JSON.stringify(own(configuration, key)))).size > 1,
  )
}

const own = (values: Readonly<Record<string, unknown>>, key: string) =>
  Object.hasOwn(values, key) ? values[key] : undefined

/** lm-10 after lm-9. */
const byName = new Intl.Collator('en', { numeric: true }).compare

const isRun = (names: readonly string[]) => names.includes(runFiles.configuration) || names.includes(runFiles.metrics)

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(error => {
    throw explained(error, path, 'read', 'folder')
  })
}

async function configurationIn(path: string): Promise<Record<string, unknown>> {
  const file = join(path, runFiles.configuration)
  const text = await readTextFile(file)
  const values = parseYAML(text, file)
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new FileFormatError(`${file}: it must hold keys and values`)
  return values as Record<string, unknown>
}

/** Whether the process that environment.json names still works on the run, on this machine and since it was started. */
async function stateOf(path: string): Promise<'running' | 'stopped'> {
  try {
    const file = join(path, runFiles.environment)
    const { process: pid, host } = JSON.parse(await readTextFile(file)) as Record<string, unknown>
    const sinceStart = (await stat(file)).mtimeMs > Date.now() - uptime() * 1000
    if (typeof pid !== 'number' || !(pid > 0) || host !== hostname() || !sinceStart) return 'stopped'
    process.kill(pid, 0)
    return 'running'
  } catch (error) {
    // A process of another user's is there, and may not be asked.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : 'stopped'
  }
}
