/* npm run release: makes everything that is published, as files in dist/release/: the platform packages (see
 * tools/platforms.mjs) and the library, whose package.json there, and only there, names them as optional dependencies.
 * A clone does not name them: they have its own version, which the registry does not have before it is published. Beside
 * them stand the bill of materials (sbom.cdx.json) and the hashes of all files (SHA256SUMS). The same sources make the
 * same bytes, wherever and whenever: `npm run check:release` builds twice and compares.
 *
 *     npm run release -- --library      the library alone, without a compiler for the platform packages
 *
 * Publishes nothing. CONTRIBUTING.md says how that is done. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { billOfMaterials, licencesFile, licenceText } from './inventory.mjs'
import { makePlatforms, packageFolderOf, packageNameOf, targets } from './platforms.mjs'
import { build, install } from './prepare.mjs'
import { capture, isMain, root, runTool } from './run.mjs'

/** What of package.json concerns a clone alone. */
const OF_THE_CLONE = ['devDependencies', 'scripts']

/** @param {string} program @param {string[]} args @param {string} [cwd] @returns {Promise<string>} */
async function call(program, args, cwd = root) {
  const { code, stdout, stderr } = await capture(program, args, { cwd, shell: process.platform === 'win32' })
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with code ${code}: ${stderr.trim() || stdout.trim()}`)
  return stdout
}

/**
 * Packs a folder as npm would publish it.
 * @param {string} folder of a package.json
 * @param {string} to where the file goes
 * @returns {Promise<{ file: string, paths: string[] }>} the file, and what it holds
 */
export async function pack(folder, to) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', to]
  const reply = JSON.parse(await call('npm', args, folder))
  // An array in npm 10, an object by package name in npm 11.
  const [{ filename, files }] = /** @type {{ filename: string, files: { path: string }[] }[]} */ (Object.values(reply))
  return { file: join(to, filename), paths: files.map(({ path }) => path) }
}

/**
 * Packs the library as it is published: without what concerns a clone, with its platform packages.
 * @param {string} to a folder that is there
 */
export async function packLibrary(to) {
  const folder = await mkdtemp(join(tmpdir(), 'recurra-release-'))
  try {
    const { file } = await pack(root, folder)
    await call('tar', ['-xzf', file, '-C', folder])
    const inside = join(folder, 'package')
    const path = join(inside, 'package.json')
    const description = JSON.parse(await readFile(path, 'utf8'))
    for (const key of OF_THE_CLONE) delete description[key]
    description.optionalDependencies = Object.fromEntries(
      targets.map(target => [packageNameOf(target), description.version]),
    )
    description.files = [...description.files, licencesFile]
    await writeFile(path, `${JSON.stringify(description, null, 2)}\n`)
    await writeFile(join(inside, licencesFile), await licenceText(await billOfMaterials()))
    await setModes(inside, new Set(Object.values(description.bin).map(file => join(inside, file))))
    return await pack(inside, to)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Modes stand in a packed file, and those on disk depend on the umask.
 * @param {string} folder @param {ReadonlySet<string>} programs paths of files that may be run
 */
async function setModes(folder, programs) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    await chmod(path, entry.isDirectory() || programs.has(path) ? 0o755 : 0o644)
  }
}

/**
 * The lines of a SHA256SUMS file, as sha256sum writes and checks it.
 * @param {string} folder
 */
export async function hashesOf(folder) {
  const lines = (await readdir(folder)).sort().map(async name => {
    const hash = createHash('sha256').update(await readFile(join(folder, name)))
    return `${hash.digest('hex')}  ${name}\n`
  })
  return (await Promise.all(lines)).join('')
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    const [wanted, ...more] = process.argv.slice(2)
    if (more.length > 0 || (wanted !== undefined && wanted !== '--library'))
      throw new Error(`release: ${[wanted, ...more].join(' ')} is unknown; it takes --library or nothing`)
    await install()
    await build()
    const folder = join(root, 'dist', 'release')
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    if (wanted === undefined) {
      await makePlatforms()
      for (const target of targets) console.log((await pack(packageFolderOf(target), folder)).file)
    }
    const { file, paths } = await packLibrary(folder)
    console.log(`${file}: ${paths.length} files`)
    await writeFile(join(folder, 'sbom.cdx.json'), `${JSON.stringify(await billOfMaterials(), null, 2)}\n`)
    await writeFile(join(folder, 'SHA256SUMS'), await hashesOf(folder))
    return 0
  })
}
