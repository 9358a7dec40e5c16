/* A run's folder: what was trained on what, how it went, and the models.
 *
 *     config.yaml         the configuration, every default filled in
 *     environment.json    version, backend, processor, data and seed: what the numbers depend on
 *     metrics.jsonl       one training event a line
 *     best.safetensors    the model that did best on the validation text
 *     last.safetensors    the model as it stands
 *
 * A run is never overwritten: its folder is made, or it is a fault. */
import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigurationError } from '../errors.js'
import { explained, writeFileAtomically } from './files.js'

const CONFIGURATION = 'config.yaml'
const BEST = 'best.safetensors'
const LAST = 'last.safetensors'

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

export class RunFolder {
  private holdsModel = false

  private constructor(readonly path: string) {}

  /** Where the model as it stands is saved. */
  get last(): string {
    return join(this.path, LAST)
  }

  /** Where the model that did best on the validation text is saved. */
  get best(): string {
    return join(this.path, BEST)
  }

  /** @throws ConfigurationError where something stands at the path: known before any work */
  static async checkFree(path: string): Promise<void> {
    if (await exists(path)) throw taken(path)
  }

  /**
   * Makes the folder.
   * @param replace an earlier run at this path goes; anything else that stands there stays, and is a fault
   * @throws ConfigurationError where something stands at the path, or the folder cannot be written
   */
  static async create(path: string, { replace = false } = {}): Promise<RunFolder> {
    if (replace && (await exists(join(path, CONFIGURATION)))) await rm(path, { recursive: true, force: true })
    if (!(await make(path))) throw taken(path)
    return new RunFolder(path)
  }

  /** Makes the first of `parent/prefix-1`, `-2`, … that is free. */
  static async createNext(parent: string, prefix: string): Promise<RunFolder> {
    const names = new Set(await readdir(parent).catch(() => []))
    for (let n = 1; ; n++) {
      const path = join(parent, `${prefix}-${n}`)
      if (!names.has(`${prefix}-${n}`) && (await make(path))) return new RunFolder(path)
    }
  }

  async writeConfiguration(configuration: object): Promise<void> {
    await writeFileAtomically(join(this.path, CONFIGURATION), stringify(configuration))
  }

  async writeEnvironment(environment: object): Promise<void> {
    await writeFileAtomically(join(this.path, 'environment.json'), `${JSON.stringify(environment, undefined, 2)}\n`)
  }

  async appendMetrics(event: object): Promise<void> {
    const path = join(this.path, 'metrics.jsonl')
    await appendFile(path, `${JSON.stringify(event)}\n`).catch(error => {
      throw explained(error, path, 'write')
    })
  }

  /** Saves a model's bytes as the last, and as the best where it is. */
  async saveModel(bytes: Uint8Array, { best }: { best: boolean }): Promise<void> {
    await writeFileAtomically(this.last, bytes)
    this.holdsModel = true
    if (best) await writeFileAtomically(this.best, bytes)
  }

  /** Takes a run back that ended before it had a model. */
  async discard(): Promise<void> {
    if (!this.holdsModel) await rm(this.path, { recursive: true, force: true })
  }
}

/**
 * The model file that a path means: the file itself, or a run folder's best model, else its last.
 * @throws ConfigurationError for a folder without a model
 */
export async function modelFileOf(path: string): Promise<string> {
  const state = await stat(path).catch(() => undefined)
  if (!state?.isDirectory()) return path
  for (const name of [BEST, LAST]) if (await exists(join(path, name))) return join(path, name)
  throw new ConfigurationError(
    `${path}: a run's folder holds ${BEST} or ${LAST}; this one has neither; give a model file or a run's folder`,
  )
}

const taken = (path: string) =>
  new ConfigurationError(`${path}: it exists, and a run is never overwritten; choose another folder or remove this one`)

/** Whether the folder was made, and not there already. */
async function make(path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path)
    return true
  } catch (error) {
    // The parent's EEXIST means that it is a file.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await exists(path))) return false
    throw explained(error, path, 'write', 'folder')
  }
}
