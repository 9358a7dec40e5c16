/* exp, tanh and the sigmoid of each float32 backend: the errors that kernels/math.h states, over its ranges, against
 * float64 on a dense grid and against correctly rounded values by mpmath. */
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { elementwise, elementwiseOperation, outputLoss } from '../../src/engine/records.js'
import { loadGoldenMath } from '../golden/golden.js'
import { describeEach, float32Backends } from './everyBackend.js'

/** As kernels/math.h states them, in units in the last place. */
const BOUNDS = { exp: 1.5, sigmoid: 2.5, tanh: 2.5 }

type Name = keyof typeof BOUNDS

const exact: Record<Name, (x: number) => number> = {
  exp: Math.exp,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
}

/** The function of every x, by the backend. exp stands inside the softmax only: see `throughSoftmax`. */
function compute(engine: Engine, name: Name, x: Float64Array): Float64Array {
  return engine.scope(() => {
    if (name === 'exp') return throughSoftmax(engine, x)
    const [a, y] = [engine.from(x), engine.tensor([x.length])]
    engine.run(elementwise, {
      operation: elementwiseOperation[name],
      count: x.length,
      a: a.offset,
      y: y.offset,
      alpha: 1,
    })
    return engine.read(y)
  })
}

/**
 * exp(x) for x below -17.4, unchanged by anything else: of the logits x and 0 the softmax of x is exp(x) / (1 + exp(x)),
 * whose divisor float32 rounds to 1; the gradient of the loss of the second with respect to the first is just that.
 */
function throughSoftmax(engine: Engine, x: Float64Array): Float64Array {
  const rows = x.length
  const h = engine.from(x)
  const weight = engine.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  // Sixteen logits, so that whole vectors are computed; all but the first two are far below.
  const bias = engine.from([0, 0, ...new Array(14).fill(-1000)])
  const [losses, dH] = [engine.tensor([rows]), engine.tensor([rows])]
  engine.run(outputLoss, {
    rows,
    hidden: 1,
    vocabulary: 16,
    gradients: 1,
    h: h.offset,
    weight: weight.offset,
    bias: bias.offset,
    targets: engine.tokens(new Array(rows).fill(1)).offset,
    losses: losses.offset,
    dH: dH.offset,
    scale: 1,
  })
  return engine.read(dH)
}

/** |y - right| in units in the last place of the float32 that `right` rounds to. */
function ulps(y: number, right: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(Math.fround(right)) || 2 ** -126)))
  return Math.abs(y - right) / 2 ** (exponent - 23)
}

function worst(engine: Engine, name: Name, x: Float64Array, right: ArrayLike<number>): { at: number; error: number } {
  const y = compute(engine, name, x)
  let result = { at: Number.NaN, error: 0 }
  y.forEach((value, i) => {
    const error = ulps(value, right[i])
    if (!(error <= result.error)) result = { at: x[i], error }
  })
  return result
}

const POINTS = 100_001
const grid = (from: number, to: number) =>
  Float64Array.from({ length: POINTS }, (_, i) => Math.fround(from + ((to - from) * i) / (POINTS - 1)))
/** Magnitudes from 1e-30 to 20, both signs: where tanh is nearly x. */
const powers = () =>
  Float64Array.from({ length: POINTS }, (_, i) => Math.fround((i % 2 ? -1 : 1) * 10 ** (-30 + (31.3 * i) / POINTS)))

const ranges: readonly (readonly [string, Name, Float64Array])[] = [
  ['exp from -87.3 to -17.4', 'exp', grid(-87.3, -17.4)],
  ['sigmoid from -87.3 to 100', 'sigmoid', grid(-87.3, 100)],
  ['sigmoid from -10 to 10', 'sigmoid', grid(-10, 10)],
  ['tanh from -20 to 20', 'tanh', grid(-20, 20)],
  ['tanh from -1 to 1', 'tanh', grid(-1, 1)],
  ['tanh of every magnitude', 'tanh', powers()],
]

const golden = loadGoldenMath()

describeEach(
  float32Backends,
  engine => {
    test.each(ranges)('%s is within the stated error of float64', (_, name, x) => {
      const { error, at } = worst(engine(), name, x, x.map(exact[name]))
      expect(error, `${name}(${at}), error in ulp`).toBeLessThanOrEqual(BOUNDS[name])
    })

    test.each(['exp', 'sigmoid', 'tanh'] as const)('%s is within the stated error of mpmath', name => {
      const [low, high] = name === 'exp' ? [-87.3, -17.4] : [-87.3, 100]
      // A golden point that is no float32 is moved to the next one, and with it, to first order, the right value.
      const slope: Record<Name, (y: number) => number> = {
        exp: y => y,
        sigmoid: y => y * (1 - y),
        tanh: y => 1 - y * y,
      }
      const x: number[] = []
      const right: number[] = []
      golden.x.forEach((at, i) => {
        if (at < low || at > high) return
        const given = Math.fround(at)
        x.push(given)
        right.push(golden[name][i] + (given - at) * slope[name](golden[name][i]))
      })
      expect(x.length).toBeGreaterThan(50)
      const { error, at } = worst(engine(), name, Float64Array.from(x), right)
      expect(error, `${name}(${at}), error in ulp`).toBeLessThanOrEqual(BOUNDS[name])
    })

    describe('at the ends', () => {
      const at = (name: Name, ...x: number[]) => {
        // Once in a whole vector and once in the part of one.
        const many = compute(engine(), name, Float64Array.from(new Array(16).fill(x).flat()))
        const few = compute(engine(), name, Float64Array.from(x))
        expect([...many]).toEqual(new Array(16).fill([...few]).flat())
        return [...few]
      }

      test('tanh saturates at ±1, keeps ±0 and NaN', () => {
        expect(at('tanh', Infinity, -Infinity, 1e30, -1e30, 9.1, -9.1)).toEqual([1, -1, 1, -1, 1, -1])
        expect(at('tanh', 0, -0, Number.NaN)).toEqual([0, -0, Number.NaN])
      })

      test('the sigmoid goes to 0 and 1, is ½ at ±0, keeps NaN', () => {
        expect(at('sigmoid', Infinity, -Infinity, 1e30, -1e30, 0, -0, Number.NaN)).toEqual([
          1,
          0,
          1,
          0,
          0.5,
          0.5,
          Number.NaN,
        ])
      })

      test('the sigmoid never leaves [0, 1], nor tanh [-1, 1]', () => {
        expect(compute(engine(), 'sigmoid', grid(-200, 200)).every(y => y >= 0 && y <= 1)).toBe(true)
        expect(compute(engine(), 'tanh', grid(-20, 20)).every(y => y >= -1 && y <= 1)).toBe(true)
      })

      test('exp is 0 where its value would be denormal, and keeps NaN', () => {
        expect(at('exp', -87.34, -88, -1000, -1e30)).toEqual([0, 0, 0, 0])
        expect(compute(engine(), 'exp', Float64Array.of(Number.NaN))).toEqual(Float64Array.of(Number.NaN))
      })
    })
  },
  { threads: 1 },
)
