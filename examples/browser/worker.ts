/* The worker: it owns the engine and the model, because a page's main thread may never wait for other threads, and a
 * page that computes cannot scroll. One request at a time, but for `stop`, which is heard between two characters. */
import { type Engine, LanguageModel, openEngine } from 'recurra'
import type { GenerationRequest, Reply, Request } from './messages.js'

declare const self: DedicatedWorkerGlobalScope

/** Milliseconds between two pieces: a screen shows no more, and a message a character would cost more than the model. */
const PIECE_EVERY = 33

let engine: Engine | undefined
let model: LanguageModel | undefined
let stopping = false

const tell = (reply: Reply) => self.postMessage(reply)

async function open(threads: number | undefined): Promise<void> {
  engine = await openEngine({ threads })
  tell({ type: 'opened', description: engine.description, threads: engine.backend.threads, reason: engine.reason })
}

async function load(from: File | string): Promise<void> {
  const loaded = await (typeof from === 'string'
    ? LanguageModel.load(new URL(from), { engine })
    : LanguageModel.load(new Uint8Array(await from.arrayBuffer()), { engine }).catch(error => {
        // Bytes have no name of their own: the library calls them `model`.
        throw new Error((error as Error).message.replace(/^model/, from.name), { cause: error })
      }))
  model?.close()
  model = loaded
  const name = typeof from === 'string' ? decodeURIComponent(from.split('/').at(-1) ?? from) : from.name
  const { cell, hiddenSize, numLayers } = model.configuration
  const layers = numLayers === 1 ? '1 layer' : `${numLayers} layers`
  tell({ type: 'loaded', name, parameters: model.parameterCount, cell: `${cell}, ${layers} of ${hiddenSize}` })
}

async function generate({ temperature, ...options }: GenerationRequest): Promise<void> {
  if (!model) throw new Error('no model is loaded; choose a file first')
  stopping = false
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1000
  let tokens = 0
  let waiting = ''
  let told = begun
  const sampling = temperature === 0 ? { greedy: true } : { temperature }
  for await (const piece of model.generate({ ...options, ...sampling })) {
    tokens++
    waiting += piece
    if (stopping) break
    if (performance.now() - told < PIECE_EVERY) continue
    tell({ type: 'piece', text: waiting, tokens, seconds: seconds() })
    waiting = ''
    told = performance.now()
  }
  tell({ type: 'piece', text: waiting, tokens, seconds: seconds() })
  tell({ type: 'finished', tokens, seconds: seconds(), stopped: stopping })
}

function answer(request: Exclude<Request, { type: 'stop' }>): Promise<void> {
  if (request.type === 'open') return open(request.threads)
  if (request.type === 'load') return load(request.from)
  return generate(request.options)
}

let queue = Promise.resolve()
self.onmessage = ({ data: request }: MessageEvent<Request>) => {
  // A new model also ends the text of the old one.
  if (request.type === 'stop' || request.type === 'load') stopping = true
  if (request.type === 'stop') return
  queue = queue
    .then(() => answer(request))
    .catch(error => tell({ type: 'failed', during: request.type, message: (error as Error).message }))
}
