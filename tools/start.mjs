/* npm start [-- FILE …]: installs what is missing, builds, and trains the quickstart model. */
import { build, commandLine, install } from './prepare.mjs'
import { foreground, runTool } from './run.mjs'

await runTool(async () => {
  await install()
  await build()
  return foreground([commandLine, 'quickstart', ...process.argv.slice(2)])
})
