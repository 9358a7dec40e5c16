/* One writer a run: the lock in a run's folder, and what holds when its owner is stopped, killed or robbed.
 *
 *     .lock/<token>.json     who owns the run: process, host, start time. The file's time of change is its heartbeat
 *
 * Each step is one rename, which a file system does for one of two rivals alone:
 *
 *     take          a folder with the owner's file in it is renamed to .lock; onto a .lock with an owner that fails
 *     take over     .lock/<old token>.json is renamed to .lock/<new token>.json; for the second of two that fails
 *     check         the file of one's own token is there
 *
 * An owner writes a file so: a temporary file whose name holds its token is written, the lock is checked, the file is
 * renamed. Whoever takes over renames the owner's file first and then removes the temporary files of every other token.
 * So, if an owner is stopped between its check and its rename while another takes over, the rename fails when it goes
 * on, because its source is gone. Lines are added to an open file after a check, and whoever takes over replaces that
 * file by a copy: a late line goes into the old one, which has no name any more.
 *
 * What remains: a file system that does not keep the order of one client's operations for another client. On NFS every
 * step is a request to the server, and the check opens the file, which asks the server again.
 *
 * Whether an owner lives: on its own machine its process tells. From another machine, or where the system does not tell a
 * process's start, its heartbeat does: an owner is dead when the heartbeat is old by the clock, and does not change
 * while it is watched for some time. A clock that jumps makes it old, but does not keep it from changing. */
import { randomBytes } from 'node:crypto'
import { rmdirSync, rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ConfigurationError } from '../errors.js'
import { explained, openFile, tooLarge, usingFile } from './files.js'
import { lookUpProcess, type ProcessIdentity, thisProcess } from './processes.js'

/** The folder in a run's folder that is its lock. */
export const LOCK = '.lock'

/** In milliseconds. A training step holds the event loop, and the heartbeat waits for its end. */
export interface LockTiming {
  /** Between two heartbeats. */
  readonly heartbeat: number
  /** A heartbeat that is older, or lies as far in the future, may be a dead owner's. */
  readonly silence: number
  /** Such an owner is dead when its heartbeat has not changed for this long. */
  readonly watch: number
  /** Between two readings of a lock that another holds. */
  readonly poll: number
}

const TIMING: LockTiming = { heartbeat: 2_000, silence: 120_000, watch: 30_000, poll: 500 }

/** So often a lock without an owner is read again before it counts as damaged. */
const ATTEMPTS = 100

/** Another process has taken the run over: this one must not write to it. */
export class RunTakenError extends ConfigurationError {}

const ownerSchema = z.object({
  token: z.string(),
  process: z.int().positive(),
  host: z.string(),
  machine: z.string(),
  started: z.string().nullish(),
  since: z.string(),
})

/** As it stands in the lock. */
export type RunOwner = z.output<typeof ownerSchema>

/** `silent`: it cannot be known at once; its heartbeat is old, and has to be watched. */
export type OwnerState = 'living' | 'suspended' | 'silent' | 'dead'

/** The lock as it was read. */
interface LockRecord {
  readonly token: string
  /** Undefined where the file cannot be read as one: it is about to be written, or damaged. */
  readonly owner: RunOwner | undefined
  /** The time of the last heartbeat, in milliseconds since 1970 by the clock of the file system. */
  readonly heartbeat: number
}

export interface RunLockOptions {
  /** Wait until the owner gives the run back or dies. Default false: it is refused. */
  readonly wait?: boolean | undefined
  /** Take the run from an owner that lives; that one ends at its next save. Default false. */
  readonly takeOver?: boolean | undefined
  /** Told what is waited for, and whose run was taken over. */
  readonly onNote?: ((line: string) => void) | undefined
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
  /** Default a heartbeat every 2 s; dead after 120 s without one, and 30 s in which it was watched. */
  readonly timing?: Partial<LockTiming> | undefined
}

export class RunLock {
  private readonly timer: NodeJS.Timeout

  private constructor(
    private readonly folder: string,
    /** 32 hexadecimal digits, at random. */
    readonly token: string,
    /** Whether another owned the run before, and did not give it back. */
    readonly tookOver: boolean,
    heartbeat: number,
  ) {
    this.timer = setInterval(() => {
      const now = new Date()
      // An owner that was robbed has no such file: its next check tells.
      utimes(this.file, now, now).catch(() => {})
    }, heartbeat)
    this.timer.unref()
    if (HELD.size === 0) process.on('exit', releaseAll)
    HELD.add(this)
  }

  /**
   * Takes the lock of a run's folder, from a dead owner too.
   * @param folder which is there
   * @throws ConfigurationError when another process owns the run, which it names, or the folder cannot be written
   */
  static async acquire(folder: string, options: RunLockOptions = {}): Promise<RunLock> {
    const timing = { ...TIMING, ...options.timing }
    const token = randomBytes(16).toString('hex')
    const content = { token, ...(await thisProcess()), since: new Date().toISOString() }
    let waiting = false
    let attempts = 0
    for (;;) {
      options.signal?.throwIfAborted()
      const lock = await readLock(folder)
      if (!lock) {
        if (await place(folder, content)) return RunLock.owned(folder, token, false, timing)
        // A rival was faster, or an owner is giving the run back.
        if (++attempts === ATTEMPTS) throw unreadable(folder)
        await sleep(10)
        continue
      }
      attempts = 0
      const state = await stateOf(lock, content, timing)
      if (state === 'silent' && !options.takeOver) {
        options.onNote?.(`${folder}: ${nameOf(lock)} gives no sign of life; it is watched for ${timing.watch / 1000} s`)
        if ((await watched(folder, lock, timing, options.signal)) === 'changed') continue
      } else if (state !== 'dead' && !options.takeOver) {
        if (!options.wait) throw refusal(folder, lock, state)
        if (!waiting) options.onNote?.(`${folder}: waiting for ${nameOf(lock)}, which trains it`)
        waiting = true
        await sleep(timing.poll, undefined, { signal: options.signal })
        continue
      }
      if (!(await takeFrom(folder, lock, content))) continue
      const dead = state === 'dead' || (state === 'silent' && !options.takeOver)
      options.onNote?.(
        `${folder}: taken over from ${nameOf(lock)}, which ${dead ? 'is dead' : 'lives and ends at its next save'}`,
      )
      return RunLock.owned(folder, token, true, timing)
    }
  }

  private static async owned(folder: string, token: string, tookOver: boolean, timing: LockTiming): Promise<RunLock> {
    await removePrepared(folder)
    return new RunLock(folder, token, tookOver, timing.heartbeat)
  }

  private get file(): string {
    return join(this.folder, LOCK, `${this.token}.json`)
  }

  /**
   * Whether the lock is this one's still. A folder that is gone was not taken over: writing there fails by itself.
   * @throws ConfigurationError when the file system does not tell
   */
  async isHeld(): Promise<boolean> {
    const file = await openIfThere(this.file)
    await file?.close()
    return file !== undefined || !(await isThere(this.folder))
  }

  /** @throws RunTakenError when another process has taken the run over since */
  async check(): Promise<void> {
    if (await this.isHeld()) return
    const thief = await readLock(this.folder)
    throw new RunTakenError(
      `${this.folder}: ${thief ? `${nameOf(thief)} has taken the run over` : 'its lock was removed'}; this process ends and writes nothing more to it; go on with: recurra resume ${this.folder}`,
    )
  }

  /** `release` at the end of the process, when nothing can be waited for. */
  releaseNow(): void {
    rmSync(this.file, { force: true })
    try {
      rmdirSync(join(this.folder, LOCK))
    } catch {
      // Another's lock is not empty, and stays.
    }
  }

  /** Gives the run back; does nothing to the lock of another. */
  async release(): Promise<void> {
    clearInterval(this.timer)
    HELD.delete(this)
    if (HELD.size === 0) process.off('exit', releaseAll)
    await rm(this.file, { force: true }).catch(() => {})
    // Another's lock is not empty, and stays.
    await rmdir(join(this.folder, LOCK)).catch(() => {})
  }
}

/** Locks that this process has: a process that ends without giving its runs back leaves them stopped, not dead. */
const HELD = new Set<RunLock>()

function releaseAll(): void {
  for (const lock of HELD) lock.releaseNow()
}

/**
 * Who owns a run, and whether it lives; undefined where nobody owns it. A silent owner is watched for two heartbeats.
 * @throws ConfigurationError when the lock cannot be read
 */
export async function ownerOf(
  folder: string,
  timing: Partial<LockTiming> = {},
): Promise<{ readonly name: string; readonly living: boolean } | undefined> {
  const lock = await readLock(folder)
  if (!lock) return undefined
  const all = { ...TIMING, ...timing }
  const state = await stateOf(lock, await thisProcess(), all)
  const silent = state === 'silent' && (await watched(folder, lock, { ...all, watch: 2 * all.heartbeat })) === 'same'
  return { name: nameOf(lock), living: state !== 'dead' && !silent }
}

/** The name of the folder that is renamed to the lock. */
const PREPARED = /^\.lock-[0-9a-f]{32}$/

/** In bytes. An owner's file has about 300. */
const LONGEST_OWNER = 4096

/** The name of an owner's file. */
const FILE = /^([0-9a-f]{32})\.json$/

async function readLock(folder: string): Promise<LockRecord | undefined> {
  const path = join(folder, LOCK)
  const names = await readdir(path).catch(error => {
    if (error.code === 'ENOENT') return []
    throw explained(error, path, 'read', 'folder')
  })
  const name = names.find(entry => FILE.test(entry))
  if (name === undefined) return undefined
  const token = name.slice(0, 32)
  const file = await openIfThere(join(path, name))
  // Without one, it was taken over or given back in between.
  return (
    file &&
    usingFile(file, join(path, name), async () => {
      const { mtimeMs, size } = await file.stat()
      if (size > LONGEST_OWNER) throw tooLarge(join(path, name), LONGEST_OWNER, size)
      const { data } = ownerSchema.safeParse(parsed(await file.readFile('utf8')))
      return { token, owner: data?.token === token ? data : undefined, heartbeat: mtimeMs }
    })
  )
}

/** @throws ConfigurationError when the file is there and cannot be opened */
function openIfThere(path: string): Promise<FileHandle | undefined> {
  return openFile(path).catch(error => {
    if (error.cause?.code === 'ENOENT') return undefined
    throw error
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What an owner writes of itself. */
type OwnerFile = ProcessIdentity & Pick<RunOwner, 'token' | 'since'>

/** Whether the lock was free, and is taken. */
async function place(folder: string, content: OwnerFile): Promise<boolean> {
  const { token } = content
  const prepared = join(folder, `${LOCK}-${token}`)
  const path = join(folder, LOCK)
  try {
    await mkdir(prepared)
    await writeFile(join(prepared, `${token}.json`), `${JSON.stringify(content)}\n`)
    // Windows renames no folder onto another; an empty one is an owner's that was just giving the run back.
    if (process.platform === 'win32') await rmdir(path).catch(() => {})
    await rename(prepared, path)
    return true
  } catch (error) {
    await rm(prepared, { recursive: true, force: true }).catch(() => {})
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOTEMPTY', 'EEXIST'].includes(code)) return false
    // Windows has other codes for it; and a rival that has the lock removes what others have prepared.
    if ((await isThere(path)) || (code === 'ENOENT' && (await isThere(folder)))) return false
    throw explained(error, folder, 'write', 'folder')
  }
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** What processes have left that were killed while they took a lock. Called by the owner: a rival can only fail. */
async function removePrepared(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (PREPARED.test(name)) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {})
}

/** Whether this one has taken the run over, and no rival before it. */
async function takeFrom(folder: string, { token }: LockRecord, content: OwnerFile): Promise<boolean> {
  const target = join(folder, LOCK, `${content.token}.json`)
  try {
    await rename(join(folder, LOCK, `${token}.json`), target)
    const now = new Date()
    await utimes(target, now, now)
    // r+ makes no file: where this one was robbed in turn, there is none.
    const file = await open(target, 'r+')
    try {
      await file.truncate()
      await file.writeFile(`${JSON.stringify(content)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw explained(error, target, 'write')
  }
}

async function stateOf(
  { owner, heartbeat }: LockRecord,
  here: Pick<ProcessIdentity, 'machine'>,
  { silence }: LockTiming,
): Promise<OwnerState> {
  if (owner?.machine === here.machine) {
    const running = await lookUpProcess(owner.process)
    if (!running || (running.started && owner.started && running.started !== owner.started)) return 'dead'
    if (running.started) return running.suspended ? 'suspended' : 'living'
  }
  return Math.abs(Date.now() - heartbeat) > silence ? 'silent' : 'living'
}

/** Reads a lock again until its owner or its heartbeat is another, or it was the same for as long as `timing` says. */
async function watched(
  folder: string,
  { token, heartbeat }: LockRecord,
  { watch, poll }: LockTiming,
  signal?: AbortSignal,
): Promise<'changed' | 'same'> {
  const end = performance.now() + watch
  while (performance.now() < end) {
    await sleep(Math.min(poll, watch), undefined, { signal })
    const seen = await readLock(folder)
    if (seen?.token !== token || seen.heartbeat !== heartbeat) return 'changed'
  }
  return 'same'
}

const nameOf = ({ owner }: LockRecord) =>
  owner ? `process ${owner.process} on ${owner.host}` : 'a process that its lock does not name'

const unreadable = (folder: string) =>
  new ConfigurationError(`${join(folder, LOCK)}: a run's lock holds its owner's file; this one does not; remove it`)

function refusal(folder: string, lock: LockRecord, state: OwnerState): ConfigurationError {
  const doing = state === 'suspended' ? 'trains this run and is suspended' : 'trains this run'
  return new ConfigurationError(
    `${folder}: ${nameOf(lock)} ${doing}; wait for its end with --wait, or take the run from it with --take-over`,
  )
}
