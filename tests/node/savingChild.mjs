// @ts-nocheck: it runs the build, which need not be there where types are checked
/* node savingChild.mjs FOLDER FIRST: goes on with a run, saving version after version, until it is killed; says each one
 * when it is begun and when it is saved. Every third is the best. It runs the build, as no loader starts fast enough. */
import { writeSync } from 'node:fs'
import { writeSafetensors } from '../../dist/src/formats/safetensors.js'
import { RunFolder } from '../../dist/src/node/runFolder.js'

const [folder, first] = process.argv.slice(2)
const run = await RunFolder.open(folder)
for (let version = Number(first); ; version++) {
  const tensor = { name: 'weight', shape: [20_000], data: new Float32Array(20_000).fill(version) }
  writeSync(1, `begun ${version}\n`)
  await run.appendMetrics({ step: version, loss: 1 / version, samples: 'x'.repeat(2000) })
  const bytes = writeSafetensors([tensor], { version: String(version) })
  await run.saveModel(bytes, { best: version % 3 === 0 ? bytes : undefined })
  writeSync(1, `saved ${version}\n`)
}
