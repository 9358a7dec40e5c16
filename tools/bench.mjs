/* npm run bench [-- --json]: installs what is missing, builds, and measures this machine. */
import { build, commandLine, install } from './prepare.mjs'
import { foreground, runTool } from './run.mjs'

await runTool(async () => {
  await install()
  await build()
  return foreground([commandLine, 'bench', ...process.argv.slice(2)])
})
