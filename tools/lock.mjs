/* A lock between processes: a folder, because making one is atomic on every file system. Inside stand the holder's
 * process id and machine; its time of change is its heartbeat. A lock whose holder is dead, or silent for 30 seconds
 * (the process id may have been given to someone else, or belong to another container), is taken over. */
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const HEARTBEAT = 2_000
const SILENCE = 30_000

/**
 * Runs `action` while holding the lock at `path`.
 * @template T
 * @param {string} path the folder that is the lock
 * @param {() => Promise<T>} action must leave the event loop free, or the heartbeat stops
 * @param {(holder: string) => void} [waiting] called once when the lock is held for more than a second by another
 * @returns {Promise<T>}
 */
export async function withLock(path, action, waiting) {
  await mkdir(dirname(path), { recursive: true })
  const begin = Date.now()
  let told = false
  while (!(await take(path))) {
    if (await isStale(path)) await breakStale(path)
    else await sleep(50)
    if (!told && Date.now() - begin > 1_000) {
      told = true
      waiting?.((await holderOf(path)) ?? 'unknown')
    }
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, HEARTBEAT)
  try {
    return await action()
  } finally {
    clearInterval(heartbeat)
    await rm(path, { recursive: true, force: true })
  }
}

/** @param {string} path */
async function take(path) {
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
  await writeFile(join(path, 'holder'), `${process.pid} ${hostname()}`)
  return true
}

/** @param {string} path */
async function holderOf(path) {
  return readFile(join(path, 'holder'), 'utf8').catch(() => undefined)
}

/** @param {string} path */
async function isStale(path) {
  const state = await stat(path).catch(() => undefined)
  if (!state) return false
  if (Date.now() - state.mtimeMs > SILENCE) return true
  const [pid, host] = (await holderOf(path))?.split(' ') ?? []
  if (!pid || host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/* Two waiters may both see the same dead holder; the second must not remove the lock that the first has taken since.
 * So the removal has a lock of its own, held for a moment, and looks again. */
/** @param {string} path */
async function breakStale(path) {
  const guard = `${path}.breaking`
  try {
    await mkdir(guard)
  } catch {
    const state = await stat(guard).catch(() => undefined)
    if (state && Date.now() - state.mtimeMs > SILENCE) await rm(guard, { recursive: true, force: true })
    await sleep(50)
    return
  }
  try {
    if (await isStale(path)) await rm(path, { recursive: true, force: true })
  } finally {
    await rm(guard, { recursive: true, force: true })
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
