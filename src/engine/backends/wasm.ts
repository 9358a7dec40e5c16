/* The kernels as WebAssembly: SIMD, or relaxed SIMD where the runtime has it; threads by workers over shared memory.
 *
 * The module imports a shared memory. Where memory cannot be shared (a page that is not cross-origin isolated), the flag
 * of that import is cleared, and the same code runs on one thread. */
import { BackendError } from '../../errors.js'
import type { Backend, Platform } from '../backend.js'

interface Exports {
  readonly __heap_base: WebAssembly.Global
  readonly __stack_pointer: WebAssembly.Global
  recurra_open(threads: number): void
  recurra_panel(): number
  recurra_run(kernel: number, record: number): void
  recurra_workspace(kernel: number, record: number): number
  recurra_stop(): void
}

const STACK_BYTES = 65536
const INSTRUCTION_SETS: readonly string[] = ['simd128', 'relaxed-simd128']

/** A function that returns relaxed_madd of three vectors: valid only where relaxed SIMD is. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 1, 253, 15, 65, 2, 253, 15, 65,
  3, 253, 15, 253, 133, 2, 11,
])

/** What a thread does: it sets its own stack and serves the team until that stops. Plain script, for any kind of worker. */
const THREAD_SOURCE = `
const serve = ({ module, memory, stack, thread }, ready) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, now: () => performance.now() } })
  exports.__stack_pointer.value = stack
  ready()
  exports.recurra_work(thread)
}
`

export interface WasmBackend extends Backend {
  /** First byte of the memory that is free. */
  readonly heapStart: number
}

export async function wasmBackend(
  platform: Platform,
  threadsWanted: number,
  openMemory: (shared: boolean) => WebAssembly.Memory,
  instructionSet?: string,
): Promise<{ memory: WebAssembly.Memory; backend: WasmBackend }> {
  if (instructionSet !== undefined && !INSTRUCTION_SETS.includes(instructionSet))
    throw new BackendError(
      `wasm backend: instruction set must be one of ${INSTRUCTION_SETS.join(', ')}; got ${instructionSet}`,
    )
  const relaxed =
    instructionSet === undefined ? WebAssembly.validate(RELAXED_PROBE) : instructionSet === 'relaxed-simd128'
  if (relaxed && !WebAssembly.validate(RELAXED_PROBE))
    throw new BackendError('wasm backend: this runtime has no relaxed SIMD; use the instruction set simd128')
  const file = relaxed ? new URL('./recurra.relaxed.wasm', import.meta.url) : new URL('./recurra.wasm', import.meta.url)
  const shared = typeof SharedArrayBuffer !== 'undefined' && platform.sharesMemory
  const bytes = await platform.readBytes(file)
  const module = await WebAssembly.compile(shared ? bytes : withUnsharedMemory(bytes))
  const memory = openMemory(shared)
  const instance = await WebAssembly.instantiate(module, { env: { memory, now: () => performance.now() } })
  const exports = instance.exports as unknown as Exports
  const threads = shared && platform.mayWait ? Math.max(1, threadsWanted) : 1
  const heapStart = Number(exports.__heap_base.value) + STACK_BYTES * (threads - 1)
  const missing = heapStart - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / 65536))
  const started: { end(): void }[] = []
  for (let thread = 1; thread < threads; thread++) {
    const stack = Number(exports.__heap_base.value) + STACK_BYTES * thread
    started.push(await platform.startThread(THREAD_SOURCE, { module, memory, stack, thread }))
  }
  exports.recurra_open(threads)
  const backend: WasmBackend = {
    name: 'wasm',
    instructionSet: relaxed ? 'relaxed-simd128' : 'simd128',
    elementBytes: 4,
    threads,
    panel: exports.recurra_panel(),
    heapStart,
    run: exports.recurra_run,
    workspace: exports.recurra_workspace,
    attach: () => {},
    close: () => {
      if (threads > 1) exports.recurra_stop()
      for (const thread of started) thread.end()
    },
  }
  return { memory, backend }
}

/** The same module with the imported memory's flags 3 (maximum, shared) made 1 (maximum). */
function withUnsharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  const leb = (at: number): [value: number, next: number] => {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = copy[at++]
      value += (byte & 127) * 2 ** shift
      shift += 7
      if (byte < 128) return [value, at]
    }
  }
  let at = 8
  while (at < copy.length) {
    const id = copy[at]
    const [size, from] = leb(at + 1)
    if (id === 2) {
      // The first import: module and field name, then its kind (2: memory) and flags.
      let next = leb(from)[1]
      for (let name = 0; name < 2; name++) {
        const [length, start] = leb(next)
        next = start + length
      }
      if (copy[next] !== 2 || copy[next + 1] !== 3) break
      copy[next + 1] = 1
      return copy
    }
    at = from + size
  }
  throw new BackendError(
    'wasm backend: recurra.wasm must import a shared memory first; build it again with `node tools/wasm.mjs`',
  )
}
