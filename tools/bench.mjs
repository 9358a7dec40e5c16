/* npm run bench [-- --json]: installs what is missing, builds, and measures this machine. */
import { join } from 'node:path'
import { build, install } from './prepare.mjs'
import { foreground, root, runTool } from './run.mjs'

await runTool(async () => {
  await install()
  await build()
  return foreground([join(root, 'dist', 'cli', 'main.js'), 'bench', ...process.argv.slice(2)])
})
