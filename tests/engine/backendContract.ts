/* What every backend must pass: each kernel against the reference backend at sizes that no vector width divides, a whole
 * training step, and the bits that are promised. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FusedKernelCell } from '../../src/cells/cell.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import * as records from '../../src/engine/records.js'
import { expectAllNear, expectSameBits } from './distance.js'
import { type Buffers, expectSameKernel, runKernel } from './kernelRun.js'
import { Draw } from './randomValues.js'
import { cells, recurrenceContract } from './recurrenceContract.js'
import { type StepSizes, trainingSteps } from './trainingStep.js'

/** None is a multiple of a vector's width, and each stands beside one that is. */
const AWKWARD = [1, 3, 7, 17, 33, 65, 130] as const

export const smallStep = (cell: FusedKernelCell, ragged: boolean): StepSizes => ({
  cell,
  vocabulary: 33,
  width: 17,
  hidden: 33,
  batch: 7,
  time: 6,
  dropout: 0.2,
  ragged,
})

/** The suite. `engine` gives the backend's engine, opened with two threads or more where it can have them. */
export function backendContract(engine: () => Engine): void {
  let right: Engine
  beforeAll(async () => {
    right = await openEngine({ backend: 'reference' })
  })
  afterAll(() => right.close())

  const expectSame = <R extends object>(
    kernel: records.KernelDefinition<R>,
    fields: object,
    buffers: Buffers,
    shares: Readonly<Record<string, string>> = {},
  ) => expectSameKernel(engine(), right, kernel, fields, buffers, shares)

  describe('the matrix product', () => {
    const check = (draw: Draw, m: number, n: number, k: number, how: { ta: number; tb: number; mode: string }) => {
      const gap = draw.integer(0, 3)
      const aStride = (how.ta ? m : k) + gap
      const bStride = (how.tb ? k : n) + gap
      const yStride = n + gap
      const buffers = {
        a: draw.values((how.ta ? k : m) * aStride),
        b: draw.values((how.tb ? n : k) * bStride),
        y: draw.values(m * yStride),
        ...(how.mode === 'bias' && { bias: draw.values(n) }),
      }
      const accumulate = how.mode === 'accumulate' ? 1 : 0
      const fields = { m, n, k, aStride, bStride, yStride, transposeA: how.ta, transposeB: how.tb, accumulate }
      expectSame(records.matmul, fields, buffers)
      if (!how.ta) return
      for (const addSums of [0, 1])
        expectSame(records.matmul, { ...fields, addSums }, { ...buffers, sums: draw.values(m, 0.1) })
    }
    const sides = [
      { ta: 0, tb: 0 },
      { ta: 0, tb: 1 },
      { ta: 1, tb: 0 },
    ]
    const forms = sides.flatMap(side => ['plain', 'accumulate', 'bias'].map(mode => ({ ...side, mode })))

    test.each(forms)('is right; transposed a: $ta, b: $tb, $mode', how => {
      const draw = new Draw(11)
      for (let i = 0; i < 12; i++) check(draw, draw.pick(AWKWARD), draw.pick(AWKWARD), draw.pick(AWKWARD), how)
      for (const [m, n, k] of [
        [1, 130, 65],
        [130, 1, 65],
        [25, 65, 130],
        [1, 1, 1],
      ])
        check(draw, m, n, k, how)
      // Panels of which exactly half is there, for vectors of 4, 8 and 16.
      for (const n of [4, 12, 24, 40, 48]) check(draw, 14, n, 65, how)
    })

    test('is right, and the same bit for bit, where its right side is packed before', () => {
      const draw = new Draw(10)
      for (const [m, n, k] of [
        [1, 130, 65],
        [1, 1100, 515],
        [25, 33, 130],
        [3, 2100, 7],
      ]) {
        const buffers = { a: draw.values(m * k), b: draw.values(n * k), bias: draw.values(n) }
        const products = [0, 1].map(packedB =>
          engine().scope(() => {
            const [a, b, bias] = Object.values(buffers).map(values => engine().from(values))
            const { panel } = engine().backend
            const packed = engine().tensor([Math.ceil(n / panel) * panel * k])
            engine().run(records.pack, { n, k, w: b.offset, packed: packed.offset, transpose: 1 })
            const y = engine().tensor([m * n])
            const right = { b: packedB ? packed.offset : b.offset, bStride: k, transposeB: 1, packedB }
            const fields = { m, n, k, a: a.offset, aStride: k, bias: bias.offset, y: y.offset, yStride: n }
            engine().run(records.matmul, { ...fields, ...right })
            return engine().read(y)
          }),
        )
        expectSameBits({ y: products[1] }, { y: products[0] })
      }
    })

    test('is right where it is cut into blocks, of terms and of columns', () => {
      const draw = new Draw(12)
      for (const how of forms) check(draw, 7, 33, 515, how)
      check(draw, 3, 2100, 7, { ta: 0, tb: 1, mode: 'bias' })
      check(draw, 150, 70, 300, { ta: 1, tb: 0, mode: 'accumulate' })
      check(draw, 230, 300, 515, { ta: 1, tb: 0, mode: 'plain' })
    })
  })

  recurrenceContract(engine, () => right)

  test('elementwise operations are right, in place and added too', () => {
    const draw = new Draw(16)
    const binary = ['add', 'multiply', 'tanhGradient', 'sigmoidGradient', 'reluGradient']
    for (const [name, operation] of Object.entries(records.elementwiseOperation))
      for (const count of [...AWKWARD, 4097]) {
        const a = draw.values(count, name.endsWith('Gradient') ? 1 : 3)
        const b: Buffers = binary.includes(name) ? { b: draw.values(count) } : {}
        const fields = { operation, count, alpha: 0.75 }
        expectSame(records.elementwise, fields, { a, ...b, y: draw.values(count) })
        expectSame(records.elementwise, { ...fields, accumulate: 1 }, { a, ...b, y: draw.values(count) })
        expectSame(records.elementwise, fields, { a, ...b }, { y: 'a' })
      }
  })

  test('an operand with a period is used over and over', () => {
    const draw = new Draw(27)
    const operation = records.elementwiseOperation.multiply
    for (const period of [...AWKWARD, 1500])
      for (const times of [1, 3, 40]) {
        const [a, b] = [draw.values(period * times), draw.values(period)]
        for (const accumulate of [0, 1]) {
          const fields = { operation, count: a.length, period, alpha: 1, accumulate }
          expectSame(records.elementwise, fields, { a, b, y: draw.values(a.length) })
        }
      }
  })

  test('columns are copied out of wider rows and into them', () => {
    const draw = new Draw(28)
    for (const rows of AWKWARD)
      for (const columns of AWKWARD) {
        const [aStride, yStride] = [columns + draw.integer(0, 5), columns + draw.integer(0, 5)]
        for (const accumulate of [0, 1])
          expectSame(
            records.copyRows,
            { rows, columns, aStride, yStride, accumulate },
            { a: draw.values(rows * aStride), y: draw.values(rows * yStride) },
          )
      }
  })

  test('layer normalisation is right, forward and backward', () => {
    const draw = new Draw(29)
    for (const rows of [1, 3, 25])
      for (const columns of AWKWARD.slice(1)) {
        const [x, gain] = [draw.values(rows * columns, 3), draw.values(columns)]
        const fields = { rows, columns, epsilon: 1e-5 }
        const room = { y: draw.values(rows * columns), statistics: draw.values(rows * 2) }
        expectSame(records.layerNormForward, fields, { x, gain, shift: draw.values(columns), ...room })
        expectSame(records.layerNormForward, fields, { x, gain, ...room })
        const { statistics } = runKernel(right, records.layerNormForward, fields, { x, gain, ...room })
        const given = { x, gain, statistics, dY: draw.values(rows * columns) }
        const added = { dX: draw.values(rows * columns), dGain: draw.values(columns), dShift: draw.values(columns) }
        expectSame(records.layerNormBackward, { rows, columns, accumulate: 1 }, { ...given, ...added })
      }
  })

  test('attention is right, forward and backward: of products and additive, over sequences of any length', () => {
    const draw = new Draw(30)
    for (const [rows, time, batch] of [
      [1, 1, 1],
      [7, 5, 3],
      [40, 33, 17],
    ])
      for (const [width, hidden] of [
        [1, 1],
        [33, 33],
        [65, 130],
      ])
        for (const additive of [false, true]) {
          const fields = { rows, time, batch, width, hidden }
          const lengths = draw.integers(batch, 0, time)
          const given = {
            queries: draw.values(rows * width),
            keys: draw.values(time * batch * width),
            values: draw.values(time * batch * hidden),
            sequences: draw.integers(rows, 0, batch - 1),
            lengths,
            ...(additive ? { score: draw.values(width) } : {}),
          }
          const room = { weights: draw.values(rows * time), contexts: draw.values(rows * hidden) }
          expectSame(records.attentionForward, fields, { ...given, ...room })
          const { weights } = runKernel(right, records.attentionForward, fields, { ...given, ...room })
          const added = {
            dContexts: draw.values(rows * hidden),
            dQueries: draw.values(rows * width),
            dKeys: draw.values(time * batch * width),
            dValues: draw.values(time * batch * hidden),
            ...(additive ? { dScore: draw.values(batch * width) } : {}),
          }
          expectSame(records.attentionBackward, fields, { ...given, weights, ...added })
          if (width !== hidden || additive) continue
          const { values: _, dValues: __, ...shared } = { ...given, weights, ...added }
          const same = { values: 'keys', dValues: 'dKeys' }
          expectSame(records.attentionBackward, fields, shared, same)
        }
  })

  test('rows are added, summed and turned into columns', () => {
    const draw = new Draw(17)
    for (const rows of AWKWARD)
      for (const columns of AWKWARD) {
        const [count, stride] = [rows * columns, columns + 2]
        const a = draw.values(count)
        expectSame(records.addRow, { rows, columns }, { a, row: draw.values(columns), y: draw.values(count) })
        expectSame(records.addRow, { rows, columns }, { a, row: draw.values(columns) }, { y: 'a' })
        for (const accumulate of [0, 1]) {
          expectSame(records.transpose, { rows, columns, accumulate }, { a, y: draw.values(count) })
          // All of one sign: a sum that cancels is as wrong as it likes.
          const positive = draw.values(rows * stride).map(Math.abs)
          const y = draw.values(columns).map(Math.abs)
          expectSame(records.sumRows, { rows, columns, stride, accumulate }, { a: positive, y })
        }
      }
  })

  test('sums and sums of squares are right, of blocks and of parts of one', () => {
    const draw = new Draw(18)
    for (const count of [...AWKWARD, 4096, 4097, 30001])
      for (const squares of [0, 1])
        expectSame(records.sum, { count, squares }, { a: draw.values(count), y: new Float64Array(1) })
  })

  test('dropout leaves out the very elements that the reference leaves out, and scales the others', () => {
    const draw = new Draw(19)
    for (const count of [...AWKWARD, 31, 32, 64, 2049])
      for (const probability of [0, 0.2, 0.5, 0.97]) {
        const [seed, step, site] = draw.integers(3, -(2 ** 31), 2 ** 31 - 1)
        const fields = { count, seed, step, site, probability }
        const x = draw.values(count).map(value => value || 1)
        const buffers = { x, y: draw.values(count) }
        const pattern = (on: Engine) => runKernel(on, records.dropout, fields, buffers).y.map(y => (y === 0 ? 0 : 1))
        expectSameBits({ pattern: pattern(engine()) }, { pattern: pattern(right) })
        expectSame(records.dropout, fields, buffers)
        expectSame(records.dropout, fields, { x }, { y: 'x' })
        expectSame(records.dropout, { ...fields, accumulate: 1 }, buffers)
      }
  })

  test('embedding is right, with tokens outside the vocabulary and many of the same', () => {
    const draw = new Draw(20)
    for (const width of AWKWARD)
      for (const count of [1, 7, 130]) {
        const vocabulary = draw.pick(AWKWARD)
        const tokens = draw.integers(count, -1, vocabulary)
        const fields = { count, width, vocabulary }
        const [table, rows] = [draw.values(vocabulary * width), draw.values(count * width)]
        expectSame(records.embeddingForward, fields, { tokens, table, y: rows })
        expectSame(records.embeddingBackward, fields, { tokens, dY: rows, dTable: table })
      }
  })

  describe('output layer and loss', () => {
    const check = (draw: Draw, rows: number, hidden: number, vocabulary: number, gradients: number, size = 1) => {
      const targets = draw.integers(rows, -1, vocabulary - 1)
      const weights = { weight: draw.values(vocabulary * hidden, size), bias: draw.values(vocabulary) }
      const given = { h: draw.values(rows * hidden), ...weights, targets, losses: draw.values(rows) }
      const outputs = {
        dH: draw.values(rows * hidden),
        dWeight: draw.values(vocabulary * hidden, 0.1 / rows),
        dBias: draw.values(vocabulary, 0.1 / rows),
      }
      const fields = { rows, hidden, vocabulary, gradients, scale: 1 / rows }
      expectSame(records.outputLoss, fields, gradients ? { ...given, ...outputs } : given)
      const weighted = { ...given, rowWeights: draw.values(rows).map(Math.abs) }
      expectSame(records.outputLoss, { ...fields, smoothing: 0.2 }, gradients ? { ...weighted, ...outputs } : weighted)
    }

    test('are right, with targets that have no loss', () => {
      const draw = new Draw(21)
      for (const rows of [1, 3, 25, 130])
        for (const vocabulary of AWKWARD)
          for (const gradients of [0, 1]) check(draw, rows, draw.pick(AWKWARD), vocabulary, gradients)
    })

    test('are right where logits overflow exp', () => check(new Draw(22), 17, 33, 65, 1, 40))

    test('are right where the bias alone is learned', () => {
      const draw = new Draw(27)
      for (const [rows, hidden, vocabulary] of [
        [3, 7, 5],
        [130, 3, 65],
        [130, 3, 20011],
      ]) {
        const weights = { weight: draw.values(vocabulary * hidden), bias: draw.values(vocabulary) }
        const given = { h: draw.values(rows * hidden), ...weights, targets: draw.integers(rows, -1, vocabulary - 1) }
        const out = { losses: draw.values(rows), dBias: draw.values(vocabulary, 0.1 / rows) }
        const fields = { rows, hidden, vocabulary, gradients: 1, scale: 1 / rows }
        expectSame(records.outputLoss, fields, { ...given, ...out })
      }
    })

    test('are zeros where there are no rows', () => {
      const [dWeight, dBias] = [new Float64Array(6).fill(1), new Float64Array(3).fill(1)]
      const losses = new Float64Array(1)
      const buffers = { h: new Float64Array(1), weight: new Float64Array(6), targets: Int32Array.of(0), losses }
      const fields = { rows: 0, hidden: 2, vocabulary: 3, gradients: 1, scale: 1 }
      const out = runKernel(engine(), records.outputLoss, fields, { ...buffers, dWeight, dBias })
      expect([out.dWeight, out.dBias].map(gradient => gradient.every(value => value === 0))).toEqual([true, true])
    })

    test('are right where the rows do not fit one block', () => {
      check(new Draw(23), 130, 3, 20011, 1)
      check(new Draw(24), 130, 1, 40003, 0)
    })
  })

  test('optimizers are right', () => {
    const draw = new Draw(25)
    for (const count of [...AWKWARD, 2049]) {
      const [w, dW, velocity] = [draw.values(count), draw.values(count), draw.values(count)]
      const shared = { count, learningRate: 0.1, weightDecay: 0.01, gradientScale: 0.5 }
      expectSame(records.sgd, { ...shared, momentum: 0 }, { w, dW })
      for (const nesterov of [0, 1])
        expectSame(records.sgd, { ...shared, momentum: 0.9, nesterov }, { w, dW, velocity })
      const second = draw.values(count).map(Math.abs)
      const rates = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: 0.1, correction2: 0.001 }
      for (const decoupled of [0, 1])
        expectSame(records.adam, { ...shared, ...rates, decoupled }, { w, dW, first: velocity, second })
      const squares = { kept: 0.9, fresh: 0.1, epsilon: 1e-8, momentum: 0.5 }
      expectSame(records.rmsprop, { ...shared, ...squares }, { w, dW, second, velocity })
      expectSame(records.rmsprop, { ...shared, ...squares, kept: 1, fresh: 1 }, { w, dW, second })
    }
  })

  test('optimizers tell of a weight that is no number any more, wherever it stands', () => {
    const count = 4099
    const [w, first, second] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
    const rates = { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: 1, correction2: 1 }
    const memory = { kept: 0.9, fresh: 0.1, momentum: 0, gradientScale: 1, weightDecay: 0 }
    for (const kernel of [records.sgd, records.adam, records.rmsprop])
      for (const [at, weight, told] of [
        [-1, 0, 0],
        [7, 3e38, 0],
        ...[0, 1023, 2048, 4098].flatMap(at => [NaN, Infinity, -Infinity].map(weight => [at, weight, 1])),
      ]) {
        const [weights, broken] = [w.with(Math.max(0, at), weight), new Int32Array(1)]
        const buffers = { w: weights, dW: w, ...(kernel === records.sgd ? {} : { first, second }), broken }
        const fields = { count, ...rates, ...memory }
        expect(runKernel(engine(), kernel as records.KernelDefinition<object>, fields, buffers).broken[0]).toBe(told)
      }
  })

  test('numbers go in and come out as they are, few or many, and touch nothing beside them', () => {
    const draw = new Draw(26)
    for (const count of [1, 16_383, 16_384, 100_003])
      engine().scope(() => {
        const [before, tensor, after] = [engine().tensor([1]), engine().tensor([count]), engine().tensor([1])]
        for (const beside of [before, after]) engine().fill(beside, 7)
        // A part of a larger array, from an odd place on.
        const given = Float32Array.from(draw.values(count + 3)).subarray(3)
        engine().write(tensor, given)
        const out = new Float32Array(count + 2).fill(9)
        if (engine().backend.elementBytes === 4) engine().copyOut(tensor, out.subarray(1, count + 1))
        else out.set(engine().read(tensor), 1)
        expect(out.subarray(1, count + 1)).toEqual(given)
        expect([out[0], out[count + 1], engine().scalar(before), engine().scalar(after)]).toEqual([9, 9, 7, 7])
      })
  })

  test('the ceiling is measured, or said to be nothing', () => {
    engine().scope(() => {
      const flops = engine().tensor([2])
      engine().fill(flops, 1)
      engine().run(records.ceiling, { iterations: 10, flops: flops.offset })
      const [measured] = new Float64Array(engine().heap.memory.buffer, flops.offset, 1)
      expect(measured >= 0 && Number.isInteger(measured)).toBe(true)
      expect(measured > 0).toBe(engine().backend.name !== 'reference')
    })
  })

  test.each(cells)('a whole training step of %s is the reference’s', (_, cell) => {
    for (const ragged of [false, true]) {
      const sizes = smallStep(cell, ragged)
      const used = engine().heap.used
      expectAllNear(trainingSteps(engine(), sizes, 1), trainingSteps(right, sizes, 1), 1e-5)
      expect(engine().heap.used).toBe(used)
    }
  })

  test.each(cells)('the same seed gives the same bits twice, of %s', (_, cell) => {
    const sizes = smallStep(cell, true)
    const once = trainingSteps(engine(), sizes, 3)
    // Rubbish of another computation lies in the heap by now.
    engine().scope(() => engine().fill(engine().tensor([300_000]), Number.NaN))
    expectSameBits(trainingSteps(engine(), sizes, 3), once)
  })

  test('NaN is not lost on its way to the loss', () => {
    const draw = new Draw(26)
    for (const vocabulary of AWKWARD) {
      const weight = draw.values(vocabulary * 3)
      weight[draw.integer(0, weight.length - 1)] = Number.NaN
      const targets = Int32Array.of(draw.integer(0, vocabulary - 1))
      const buffers = { h: draw.values(3), weight, targets, losses: new Float64Array(1) }
      const { losses } = runKernel(engine(), records.outputLoss, { rows: 1, hidden: 3, vocabulary, scale: 1 }, buffers)
      expect(losses).toEqual(Float64Array.of(Number.NaN))
    }
  })
}
