/* What any runtime must be able to do with the installed package: train a small language model, save it, load it, write
 * with it. Prints one line of JSON. The argument is the backend; the folder of this file has `recurra` installed.
 *
 *     node smoke.mjs native        bun smoke.mjs wasm        deno run -A smoke.mjs native */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import process from 'node:process'
import { LanguageModel, TextCorpus, train } from 'recurra'
import { readText } from 'recurra/node'

const backend = process.argv[2] === 'wasm' ? 'wasm' : 'native'
const corpus = new TextCorpus('We learn to read by reading, and to write by writing. '.repeat(40), 'lines')
const model = await LanguageModel.create({ corpus, cell: 'lstm', hiddenSize: 64, backend, threads: 2 })
const losses = []
const run = train(model, { train: corpus }, { steps: 60, batchSize: 4, timeSteps: 16, reportEvery: 1 })
for await (const { loss } of run) losses.push(loss)

const path = 'smoke.safetensors'
await model.save(path)
const loaded = await LanguageModel.load(path, { backend, threads: 2 })
const write = async (/** @type {LanguageModel} */ from) => {
  let text = ''
  for await (const piece of from.generate({ prompt: 'We ', length: 40, seed: 1 })) text += piece
  return text
}
const [text, again] = [await write(model), await write(loaded)]
const { name, instructionSet, threads } = model.engine.backend
const result = {
  backend: name,
  instructionSet,
  threads,
  losses: [losses[0], losses.at(-1)],
  same: text === again,
  text,
  file: createHash('sha256').update(model.toBytes()).digest('hex'),
  reads: typeof readText,
}
loaded.close()
model.close()
rmSync(path)
process.stdout.write(`${JSON.stringify(result)}\n`)
