/* One kernel on one engine, given plain numbers: what its buffers hold afterwards. Every buffer ends in a fence, which
 * must be left alone. */
import { expect } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import type { KernelDefinition } from '../../src/engine/records.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { expectAllNear } from './distance.js'

/** int32 where the numbers are tokens, else elements. */
export type Buffers = Readonly<Record<string, Float64Array | Int32Array>>
export type Held = Record<string, Float64Array>

const FENCE = [12345, -54321, 12345, -54321, 12345, -54321, 12345, -54321]

/** Puts numbers, with the fence behind them, into the innermost scope. */
export function put(engine: Engine, values: Float64Array | Int32Array): Tensor {
  const fenced = [...values, ...FENCE]
  return values instanceof Int32Array ? engine.tokens(fenced) : engine.from(fenced)
}

/** What a fenced buffer holds. */
export function take(engine: Engine, buffer: Tensor, name: string): Float64Array {
  const all = engine.read(buffer)
  expect([...all.slice(-FENCE.length)], `what lies behind ${name}`).toEqual(FENCE)
  return all.slice(0, -FENCE.length)
}

/**
 * Runs a kernel whose record has a place for each buffer, under the buffer's name.
 * @param fields the rest of the record; a place that is another buffer's is given by `shares`
 * @param shares `{ y: 'a' }`: y is the same memory as a
 */
export function runKernel<R extends object>(
  engine: Engine,
  kernel: KernelDefinition<R>,
  fields: object,
  buffers: Buffers,
  shares: Readonly<Record<string, string>> = {},
): Held {
  return engine.scope(() => {
    const tensors = Object.entries(buffers).map(([name, values]) => [name, put(engine, values)] as const)
    const places: Record<string, number> = Object.fromEntries(tensors.map(([name, tensor]) => [name, tensor.offset]))
    for (const [name, other] of Object.entries(shares)) places[name] = places[other]
    engine.run(kernel, { ...fields, ...places } as R)
    return Object.fromEntries(tensors.map(([name, tensor]) => [name, take(engine, tensor, name)]))
  })
}

/** Holds every buffer after the kernel, inputs too, to what the right engine makes of the same numbers. */
export function expectSameKernel<R extends object>(
  engine: Engine,
  right: Engine,
  kernel: KernelDefinition<R>,
  fields: object,
  buffers: Buffers,
  shares: Readonly<Record<string, string>> = {},
): void {
  const run = (on: Engine) => runKernel(on, kernel, fields, buffers, shares)
  expectAllNear(run(engine), run(right), 1e-5)
}
