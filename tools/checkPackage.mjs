/* npm run check:package: packs the library as it is published and has publint and @arethetypeswrong/cli look at it. Both
 * are fetched by npm for the occasion. The package is for ES modules alone, so what CommonJS and Node 10 would see of it
 * is left out. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, install } from './prepare.mjs'
import { packLibrary } from './release.mjs'
import { capture, runTool } from './run.mjs'

/** @type {{ tool: string, args: string[] }[]} */
const CHECKS = [
  { tool: 'publint@0.3.25', args: ['publint', '--strict'] },
  { tool: '@arethetypeswrong/cli@0.18.5', args: ['attw', '--profile', 'esm-only'] },
]

await runTool(async () => {
  await install()
  await build()
  const folder = await mkdtemp(join(tmpdir(), 'recurra-check-'))
  try {
    const { file } = await packLibrary(folder)
    let faults = 0
    for (const { tool, args } of CHECKS) {
      const command = ['exec', '--yes', `--package=${tool}`, '--', ...args, file]
      const { code, stdout, stderr } = await capture('npm', command, { shell: process.platform === 'win32' })
      console.log(`${tool}\n${(code === 0 ? stdout : stdout + stderr).trim()}\n`)
      if (code !== 0) faults++
    }
    return faults > 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
