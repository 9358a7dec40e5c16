/* npm publish in a clone would leave the platform packages out: what is published are the files of `npm run release`. */
import { say } from './run.mjs'

say('publish the files that `npm run release` makes, as CONTRIBUTING.md says; a clone has no platform packages')
process.exitCode = 1
