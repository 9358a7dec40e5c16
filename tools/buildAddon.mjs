/* Builds dist/native/recurra.node from kernels/ with the C compiler of this machine. The result is kept in the user's
 * cache folder under the hash of everything it depends on, so that it is compiled once for all checkouts. Nothing here
 * may fail a build: without the addon recurra runs on wasm, and one line says why. */
import { createHash, randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, isAbsolute, join } from 'node:path'
import { withLock } from './lock.mjs'
import { capture, isMain, root, runTool, say } from './run.mjs'

/** @typedef {{ command: string[], version: string }} Compiler */
/** @typedef {{ object: string, source: string, flags: string[], headers?: boolean }} Unit */

const KEPT = 5
const JOBS = 2
const HOUR = 3_600_000

const kernels = join(root, 'kernels')
const headers = join(root, 'node_modules', 'node-api-headers')

// -ffast-math would turn on flush-to-zero for the whole Node process, and optimize the checks for NaN away.
const compileFlags = [
  ...['-O3', '-std=gnu11', '-fPIC', '-fvisibility=hidden', '-pthread'],
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
  // Vectors pass between static functions only, so gcc's note on how their passing changed concerns nobody.
  ...['-Wall', '-Wextra', '-Wno-psabi', '-Werror=implicit-function-declaration'],
]
// Worker threads sleep in the addon's code: a closed environment must not unmap it. Symbols are bound when it loads, so
// that a missing one is an error to fall back from, and not the end of the process at the first call.
const linkFlags =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-Wl,-z,nodelete,-z,now']

/** unit.c holds all kernels, and is compiled once for each instruction set. @type {Record<string, Record<string, string[]>>} */
const instructionSets = {
  x64: {
    sse2: ['-DUNIT=sse2', '-msse2'],
    avx2: ['-DUNIT=avx2', '-mavx2', '-mfma'],
    avx512: ['-DUNIT=avx512', '-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx512bw', '-mavx2', '-mfma'],
    avx512_pairs: ['-DUNIT=avx512_pairs', '-DPAIRS', '-mavx2', '-mfma'],
  },
  arm64: { neon: ['-DUNIT=neon'] },
}

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
    const units = unitsHere()
    const compiler = await findCompiler()
    const key = keyOf(sources, units, compiler)
    if (made[0] === key) return true
    await mkdir(native, { recursive: true })
    await withLock(join(native, '.lock'), async () => {
      await provide(target, key, path => compileAddon(compiler, units, path, verbose))
      await writeFile(keyFile, `${key}\n${sources}\n`)
    })
    return true
  } catch (error) {
    // One made by a compiler that has gone is as good as new; one made of other sources would read other records.
    if (made[1] === sources) return true
    await rm(target, { force: true })
    await rm(keyFile, { force: true })
    say(error instanceof Error ? error.message : String(error))
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

/** @returns {Promise<string | undefined>} nothing while there are no kernels to compile */
async function hashSources() {
  const names = (await readdir(kernels).catch(() => [])).filter(name => /\.[ch]$/.test(name)).sort()
  if (!names.includes('addon.c')) return undefined
  const hash = createHash('sha256')
  const paths = [...names.map(name => join(kernels, name)), join(headers, 'package.json')]
  for (const path of paths) hash.update(`${basename(path)}\0`).update(await readFile(path))
  return hash.digest('hex')
}

/** @param {string} sources @param {Unit[]} units @param {Compiler} compiler */
function keyOf(sources, units, compiler) {
  const flags = [compileFlags, units, linkFlags]
  const parts = [sources, flags, compiler, process.platform, process.arch]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** @returns {Unit[]} the slowest to compile first */
function unitsHere() {
  const sets = process.platform === 'win32' ? undefined : instructionSets[process.arch]
  if (!sets) {
    throw new Error(`no native kernels for ${process.platform} on ${process.arch} yet: recurra will use wasm`)
  }
  const units = Object.entries(sets).map(([name, flags]) => ({ object: `unit_${name}.o`, source: 'unit.c', flags }))
  return [
    ...units.reverse(),
    { object: 'dispatch.o', source: 'dispatch.c', flags: [] },
    { object: 'team.o', source: 'team.c', flags: [] },
    { object: 'addon.o', source: 'addon.c', flags: [], headers: true },
  ]
}

/** @returns {Promise<Compiler>} */
async function findCompiler() {
  const chosen = process.env.CC?.trim()
  // CC may carry arguments, as in `ccache gcc`.
  const candidates = chosen ? [chosen.split(/\s+/)] : [['gcc'], ['clang'], ['cc']]
  for (const command of candidates) {
    const { code, stdout } = await capture(command[0] ?? '', [...command.slice(1), '--version'])
    if (code === 0) return { command, version: stdout }
  }
  if (chosen) throw new Error(`CC=${chosen} does not run: recurra will use wasm (unset CC, or name gcc or clang)`)
  throw new Error('no C compiler found: recurra will use wasm (install gcc or clang for about three times the speed)')
}

/**
 * @param {Compiler} compiler
 * @param {Unit[]} units
 * @param {string} output
 * @param {boolean} verbose
 */
async function compileAddon(compiler, units, output, verbose) {
  say(`compiling the native kernels with ${compiler.version.split('\n')[0]} …`)
  const folder = `${output}.objects`
  await mkdir(folder, { recursive: true })
  const architecture = process.platform === 'darwin' ? ['-arch', process.arch === 'x64' ? 'x86_64' : 'arm64'] : []
  const call = async (/** @type {string[]} */ args) => {
    const [program = '', ...first] = compiler.command
    const { code, stderr } = await capture(program, [...first, ...architecture, ...args], { cwd: kernels })
    if (code !== 0) throw new Error(`${program} failed: ${firstError(stderr, code)}: recurra will use wasm`)
    if (verbose && stderr) process.stderr.write(stderr)
  }
  try {
    const queue = [...units]
    const worker = async () => {
      for (let unit = queue.shift(); unit; unit = queue.shift()) {
        const include = unit.headers ? ['-isystem', join(headers, 'include')] : []
        await call([...compileFlags, ...unit.flags, ...include, '-c', unit.source, '-o', join(folder, unit.object)])
      }
    }
    // Every worker to its end, so that none still writes when its folder is removed; the first fault is the one told.
    const results = await Promise.allSettled(Array.from({ length: JOBS }, worker))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    const objects = units.map(unit => join(folder, unit.object))
    await call([...linkFlags, '-pthread', ...objects, '-o', output, '-lm'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {string} stderr of a compiler @param {number} code */
function firstError(stderr, code) {
  const lines = stderr.split('\n').filter(line => line.trim() !== '')
  return (lines.find(line => /\berror\b/.test(line)) ?? lines[0] ?? `it ended with code ${code}`).trim()
}

/** @param {string} path */
async function exists(path) {
  return ((await stat(path).catch(() => undefined))?.size ?? 0) > 0
}

if (isMain(import.meta.url)) await runTool(async () => ((await buildAddon({ verbose: true })) ? 0 : 1))
