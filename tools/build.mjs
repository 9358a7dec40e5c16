/* npm run build: installs what is missing and brings dist/ up to date. */
import { build, install } from './prepare.mjs'
import { runTool } from './run.mjs'

await runTool(async () => {
  await install()
  await build({ verbose: true })
  return 0
})
