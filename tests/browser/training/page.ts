/* The page that trains: `trainInWorker` for the test to call. */
import type { TrainingReply, TrainingRequest } from './run.js'

declare global {
  var trainInWorker: (request: TrainingRequest) => Promise<TrainingReply>
}

globalThis.trainInWorker = request =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = event => resolve(event.data)
    worker.onerror = event => reject(new Error(event.message))
    worker.postMessage(request)
  })
