/* The reference's kernels but the recurrence (referenceRecurrence.test.ts): values against their equations, gradients
 * against central finite differences in float64, at random shapes. */
import { beforeEach, describe, expect, it } from 'vitest'
import * as records from '../../src/engine/records.js'
import { referenceBackend } from '../../src/engine/reference/reference.js'
import { threefry } from '../../src/random.js'
import {
  backend,
  clearHeap,
  dot,
  expectNear,
  finiteDifferences,
  get,
  put,
  putInts,
  room,
  run,
  seeded,
} from './referenceHeap.js'

beforeEach(clearHeap)

const seeds = [1, 2, 3, 4, 5, 6]

describe('the reference backend', () => {
  it('says what it is', () => {
    const { name, instructionSet, elementBytes, threads, panel } = backend
    expect({ name, instructionSet, elementBytes, threads, panel }).toEqual({
      name: 'reference',
      instructionSet: 'float64',
      elementBytes: 8,
      threads: 1,
      panel: 1,
    })
  })

  it.each([false, true])('works on after the memory has grown (shared: %s)', shared => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared })
    const own = referenceBackend(memory)
    memory.grow(2)
    own.attach()
    const place = 2 * 65536
    const floats = new Float64Array(memory.buffer)
    floats.set([1, 2, 3], place / 8)
    records.sum.write(new Int32Array(memory.buffer), floats, 64, { count: 3, a: place, y: place + 64 }, 0)
    own.run(records.sum.number, 64)
    expect(floats[place / 8 + 8]).toBe(6)
    own.close()
  })

  it('has no ceiling of its own: 0 operations', () => {
    const flops = room(1)
    run(records.ceiling, { iterations: 100, flops })
    expect(get(flops, 1)[0]).toBe(0)
  })
})

describe('products and rearrangements', () => {
  const forms = [0, 1].flatMap(transposeA => [0, 1].map(transposeB => ({ transposeA, transposeB })))

  it.each(forms)('matmul sums in every form: $transposeA, $transposeB', ({ transposeA, transposeB }) => {
    for (const seed of seeds) {
      const random = seeded(seed)
      const [m, n, k, gap] = [1, 1, 0, 0].map(least => random.integer(least, 6))
      const [aStride, bStride, yStride] = [(transposeA ? m : k) + gap, (transposeB ? k : n) + gap, n + gap]
      const a = random.array((transposeA ? k : m) * aStride)
      const b = random.array((transposeB ? n : k) * bStride)
      const [before, bias] = [random.array(m * yStride), random.array(n)]
      const shape = { m, n, k, a: put(a), b: put(b), aStride, bStride, yStride, transposeA, transposeB }
      for (const start of ['zero', 'bias', 'accumulate'] as const) {
        const y = put(before)
        const accumulate = start === 'accumulate' ? 1 : 0
        run(records.matmul, { ...shape, y, bias: start === 'bias' ? put(bias) : 0, accumulate })
        const right = before.map((kept, at) => {
          const [i, j] = [Math.floor(at / yStride), at % yStride]
          if (j >= n) return kept
          let total = start === 'zero' ? 0 : start === 'bias' ? bias[j] : kept
          for (let l = 0; l < k; l++) {
            total +=
              a[transposeA ? l * aStride + i : i * aStride + l] * b[transposeB ? j * bStride + l : l * bStride + j]
          }
          return total
        })
        expectNear(get(y, right.length), right, 1e-14)
      }
    }
  })

  it('pack stores the columns of the operand one after another, from either form', () => {
    const packed = room(6)
    run(records.pack, { n: 2, k: 3, w: put([1, 2, 3, 4, 5, 6]), packed })
    expect([...get(packed, 6)]).toEqual([1, 3, 5, 2, 4, 6])
    run(records.pack, { n: 2, k: 3, w: put([1, 2, 3, 4, 5, 6]), packed, transpose: 1 })
    expect([...get(packed, 6)]).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('add_row, sum_rows and transpose do so, in place or adding where they may', () => {
    const a = put([1, 2, 3, 4, 5, 6])
    const y = room(6)
    run(records.addRow, { rows: 2, columns: 3, a, row: put([10, 20, 30]), y })
    expect([...get(y, 6)]).toEqual([11, 22, 33, 14, 25, 36])
    run(records.addRow, { rows: 2, columns: 3, a: y, row: put([1, 1, 1]), y })
    expect([...get(y, 6)]).toEqual([12, 23, 34, 15, 26, 37])
    run(records.sumRows, { rows: 2, columns: 2, stride: 3, a, y })
    expect([...get(y, 3)]).toEqual([5, 7, 34])
    run(records.sumRows, { rows: 2, columns: 2, stride: 3, a, y, accumulate: 1 })
    expect([...get(y, 2)]).toEqual([10, 14])
    run(records.transpose, { rows: 2, columns: 3, a, y })
    expect([...get(y, 6)]).toEqual([1, 4, 2, 5, 3, 6])
    run(records.transpose, { rows: 2, columns: 3, a, y, accumulate: 1 })
    expect([...get(y, 6)]).toEqual([2, 8, 4, 10, 6, 12])
  })

  it('sum adds up the elements or their squares, and writes one element', () => {
    const y = put([0, 77])
    run(records.sum, { count: 3, a: put([1, -2, 4]), y })
    expect([...get(y, 2)]).toEqual([3, 77])
    run(records.sum, { count: 3, squares: 1, a: put([1, -2, 4]), y })
    expect([...get(y, 2)]).toEqual([21, 77])
    run(records.sum, { count: 0, a: put([1]), y })
    expect(get(y, 1)[0]).toBe(0)
  })
})

describe('the embedding', () => {
  const tokens = [2, 0, 2, -1, 3, 7, 2]
  const known = (token: number) => token >= 0 && token < 4

  it('looks rows up, zeros for a token outside the vocabulary', () => {
    const table = seeded(1).array(12)
    const y = room(21)
    run(records.embeddingForward, { count: 7, width: 3, vocabulary: 4, tokens: putInts(tokens), table: put(table), y })
    expect([...get(y, 21)]).toEqual(tokens.flatMap(t => (known(t) ? [...table.slice(t * 3, t * 3 + 3)] : [0, 0, 0])))
  })

  it('has the gradient of finite differences, added to what is there', () => {
    const random = seeded(2)
    const [table, dY, before] = [random.array(12), random.array(21), random.array(12)]
    const shape = { count: 7, width: 3, vocabulary: 4, tokens: putInts(tokens) }
    const loss = () => {
      const y = room(21)
      run(records.embeddingForward, { ...shape, table: put(table), y })
      return dot(get(y, 21), dY)
    }
    const dTable = put(before)
    run(records.embeddingBackward, { ...shape, dY: put(dY), dTable })
    const right = finiteDifferences(table, loss).map((d, i) => before[i] + d)
    expectNear(get(dTable, 12), right)
  })
})

describe('output layer, softmax and cross-entropy', () => {
  function scene(seed: number) {
    const random = seeded(seed)
    const [rows, hidden, vocabulary] = [random.integer(2, 6), random.integer(1, 5), random.integer(2, 7)]
    const targets = Array.from({ length: rows }, (_, i) => (i === 1 ? -1 : random.integer(0, vocabulary - 1)))
    return {
      ...{ rows, hidden, vocabulary, targets, scale: 0.1 + random.uniform() },
      ...{ h: random.array(rows * hidden, 2), weight: random.array(vocabulary * hidden, 2) },
      ...{ bias: random.array(vocabulary) },
    }
  }
  function losses(s: ReturnType<typeof scene>, bias = true): Float64Array {
    const { rows, hidden, vocabulary, scale } = s
    const places = { h: put(s.h), weight: put(s.weight), bias: bias ? put(s.bias) : 0, targets: putInts(s.targets) }
    const at = room(rows)
    run(records.outputLoss, { rows, hidden, vocabulary, scale, ...places, losses: at })
    return get(at, rows)
  }

  it.each(seeds)('E is -log softmax(V h + c)[target] in nats, 0 for a target of -1 (%i)', seed => {
    const s = scene(seed)
    for (const withBias of [true, false]) {
      const right = s.targets.map((target, i) => {
        if (target === -1) return 0
        const h = s.h.subarray(i * s.hidden, (i + 1) * s.hidden)
        const o = Array.from(s.bias, (c, j) => dot(h, s.weight.subarray(j * s.hidden)) + (withBias ? c : 0))
        return -Math.log(Math.exp(o[target]) / o.reduce((sum, x) => sum + Math.exp(x), 0))
      })
      expectNear(losses(s, withBias), right, 1e-12)
    }
  })

  it.each(seeds)('gradients equal finite differences, with a target of -1 (%i)', seed => {
    const s = scene(seed)
    const { rows, hidden, vocabulary, scale } = s
    const loss = () => {
      clearHeap()
      return scale * losses(s).reduce((sum, x) => sum + x, 0)
    }
    const [h, weight, bias] = [s.h, s.weight, s.bias].map(x => finiteDifferences(x, loss))
    const places = { h: put(s.h), weight: put(s.weight), bias: put(s.bias), targets: putInts(s.targets) }
    // Gradients are written, whatever stood there.
    const out = { losses: room(rows), dH: put(s.h), dWeight: put(s.weight), dBias: put(s.bias) }
    run(records.outputLoss, { rows, hidden, vocabulary, scale, gradients: 1, ...places, ...out })
    expectNear(get(out.dH, rows * hidden), h, 1e-6, 'd_h')
    expect([...get(out.dH, 2 * hidden).subarray(hidden)]).toEqual(new Array(hidden).fill(0))
    expectNear(get(out.dWeight, vocabulary * hidden), weight, 1e-6, 'd_weight')
    expectNear(get(out.dBias, vocabulary), bias, 1e-6, 'd_bias')
  })

  it('stays finite where exp of a logit would not, and takes a target past the vocabulary as none', () => {
    const at = room(2)
    const places = { h: put([1, 1]), weight: put([2000, -2000]), targets: putInts([1, 2]), losses: at }
    run(records.outputLoss, { rows: 2, hidden: 1, vocabulary: 2, scale: 1, ...places })
    expect([...get(at, 2)]).toEqual([4000, 0])
  })
})

describe('elementwise operations', () => {
  const id = records.elementwiseOperation
  const values: [keyof typeof id, (a: number, b: number) => number][] = [
    ['scale', a => 0.7 * a],
    ['add', (a, b) => a + 0.7 * b],
    ['multiply', (a, b) => 0.7 * a * b],
    ['tanh', a => Math.tanh(a)],
    ['sigmoid', a => 1 / (1 + Math.exp(-a))],
    ['relu', a => (a > 0 ? a : 0)],
  ]
  function apply(name: keyof typeof id, a: Float64Array, b?: Float64Array): Float64Array {
    const y = room(a.length)
    run(records.elementwise, { operation: id[name], count: a.length, a: put(a), b: b ? put(b) : 0, y, alpha: 0.7 })
    return get(y, a.length)
  }

  it.each(values)('%s is its formula, also in place and accumulating', (name, formula) => {
    const [a, b] = [seeded(3).array(9, 3), seeded(4).array(9, 3)]
    const right = a.map((x, i) => formula(x, b[i]))
    expectNear(apply(name, a, b), right, 1e-15)
    const both = put(a)
    const record = { operation: id[name], count: 9, a: both, b: put(b), y: both, alpha: 0.7 }
    run(records.elementwise, record)
    expectNear(get(both, 9), right, 1e-15)
    const y = put(b)
    run(records.elementwise, { ...record, a: put(a), y, accumulate: 1 })
    expectNear(
      get(y, 9),
      right.map((x, i) => b[i] + x),
      1e-15,
    )
  })

  it.each(['tanh', 'sigmoid', 'relu'] as const)('%sGradient equals finite differences', name => {
    const [x, dY] = [seeded(5).array(12, 3), seeded(6).array(12)]
    const gradient = apply(`${name}Gradient`, apply(name, x), dY)
    expectNear(
      gradient,
      finiteDifferences(x, () => dot(apply(name, x), dY)),
    )
  })

  it('NaN passes through ReLU and its gradient is 0', () => {
    expect(apply('relu', Float64Array.of(Number.NaN))[0]).toBeNaN()
    expect(apply('reluGradient', Float64Array.of(Number.NaN), Float64Array.of(1))[0]).toBe(0)
  })
})

describe('dropout', () => {
  // Random123's kat_vectors, threefry2x32 with 20 rounds.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('Threefry-2x32-20 gives the published words: counter %o, key %o', (counter, key, words) => {
    expect(threefry(key[0], key[1], counter[0], counter[1])).toEqual(words)
  })

  const call = { count: 20_000, seed: 0xfedcba98, step: 3, site: 0x80000001, probability: 0.3 }
  function drop(x: Float64Array, change: Partial<records.DropoutRecord> = {}): Float64Array {
    const y = room(x.length)
    run(records.dropout, { ...call, count: x.length, x: put(x), y, ...change })
    return get(y, x.length)
  }
  const ones = new Float64Array(call.count).fill(1)

  it.each([0, 0.1, 0.3, 0.5, 0.9])('drops a share of %d and scales the rest', probability => {
    const y = drop(ones, { probability })
    const dropped = y.filter(x => x === 0).length
    // Within four standard deviations.
    const spread = Math.sqrt(probability * (1 - probability) * call.count)
    expect(Math.abs(dropped - probability * call.count)).toBeLessThanOrEqual(4 * spread)
    expect(new Set(y.filter(x => x !== 0))).toEqual(new Set([1 / (1 - probability)]))
  })

  it('draws the same mask from the same arguments, and another from any other', () => {
    const y = drop(ones)
    expect(drop(ones)).toEqual(y)
    for (const other of [{ seed: 1 }, { step: 4 }, { site: 2 }]) expect(drop(ones, other)).not.toEqual(y)
    expect(drop(ones.slice(0, 77))).toEqual(y.slice(0, 77))
  })

  it('takes word w of counter j for element 64 ⌊j / 32⌋ + j mod 32 + 32 w, dropped below p 2^32', () => {
    const y = drop(ones.slice(0, 150))
    y.forEach((value, i) => {
      const j = Math.floor(i / 64) * 32 + (i % 32)
      const draw = threefry(call.seed, call.step, call.site, j)[Math.floor(i / 32) % 2]
      expect(value !== 0).toBe(draw >= Math.floor(0.3 * 2 ** 32))
    })
  })

  it('has as gradient the same call, also in place and accumulating; what is dropped is 0 even if it was NaN', () => {
    const [x, dY] = [seeded(7).array(100), seeded(8).array(100)]
    expectNear(
      drop(dY),
      finiteDifferences(x, () => dot(drop(x), dY)),
    )
    const both = put(x)
    run(records.dropout, { ...call, count: 100, x: both, y: both })
    expect(get(both, 100)).toEqual(drop(x))
    const y = put(dY)
    drop(x, { y, accumulate: 1 })
    expect(get(y, 100)).toEqual(drop(x).map((value, i) => dY[i] + value))
    const mask = drop(ones.slice(0, 100))
    expect(drop(x.map(() => Number.NaN)).map(value => (value === 0 ? 0 : 1))).toEqual(mask.map(kept => (kept ? 1 : 0)))
  })
})
