/* npm run check:release: builds the release twice, from copies of the sources at two paths, with other times, another umask,
 * another time zone and another language, and compares every byte. Without zig it is the library alone. */
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findZig } from './platforms.mjs'
import { install } from './prepare.mjs'
import { capture, root, runTool, say } from './run.mjs'

/** What differs between the two builds, and may not be seen in their bytes. */
const BUILDS = [
  { name: 'a', umask: 0o022, modified: new Date('2026-01-02T03:04:05Z'), environment: { TZ: 'UTC', LC_ALL: 'C' } },
  {
    name: 'another place',
    umask: 0o077,
    modified: new Date('2001-02-03T04:05:06Z'),
    environment: { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8' },
  },
]

/** @param {string[]} args @returns {Promise<string>} */
async function git(args) {
  const { code, stdout, stderr } = await capture('git', args)
  if (code !== 0) throw new Error(`git ${args[0]} ended with code ${code}: ${stderr.trim()}`)
  return stdout
}

/**
 * @param {string} folder where the copy goes
 * @param {typeof BUILDS[number]} options
 */
async function copySources(folder, { modified }) {
  const paths = (await git(['ls-files', '-z', '--cached', '--others', '--exclude-standard']))
    .split('\0')
    .filter(Boolean)
  for (const path of paths) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(root, path), target)
    await utimes(target, modified, modified)
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
}

/**
 * @param {string} folder of the copy
 * @param {string[]} args of the release
 * @param {typeof BUILDS[number] & { epoch: string }} options
 * @returns {Promise<void>}
 */
function release(folder, args, { umask, environment, epoch }) {
  return new Promise((done, fail) => {
    const before = process.umask(umask)
    const env = { ...process.env, ...environment, SOURCE_DATE_EPOCH: epoch }
    const child = spawn(process.execPath, [join(folder, 'tools', 'release.mjs'), ...args], {
      cwd: folder,
      env,
      stdio: 'inherit',
    })
    process.umask(before)
    child.on('error', fail)
    child.on('close', code =>
      code === 0 ? done() : fail(new Error(`the release in ${folder} ended with code ${code}`)),
    )
  })
}

await runTool(async () => {
  await install()
  const args = await findZig().then(
    () => [],
    () => ['--library'],
  )
  if (args.length > 0) say('zig is not found: the library alone is compared')
  const epoch = (await git(['log', '-1', '--format=%ct'])).trim()
  const parent = await mkdtemp(join(tmpdir(), 'recurra-release-'))
  try {
    // Both copies first: somebody may be at work on the sources.
    for (const options of BUILDS) await copySources(join(parent, options.name), options)
    const sums = []
    for (const options of BUILDS) {
      const folder = join(parent, options.name)
      await release(folder, args, { ...options, epoch })
      sums.push(await readFile(join(folder, 'dist', 'release', 'SHA256SUMS'), 'utf8'))
    }
    const [first = '', second = ''] = sums
    process.stdout.write(first)
    if (first === second) return 0
    say(`the second build has other bytes:\n${second}`)
    return 1
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
})
