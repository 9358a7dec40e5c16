/* Builds dist/native/recurra.node from kernels/ with the C compiler of this machine. The result is kept in the user's
 * cache folder under the hash of everything it depends on, so that it is compiled once for all checkouts. Nothing here
 * may fail a build: without the addon recurra runs on wasm, and one line says why. */
import { createHash, randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { compileAddon, hashSources, recipeFor } from './compileAddon.mjs'
import { withLock } from './lock.mjs'
import { capture, isMain, root, runTool, say } from './run.mjs'

/** @typedef {import('./compileAddon.mjs').Compiler} Compiler */

const KEPT = 5
const HOUR = 3_600_000

/**
 * Brings dist/native/recurra.node up to date with kernels/, or removes it.
 * @param {{ verbose?: boolean }} [options] verbose: show the compiler's warnings
 * @returns {Promise<boolean>} whether it is there
 */
export async function buildAddon({ verbose = false } = {}) {
  const native = join(root, 'dist', 'native')
  const target = join(native, 'recurra.node')
  const keyFile = join(native, 'recurra.key')
  const sources = await hashSources()
  if (sources === undefined) return false
  const made = (await exists(target)) ? (await readFile(keyFile, 'utf8').catch(() => '')).split('\n') : []
  try {
    const compiler = await findCompiler()
    const key = keyOf(sources, compiler)
    if (made[0] === key) return true
    await mkdir(native, { recursive: true })
    await withLock(join(native, '.lock'), async () => {
      await provide(target, key, path => compileAddon(compiler, process, path, { verbose }))
      await writeFile(keyFile, `${key}\n${sources}\n`)
    })
    return true
  } catch (error) {
    // One made by a compiler that has gone is as good as new; one made of other sources would read other records.
    if (made[1] === sources) return true
    await rm(target, { force: true })
    await rm(keyFile, { force: true })
    say(`${error instanceof Error ? error.message : error}: recurra will use wasm`)
    return false
  }
}

/**
 * Puts the file of that key at `target`: from the cache, or made by `make` and then cached.
 * @param {string} target
 * @param {string} key
 * @param {(path: string) => Promise<void>} make writes the file at a path
 * @param {string} [cache] the folder of all entries
 */
export async function provide(target, key, make, cache = cacheFolder()) {
  const entry = join(cache, key)
  const cached = join(entry, 'recurra.node')
  const mark = `${process.pid}.${randomUUID()}`
  const temporary = `${target}.${mark}`
  try {
    if (await isWritable(cache, mark)) {
      await withLock(`${entry}.lock`, async () => {
        await mkdir(entry, { recursive: true })
        try {
          if (!(await exists(cached))) {
            await make(`${cached}.${mark}`)
            await rename(`${cached}.${mark}`, cached)
          }
        } catch (error) {
          await rm(entry, { recursive: true, force: true })
          throw error
        }
        const now = new Date()
        await utimes(entry, now, now)
        await copyFile(cached, temporary)
      })
      await prune(cache)
    } else {
      await make(temporary)
    }
    // Renamed into place: a process that has the old file open keeps it whole.
    await rename(temporary, target)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** @returns {string} where this user's system keeps what can be made again */
export function cacheFolder(environment = process.env, platform = process.platform) {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = environment
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'recurra')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'recurra')
  if (platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'recurra')
  return join(homedir(), '.cache', 'recurra')
}

/** Keeps the entries that were used last. @param {string} cache */
async function prune(cache) {
  const names = (await readdir(cache)).filter(name => /^[0-9a-f]{64}$/.test(name))
  const entries = await Promise.all(
    names.map(async name => ({ name, time: (await stat(join(cache, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  entries.sort((a, b) => b.time - a.time)
  for (const { name, time } of entries.slice(KEPT)) {
    // A younger one may be between its making and its copy in another process.
    if (Date.now() - time > HOUR) await rm(join(cache, name), { recursive: true, force: true })
  }
}

/** @param {string} folder made if it can be @param {string} mark that no other caller has */
async function isWritable(folder, mark) {
  try {
    await mkdir(folder, { recursive: true })
    const probe = join(folder, `.probe.${mark}`)
    await writeFile(probe, '')
    await rm(probe)
    return true
  } catch {
    return false
  }
}

/** @param {string} sources @param {Compiler} compiler */
function keyOf(sources, compiler) {
  const parts = [sources, recipeFor(process), compiler, process.platform, process.arch]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** @returns {Promise<Compiler>} */
async function findCompiler() {
  const { platform, arch } = process
  // On Windows the names below may mean compilers for other systems (Cygwin, MSYS); a platform package is the way there.
  if (platform === 'win32' || !recipeFor(process)) throw new Error(`no native kernels are built on ${platform} ${arch}`)
  const chosen = process.env.CC?.trim()
  // CC may carry arguments, as in `ccache gcc`.
  const candidates = chosen ? [chosen.split(/\s+/)] : [['gcc'], ['clang'], ['cc']]
  const architecture = platform === 'darwin' ? ['-arch', arch === 'x64' ? 'x86_64' : 'arm64'] : []
  for (const command of candidates) {
    const { code, stdout } = await capture(command[0] ?? '', [...command.slice(1), '--version'])
    if (code === 0) return { command: [...command, ...architecture], version: stdout }
  }
  if (chosen) throw new Error(`CC=${chosen} does not run (unset CC, or name gcc or clang)`)
  throw new Error('no C compiler found (install gcc or clang for about three times the speed)')
}

/** @param {string} path */
async function exists(path) {
  return ((await stat(path).catch(() => undefined))?.size ?? 0) > 0
}

if (isMain(import.meta.url)) await runTool(async () => ((await buildAddon({ verbose: true })) ? 0 : 1))
