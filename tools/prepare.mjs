/* What a checkout needs before anything can run: the packages, and a build in dist/. Both cost next to nothing when
 * nothing has changed, and are safe under another process that does the same. */
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { buildAddon } from './buildAddon.mjs'
import { withLock } from './lock.mjs'
import { capture, root, say } from './run.mjs'

const dist = join(root, 'dist')
const stamp = join(dist, '.stamp')
/** The program `recurra`, as package.json names it. */
export const commandLine = join(dist, 'bin', 'recurra.js')
/** The folders that tsconfig.build.json compiles. */
const sourceFolders = ['src', 'cli', 'benchmarks']

/** Installs the packages named in package-lock.json where they are missing or others. */
export async function install() {
  if (await isInstalled()) return
  await withLock(join(dist, '.install.lock'), installNow, waiting('installation'))
}

/**
 * Brings dist/ up to date: JavaScript and declarations, the wasm files, the native addon.
 * @param {{ verbose?: boolean }} [options] verbose: also show the C compiler's warnings
 */
export async function build({ verbose = false } = {}) {
  const key = await sourceKey()
  const compile = async () => {
    if ((await readText(stamp)) !== key) {
      await withLock(join(dist, '.build.lock'), () => compileSources(key), waiting('build'))
    }
  }
  // Both to their end, so that a type error does not leave a C compiler running behind the message.
  const results = await Promise.allSettled([compile(), buildAddon({ verbose })])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** @param {string} what */
function waiting(what) {
  return (/** @type {string} */ holder) => say(`waiting for another ${what} (process ${holder})`)
}

async function installNow() {
  // The one who held the lock may have done it.
  if (await isInstalled()) return
  say('installing packages …')
  const hasLock = (await modified(join(root, 'package-lock.json'))) > 0
  const args = [hasLock ? 'ci' : 'install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const own = process.env.npm_execpath ?? ''
  const windows = process.platform === 'win32'
  const result = /npm-cli\.c?js$/.test(own)
    ? await capture(process.execPath, [own, ...args])
    : await capture(windows ? 'npm.cmd' : 'npm', args, { shell: windows })
  if (result.code !== 0) {
    process.stderr.write(result.stderr || result.stdout)
    throw new Error(`install: npm ${args[0]} ended with code ${result.code}; its message stands above`)
  }
}

/* npm leaves a copy of the lock file in node_modules. Times alone would install again after every change of branch, so
 * where the copy is older its packages are compared. */
async function isInstalled() {
  const lockFile = join(root, 'package-lock.json')
  const copy = join(root, 'node_modules', '.package-lock.json')
  const copied = await modified(copy)
  if (copied === 0) return false
  if (copied >= (await modified(lockFile))) return true
  const wanted = packagesOf(await readText(lockFile))
  const present = packagesOf(await readText(copy))
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || (entry.optional && !present[path])) continue
    if (present[path]?.version !== entry.version) return false
  }
  for (const path of Object.keys(present)) if (!wanted[path]) return false
  const now = new Date()
  await utimes(copy, now, now)
  return true
}

/**
 * @param {string | undefined} text of a lock file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(text) {
  try {
    return JSON.parse(text ?? '').packages ?? {}
  } catch {
    return {}
  }
}

/** @param {string} key of the sources when they were read */
async function compileSources(key) {
  if ((await readText(stamp)) === key) return
  await rm(stamp, { force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const buildInfo = join(dist, '.tsbuildinfo')
  // The record of the last compilation is only worth something with its outputs.
  if (!(await modified(join(dist, 'src', 'index.js')))) await rm(buildInfo, { force: true })
  const args = [tsc, '-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', buildInfo, '--pretty', 'false']
  const result = await capture(process.execPath, args)
  if (result.code !== 0) {
    process.stderr.write(result.stdout + result.stderr)
    throw new Error('build: the type checker found faults; they stand above')
  }
  await removeOrphans()
  await copyFiles(join('src', 'engine', 'backends'), '.wasm')
  await copyFiles(join('benchmarks', 'peers'), '.py')
  await joinCommandLine()
  await writeFile(stamp, key)
}

/**
 * The command line and all it imports of ours as one file: Node opens three hundred modules in twice the time that it
 * takes to start from one. The wasm files lie beside it, as they do beside the module that opens them. Vite would do it
 * too, but its bundler is a native addon that not every Node we run on can load.
 */
async function joinCommandLine() {
  const { rollup } = await import('@rollup/wasm-node')
  const platform = join(dist, 'src', 'node', 'platform.js')
  const ours = (/** @type {string} */ id) => id.startsWith('.') || id.startsWith(dist) || id === '#platform'
  const bundle = await rollup({
    input: join(dist, 'cli', 'main.js'),
    external: id => !ours(id),
    plugins: [{ name: 'platform', resolveId: id => (id === '#platform' ? platform : null) }],
  })
  await bundle.write({ file: commandLine, format: 'es', inlineDynamicImports: true })
  await bundle.close()
  await chmod(commandLine, 0o755)
  await copyFiles(join('src', 'engine', 'backends'), '.wasm', dirname(commandLine))
}

/** Outputs whose source was renamed or removed would still be imported, and published. */
async function removeOrphans() {
  for (const folder of sourceFolders) {
    for (const path of await filesUnder(join(dist, folder))) {
      const source = join(root, relative(dist, path)).replace(/\.(js|d\.ts)$/, '.ts')
      if (/\.(js|d\.ts)$/.test(path) && !(await modified(source))) await rm(path, { force: true })
    }
  }
}

/** What is not compiled. @param {string} folder @param {string} extension */
async function copyFiles(folder, extension, to = join(dist, folder)) {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(join(root, folder)).catch(() => [])) {
    if (!name.endsWith(extension)) continue
    const temporary = join(to, `${name}.${process.pid}`)
    await copyFile(join(root, folder, name), temporary)
    await rename(temporary, join(to, name))
  }
}

/** Names, sizes and times of everything that dist/ is made from: it also tells when a file has gone. */
async function sourceKey() {
  const paths = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map(name =>
    join(root, name),
  )
  for (const folder of sourceFolders) paths.push(...(await filesUnder(join(root, folder))))
  const lines = paths.map(async path => {
    const state = await stat(path).catch(() => undefined)
    return `${relative(root, path)} ${state?.size} ${state?.mtimeMs}`
  })
  return (await Promise.all(lines)).join('\n')
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} sorted; none if there is no such folder
 */
async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** @param {string} path @returns {Promise<number>} 0 if there is no such file */
async function modified(path) {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0
}

/** @param {string} path */
async function readText(path) {
  return readFile(path, 'utf8').catch(() => undefined)
}
