// @ts-nocheck: it runs the build, which need not be there where types are checked
/* One thread that fuzzes one target until its time is over. A file whose outcome is new (another message, numbers and
 * names aside) becomes one to begin from, so that the search goes deeper by itself. What is being read stands in shared
 * memory, so that whoever started the thread knows it also where the reader hangs or ends the thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { RecurraError } from '../../dist/src/errors.js'
import { mutated, randomFrom } from './mutations.mjs'
import { targets } from './targets.mjs'

/** A reader is given files of at most 64 KiB; the slowest machine that tests run on is far from this, in milliseconds. */
const slow = 5000
/** A long file to begin from would make all that come of it long. */
const longestToKeep = 4096

const { name, seconds, seed, shared } = workerData
const state = new Int32Array(shared, 0, 2)
const input = new Uint8Array(shared, 8)
const target = targets[name]
const random = randomFrom(seed)
const corpus = await target.seeds()
const outcomes = new Set()
const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
const keysOf = () => prototypes.map(prototype => Reflect.ownKeys(prototype).length).join()
const clean = keysOf()

/** How long a reader takes, in milliseconds, whatever comes of it. */
async function timed(bytes) {
  const begun = performance.now()
  try {
    await target.read(bytes, random)
  } catch {}
  return performance.now() - begun
}

const until = performance.now() + seconds * 1000
let cases = 0
let fault
while (!fault && performance.now() < until) {
  let bytes = mutated(random, corpus, target.words)
  if (target.mend && random() < 0.7) bytes = target.mend(bytes)
  input.set(bytes)
  Atomics.store(state, 1, bytes.length)
  Atomics.store(state, 0, ++cases)
  const begun = performance.now()
  let outcome = 'read'
  try {
    outcome = String((await target.read(bytes, random)) ?? outcome)
  } catch (error) {
    if (error instanceof RecurraError && !error.message.includes('\n')) outcome = error.message
    else fault = error?.stack ?? String(error)
  }
  if (performance.now() - begun > slow && !fault) {
    // The machine may have been busy with something else: what counts is how fast it can be.
    const again = [await timed(bytes), await timed(bytes)]
    if (Math.min(...again) > slow) fault = `took ${Math.round(Math.min(...again))} ms`
  }
  if (keysOf() !== clean) fault = 'a prototype has another key now'
  const kind = outcome.replace(/"[^"]*"|\d+/g, '#').slice(0, 80)
  if (outcomes.has(kind) || outcomes.size > 2000) continue
  outcomes.add(kind)
  if (bytes.length <= longestToKeep) corpus.push(bytes)
}
parentPort.postMessage({ cases, outcomes: outcomes.size, fault })
