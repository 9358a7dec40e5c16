/* The example page, built by Vite from dist/ and run in a headless Chromium: what the engine does there is what it does
 * in Node, bit for bit, on shared memory with threads and on memory of its own without. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LanguageModel, openEngine, TextCorpus } from '../../src/index.js'
import { browserPath, openBrowser, type Served, serve } from './chromium.js'
import { trainThreeSteps } from './training/run.js'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const example = here('../../examples/browser/')
const reason = browserPath ? '' : ', skipped: there is no chromium in PATH'
const prompt = 'We learn'
const faults: string[] = []

let folder: string
let browser: Browser
let isolated: Served
let plain: Served

/** Builds a page into the served folder, as its author would. */
async function buildPage(root: string, name: string): Promise<void> {
  const outDir = join(folder, name)
  await build({ configFile: join(example, 'vite.config.ts'), root, logLevel: 'error', build: { outDir } })
}

async function openPage(address: string): Promise<Page> {
  const page = await browser.newPage()
  page.on('pageerror', error => faults.push(error.message))
  page.on('requestfailed', request => faults.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
  })
  await page.goto(address)
  return page
}

const says = (page: Page, text: RegExp) => page.locator('#status').filter({ hasText: text }).waitFor()

/** What the page writes, and what it says of its engine. */
async function written(page: Page, options: { seed: number; temperature: number; length: number }) {
  await page.fill('#prompt', prompt)
  for (const [name, value] of Object.entries(options)) await page.fill(`#${name}`, String(value))
  await page.click('#generate')
  await says(page, /^Wrote/)
  const text = await page.locator('#written').evaluate(element => element.textContent)
  return { text, description: await page.locator('#backend').innerText() }
}

/** Node 20 has relaxed SIMD behind a flag of V8; the test may set it, as its process is its own. */
async function letNodeRun(instructionSet: string): Promise<void> {
  const open = () => openEngine({ backend: 'wasm', instructionSet, threads: 1 })
  const engine = await open().catch(() => {
    setFlagsFromString('--experimental-wasm-relaxed-simd')
    return open()
  })
  engine.close()
}

/** What Node's wasm backend writes with the instruction set that the page has named. */
async function expected(description: string, seed: number, temperature: number, length: number): Promise<string> {
  const instructionSet = /^wasm (\S+),/.exec(description)?.[1] ?? description
  await letNodeRun(instructionSet)
  const path = join(folder, 'model.safetensors')
  using model = await LanguageModel.load(path, { backend: 'wasm', instructionSet, threads: 1 })
  const sampling = temperature === 0 ? { greedy: true } : { temperature }
  let text = ''
  for await (const piece of model.generate({ prompt, seed, length, ...sampling })) text += piece
  model.engine.close()
  return text
}

beforeAll(async () => {
  if (!browserPath) return
  folder = await mkdtemp(join(tmpdir(), 'recurra-browser-'))
  const corpus = new TextCorpus('We learn to read by reading, and to write by writing. ', 'lines')
  using model = await LanguageModel.create({ corpus, hiddenSize: 16, seed: 3 })
  const bytes = model.toBytes()
  await mkdir(join(folder, 'page'), { recursive: true })
  await writeFile(join(folder, 'model.safetensors'), bytes)
  await writeFile(join(folder, 'broken.safetensors'), bytes.subarray(0, bytes.length - 9))
  await buildPage(example, 'page')
  await buildPage(here('training'), 'training')
  isolated = await serve(folder, { isolated: true })
  plain = await serve(folder, { isolated: false })
  browser = await openBrowser(browserPath)
})

afterAll(async () => {
  await browser?.close()
  await isolated?.close()
  await plain?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

describe.skipIf(!browserPath)(`the library in a browser${reason}`, () => {
  test('the bundle holds both wasm files, nothing of Node and no addon', async () => {
    const files = await readdir(join(folder, 'page', 'assets'))
    const count = (ending: RegExp) => files.filter(file => ending.test(file)).length
    expect([count(/^recurra-.*\.wasm$/), count(/^recurra\.relaxed-.*\.wasm$/), count(/\.wasm$/)]).toEqual([1, 1, 2])
    expect(count(/\.node$/)).toBe(0)
    for (const file of files.filter(file => file.endsWith('.js'))) {
      const script = await readFile(join(folder, 'page', 'assets', file), 'utf8')
      expect(script).not.toMatch(/node:[a-z]|browser-external|createRequire|process\.env/)
    }
  })

  test('an isolated page writes on two threads what Node writes', async () => {
    const page = await openPage(`${isolated.address}/page/?model=../model.safetensors&threads=2`)
    await says(page, /ready/)
    expect(await page.locator('#threads').innerText()).toBe('2')
    expect(await page.locator('#hint').isVisible()).toBe(false)
    const drawn = await written(page, { seed: 7, temperature: 0.8, length: 400 })
    expect(drawn.description).toMatch(/^wasm (relaxed-)?simd128, 2 threads$/)
    expect(drawn.text).toBe(await expected(drawn.description, 7, 0.8, 400))
    const greedy = await written(page, { seed: 1, temperature: 0, length: 100 })
    expect(greedy.text).toBe(await expected(drawn.description, 1, 0, 100))
    expect(greedy.text).not.toBe(drawn.text.slice(0, 100))
    await page.close()
  })

  test('a page that is not isolated has one thread, says why, and writes the same', async () => {
    const page = await openPage(`${plain.address}/page/`)
    await says(page, /^Choose a model/)
    expect(await page.locator('#generate').isDisabled()).toBe(true)
    await page.setInputFiles('#file', join(folder, 'model.safetensors'))
    await says(page, /ready/)
    expect(await page.locator('#model').innerText()).toMatch(/^model\.safetensors: lstm, .*parameters$/)
    expect(await page.locator('#threads').innerText()).toBe('1')
    expect(await page.locator('#hint').isVisible()).toBe(true)
    const { text, description } = await written(page, { seed: 7, temperature: 0.8, length: 400 })
    expect(description).toMatch(/^wasm (relaxed-)?simd128, 1 thread$/)
    expect(text).toBe(await expected(description, 7, 0.8, 400))
    await page.close()
  })

  test('no character waits for a timer, and Stop stops', async () => {
    const page = await openPage(`${plain.address}/page/?model=../model.safetensors`)
    await says(page, /ready/)
    await page.fill('#length', '100000')
    await page.click('#generate')
    await page.waitForFunction(() => (document.getElementById('written')?.textContent ?? '').length > 300)
    await page.click('#stop')
    await says(page, /^Stopped after [\d,]+ characters/)
    const speed = Number((await page.locator('#speed').innerText()).replaceAll(',', ''))
    // Timers that set timers fire 250 times a second at most.
    expect(speed).toBeGreaterThan(260)
    expect(await page.locator('#generate').isEnabled()).toBe(true)
    await page.close()
  })

  test('a broken model file, or none at the address, gives one clear line, and the next file loads', async () => {
    const page = await openPage(`${plain.address}/page/`)
    await page.setInputFiles('#file', join(folder, 'broken.safetensors'))
    await page.locator('#status.fault').waitFor()
    const line = await page.locator('#status').innerText()
    expect(line).toMatch(/^broken\.safetensors: \S.{20,}$/)
    await page.setInputFiles('#file', join(folder, 'model.safetensors'))
    await says(page, /ready/)
    await page.close()

    const before = faults.length
    const lost = await openPage(`${plain.address}/page/?model=none.safetensors`)
    await lost.locator('#status.fault').waitFor()
    expect(await lost.locator('#status').innerText()).toMatch(/none\.safetensors: the server answered 404/)
    await lost.close()
    // The browser itself notes the 404 on the console, and the answer that nobody reads.
    for (const fault of faults.splice(before)) expect(fault).toMatch(/404|none\.safetensors: net::ERR_ABORTED$/)
  })

  test.each([2, 1])('training in a worker with threads: %i gives the bits that Node gives', async threads => {
    const page = await openPage(`${(threads > 1 ? isolated : plain).address}/training/`)
    const inPage = await page.evaluate(request => globalThis.trainInWorker(request), { threads })
    const { instructionSet } = inPage
    expect(inPage.description).toBe(`wasm ${instructionSet}, ${threads === 1 ? '1 thread' : '2 threads'}`)
    await letNodeRun(instructionSet)
    const inNode = await trainThreeSteps({ threads: 1, instructionSet })
    expect(inPage.losses).toHaveLength(3)
    expect(inPage.losses).toEqual(inNode.losses)
    expect(inPage.file).toEqual(inNode.file)
    await page.close()
  })

  test('none of these pages wrote an error or a warning to its console', () => expect(faults).toEqual([]))
})
