/* Opens an engine: chooses the fastest backend that works here, or the one that is asked for. The only file that imports
 * backends. */
import { platform } from '#platform'
import { BackendError, nearest } from '../errors.js'
import type { Backend, BackendName } from './backend.js'
import { nativeBackend } from './backends/native.js'
import { wasmBackend } from './backends/wasm.js'
import { Engine } from './engine.js'
import { Heap } from './heap.js'
import { referenceBackend } from './reference/reference.js'

export interface EngineOptions {
  /** Default: `RECURRA_BACKEND` if set, else native where its addon loads, else wasm. */
  readonly backend?: BackendName | undefined
  /** Threads of native and wasm. Default: the processors that this process may use. */
  readonly threads?: number | undefined
  /** native: sse2, avx2, avx512, neon (default: the best that the processor runs); wasm: simd128, relaxed-simd128. */
  readonly instructionSet?: string | undefined
}

const NAMES: readonly BackendName[] = ['native', 'wasm', 'reference']
const PAGES = 16
const MOST_PAGES = 65536
/** As in kernels/team.h. */
const MOST_THREADS = 64

const openMemory = (shared: boolean) => new WebAssembly.Memory({ initial: PAGES, maximum: MOST_PAGES, shared })

function wantedBackend(options: EngineOptions): BackendName | undefined {
  const wanted = options.backend ?? platform.backendWanted
  if (wanted === undefined || wanted === '') return undefined
  if ((NAMES as readonly string[]).includes(wanted)) return wanted as BackendName
  const where = options.backend ? 'backend' : 'RECURRA_BACKEND'
  const near = nearest(wanted, NAMES)
  throw new BackendError(
    `${where} must be native, wasm or reference; got ${wanted}${near ? `; did you mean ${near}?` : ''}`,
  )
}

/**
 * Opens an engine of its own.
 * @throws BackendError where the backend asked for does not work here
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const wanted = wantedBackend(options)
  const threads = options.threads ?? Math.min(platform.parallelism, MOST_THREADS)
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new BackendError(`threads must be a whole number from 1 to ${MOST_THREADS}; got ${threads}`)
  const over = (memory: WebAssembly.Memory, backend: Backend, start: number, reason: string) =>
    new Engine(new Heap(memory, start), backend, reason)

  if (wanted === 'reference') {
    if (options.instructionSet !== undefined && options.instructionSet !== 'float64')
      throw new BackendError(`reference backend: instruction set must be float64; got ${options.instructionSet}`)
    const memory = openMemory(false)
    return over(memory, referenceBackend(memory), 0, 'asked for')
  }
  let reason = 'asked for'
  if (wanted !== 'wasm') {
    const loaded = platform.loadAddon()
    if ('addon' in loaded) {
      const memory = openMemory(platform.sharesMemory)
      return over(memory, nativeBackend(memory, loaded.addon, threads, options.instructionSet), 0, '')
    }
    reason = `native is not available: ${loaded.reason}`
    if (wanted === 'native') throw new BackendError(reason)
  }
  const { memory, backend } = await wasmBackend(platform, threads, openMemory, options.instructionSet)
  return over(memory, backend, backend.heapStart, reason)
}

let shared: Promise<Engine> | undefined

/** The engine that models use when none is given: one for the whole program, opened at first use. */
export function defaultEngine(): Promise<Engine> {
  shared ??= openEngine().catch(error => {
    shared = undefined
    throw error
  })
  return shared
}
