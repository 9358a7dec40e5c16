/* The one linear memory that all kernels compute in, and who owns which part of it. Two ways to own: kept blocks, given
 * back one by one (parameters, optimizer state, carried state), and the arena, a stack that a scope takes from and gives
 * back at once. When no scope is open, the arena holds nothing: the heap then is exactly what is kept.
 *
 * An offset counts bytes from the start of the memory and is a multiple of 64; 0 means absent. Views are taken anew after every allocation. */
import { BackendError } from '../errors.js'

const ALIGNMENT = 64
const PAGE = 65536
const MOST_PAGES = 65536
/** The memory grows by at least this much, so that a model's many tensors do not grow it one by one. */
const LEAST_GROWTH = 8 << 20
/** The arena's first chunk; later scopes begin with what the largest one needed. */
const LEAST_CHUNK = 1 << 20

const roundUp = (bytes: number, to: number) => Math.ceil(bytes / to) * to

interface Chunk {
  readonly offset: number
  readonly bytes: number
  used: number
}

export class Heap {
  readonly memory: WebAssembly.Memory
  /** Called after the memory has grown. */
  grown: () => void = () => {}
  words!: Int32Array
  doubles!: Float64Array
  floats!: Float32Array
  private readonly start: number
  private top: number
  /** Gaps below `top`, by ascending offset; no two touch. */
  private readonly gaps: { offset: number; bytes: number }[] = []
  private readonly sizes = new Map<number, number>()
  private keptBytes = 0
  private chunks: Chunk[] = []
  private chunkWanted = LEAST_CHUNK
  private arenaBytes = 0

  /**
   * @param memory what kernels compute in
   * @param start first byte that may be given out; what lies below belongs to the backend
   */
  constructor(memory: WebAssembly.Memory, start: number) {
    this.memory = memory
    this.start = roundUp(Math.max(start, ALIGNMENT), ALIGNMENT)
    this.top = this.start
    this.view()
  }

  /** Bytes that are kept, the arena's chunks included while a scope is open. */
  get used(): number {
    return this.keptBytes
  }

  /** Bytes that the memory has grown to. */
  get size(): number {
    return this.memory.buffer.byteLength
  }

  private view(): void {
    const buffer = this.memory.buffer
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.floats = new Float32Array(buffer)
  }

  /** Takes a block of at least `bytes` that is kept until `free`. What it holds is not defined. */
  allocate(bytes: number): number {
    const wanted = roundUp(Math.max(bytes, 1), ALIGNMENT)
    const index = this.gaps.findIndex(gap => gap.bytes >= wanted)
    let offset: number
    if (index >= 0) {
      const gap = this.gaps[index]
      offset = gap.offset
      gap.offset += wanted
      gap.bytes -= wanted
      if (gap.bytes === 0) this.gaps.splice(index, 1)
    } else {
      const last = this.gaps.at(-1)
      const atEnd = last !== undefined && last.offset + last.bytes === this.top
      offset = atEnd ? last.offset : this.top
      this.reserve(offset + wanted, wanted)
      if (atEnd) this.gaps.pop()
      this.top = offset + wanted
    }
    this.sizes.set(offset, wanted)
    this.keptBytes += wanted
    return offset
  }

  free(offset: number): void {
    const bytes = this.sizes.get(offset)
    if (bytes === undefined)
      throw new BackendError(`heap.free: ${offset} is not a kept block; it was freed before or never given out`)
    this.sizes.delete(offset)
    this.keptBytes -= bytes
    let low = 0
    let high = this.gaps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.gaps[middle].offset < offset) low = middle + 1
      else high = middle
    }
    this.gaps.splice(low, 0, { offset, bytes })
    const next = this.gaps[low + 1]
    if (next !== undefined && offset + bytes === next.offset) {
      this.gaps[low].bytes += next.bytes
      this.gaps.splice(low + 1, 1)
    }
    const before = low > 0 ? this.gaps[low - 1] : undefined
    if (before !== undefined && before.offset + before.bytes === offset) {
      before.bytes += this.gaps[low].bytes
      this.gaps.splice(low, 1)
    }
  }

  /** Throws where so many bytes more could never be kept: better before the first of them is taken. */
  ensureRoom(bytes: number): void {
    if (this.keptBytes + bytes > MOST_PAGES * PAGE) throw this.full(bytes)
  }

  private full(wanted: number): BackendError {
    const [more, used, most] = [wanted, this.keptBytes, MOST_PAGES * PAGE].map(bytes => bytes.toLocaleString('en'))
    return new BackendError(
      `heap: ${more} bytes more are wanted, ${used} are in use and the heap holds at most ${most}; use a smaller model, batch or stretch`,
    )
  }

  private reserve(end: number, wanted: number): void {
    const missing = end - this.size
    if (missing <= 0) return
    if (end > MOST_PAGES * PAGE) throw this.full(wanted)
    const pages = Math.min(Math.ceil(Math.max(missing, LEAST_GROWTH) / PAGE), MOST_PAGES - this.size / PAGE)
    try {
      this.memory.grow(pages)
    } catch {
      throw new BackendError(
        `heap: this machine gives no more memory; ${wanted.toLocaleString('en')} bytes more were wanted, ${this.keptBytes.toLocaleString('en')} are in use; use a smaller model, batch or stretch`,
      )
    }
    this.view()
    this.grown()
  }

  /** Takes `bytes` from the arena; they go back when the arena is cut at an earlier mark. */
  take(bytes: number): number {
    const wanted = roundUp(Math.max(bytes, 1), ALIGNMENT)
    let chunk = this.chunks.at(-1)
    if (chunk === undefined || chunk.bytes - chunk.used < wanted) {
      const size = Math.max(wanted, this.chunkWanted)
      chunk = { offset: this.allocate(size), bytes: size, used: 0 }
      this.chunks.push(chunk)
    }
    const offset = chunk.offset + chunk.used
    chunk.used += wanted
    this.arenaBytes += wanted
    return offset
  }

  /** Where the arena ends now. */
  mark(): ArenaMark {
    const chunk = this.chunks.at(-1)
    return { chunks: this.chunks.length, used: chunk?.used ?? 0, bytes: this.arenaBytes }
  }

  /** Gives back all that was taken since the mark. An empty arena gives its memory back to the heap. */
  cut(mark: ArenaMark): void {
    this.chunkWanted = Math.max(this.chunkWanted, this.arenaBytes)
    while (this.chunks.length > mark.chunks) this.free((this.chunks.pop() as Chunk).offset)
    const chunk = this.chunks.at(-1)
    if (chunk !== undefined) chunk.used = mark.used
    this.arenaBytes = mark.bytes
  }
}

export interface ArenaMark {
  readonly chunks: number
  readonly used: number
  readonly bytes: number
}
