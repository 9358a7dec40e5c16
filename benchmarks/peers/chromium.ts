/* recurra's wasm in a page's worker, in the Chromium of this machine: the page is isolated, so that threads may share
 * memory. vite bundles the library for it, playwright-core drives the browser. */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Task } from '../tasks.js'
import { find, type PeerTask, serve, type Untyped } from './serve.js'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The library's own folder, where vite finds package.json and the map of its imports. */
const tasks = fileURLToPath(new URL('../tasks.js', import.meta.url))
const open = fileURLToPath(new URL('../../src/engine/open.js', import.meta.url))

/** Answers { task, threads, steps } with the times of the steps. */
const workerSource = `
import { openEngine } from ${JSON.stringify(open)}
import { prepare, timesOf } from ${JSON.stringify(tasks)}
const ready = new Map()
onmessage = async ({ data: { task, threads, steps } }) => {
  try {
    const key = JSON.stringify([task, threads])
    if (!ready.has(key)) {
      const engine = await openEngine({ backend: 'wasm', threads })
      if (engine.backend.threads !== threads) throw new Error('the page is not isolated')
      ready.set(key, await prepare(engine, task))
    }
    postMessage({ milliseconds: timesOf(ready.get(key), steps) })
  } catch (error) {
    postMessage({ error: String(error) })
  }
}
`

const page = `<!doctype html><title>recurra</title><link rel="icon" href="data:,"><script>
const worker = new Worker('worker.js', { type: 'module' })
globalThis.ask = request => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data.milliseconds)
  worker.onerror = event => reject(new Error(event.message))
  worker.postMessage(request)
})</script>`

/** The worker's script, and the wasm files beside it, by name. */
async function bundled(vite: Untyped): Promise<Map<string, string | Uint8Array>> {
  const entry = join(dirname(tasks), 'chromiumWorker.js')
  const { output } = await vite.build({
    configFile: false,
    root: dirname(tasks),
    base: './',
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id: string) => (id === 'entry' ? entry : undefined),
        load: (id: string) => (id === entry ? workerSource : undefined),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      target: 'esnext',
      assetsInlineLimit: 0,
      rolldownOptions: { input: 'entry', output: { entryFileNames: 'worker.js', assetFileNames: '[name][extname]' } },
    },
  })
  const files: Untyped[] = output
  return new Map(files.map(file => [file.fileName, file.type === 'chunk' ? file.code : file.source]))
}

await serve(async () => {
  const [playwright, vite] = [await find('playwright-core'), await find('vite')]
  if (!playwright || !vite) return { missing: 'npm install playwright-core vite' }
  const folders = (process.env.PATH ?? '').split(delimiter)
  const executablePath = folders.flatMap(folder => NAMES.map(name => join(folder, name))).find(existsSync)
  if (!executablePath) return { missing: 'a Chromium in PATH (apt-get install chromium)' }

  const files = await bundled(vite.module)
  const server = createServer((request, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    const name = (request.url ?? '/').slice(1)
    const content = name === '' ? page : files.get(name)
    const kind = name === '' ? 'text/html' : name.endsWith('.js') ? 'text/javascript' : 'application/wasm'
    if (content === undefined) response.writeHead(404).end()
    else response.setHeader('Content-Type', kind).end(content)
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const browser = await playwright.module.chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  const tab = await browser.newPage()
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  process.stdin.on('end', async () => {
    await browser.close()
    server.close()
    server.closeAllConnections()
  })

  async function prepare(task: Task, threads: number): Promise<PeerTask> {
    const ask = (steps: number): Promise<number[]> =>
      tab.evaluate((request: Untyped) => (globalThis as Untyped).ask(request), { task, threads, steps })
    return { times: ask }
  }

  const threads = [...new Set([1, availableParallelism()])]
  return { name: `recurra wasm in Chromium ${browser.version()}`, threads, prepare }
})
