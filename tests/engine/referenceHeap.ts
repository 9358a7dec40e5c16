/* A memory of its own with the reference backend on it, and what gradient checks need: places, records, random numbers
 * and central finite differences. No other file of the engine is used, so a fault here is the reference's. */
import { expect } from 'vitest'
import { type KernelDefinition, RECORD_BYTES } from '../../src/engine/records.js'
import { referenceBackend } from '../../src/engine/reference/reference.js'

const memory = new WebAssembly.Memory({ initial: 64 })
export const backend = referenceBackend(memory)
const floats = new Float64Array(memory.buffer)
const ints = new Int32Array(memory.buffer)

const recordOffset = 64
let free = recordOffset + RECORD_BYTES

/** Forgets every place given so far. */
export function clearHeap(): void {
  free = recordOffset + RECORD_BYTES
}

function take(bytes: number): number {
  const place = free
  free += Math.ceil(bytes / 64) * 64 + 64
  if (free > memory.buffer.byteLength) throw new RangeError('The test heap is full: call clearHeap.')
  return place
}

/** Puts elements in the heap and returns their place. */
export function put(values: ArrayLike<number>): number {
  const place = take(values.length * 8)
  floats.set(values, place / 8)
  return place
}

/** Room for results. It holds NaN, so that what a kernel should write and does not is seen. */
export function room(count: number): number {
  return put(new Float64Array(count).fill(Number.NaN))
}

export function putInts(values: ArrayLike<number>): number {
  const place = take(values.length * 4)
  ints.set(values, place / 4)
  return place
}

export function get(place: number, count: number): Float64Array {
  return floats.slice(place / 8, place / 8 + count)
}

export function run<R extends object>(definition: KernelDefinition<R>, record: R): void {
  definition.write(ints, floats, recordOffset, record, 0)
  expect(backend.workspace(definition.number, recordOffset)).toBe(0)
  backend.run(definition.number, recordOffset)
}

/** Park & Miller's generator: enough for test data, and not the generator under test. */
export function seeded(seed: number) {
  let state = (seed * 7919 + 12345) % 2147483647
  const uniform = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  for (let i = 0; i < 8; i++) uniform()
  return {
    uniform,
    integer: (from: number, to: number) => from + Math.floor(uniform() * (to - from + 1)),
    array: (count: number, size = 1) => Float64Array.from({ length: count }, () => (2 * uniform() - 1) * size),
  }
}

/** dL/dx by central differences; every x is put back. */
export function finiteDifferences(x: Float64Array, loss: () => number, width = 1e-5): Float64Array {
  return x.map((_, i) => {
    const kept = x[i]
    x[i] = kept + width
    const above = loss()
    x[i] = kept - width
    const below = loss()
    x[i] = kept
    return (above - below) / (2 * width)
  })
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i] * b[i]
  return total
}

/** ‖a − b‖ < tolerance ‖b‖, b being what is right; where b is all zeros, a must be. */
export function expectNear(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-6, what = 'tensor'): void {
  expect(a.length, `${what}: length`).toBe(b.length)
  const difference = Math.sqrt(Array.from(a).reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0))
  const size = Math.sqrt(dot(b, b))
  const relative = difference === 0 ? 0 : difference / size
  expect(relative, `${what}: relative error by norm`).toBeLessThan(tolerance)
}
