/* Attention against finite differences, against its equation written out, and what it refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { attend } from '../../src/engine/operations/attention.js'
import { expectNear } from './distance.js'
import { checkGradients, input } from './finiteDifferences.js'
import { Draw } from './randomValues.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

const [rows, time, batch, width, hidden] = [5, 4, 3, 3, 2]
const lengths = [4, 0, 2]
const sequences = [0, 2, 2, 1, 0]
const lists = () => ({ sequences: engine.tokens(sequences), lengths: engine.tokens(lengths) })

describe('the gradient is that of finite differences', () => {
  test('of products, of keys that are the values, and additive', () => {
    const draw = new Draw(41)
    const queries = input(draw, rows, width)
    const keys = input(draw, time, batch, width)
    const values = input(draw, time, batch, hidden)
    checkGradients(
      engine,
      draw,
      { queries, keys, values },
      given => attend(engine, { ...given, ...lists() } as never).contexts,
    )
    checkGradients(
      engine,
      draw,
      { queries, keys },
      ({ queries, keys }) => attend(engine, { queries, keys, values: keys, ...lists() }).contexts,
    )
    const score = input(draw, width)
    checkGradients(
      engine,
      draw,
      { queries, keys, values, score },
      given => attend(engine, { ...given, ...lists() } as never).contexts,
    )
  })
})

test('a query sees its own sequence as far as it goes', () => {
  const draw = new Draw(42)
  const [queries, keys, values] = [
    draw.values(rows * width),
    draw.values(time * batch * width),
    draw.values(time * batch * hidden),
  ]
  engine.scope(() => {
    const { weights, contexts } = attend(engine, {
      queries: engine.from(queries, [rows, width]),
      keys: engine.from(keys, [time, batch, width]),
      values: engine.from(values, [time, batch, hidden]),
      ...lists(),
    })
    const [a, c] = [engine.read(weights), engine.read(contexts)]
    for (let i = 0; i < rows; i++) {
      const b = sequences[i]
      const e = Array.from({ length: lengths[b] }, (_, s) =>
        Array.from({ length: width }, (_, j) => queries[i * width + j] * keys[(s * batch + b) * width + j]).reduce(
          (x, y) => x + y,
        ),
      )
      const total = e.reduce((sum, each) => sum + Math.exp(each), 0)
      const wanted = Array.from({ length: time }, (_, s) => (s < e.length ? Math.exp(e[s]) / total : 0))
      expectNear(a.subarray(i * time, (i + 1) * time), Float64Array.from(wanted), 1e-12, `weights of ${i}`)
      for (let j = 0; j < hidden; j++)
        expect(c[i * hidden + j]).toBeCloseTo(
          wanted.reduce((sum, weight, s) => sum + weight * values[(s * batch + b) * hidden + j], 0),
          12,
        )
    }
  })
})

test('what does not fit is refused', () => {
  engine.scope(() => {
    const given = {
      queries: engine.tensor([rows, width]),
      keys: engine.tensor([time, batch, width]),
      values: engine.tensor([time, batch, hidden]),
      ...lists(),
    }
    expect(() => attend(engine, { ...given, keys: engine.tensor([time, batch, 2]) })).toThrow(
      'attend: keys must be [any, any, 3]',
    )
    expect(() => attend(engine, { ...given, lengths: engine.tokens([5, 0, 0]) })).toThrow(
      'lengths must be 0 to 4; got 5',
    )
    expect(() => attend(engine, { ...given, sequences: engine.tokens([0, 0, 0, 0, 3]) })).toThrow(
      'sequences must be 0 to 2; got 3',
    )
  })
})
