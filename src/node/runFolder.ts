/* A run's folder: what was trained on what, how it went, and the models.
 *
 *     config.yaml         the configuration, every default filled in
 *     environment.json    version, backend, processor, data and seed: what the numbers depend on
 *     metrics.jsonl       one training event a line
 *     best.safetensors    the model that did best on the validation data
 *     last.safetensors    the checkpoint that the run goes on from; a model too, as it stands
 *     test.json           how the best model did on the test data, once training is done
 *     .lock/              who writes to the run: one process at a time (runLock.ts)
 *
 * A run is never overwritten: its folder is made, or it is a fault. Each file but the metrics is replaced as a whole, so
 * that a kill, a power cut or a full disk leaves the old one or the new one; of the metrics the last line may be torn. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigurationError, RecurraError } from '../errors.js'
import { explained, readFileBytes } from './files.js'
import { RunLock, type RunLockOptions, RunTakenError } from './runLock.js'
import {
  appendLine,
  checkWritable,
  dropTornLine,
  type FileContent,
  type FileOperations,
  fileSystem,
  makeFolders,
  removeTemporaries,
  writeFileAtomically,
} from './writing.js'

/** The names that a run's folder gives its files. */
export const RUN_FILES = {
  configuration: 'config.yaml',
  environment: 'environment.json',
  metrics: 'metrics.jsonl',
  best: 'best.safetensors',
  last: 'last.safetensors',
  test: 'test.json',
} as const

export interface RunFolderOptions extends Pick<RunLockOptions, 'onNote' | 'timing'> {
  /**
   * Told what could not be saved (a full disk), in place of an exception: training goes on, and what was saved before
   * stands. Told once, until that file can be written again. Default: what cannot be saved is thrown.
   */
  readonly onFailedSave?: ((fault: RecurraError) => void) | undefined
  /** Default the operating system's. */
  readonly files?: FileOperations | undefined
}

/** Of a run that another process may own. */
export type OpenRunOptions = RunFolderOptions & Pick<RunLockOptions, 'wait' | 'takeOver' | 'signal'>

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A run's folder, open for writing; this process is the only one that writes to it until `close`. */
export class RunFolder {
  /** As the option of the same name. */
  onFailedSave: RunFolderOptions['onFailedSave']
  private holdsModel = false
  /** The last fault of each file that cannot be written: it is reported once. */
  private readonly reported = new Map<string, string>()
  private readonly files: FileOperations

  private constructor(
    readonly path: string,
    private readonly lock: RunLock,
    { onFailedSave, files = fileSystem }: RunFolderOptions,
  ) {
    this.onFailedSave = onFailedSave
    this.files = files
  }

  /** Where the model as it stands is saved. */
  get last(): string {
    return join(this.path, RUN_FILES.last)
  }

  /** Where the model that did best on the validation text is saved. */
  get best(): string {
    return join(this.path, RUN_FILES.best)
  }

  /** @throws ConfigurationError when something stands at the path, or no folder can be made there: known before any work */
  static async checkFree(path: string): Promise<void> {
    if (await exists(path)) throw await occupied(path)
    await checkWritable(path, 'folder')
  }

  /** @throws ConfigurationError when no folder can be made in this one: known before any work */
  static async checkParent(parent: string): Promise<void> {
    await checkWritable(join(parent, 'run'), 'folder')
  }

  /**
   * Makes the folder.
   * @param replace an earlier run at this path is removed, if nobody trains it; anything else that stands there stays, and
   * is a fault
   * @throws ConfigurationError when something stands at the path, or the folder cannot be written
   */
  static async create(
    path: string,
    { replace = false, ...options }: RunFolderOptions & { replace?: boolean } = {},
  ): Promise<RunFolder> {
    if (replace && (await exists(join(path, RUN_FILES.configuration)))) {
      const lock = await RunLock.acquire(path, options)
      await rm(path, { recursive: true, force: true })
      await lock.release()
    }
    if (!(await make(path))) throw await occupied(path)
    return RunFolder.owned(path, options)
  }

  /**
   * Makes the first of `parent/prefix-1`, `-2`, … that is free.
   * @throws ConfigurationError when the folder cannot be written
   */
  static async createNext(parent: string, prefix: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    const names = new Set(await readdir(parent).catch(() => []))
    for (let n = 1; ; n++) {
      const path = join(parent, `${prefix}-${n}`)
      if (!names.has(`${prefix}-${n}`) && (await make(path))) return RunFolder.owned(path, options)
    }
  }

  /**
   * Opens a run that is there, to go on with it, and mends what a kill may have left: temporary files, and a torn last
   * line of the metrics.
   * @throws ConfigurationError when the folder is no run's, or another process trains the run: see `RunLockOptions`
   */
  static async open(path: string, options: OpenRunOptions = {}): Promise<RunFolder> {
    if (!(await exists(join(path, RUN_FILES.configuration))))
      throw new ConfigurationError(
        `${path}: a run's folder holds ${RUN_FILES.configuration}; this one does not; give the folder of a run`,
      )
    const run = await RunFolder.owned(path, options)
    try {
      run.holdsModel = true
      await run.mend()
      return run
    } catch (error) {
      await run.close()
      throw error
    }
  }

  private static async owned(path: string, options: OpenRunOptions): Promise<RunFolder> {
    return new RunFolder(path, await RunLock.acquire(path, options), options)
  }

  private async mend(): Promise<void> {
    const { path, files, lock } = this
    await removeTemporaries(path, files, lock)
    const metrics = join(path, RUN_FILES.metrics)
    if (!(await exists(metrics))) return
    await dropTornLine(metrics, files)
    // What an owner that lives still adds goes into the file that this one replaces.
    if (lock.tookOver) await this.write(RUN_FILES.metrics, await readFileBytes(metrics))
  }

  async writeConfiguration(configuration: object): Promise<void> {
    await this.write(RUN_FILES.configuration, stringify(configuration))
  }

  async writeEnvironment(environment: object): Promise<void> {
    await this.write(RUN_FILES.environment, `${JSON.stringify(environment, undefined, 2)}\n`)
  }

  /**
   * Keeps how the best model did on the test data.
   * @param steps that were trained: where training goes on after them, the result is an earlier model's
   */
  async writeTest(steps: number, result: object): Promise<void> {
    await this.write(RUN_FILES.test, `${JSON.stringify({ steps, ...result }, undefined, 2)}\n`)
  }

  async appendMetrics(event: object): Promise<void> {
    await this.save(RUN_FILES.metrics, path => appendLine(path, JSON.stringify(event), this.files, this.lock))
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
      [RUN_FILES.best, best],
      [RUN_FILES.last, last],
    ] as const) {
      if (!bytes) continue
      if (final) await this.write(name, bytes)
      else if (!(await this.save(name, () => this.write(name, bytes)))) return
      this.holdsModel = true
    }
  }

  private write(name: string, content: FileContent): Promise<void> {
    return writeFileAtomically(join(this.path, name), content, this.files, this.lock)
  }

  /** Whether the work was done; if not, it was reported. */
  private async save(name: string, work: (path: string) => Promise<void>): Promise<boolean> {
    try {
      await work(join(this.path, name))
      this.reported.delete(name)
      return true
    } catch (error) {
      if (!this.onFailedSave || !(error instanceof RecurraError) || error instanceof RunTakenError) throw error
      if (this.reported.get(name) !== error.message) this.onFailedSave(error)
      this.reported.set(name, error.message)
      return false
    }
  }

  /** Removes a run that ended before it had a model, if it is this process's still. */
  async discard(): Promise<void> {
    if (!this.holdsModel && (await this.lock.isHeld())) await rm(this.path, { recursive: true, force: true })
  }

  /** Lets another process write to the run. */
  close(): Promise<void> {
    return this.lock.release()
  }
}

/**
 * The model file that a path means: the file itself, or a run folder's best model, else its last.
 * @throws ConfigurationError when it is a folder without a model
 */
export async function modelFileOf(path: string): Promise<string> {
  const state = await stat(path).catch(() => undefined)
  if (!state?.isDirectory()) return path
  for (const name of [RUN_FILES.best, RUN_FILES.last]) if (await exists(join(path, name))) return join(path, name)
  throw new ConfigurationError(
    `${path}: a run's folder holds ${RUN_FILES.best} or ${RUN_FILES.last}; this one has neither; give a model file or a run's folder`,
  )
}

async function occupied(path: string): Promise<ConfigurationError> {
  const cure = (await exists(join(path, RUN_FILES.configuration)))
    ? `go on with it: recurra resume ${path}; or choose another folder`
    : 'choose another folder or remove this one'
  return new ConfigurationError(`${path}: it exists, and a run is never overwritten; ${cure}`)
}

/** Whether the folder was made, and not there already. */
async function make(path: string): Promise<boolean> {
  try {
    await makeFolders(dirname(path))
    await mkdir(path)
    return true
  } catch (error) {
    // The parent's EEXIST means that it is a file.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await exists(path))) return false
    throw explained(error, path, 'write', 'folder')
  }
}
