/* Builds the two wasm files from kernels/: recurra.wasm (128-bit SIMD) and recurra.relaxed.wasm (relaxed SIMD, which
 * has fused multiply-adds). They are committed, so the compiler is pinned: other versions give other bytes.
 *
 *     node tools/wasm.mjs        writes src/engine/backends/*.wasm */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture, isMain, root, runTool } from './run.mjs'

/** Where the committed files stand. */
export const wasmFolder = join(root, 'src', 'engine', 'backends')

/** What the version of the tools must be, as Debian 12 packages it. */
const version = '19.1.7'
const clangVersion = `clang version ${version} (3~deb12u1)`
const lldVersion = `LLD ${version}`
export const neededTools = `clang-19 and lld-19 1:${version} (apt-get install clang-19 lld-19)`

/* The heap begins at address 0: without -fno-delete-null-pointer-checks the compiler takes a place in it for absent. */
const compileFlags = [
  ...['--target=wasm32', '-nostdlib', '-O3', '-std=gnu11', '-ffreestanding', '-fvisibility=hidden'],
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-Wall', '-Wextra'],
  ...['-fno-delete-null-pointer-checks', '-mbulk-memory', '-matomics', '-mmutable-globals', '-msimd128', '-DUNIT=wasm'],
]
/* The heap is the library's, so the memory is imported. __heap_base says where it may begin; a worker sets its own
 * __stack_pointer. With the stack first, running over its end traps, and does not write into data. */
const linkFlags = [
  ...['--no-entry', '--import-memory', '--shared-memory', '--max-memory=4294967296'],
  ...['-z', 'stack-size=65536', '--stack-first', '--export=__heap_base', '--export=__stack_pointer'],
  ...['--gc-sections', '--strip-all'],
]

/** The files, and the flags that tell them apart. @type {Record<string, string[]>} */
const builds = {
  'recurra.wasm': [],
  'recurra.relaxed.wasm': ['-mrelaxed-simd', '-DRELAXED'],
}
export const wasmFiles = Object.keys(builds)

/** @returns {Promise<boolean>} whether the pinned compiler and linker are installed */
export async function hasPinnedTools() {
  const [clang, lld] = await Promise.all([capture('clang-19', ['--version']), capture('wasm-ld-19', ['--version'])])
  return clang.stdout.includes(clangVersion) && lld.stdout.includes(lldVersion)
}

/**
 * @param {string} outFolder
 * @returns {Promise<void>}
 */
export async function buildWasm(outFolder) {
  if (!(await hasPinnedTools())) throw new Error(`wasm: needs ${neededTools}`)
  const folder = await mkdtemp(join(tmpdir(), 'recurra-wasm-'))
  try {
    for (const [name, flags] of Object.entries(builds)) {
      const objects = await Promise.all(
        ['unit.c', 'dispatch.c', 'team.c', 'wasm.c'].map(async source => {
          const object = join(folder, source.replace(/\.c$/, '.o'))
          await call('clang-19', [...compileFlags, ...flags, '-c', source, '-o', object])
          return object
        }),
      )
      const linked = join(folder, name)
      await call('wasm-ld-19', [...linkFlags, ...objects, '-o', linked])
      await mkdir(outFolder, { recursive: true })
      await writeFile(join(outFolder, name), withoutCustomSections(await readFile(linked)))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {string} program @param {string[]} args */
async function call(program, args) {
  // Sources are named relative to their folder, so that no path of this machine can reach the bytes.
  const { code, stderr } = await capture(program, args, { cwd: join(root, 'kernels') })
  if (stderr) process.stderr.write(stderr)
  if (code !== 0) throw new Error(`wasm: ${program} ended with code ${code}; its message stands above`)
}

/**
 * Drops the sections that mean nothing to the machine: producers, names, features.
 * @param {Uint8Array} module
 * @returns {Uint8Array}
 */
export function withoutCustomSections(module) {
  const kept = [module.subarray(0, 8)]
  let at = 8
  while (at < module.length) {
    const begin = at
    const id = module[at++]
    let size = 0
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = module[at++] ?? 0
      // The size is LEB128: seven bits a byte, lowest first, the top bit set on all but the last.
      size += (byte & 0x7f) * 2 ** shift
      more = byte >= 0x80
    }
    at += size
    if (at > module.length) throw new Error(`wasm: section ${id} at byte ${begin} reaches past the end of the file`)
    if (id !== 0) kept.push(module.subarray(begin, at))
  }
  return Buffer.concat(kept)
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    await buildWasm(wasmFolder)
    return 0
  })
}
