/* A fuzz target per parser: whatever the bytes, it returns or throws an error of recurra's in one line; it does not hang,
 * throws nothing else, takes no memory without end, and changes no prototype. All run at once, each in a thread of its
 * own, 5 seconds; by `npm run test:long` a minute, or RECURRA_FUZZ_SECONDS. RECURRA_FUZZ_SEED begins the search elsewhere. */
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import { targets } from './targets.mjs'

const seconds = Number(process.env.RECURRA_FUZZ_SECONDS ?? (process.env.RECURRA_LONG ? 60 : 5))
const seed = Number(process.env.RECURRA_FUZZ_SEED ?? (process.env.RECURRA_LONG ? Date.now() % 2 ** 31 : 1))

/** No reader may stand still for so long at one file, in milliseconds. */
const patience = 60_000

interface Report {
  readonly cases: number
  readonly outcomes: number
  readonly fault?: string | undefined
}

function fuzzed(name: string): Promise<Report & { input: string }> {
  const shared = new SharedArrayBuffer(8 + (1 << 17))
  const state = new Int32Array(shared, 0, 2)
  const input = () => Buffer.from(new Uint8Array(shared, 8, Atomics.load(state, 1))).toString('base64')
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { name, seconds, seed, shared },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
    // A library that reads for us may have something to say.
    stderr: true,
  })
  return new Promise(resolve => {
    let last = -1
    const watch = setInterval(() => {
      const cases = Atomics.load(state, 0)
      if (cases === last && cases > 0) end({ cases, outcomes: 0, fault: `hangs at case ${cases}` })
      last = cases
    }, patience)
    const end = (report: Report) => {
      clearInterval(watch)
      void worker.terminate().then(() => resolve({ ...report, input: input() }))
    }
    worker.once('message', end)
    worker.once('error', error => end({ cases: Atomics.load(state, 0), outcomes: 0, fault: String(error.stack) }))
  })
}

describe(`fuzzed for ${seconds} s from seed ${seed}`, () => {
  const reports = new Map<string, Promise<Report & { input: string }>>()
  beforeAll(() => {
    for (const name of Object.keys(targets)) reports.set(name, fuzzed(name))
  })

  it.each(Object.keys(targets))(
    '%s',
    async name => {
      const { cases, outcomes, fault, input } = await (reports.get(name) as Promise<Report & { input: string }>)
      expect(fault, `${name}, case ${cases}, in base64: ${input}`).toBeUndefined()
      // The search found its way past the first check.
      expect(cases).toBeGreaterThan(20)
      expect(outcomes).toBeGreaterThan(2)
      if (process.env.RECURRA_LONG) console.log(`${name}: ${cases} files, ${outcomes} kinds of outcome`)
    },
    seconds * 1000 + 120_000,
  )
})
