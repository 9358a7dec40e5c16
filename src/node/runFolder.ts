/* A run's folder: what was trained on what, how it went, and the models.
 *
 *     config.yaml         the configuration, every default filled in
 *     environment.json    version, backend, processor, data and seed: what the numbers depend on
 *     metrics.jsonl       one training event a line
 *     best.safetensors    the model that did best on the validation data
 *     last.safetensors    the checkpoint that the run goes on from; a model too, as it stands
 *
 * A run is never overwritten: its folder is made, or it is a fault. Each file but the metrics is replaced as a whole, so
 * that a kill, a power cut or a full disk leaves the old one or the new one; of the metrics the last line may be torn. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigurationError, RecurraError } from '../errors.js'
import { explained } from './files.js'
import {
  appendLine,
  dropTornLine,
  type FileContent,
  type FileOperations,
  fileSystem,
  removeTemporaries,
  writeFileAtomically,
} from './writing.js'

/** The names that a run's folder gives its files. */
export const runFiles = {
  configuration: 'config.yaml',
  environment: 'environment.json',
  metrics: 'metrics.jsonl',
  best: 'best.safetensors',
  last: 'last.safetensors',
} as const

export interface RunFolderOptions {
  /**
   * Told what could not be saved (a full disk), in place of an exception: training goes on, and what was saved before
   * stands. Told once, until that file can be written again. Default: what cannot be saved is thrown.
   */
  readonly onFailedSave?: ((fault: RecurraError) => void) | undefined
  /** Default the operating system's. */
  readonly files?: FileOperations | undefined
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

export class RunFolder {
  private holdsModel = false
  /** What was told of each file that cannot be written. */
  private readonly told = new Map<string, string>()
  private readonly files: FileOperations

  private constructor(
    readonly path: string,
    private readonly options: RunFolderOptions,
  ) {
    this.files = options.files ?? fileSystem
  }

  /** Where the model as it stands is saved. */
  get last(): string {
    return join(this.path, runFiles.last)
  }

  /** Where the model that did best on the validation text is saved. */
  get best(): string {
    return join(this.path, runFiles.best)
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
  static async create(
    path: string,
    { replace = false, ...options }: RunFolderOptions & { replace?: boolean } = {},
  ): Promise<RunFolder> {
    if (replace && (await exists(join(path, runFiles.configuration)))) await rm(path, { recursive: true, force: true })
    if (!(await make(path))) throw taken(path)
    return new RunFolder(path, options)
  }

  /** Makes the first of `parent/prefix-1`, `-2`, … that is free. */
  static async createNext(parent: string, prefix: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    const names = new Set(await readdir(parent).catch(() => []))
    for (let n = 1; ; n++) {
      const path = join(parent, `${prefix}-${n}`)
      if (!names.has(`${prefix}-${n}`) && (await make(path))) return new RunFolder(path, options)
    }
  }

  /**
   * Opens a run that is there, to go on with it, and mends what a kill may have left: temporary files, and a torn last
   * line of the metrics.
   * @throws ConfigurationError where the folder is no run's
   */
  static async open(path: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    if (!(await exists(join(path, runFiles.configuration))))
      throw new ConfigurationError(
        `${path}: a run's folder holds ${runFiles.configuration}; this one does not; give the folder of a run`,
      )
    const run = new RunFolder(path, options)
    run.holdsModel = true
    await removeTemporaries(path, run.files)
    const metrics = join(path, runFiles.metrics)
    if (await exists(metrics)) await dropTornLine(metrics, run.files)
    return run
  }

  async writeConfiguration(configuration: object): Promise<void> {
    await this.write(runFiles.configuration, stringify(configuration))
  }

  /** Says too who works on the run: the process, and the machine that it runs on. */
  async writeEnvironment(environment: object): Promise<void> {
    const whole = { ...environment, process: process.pid, host: hostname() }
    await this.write(runFiles.environment, `${JSON.stringify(whole, undefined, 2)}\n`)
  }

  async appendMetrics(event: object): Promise<void> {
    await this.save(runFiles.metrics, path => appendLine(path, JSON.stringify(event), this.files))
  }

  /**
   * Saves a checkpoint as the last, and before it the model that did best, where that is a new one: so a checkpoint that
   * knows of it never stands without it.
   * @param final whether nothing will be saved after it: then what cannot be saved is thrown in any case
   */
  async saveModel(
    last: Uint8Array,
    { best, final = false }: { best?: Uint8Array | undefined; final?: boolean } = {},
  ): Promise<void> {
    for (const [name, bytes] of [
      [runFiles.best, best],
      [runFiles.last, last],
    ] as const) {
      if (!bytes) continue
      if (final) await this.write(name, bytes)
      else if (!(await this.save(name, () => this.write(name, bytes)))) return
      this.holdsModel = true
    }
  }

  private write(name: string, content: FileContent): Promise<void> {
    return writeFileAtomically(join(this.path, name), content, this.files)
  }

  /** Whether the work was done; if not, it was told. */
  private async save(name: string, work: (path: string) => Promise<void>): Promise<boolean> {
    const { onFailedSave } = this.options
    try {
      await work(join(this.path, name))
      this.told.delete(name)
      return true
    } catch (error) {
      if (!onFailedSave || !(error instanceof RecurraError)) throw error
      if (this.told.get(name) !== error.message) onFailedSave(error)
      this.told.set(name, error.message)
      return false
    }
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
  for (const name of [runFiles.best, runFiles.last]) if (await exists(join(path, name))) return join(path, name)
  throw new ConfigurationError(
    `${path}: a run's folder holds ${runFiles.best} or ${runFiles.last}; this one has neither; give a model file or a run's folder`,
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
