/* npm test [-- FILE …] [--long]: installs what is missing, builds, and runs the tests. The last line counts them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, install } from './prepare.mjs'
import { foreground, root, runTool, say } from './run.mjs'

await runTool(async () => {
  const args = process.argv.slice(2)
  const long = args.includes('--long')
  await install()
  await build()
  const folder = await mkdtemp(join(tmpdir(), 'recurra-test-'))
  try {
    const report = join(folder, 'report.json')
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const options = [
      '--root',
      root,
      '--config',
      join(root, 'vitest.config.ts'),
      '--reporter=default',
      '--reporter=json',
    ]
    const code = await foreground(
      [vitest, 'run', ...options, `--outputFile.json=${report}`, ...args.filter(each => each !== '--long')],
      long ? { RECURRA_LONG: '1' } : {},
    )
    const count = await countTests(report)
    if (code !== 0 && count.failed === 0) {
      say(`vitest ended with code ${code} although no test failed; its message stands above`)
      count.failed = 1
    }
    console.log(`${count.passed} passed, ${count.failed} failed${count.skipped ? `, ${count.skipped} skipped` : ''}`)
    return count.failed > 0 || count.passed === 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** @param {string} path of vitest's JSON report */
async function countTests(path) {
  const count = { passed: 0, failed: 0, skipped: 0 }
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (!text) return count
  for (const file of JSON.parse(text).testResults) {
    let failed = 0
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed++
      else if (status === 'failed') failed++
      else count.skipped++
    }
    // A file that could not be loaded, or whose set-up failed, has no failed test of its own.
    count.failed += file.status === 'failed' ? Math.max(failed, 1) : failed
  }
  return count
}
