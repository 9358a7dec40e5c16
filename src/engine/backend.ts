/* What computes: a backend runs kernels on one linear memory. It knows kernel numbers and offsets in that memory, as
 * kernels/kernels.h defines them. It knows nothing of tensors, shapes, gradients or models, allocates nothing, and keeps
 * no offset after `run` returns. `open.ts` chooses one; tests hold all of them to the same contract. */

export type BackendName = 'native' | 'wasm' | 'reference'

export interface Backend {
  readonly name: BackendName
  /** Instruction set, or `float64` for the reference. */
  readonly instructionSet: string
  /** Bytes of an element: 4, or 8 in the reference. Tokens are int32 everywhere. */
  readonly elementBytes: 4 | 8
  /** Threads that a kernel may use, the caller's counted. */
  readonly threads: number
  /** Columns of a packed panel: see `PackRecord`. */
  readonly panel: number
  /** Runs one kernel; `record` is the offset of its arguments. Returns when the work is done. */
  run(kernel: number, record: number): void
  /** Bytes of scratch memory that the record's kernel wants. */
  workspace(kernel: number, record: number): number
  /**
   * Copies many floats from the heap into an array outside of it (`out`), or from it into the heap, on all threads; absent
   * where JavaScript does it.
   */
  copy?(offset: number, outside: Float32Array, out: boolean): void
  /** Called after the memory has grown: addresses and views of it are stale. */
  attach(): void
  /** Ends the backend's threads. */
  close(): void
}

/** What the library needs of the machine it runs on, and cannot have from JavaScript itself; see `#platform`. */
export interface Platform {
  /** `RECURRA_BACKEND` where there is an environment. */
  readonly backendWanted: string | undefined
  /** Processors that this process may use. */
  readonly parallelism: number
  /** The compiled addon, or why there is none: a clause that follows "native is not available: ". */
  loadAddon(): { addon: Addon } | { reason: string }
  /**
   * Starts a thread whose script defines `serve(message, ready)` and calls that with `message`; resolves when the thread
   * has called `ready`.
   */
  startThread(source: string, message: unknown): Promise<{ end(): void }>
  /** Whether memory can be shared between threads: not on a page that is not cross-origin isolated. */
  readonly sharesMemory: boolean
  /** Whether a kernel may wait for others on this thread: never on the main thread of a page. */
  readonly mayWait: boolean
  readBytes(location: string | URL): Promise<Uint8Array<ArrayBuffer>>
  /** Whole or not at all: a reader finds the old file or the new one. */
  writeBytes(path: string, bytes: Uint8Array): Promise<void>
  /** Lets the event loop turn. */
  pause(): Promise<void>
}

/** What `recurra.node` exports. */
export interface Addon {
  /** What this processor runs, best first. */
  readonly instructionSets: readonly string[]
  open(instructionSet: string, threads: number, heap: Uint8Array): AddonHeap
}

export interface AddonHeap {
  readonly panel: number
  run(kernel: number, record: number): void
  workspace(kernel: number, record: number): number
  copy(offset: number, outside: Float32Array, out: boolean): void
  attach(heap: Uint8Array): void
}
