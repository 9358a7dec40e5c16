/* node tools/platforms.mjs [PLATFORM-ARCH …]: makes the platform packages, each the addon for one system: compiled here
 * with zig's C compiler, which brings every system's headers, and checked for format and symbols.
 *
 * zig is found as $ZIG, as `zig`, or as the Python package ziglang (pip install ziglang). The packages are laid out in
 * dist/platforms/; tools/release.mjs packs them. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readBinary } from './binaryFormat.mjs'
import { compileAddon } from './compileAddon.mjs'
import { licencesFile } from './inventory.mjs'
import { capture, isMain, root, runTool } from './run.mjs'

/**
 * The systems that get a package, and what zig calls them. glibc and macOS are the oldest that Node 20 runs on.
 * @type {{ platform: string, arch: string, zig: string, libc?: string }[]}
 */
export const targets = [
  { platform: 'linux', arch: 'x64', zig: 'x86_64-linux-gnu.2.28', libc: 'glibc' },
  { platform: 'linux', arch: 'arm64', zig: 'aarch64-linux-gnu.2.28', libc: 'glibc' },
  { platform: 'darwin', arch: 'arm64', zig: 'aarch64-macos.11.0' },
  { platform: 'darwin', arch: 'x64', zig: 'x86_64-macos.11.0' },
  { platform: 'win32', arch: 'x64', zig: 'x86_64-windows-gnu' },
]

export const platformsFolder = join(root, 'dist', 'platforms')

/** @param {{ platform: string, arch: string }} target @returns {string} the name that the loader looks for */
export const packageNameOf = ({ platform, arch }) => `@recurra/${platform}-${arch}`

/** @param {{ platform: string, arch: string }} target @returns {string} where its package is laid out */
export const packageFolderOf = ({ platform, arch }) => join(platformsFolder, `${platform}-${arch}`)

/** What Node calls, and what it calls first. */
const WANTED_EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
/** Libraries that every machine of the system has. */
const KNOWN_LIBRARIES = {
  linux: /^(libc|libm|libpthread|ld-linux-.*)\.so\.\d+$/,
  darwin: /^\/usr\/lib\/libSystem\.B\.dylib$/,
  win32: /^(KERNEL32|api-ms-win-.*)\.dll$/i,
}

/** @returns {Promise<import('./compileAddon.mjs').Compiler>} zig, without a target */
export async function findZig() {
  const candidates = [process.env.ZIG ? [process.env.ZIG] : ['zig'], ['python3', '-m', 'ziglang']]
  for (const [program = '', ...args] of candidates) {
    const { code, stdout } = await capture(program, [...args, 'version'])
    if (code === 0) return { command: [program, ...args, 'cc'], version: `zig ${stdout.trim()}` }
  }
  throw new Error(
    'zig is not found: pip install ziglang in a virtual environment, and set ZIG to a program that runs it',
  )
}

/**
 * What is wrong with an addon's file, of what can be told from its bytes.
 * @param {Uint8Array} bytes
 * @param {{ platform: string, arch: string }} target
 * @returns {string[]}
 */
export function faultsOf(bytes, { platform, arch }) {
  const binary = readBinary(bytes)
  const faults = []
  if (binary.platform !== platform || binary.arch !== arch) faults.push(`it is for ${binary.platform} ${binary.arch}`)
  for (const name of WANTED_EXPORTS) if (!binary.exports.includes(name)) faults.push(`it does not export ${name}`)
  for (const name of binary.exports) if (!WANTED_EXPORTS.includes(name)) faults.push(`it also exports ${name}`)
  const known = KNOWN_LIBRARIES[/** @type {keyof typeof KNOWN_LIBRARIES} */ (platform)]
  for (const name of binary.libraries) if (!known?.test(name)) faults.push(`it wants ${name}`)
  const wantsNode = binary.imports.some(name => name.startsWith('napi_'))
  if (wantsNode !== (platform !== 'win32'))
    faults.push(`it ${wantsNode ? 'binds' : 'does not bind'} Node-API when it is loaded`)
  return faults
}

/**
 * Lays out a platform package around an addon.
 * @param {typeof targets[number]} target
 * @param {string} addon its file
 * @param {string} folder made anew
 * @param {string} [licences] of what the compiler has linked into the addon
 */
export async function layOut(target, addon, folder, licences) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await copyFile(addon, join(folder, 'recurra.node'))
  const { version, license, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const description = {
    name: packageNameOf(target),
    version,
    description: `The native kernels of recurra for ${target.platform} on ${target.arch}.`,
    license,
    os: [target.platform],
    cpu: [target.arch],
    ...(target.libc ? { libc: [target.libc] } : {}),
    engines,
    main: './recurra.node',
    files: ['recurra.node', ...(licences ? [licencesFile] : [])],
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
  await writeFile(join(folder, 'README.md'), `${description.description} Installed with recurra, not by itself.\n`)
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  if (licences) await writeFile(join(folder, licencesFile), licences)
}

/**
 * The licences of what zig links into an addon: compiler-rt, which is zig's own, and for Windows the C runtime of mingw-w64.
 * The C libraries of the other systems are theirs.
 * @param {typeof targets[number]} target
 * @param {import('./compileAddon.mjs').Compiler} zig
 * @returns {Promise<string>}
 */
async function linkedLicences({ platform }, { command, version }) {
  const [program = '', ...args] = command.slice(0, -1)
  const { stdout } = await capture(program, [...args, 'env'])
  const library = /\blib_dir"?\s*[=:]\s*("(?:[^"\\]|\\.)*")/.exec(stdout)?.[1]
  if (!library) throw new Error('zig env does not say where its library is')
  const folder = JSON.parse(library)
  const parts = [[`compiler-rt of ${version}`, join(folder, '..', 'LICENSE')]]
  if (platform === 'win32') parts.push(['mingw-w64, the C runtime', join(folder, 'libc', 'mingw', 'COPYING')])
  const texts = parts.map(async ([name = '', file = '']) => `${name}\n\n${(await readFile(file, 'utf8')).trim()}\n`)
  return ['What the compiler has linked into recurra.node, and the licences.\n', ...(await Promise.all(texts))].join(
    `\n${'-'.repeat(80)}\n\n`,
  )
}

/**
 * Compiles, checks and lays out one platform package.
 * @param {typeof targets[number]} target
 * @param {import('./compileAddon.mjs').Compiler} zig
 */
async function makePackage(target, zig) {
  const work = await mkdtemp(join(tmpdir(), 'recurra-platform-'))
  try {
    const file = join(work, 'recurra.node')
    // Stripped; the database of symbols that zig lays beside a DLL stays behind.
    const command = [...zig.command, '-target', target.zig, '-s']
    await compileAddon({ command, version: zig.version }, target, file, { verbose: true })
    const bytes = await readFile(file)
    const faults = faultsOf(bytes, target)
    if (faults.length > 0) throw new Error(`${packageNameOf(target)}: ${faults.join('; ')}`)
    await layOut(target, file, packageFolderOf(target), await linkedLicences(target, zig))
    const { exports, imports, libraries } = readBinary(bytes)
    console.log(
      `${packageNameOf(target).padEnd(24)}${String(bytes.length).padStart(9)} bytes, exports ${exports.length}, imports ${imports.length}, wants ${libraries.join(', ')}`,
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** @param {readonly string[]} [wanted] such as linux-x64; all where none is named */
export async function makePlatforms(wanted = []) {
  const known = targets.map(({ platform, arch }) => `${platform}-${arch}`)
  const unknown = wanted.find(name => !known.includes(name))
  if (unknown) throw new Error(`platforms: ${unknown} is unknown; known are ${known.join(', ')}`)
  const zig = await findZig()
  for (const [i, target] of targets.entries()) {
    if (wanted.length > 0 && !wanted.includes(known[i] ?? '')) continue
    await makePackage(target, zig)
  }
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    await makePlatforms(process.argv.slice(2))
    return 0
  })
}
