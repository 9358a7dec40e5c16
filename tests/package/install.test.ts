/* The package as users get it: what npm would ship, installed into an empty folder, trains there. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { layOut, packageNameOf, targets } from '../../tools/platforms.mjs'
import { pack, packLibrary } from '../../tools/release.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
const addon = join(root, 'dist', 'native', 'recurra.node')
const target = targets.find(({ platform, arch }) => platform === process.platform && arch === process.arch)
const run = promisify(execFile)

let folder = ''
let paths: string[] = []
/** Why nothing could be installed, if so. */
let away: string | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recurra-install-'))
  const clone = await pack(root, folder)
  paths = clone.paths
  // What a release adds to package.json names packages that the registry does not have yet; here they come as files.
  const files = [clone.file]
  if (target && existsSync(addon)) {
    const laidOut = join(folder, 'platform')
    await layOut(target, addon, laidOut)
    files.push((await pack(laidOut, folder)).file)
  }
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await copyFile(join(here, 'smoke.mjs'), join(folder, 'smoke.mjs'))
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0']
  try {
    await run('npm', ['install', ...options, ...files], { cwd: folder, shell: process.platform === 'win32' })
  } catch (error) {
    const network = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.exec(String(error))
    if (!network) throw error
    away = `the registry with recurra's dependencies is away: ${network[0]}`
  }
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function smoke(backend: string) {
  const { stdout } = await run(process.execPath, ['smoke.mjs', backend], { cwd: folder })
  return JSON.parse(stdout)
}

describe('the package', () => {
  test('ships the build, and nothing of the clone', () => {
    for (const needed of [
      ...['LICENSE', 'README.md', 'package.json', 'dist/bin/recurra.js', 'dist/src/index.js', 'dist/src/index.d.ts'],
      ...[
        'dist/src/node/index.js',
        'dist/src/engine/backends/recurra.wasm',
        'dist/src/engine/backends/recurra.relaxed.wasm',
      ],
      ...['dist/bin/recurra.wasm', 'dist/bin/recurra.relaxed.wasm'],
    ])
      expect(paths).toContain(needed)
    expect(paths.filter(path => !/^(dist\/(src|bin|benchmarks)\/|[^/]+$)/.test(path))).toEqual([])
    expect(paths.filter(path => /\.test\.|(?<!\.d)\.ts$|\.node$|\.c$|\.h$/.test(path))).toEqual([])
  })

  test('names its platform packages once it is released, and runs no script at installation', async () => {
    const released = await mkdtemp(join(folder, 'release-'))
    const { file } = await packLibrary(released)
    await run('tar', ['-xzf', file, '-C', released])
    const { default: description } = await import(join(released, 'package', 'package.json'), { with: { type: 'json' } })
    expect(Object.keys(description.optionalDependencies)).toEqual(targets.map(packageNameOf))
    expect(new Set(Object.values(description.optionalDependencies))).toEqual(new Set([description.version]))
    expect(description.scripts).toBeUndefined()
    expect(description.devDependencies).toBeUndefined()
  })

  test('is packed to the same bytes, whatever the times and modes of its files', async () => {
    const index = join(root, 'dist', 'src', 'index.js')
    const { atime, mtime, mode } = await stat(index)
    const packed = async (name: string) => readFile((await packLibrary(await mkdtemp(join(folder, name)))).file)
    const first = await packed('first-')
    await utimes(index, 1, 1)
    await chmod(index, 0o600)
    const second = await packed('second-')
    await utimes(index, atime, mtime)
    await chmod(index, mode)
    expect(Buffer.compare(first, second)).toBe(0)
  }, 120_000)

  test('installs into an empty folder with its few dependencies', async ({ skip }) => {
    if (away) skip(away)
    const installed = await readdir(join(folder, 'node_modules'))
    expect(installed).toContain('recurra')
    // None of what a clone installs to build and test itself.
    for (const name of ['typescript', 'vitest', 'vite', 'node-api-headers']) expect(installed).not.toContain(name)
  })

  test('trains, saves, loads and writes there on native', async ({ skip }) => {
    if (away) skip(away)
    if (!target || !existsSync(addon)) skip(`no addon is built for ${process.platform} ${process.arch}`)
    const { backend, losses, same } = await smoke('native')
    expect(backend).toBe('native')
    expect(losses[1]).toBeLessThan(losses[0] / 2)
    expect(same).toBe(true)
  })

  test('trains, saves, loads and writes there on wasm', async ({ skip }) => {
    if (away) skip(away)
    const { backend, losses, same } = await smoke('wasm')
    expect(backend).toBe('wasm')
    expect(losses[1]).toBeLessThan(losses[0] / 2)
    expect(same).toBe(true)
  })
})
