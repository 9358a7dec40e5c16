/* A tensor is a shape and an offset in the heap. It owns nothing: what it stands on belongs to the scope that made it, or,
 * if it was kept, to whoever kept it. Elements are real numbers of the backend's size, or int32 tokens. */
import { BackendError, ShapeError } from '../errors.js'

/** The open or closed state of the scope that a tensor was made in. */
export interface Lifetime {
  open: boolean
}

export class Tensor {
  constructor(
    /** Row-major extents. */
    readonly shape: readonly number[],
    private readonly start: number,
    readonly kind: 'real' | 'token',
    readonly lifetime: Lifetime,
  ) {}

  /** Where its elements stand. After the scope has ended, that memory is somebody else's. */
  get offset(): number {
    if (this.lifetime.open) return this.start
    throw new BackendError(
      `engine: a tensor ${show(this.shape)} is used after its scope has ended; keep what must outlive it`,
    )
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape)
  }
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]
  return size
}

/** A shape as messages print it. */
export const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/**
 * Throws a ShapeError unless the tensor has this shape.
 * @param where what a reader will look for: `gru.step: x`
 * @param expected extents; -1 stands for any
 * @param axes names of the axes, for the message: `(batch, inputSize)`
 */
export function checkShape(tensor: Tensor, where: string, expected: readonly number[], axes = ''): void {
  const { shape } = tensor
  if (shape.length === expected.length && expected.every((extent, i) => extent === -1 || extent === shape[i])) return
  const wanted = `[${expected.map(extent => (extent === -1 ? 'any' : extent)).join(', ')}]`
  throw new ShapeError(`${where} must be ${wanted}${axes && ` ${axes}`}; got ${show(shape)}`)
}
