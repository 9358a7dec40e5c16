/* What the library needs of the machine, on a page or in a web worker. In Node, Deno and Bun, `#platform` leads to
 * src/node/platform.ts instead. */
import { BackendError, ConfigurationError } from '../errors.js'
import type { Platform } from './backend.js'

interface WebScope {
  readonly crossOriginIsolated?: boolean
  readonly navigator?: { readonly hardwareConcurrency?: number }
  readonly WorkerGlobalScope?: unknown
}
const scope = globalThis as WebScope

/** Those who wait for the event loop to turn, and the channel whose messages turn it. */
const waiting: (() => void)[] = []
let channel: MessageChannel | undefined

/** By a message, because a timer set by a timer waits 4 ms: 250 tokens a second would be the most. */
function turn(): Promise<void> {
  if (!channel) {
    channel = new MessageChannel()
    channel.port1.onmessage = () => waiting.shift()?.()
  }
  const { port2 } = channel
  return new Promise(resolve => {
    waiting.push(resolve)
    port2.postMessage(undefined)
  })
}

export const platform: Platform = {
  backendWanted: undefined,
  parallelism: scope.navigator?.hardwareConcurrency ?? 1,
  loadAddon: () => ({ reason: 'this is not Node' }),
  startThread: (source, message) =>
    new Promise((resolve, reject) => {
      const script = `${source}\nonmessage = (event) => serve(event.data, () => postMessage('ready'))`
      const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
      const worker = new Worker(url)
      worker.onmessage = () => {
        URL.revokeObjectURL(url)
        resolve({ end: () => worker.terminate() })
      }
      worker.onerror = event => {
        worker.terminate()
        reject(
          new BackendError(
            // Where the page's content security policy forbids the script, the event says nothing.
            `wasm backend: a thread did not start: ${event.message || 'blob: workers may be forbidden here'}; open the engine with threads: 1`,
          ),
        )
      }
      worker.postMessage(message)
    }),
  sharesMemory: scope.crossOriginIsolated === true,
  mayWait: scope.WorkerGlobalScope !== undefined,
  async readBytes(location) {
    const response = await fetch(location)
    if (!response.ok)
      throw new ConfigurationError(
        `${location}: the server answered ${response.status} ${response.statusText}; check the address`,
      )
    return new Uint8Array(await response.arrayBuffer())
  },
  writeBytes: path =>
    Promise.reject(
      new ConfigurationError(`${path}: a page cannot write files; use model.toBytes() and offer them as a download`),
    ),
  pause: turn,
}
