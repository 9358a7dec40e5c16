/* How kernels/ become recurra.node: the sources, the instruction sets of each processor, the flags of each operating
 * system. The compiler may be this machine's, or one that makes code for another. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { capture, root, say } from './run.mjs'

/** @typedef {{ command: string[], version: string }} Compiler */
/** @typedef {{ platform: string, arch: string }} Target as Node names them */
/** @typedef {{ object: string, source: string, flags: string[], headers?: boolean }} Unit */

const JOBS = 2

const kernels = join(root, 'kernels')
const headers = join(root, 'node_modules', 'node-api-headers')

// -ffast-math would turn on flush-to-zero for the whole Node process, and optimize the checks for NaN away.
const compileFlags = [
  ...['-O3', '-std=gnu11', '-fvisibility=hidden'],
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
  // Vectors pass between static functions only, so gcc's note on how their passing changed concerns nobody.
  ...['-Wall', '-Wextra', '-Wno-psabi', '-Werror=implicit-function-declaration'],
]

/** What each system wants besides. @type {Record<string, { compile: string[], link: string[], libraries: string[] }>} */
const systems = {
  // Worker threads sleep in the addon's code: a closed environment must not unmap it. Symbols are bound when it loads,
  // so that a missing one is an error to fall back from, and not the end of the process at the first call.
  linux: {
    compile: ['-fPIC', '-pthread'],
    link: ['-shared', '-pthread', '-Wl,-z,nodelete,-z,now'],
    libraries: ['-lm'],
  },
  darwin: { compile: ['-fPIC'], link: ['-dynamiclib', '-undefined', 'dynamic_lookup'], libraries: [] },
  // Node-API is found when the addon loads: see kernels/host.h. The library has WaitOnAddress.
  win32: { compile: [], link: ['-shared'], libraries: ['-lapi-ms-win-core-synch-l1-2-0'] },
}

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
 * Everything that is compiled and linked for a target, for the key of a cache as well.
 * @param {Target} target
 * @returns {{ units: Unit[], compile: string[], link: string[], libraries: string[] } | undefined} nothing where no
 *   kernels are written for it
 */
export function recipeFor({ platform, arch }) {
  const system = systems[platform]
  const sets = instructionSets[arch]
  if (!system || !sets) return undefined
  const units = Object.entries(sets).map(([name, flags]) => ({ object: `unit_${name}.o`, source: 'unit.c', flags }))
  return {
    // The slowest to compile first.
    units: [
      ...units.reverse(),
      { object: 'dispatch.o', source: 'dispatch.c', flags: [] },
      { object: 'team.o', source: 'team.c', flags: [] },
      { object: 'addon.o', source: 'addon.c', flags: [], headers: true },
    ],
    compile: [...compileFlags, ...system.compile],
    link: system.link,
    libraries: system.libraries,
  }
}

/** @returns {Promise<string | undefined>} of all sources and of Node's headers; nothing where either is not there */
export async function hashSources() {
  const names = (await readdir(kernels).catch(() => [])).filter(name => /\.[ch]$/.test(name)).sort()
  if (!names.includes('addon.c')) return undefined
  const hash = createHash('sha256')
  const paths = [...names.map(name => join(kernels, name)), join(headers, 'package.json')]
  for (const path of paths) hash.update(`${basename(path)}\0`).update(await readFile(path))
  return hash.digest('hex')
}

/**
 * @param {Compiler} compiler one that makes code for the target
 * @param {Target} target
 * @param {string} output
 * @param {{ verbose?: boolean }} [options] verbose: show the compiler's warnings
 */
export async function compileAddon(compiler, target, output, { verbose = false } = {}) {
  const recipe = recipeFor(target)
  if (!recipe) throw new Error(`no native kernels for ${target.platform} on ${target.arch}`)
  const { units, compile, link, libraries } = recipe
  say(`compiling the native kernels for ${target.platform} ${target.arch} with ${compiler.version.split('\n')[0]} …`)
  const folder = `${output}.objects`
  await mkdir(folder, { recursive: true })
  const call = async (/** @type {string[]} */ args) => {
    const [program = '', ...first] = compiler.command
    const { code, stderr } = await capture(program, [...first, ...args], { cwd: kernels })
    if (code !== 0) throw new Error(`${program} failed: ${firstError(stderr, code)}`)
    if (verbose && stderr) process.stderr.write(stderr)
  }
  try {
    const queue = [...units]
    const worker = async () => {
      for (let unit = queue.shift(); unit; unit = queue.shift()) {
        const include = unit.headers ? ['-isystem', join(headers, 'include')] : []
        await call([...compile, ...unit.flags, ...include, '-c', unit.source, '-o', join(folder, unit.object)])
      }
    }
    // Every worker to its end, so that none still writes when its folder is removed; the first fault is the one told.
    const results = await Promise.allSettled(Array.from({ length: JOBS }, worker))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    const objects = units.map(unit => join(folder, unit.object))
    await call([...link, ...objects, '-o', output, ...libraries])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {string} stderr of a compiler @param {number} code */
function firstError(stderr, code) {
  const lines = stderr.split('\n').filter(line => line.trim() !== '')
  return (lines.find(line => /\berror\b/.test(line)) ?? lines[0] ?? `it ended with code ${code}`).trim()
}
