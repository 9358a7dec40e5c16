/* node tools/pictures.mjs [--check]: draws the pictures in docs/ that the library draws itself: the architectures, and the
 * gradients through time of three cells on the same text. --check writes nothing, and fails where a file is another.
 *
 * The gradients are computed on WebAssembly with one thread, whose bits are the same on every machine. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, install } from './prepare.mjs'
import { isMain, root, runTool } from './run.mjs'

const STEPS = 200
const LOOKED_AT = 96

/** @param {string} name a module of the built library */
const built = name => import(new URL(`../dist/src/${name}.js`, import.meta.url).href)

/** @returns {Promise<Map<string, string>>} path from the root → picture */
export async function pictures() {
  /** @type {typeof import('../src/index.js')} */
  const { LanguageModel, generatedCorpora, openEngine, train } = await built('index')
  /** @type {typeof import('../src/inspection/index.js')} */
  const { architectures, decayOf, decayPicture, gradientsOfText } = await built('inspection/index')
  /** @type {Map<string, string>} */
  const drawn = new Map()
  for (const [name, draw] of Object.entries(architectures)) drawn.set(`docs/architectures/${name}`, draw())

  const { train: corpus, test } = generatedCorpora.agreement.generate({ seed: 1, count: 2000 }).asText()
  const engine = await openEngine({ backend: 'wasm', instructionSet: 'simd128', threads: 1 })
  const series = []
  for (const [name, cell] of /** @type {const} */ ([
    ['Elman', 'elman'],
    ['GRU', 'gru'],
    ['LSTM', 'lstm'],
  ])) {
    const options = { corpus, cell, hiddenSize: 48, numLayers: 1, seed: 1, engine }
    const model = await LanguageModel.create(options)
    await train(model, { train: corpus }, { steps: STEPS, batchSize: 16, learningRate: 0.005, seed: 1 })
    const result = gradientsOfText(model, test.text.slice(0, LOOKED_AT))
    series.push({ name, decay: decayOf(result, result.layers[0].hidden.total) })
    model.close()
  }
  engine.close()
  drawn.set(
    'docs/gradients.svg',
    decayPicture(series, { title: 'How much of a loss reaches an earlier step', most: 40 }),
  )
  return drawn
}

if (isMain(import.meta.url))
  await runTool(async () => {
    const check = process.argv.includes('--check')
    await install()
    await build()
    for (const [path, picture] of await pictures()) {
      const file = join(root, path)
      if (check) {
        const there = await readFile(file, 'utf8').catch(() => '')
        if (there !== picture)
          throw new Error(`${path} is not what is drawn now; run node tools/pictures.mjs and look at it`)
        continue
      }
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, picture)
    }
    return 0
  })
