/* The native addon in several threads of one process: each environment has its own heap, the team belongs to one caller
 * at a time, and threads and environments end without taking the process along. */
import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, test } from 'vitest'
import { lstm } from '../../src/cells/lstm.js'
import { type EngineOptions, openEngine } from '../../src/engine/open.js'
import { matmul, RECORD_BYTES } from '../../src/engine/records.js'
import { platform } from '../../src/node/platform.js'
import { Draw } from './randomValues.js'
import { recurrenceCase, runRecurrence } from './recurrenceRun.js'

const addonPath = fileURLToPath(new URL('../../dist/native/recurra.node', import.meta.url))
const loaded = platform.loadAddon()
const why = 'reason' in loaded ? `, skipped: ${loaded.reason}` : ''

// One product, laid out by hand: the workers have no TypeScript, only the addon, the memory and the places.
const [m, n, k] = [150, 130, 140]
const places = { record: 64, a: 1024, b: 1024 + 4 * m * k + 64, y: 1 << 18, workspace: 1 << 19 }

function preparedMemory(seed: number) {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const floats = new Float32Array(memory.buffer)
  const draw = new Draw(seed)
  const [a, b] = [draw.values(m * k), draw.values(k * n)]
  places.b = Math.ceil(places.b / 64) * 64
  floats.set(a, places.a / 4)
  floats.set(b, places.b / 4)
  const record = { m, n, k, a: places.a, b: places.b, y: places.y, aStride: k, bStride: n, yStride: n }
  const doubles = new Float64Array(memory.buffer)
  matmul.write(new Int32Array(memory.buffer), doubles, places.record, record, places.workspace)
  const right = new Float64Array(m * n)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) right[i * n + j] += a[i * k + l] * b[l * n + j]
  return { memory, right }
}

/** A worker's script: runs the product again and again, says what went wrong, and whether the bits were always the same. */
const script = `
const { parentPort, workerData } = require('node:worker_threads')
const { addonPath, memory, kernel, places, count, size, threads, instructionSet } = workerData
const addon = require(addonPath)
const heap = addon.open(instructionSet, threads, new Uint8Array(memory.buffer))
const wanted = heap.workspace(kernel, places.record)
if (wanted > memory.buffer.byteLength - places.workspace) throw new Error('the memory of this test is too small: ' + wanted)
const y = new Float32Array(memory.buffer, places.y, size)
let first, same = true
for (let i = 0; i < count; i++) {
  y.fill(NaN)
  heap.run(kernel, places.record)
  const now = Buffer.from(y.slice().buffer)
  first ??= now
  same &&= first.equals(now)
}
parentPort.postMessage(same)
`

function startWorker(memory: WebAssembly.Memory, instructionSet: string, count: number) {
  const workerData = {
    addonPath,
    memory,
    kernel: matmul.number,
    places,
    count,
    size: m * n,
    threads: 2,
    instructionSet,
  }
  const worker = new Worker(script, { eval: true, workerData })
  return new Promise<boolean>((resolve, reject) => {
    let same: boolean | undefined
    worker.once('message', message => {
      same = message
    })
    worker.once('error', reject)
    worker.once('exit', code => (code === 0 && same !== undefined ? resolve(same) : reject(new Error(`exit ${code}`))))
  })
}

const inChild = (source: string) => promisify(execFile)(process.execPath, ['-e', source], { timeout: 30_000 })

describe.skipIf(why)(`the team of the native addon${why}`, () => {
  test('serves one of two workers at a time, and both are right, always with the same bits', async () => {
    const sets = 'addon' in loaded ? loaded.addon.instructionSets.slice(0, 2) : []
    const prepared = [0, 1, 2].map(preparedMemory)
    const same = await Promise.all(prepared.map(({ memory }, i) => startWorker(memory, sets[i % sets.length], 300)))
    expect(same).toEqual([true, true, true])
    for (const { memory, right } of prepared) {
      const y = new Float32Array(memory.buffer, places.y, m * n)
      const difference = Math.sqrt(right.reduce((total, value, i) => total + (value - y[i]) ** 2, 0))
      const size = Math.sqrt(right.reduce((total, value) => total + value ** 2, 0))
      expect(difference / size).toBeLessThan(1e-5)
    }
  })

  const open = `
    const open = () => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
      return require(${JSON.stringify(addonPath)}).open('INSTRUCTIONS', 3, new Uint8Array(memory.buffer))
    }`.replace('INSTRUCTIONS', 'addon' in loaded ? loaded.addon.instructionSets[0] : '')
  const worker = `new (require('node:worker_threads').Worker)(${JSON.stringify(`${open}; open()`)}, { eval: true })`

  test('ends with a worker that loaded the addon, and the process goes on', async () => {
    const source = `${worker}.once('exit', code => console.log('worker', code))`
    expect((await inChild(source)).stdout).toBe('worker 0\n')
  })

  test('starts again after the last environment has gone, in a worker and on the main thread', async () => {
    const source = `${open}
      const again = left => left === 0
        ? console.log('panel', open().panel > 0)
        : ${worker}.once('exit', code => code === 0 ? again(left - 1) : console.log('worker', code))
      again(3)`
    expect((await inChild(source)).stdout).toBe('panel true\n')
  })

  test('does not keep the process from ending, nor from ending a worker that is at work', async () => {
    const busy = `${open}; const heap = open(); for (;;) heap.workspace(0, 64)`
    const source = `${open}; open()
      const worker = new (require('node:worker_threads').Worker)(${JSON.stringify(busy)}, { eval: true })
      worker.once('online', () => setTimeout(() => worker.terminate().then(() => console.log('ended')), 200))`
    expect((await inChild(source)).stdout).toBe('ended\n')
  })

  test('refuses a stray kernel, record, copy or view instead of writing where it should not', () => {
    if (!('addon' in loaded)) return
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const heap = loaded.addon.open(loaded.addon.instructionSets[0], 1, new Uint8Array(memory.buffer))
    expect(() => heap.run(99, 64)).toThrow('addon: no such kernel, or a record outside the heap')
    expect(() => heap.run(matmul.number, 65536 - RECORD_BYTES + 4)).toThrow('a record outside the heap')
    for (const place of [65536 - 12, 65540])
      expect(() => heap.copy(place, new Float32Array(4), false)).toThrow('addon: copy past the end of the heap')
    expect(() => heap.copy(64, new Float64Array(4) as unknown as Float32Array, true)).toThrow('copy needs a place')
    expect(() => heap.attach(new Float32Array(4) as unknown as Uint8Array)).toThrow('attach needs a Uint8Array')
    expect(() => loaded.addon.open('avx1024', 1, new Uint8Array(memory.buffer))).toThrow('does not run')
  })
})

describe('a team of many threads beside busy processes', () => {
  const backends: readonly (EngineOptions & { readonly threads: number })[] = [
    ...(why ? [] : [{ backend: 'native', threads: 16 } as const]),
    { backend: 'wasm', threads: 4 },
  ]

  /** Milliseconds of a run, of half a second of runs after one of warming up. */
  async function timeOf(options: EngineOptions): Promise<number> {
    using engine = await openEngine(options)
    const small = recurrenceCase(new Draw(1), { cell: lstm.fused, time: 30, batch: 4, hidden: 64 })
    const meanOfHalfASecond = () => {
      const begun = performance.now()
      for (let runs = 1; ; runs++) {
        runRecurrence(engine, small)
        const elapsed = performance.now() - begun
        if (elapsed > 500) return elapsed / runs
      }
    }
    meanOfHalfASecond()
    return meanOfHalfASecond()
  }

  it.each(backends)('takes at most five times as long as one thread: $backend, $threads threads', async options => {
    const busy = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', 'for (;;) {}']))
    try {
      const one = await timeOf({ ...options, threads: 1 })
      expect((await timeOf(options)) / one).toBeLessThan(5)
    } finally {
      for (const child of busy) child.kill('SIGKILL')
    }
  })
})
