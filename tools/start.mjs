/* npm start [-- FILE …]: installs what is missing, builds, and trains the quickstart model. */
import { join } from 'node:path'
import { build, install } from './prepare.mjs'
import { foreground, root, runTool } from './run.mjs'

await runTool(async () => {
  await install()
  await build()
  return foreground([join(root, 'dist', 'cli', 'main.js'), 'quickstart', ...process.argv.slice(2)])
})
