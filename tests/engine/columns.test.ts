/* Operations on the last axis against finite differences, and what they refuse. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import * as operations from '../../src/engine/operations/columns.js'
import { scale } from '../../src/engine/operations/operations.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { checkGradients, type Input, input } from './finiteDifferences.js'
import { Draw } from './randomValues.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

type Work = (tensors: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[]
type Make = (draw: Draw, rows: number, columns: number) => [Record<string, Input>, Work]

const checks: Record<string, Make> = {
  columns: (draw, rows, columns) => [
    { x: input(draw, 2, rows, columns + 2) },
    ({ x }) => [operations.columns(engine, x, 1, columns + 1), operations.columns(engine, x, 0, columns + 2)],
  ],
  joinColumns: (draw, rows, columns) => [
    { a: input(draw, 2, rows, columns), b: input(draw, 2, rows, 3) },
    ({ a, b }) => [operations.joinColumns(engine, [a, b, a]), scale(engine, operations.joinColumns(engine, [b, a]), 2)],
  ],
  multiplyEach: (draw, rows, columns) => {
    const factor = draw.values(rows * columns)
    return [
      { x: input(draw, 3, rows, columns) },
      ({ x }) => operations.multiplyEach(engine, x, engine.from(factor, [rows, columns])),
    ]
  },
  layerNorm: (draw, rows, columns) => [
    { x: input(draw, 2, rows, columns + 2), gain: input(draw, columns + 2), shift: input(draw, columns + 2) },
    ({ x, gain, shift }) => [operations.layerNorm(engine, x, gain, shift), operations.layerNorm(engine, x, gain)],
  ],
}

describe('the gradient is that of finite differences', () => {
  test.each(Object.entries(checks))('of %s', (_, make) => {
    const extent = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(extent, extent, fc.nat(1e6), (rows, columns, seed) => {
        const draw = new Draw(seed)
        const [inputs, work] = make(draw, rows, columns)
        checkGradients(engine, draw, inputs, work)
      }),
      { numRuns: 10, seed: 21 },
    )
  })

  test('and no operation is missing here', () => {
    expect(Object.keys(checks).sort()).toEqual(Object.keys(operations).sort())
  })
})

test('what does not fit is said in one line', () => {
  engine.scope(() => {
    const [a, b] = [engine.tensor([2, 3]), engine.tensor([4, 3])]
    expect(() => operations.columns(engine, a, 1, 4)).toThrow('columns: 1 to 4 are not in [2, 3]')
    expect(() => operations.joinColumns(engine, [a, b])).toThrow('joinColumns: part 1 must be [2, any]; got [4, 3]')
    expect(() => operations.multiplyEach(engine, b, engine.tensor([5]))).toThrow(
      'multiplyEach: [5] does not go into [4, 3] a whole number of times',
    )
    expect(() => operations.layerNorm(engine, a, engine.tensor([2]))).toThrow(
      'layerNorm: gain must be [3] (columns); got [2]',
    )
  })
})
