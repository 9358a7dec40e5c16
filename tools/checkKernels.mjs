/* npm run check:kernels: holds that what is committed beside the kernels is what they give: src/engine/records.ts, and
 * the wasm files, byte for byte. Ends with 1 and the command that mends it where they differ. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeRecords, recordsFile } from './records.mjs'
import { runTool, say } from './run.mjs'
import { buildWasm, hasPinnedTools, neededTools, wasmFiles, wasmFolder } from './wasm.mjs'

await runTool(async () => {
  const records = await checkRecords()
  const wasm = await checkWasm()
  return records && wasm ? 0 : 1
})

async function checkRecords() {
  const committed = await readFile(recordsFile, 'utf8').catch(() => '')
  if (committed === (await makeRecords())) return true
  say('src/engine/records.ts is not what kernels/kernels.h gives: run `node tools/records.mjs`')
  return false
}

async function checkWasm() {
  if (!(await hasPinnedTools())) {
    console.log(`skipped: needs ${neededTools}`)
    return true
  }
  const folder = await mkdtemp(join(tmpdir(), 'recurra-check-'))
  try {
    await buildWasm(folder)
    let same = true
    for (const name of wasmFiles) {
      const committed = await readFile(join(wasmFolder, name)).catch(() => Buffer.alloc(0))
      const rebuilt = await readFile(join(folder, name))
      if (committed.equals(rebuilt)) console.log(`${name}: ${rebuilt.length} bytes, as the kernels give`)
      else say(`src/engine/backends/${name} is not what the kernels give: run \`node tools/wasm.mjs\``)
      same &&= committed.equals(rebuilt)
    }
    return same
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
