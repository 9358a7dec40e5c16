/* npm run check:runtimes: the packed library, installed into an empty folder, under Node, Bun and Deno: each trains, saves,
 * loads and writes on native and on wasm (tests/package/smoke.mjs). Bun and Deno come from npm for the occasion; theirs
 * are the only install scripts that run. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layOut, targets } from './platforms.mjs'
import { build, install } from './prepare.mjs'
import { pack } from './release.mjs'
import { capture, root, runTool, say } from './run.mjs'

const windows = process.platform === 'win32'

/** @param {string[]} args @param {string} cwd */
async function npm(args, cwd) {
  const { code, stderr } = await capture('npm', ['install', '--no-audit', '--no-fund', ...args], {
    cwd,
    shell: windows,
  })
  if (code !== 0) throw new Error(`check:runtimes: npm install ended with code ${code}: ${stderr.trim()}`)
}

await runTool(async () => {
  await install()
  await build()
  const target = targets.find(({ platform, arch }) => platform === process.platform && arch === process.arch)
  if (!target) throw new Error(`check:runtimes: no native kernels for ${process.platform} ${process.arch}`)
  const folder = await mkdtemp(join(tmpdir(), 'recurra-runtimes-'))
  try {
    const runtimes = join(folder, 'runtimes')
    await mkdir(runtimes)
    await writeFile(join(runtimes, 'package.json'), '{ "private": true }')
    await npm(['bun', 'deno'], runtimes)
    await layOut(target, join(root, 'dist', 'native', 'recurra.node'), join(folder, 'platform'))
    const files = [await pack(root, folder), await pack(join(folder, 'platform'), folder)].map(({ file }) => file)
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    await npm(files, folder)
    await copyFile(join(root, 'tests', 'package', 'smoke.mjs'), join(folder, 'smoke.mjs'))
    const bin = (/** @type {string} */ name) => join(runtimes, 'node_modules', '.bin', windows ? `${name}.cmd` : name)
    const commands = { node: [process.execPath], bun: [bin('bun')], deno: [bin('deno'), 'run', '-A'] }
    let faults = 0
    for (const [name, [program = '', ...args]] of Object.entries(commands)) {
      const version = (await capture(program, ['--version'], { shell: windows })).stdout.split('\n')[0]
      for (const backend of ['native', 'wasm']) {
        const options = { cwd: folder, shell: windows }
        const { code, stdout, stderr } = await capture(program, [...args, 'smoke.mjs', backend], options)
        const result = code === 0 ? JSON.parse(stdout) : undefined
        const good = result?.same && result.backend === backend && result.losses[1] < result.losses[0] / 2
        if (!good) faults++
        const what = result ? `${result.instructionSet}, loss ${result.losses.join(' → ')}` : stderr.trim()
        console.log(`${good ? 'works' : 'FAILS'}  ${name} (${version}) on ${backend}: ${what}`)
      }
    }
    if (faults > 0) say(`check:runtimes: ${faults} of 6 fail`)
    return faults > 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
