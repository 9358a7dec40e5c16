/* What the library needs of the machine, in Node: the addon, threads by worker_threads, files. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Addon, Platform } from '../engine/backend.js'
import { BackendError } from '../errors.js'
import { readFileBytes } from './files.js'
import { usableProcessors } from './processors.js'
import { writeFileAtomically } from './writing.js'

const require = createRequire(import.meta.url)

/** Where an addon may lie: built in this clone, or brought by a platform package. Seen from src/ and from dist/src/. */
const PLACES = [
  '../../../dist/native/recurra.node',
  '../../dist/native/recurra.node',
  `@recurra/${process.platform}-${process.arch}`,
]

function loadAddon(): { addon: Addon } | { reason: string } {
  let broken: string | undefined
  for (const place of PLACES) {
    try {
      return { addon: require(place) as Addon }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'MODULE_NOT_FOUND') broken ??= message.split('\n')[0]
    }
  }
  if (broken) return { reason: broken }
  return {
    reason: `there is no addon for ${process.platform} ${process.arch}; let npm install optional packages too, or run \`npm run build\` in a clone with gcc or clang`,
  }
}

export const platform: Platform = {
  backendWanted: process.env.RECURRA_BACKEND,
  parallelism: usableProcessors(),
  loadAddon,
  startThread: (source, message) =>
    new Promise((resolve, reject) => {
      const script = `const { workerData, parentPort } = require('node:worker_threads')\n${source}\nserve(workerData, () => parentPort.postMessage('ready'))`
      const worker = new Worker(script, { eval: true, workerData: message })
      worker.once('message', () => {
        worker.unref()
        resolve({ end: () => void worker.terminate() })
      })
      worker.once('error', error =>
        reject(
          new BackendError(`wasm backend: a thread did not start: ${error.message}; open the engine with threads: 1`),
        ),
      )
    }),
  sharesMemory: true,
  mayWait: true,
  readBytes: location =>
    readFileBytes(location instanceof URL ? fileURLToPath(location) : location) as Promise<Uint8Array<ArrayBuffer>>,
  writeBytes: writeFileAtomically,
  pause: () => new Promise(resolve => setImmediate(resolve)),
}
