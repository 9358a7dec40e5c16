/* A heap and the backend that computes in it, and the scopes that bound a step's memory.
 *
 * A scope is a synchronous function, with no await or yield inside: all tensors made in it are given back at once when it
 * returns. What outlives it is kept explicitly, by `keep`, and given back by `release`. */
import { BackendError, ShapeError } from '../errors.js'
import type { Backend } from './backend.js'
import type { Heap } from './heap.js'
import { elementwise, elementwiseOperation, type KernelDefinition, RECORD_BYTES } from './records.js'
import { Tape } from './tape.js'
import { type Lifetime, show, sizeOf, Tensor } from './tensor.js'

const KEPT: Lifetime = { open: true }

/** Floats from which on the backend's copy is worth its call. */
const MANY = 16384

export class Engine {
  /** What operations are written down on; undefined where no gradient is wanted. */
  tape: Tape | undefined
  private readonly recordOffset: number
  private readonly lifetimes: Lifetime[] = []
  /** What `keepTogether` would have to give back. */
  private keptTogether: Tensor[] | undefined
  private closed = false

  constructor(
    readonly heap: Heap,
    readonly backend: Backend,
    /** Why this backend and not a faster one; empty if it is the fastest there is. */
    readonly reason: string,
  ) {
    heap.grown = () => backend.attach()
    backend.attach()
    this.recordOffset = heap.allocate(RECORD_BYTES)
  }

  /** The backend in words: `native avx512, 2 threads`. */
  get description(): string {
    const { name, instructionSet, threads } = this.backend
    return `${name} ${instructionSet}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  }

  /** Runs `work`; every tensor that it made and did not keep is given back when it returns or throws. */
  scope<T>(work: () => T): T {
    this.checkOpen()
    const mark = this.heap.mark()
    const lifetime = { open: true }
    this.lifetimes.push(lifetime)
    try {
      const result = work()
      if (result instanceof Promise)
        throw new BackendError('engine.scope: the function is asynchronous; a scope has no await inside')
      return result
    } finally {
      lifetime.open = false
      this.lifetimes.pop()
      this.heap.cut(mark)
    }
  }

  /** Runs `work` with a new tape on which every operation is written down. */
  recording<T>(work: (tape: Tape) => T): T {
    const outer = this.tape
    this.tape = new Tape(this)
    try {
      return work(this.tape)
    } finally {
      this.tape = outer
    }
  }

  /** A tensor of the innermost scope. What it holds is not defined. */
  tensor(shape: readonly number[]): Tensor {
    return new Tensor(shape, this.heap.take(sizeOf(shape) * this.backend.elementBytes), 'real', this.innermost())
  }

  /** int32 tokens of the innermost scope, copied from `values`. */
  tokens(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor {
    if (values.length !== sizeOf(shape))
      throw new ShapeError(`engine.tokens: ${show(shape)} needs ${sizeOf(shape)} values; got ${values.length}`)
    const tensor = new Tensor(shape, this.heap.take(values.length * 4), 'token', this.innermost())
    this.heap.words.set(values, tensor.offset / 4)
    return tensor
  }

  /** A tensor of the innermost scope, copied from `values`. */
  from(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor {
    const tensor = this.tensor(shape)
    this.write(tensor, values)
    return tensor
  }

  /** A tensor of zeros that stays until `release`. */
  keep(shape: readonly number[]): Tensor {
    this.checkOpen()
    const tensor = new Tensor(shape, this.heap.allocate(sizeOf(shape) * this.backend.elementBytes), 'real', KEPT)
    this.keptTogether?.push(tensor)
    this.fill(tensor, 0)
    return tensor
  }

  /** Runs `work`, which keeps several tensors; if it throws, those that it has kept are released. */
  keepTogether<T>(work: () => T): T {
    const outer = this.keptTogether
    const kept: Tensor[] = []
    this.keptTogether = kept
    try {
      const result = work()
      outer?.push(...kept)
      return result
    } catch (error) {
      for (const tensor of kept) this.release(tensor)
      throw error
    } finally {
      this.keptTogether = outer
    }
  }

  release(tensor: Tensor): void {
    if (!this.closed) this.heap.free(tensor.offset)
  }

  /** A tensor over part of another's elements, or over the same in another shape; it lives as long as that one. */
  view(tensor: Tensor, shape: readonly number[], from = 0): Tensor {
    const bytes = tensor.kind === 'token' ? 4 : this.backend.elementBytes
    if (from + sizeOf(shape) > tensor.size)
      throw new ShapeError(`engine.view: ${show(shape)} from element ${from} does not fit into ${show(tensor.shape)}`)
    return new Tensor(shape, tensor.offset + from * bytes, tensor.kind, tensor.lifetime)
  }

  /** Elements as float64, a copy. */
  read(tensor: Tensor): Float64Array {
    return Float64Array.from(this.elements(tensor))
  }

  /**
   * Elements in the backend's own precision, a copy.
   * @param into where they go, for who reads often: as long as the tensor
   */
  copyOut<A extends Float32Array | Float64Array | Int32Array>(tensor: Tensor, into: A): A
  copyOut(tensor: Tensor): Float32Array | Float64Array | Int32Array
  copyOut(tensor: Tensor, into?: Float32Array | Float64Array | Int32Array): Float32Array | Float64Array | Int32Array {
    const elements = this.elements(tensor)
    if (!into) return elements.slice() as Float32Array | Float64Array | Int32Array
    if (into.length !== elements.length)
      throw new ShapeError(
        `engine.copyOut: ${show(tensor.shape)} needs room for ${elements.length}; got ${into.length}`,
      )
    if (!this.copies(tensor, into, true)) into.set(elements)
    return into
  }

  /** The one element of a scalar. */
  scalar(tensor: Tensor): number {
    const { offset, kind } = tensor
    if (kind === 'token') return this.heap.words[offset / 4]
    return this.backend.elementBytes === 8 ? this.heap.doubles[offset / 8] : this.heap.floats[offset / 4]
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    if (values.length !== tensor.size)
      throw new ShapeError(`engine.write: ${show(tensor.shape)} needs ${tensor.size} values; got ${values.length}`)
    if (!this.copies(tensor, values, false)) this.elements(tensor).set(values)
  }

  /** Numbers by a kernel, as in `copy`: JavaScript's own fill takes seven times as long where memory is shared. */
  fill(tensor: Tensor, value: number): void {
    const { offset, size: count, kind } = tensor
    if (kind === 'token') {
      this.elements(tensor).fill(value)
      return
    }
    this.run(elementwise, { operation: elementwiseOperation.fill, count, a: offset, y: offset, alpha: value })
  }

  /** to = from. */
  copy(from: Tensor, to: Tensor): void {
    if (from.size !== to.size)
      throw new ShapeError(`engine.copy: sizes differ: ${show(from.shape)} and ${show(to.shape)}`)
    const { offset: a, size: count } = from
    if (from.kind === 'token') this.heap.words.copyWithin(to.offset / 4, a / 4, a / 4 + count)
    else this.run(elementwise, { operation: elementwiseOperation.scale, count, a, y: to.offset, alpha: 1 })
  }

  /** Runs one kernel. A record is best written field by field: one made by spreading costs V8 a hundred times its bytes. */
  run<R extends object>(kernel: KernelDefinition<R>, record: R): void {
    this.checkOpen()
    const { heap, backend, recordOffset } = this
    kernel.write(heap.words, heap.doubles, recordOffset, record, 0)
    if (!kernel.usesWorkspace) {
      backend.run(kernel.number, recordOffset)
      return
    }
    const mark = heap.mark()
    const workspace = heap.take(backend.workspace(kernel.number, recordOffset))
    // A record that has scratch memory begins with its offset.
    heap.words[recordOffset / 4] = workspace
    try {
      backend.run(kernel.number, recordOffset)
    } finally {
      heap.cut(mark)
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.backend.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Whether the backend has copied. */
  private copies({ kind, size, offset }: Tensor, outside: ArrayLike<number>, out: boolean): boolean {
    const { backend } = this
    if (!backend.copy || size < MANY || kind === 'token' || !(outside instanceof Float32Array)) return false
    backend.copy(offset, outside, out)
    return true
  }

  private elements(tensor: Tensor): Float32Array | Float64Array | Int32Array {
    const { offset, size } = tensor
    if (tensor.kind === 'token') return this.heap.words.subarray(offset / 4, offset / 4 + size)
    if (this.backend.elementBytes === 8) return this.heap.doubles.subarray(offset / 8, offset / 8 + size)
    return this.heap.floats.subarray(offset / 4, offset / 4 + size)
  }

  private innermost(): Lifetime {
    const lifetime = this.lifetimes.at(-1)
    if (lifetime === undefined)
      throw new BackendError('engine: tensors are made inside engine.scope(() => …), or kept with engine.keep')
    return lifetime
  }

  private checkOpen(): void {
    if (this.closed) throw new BackendError('engine: it is closed; open another with openEngine()')
  }
}
