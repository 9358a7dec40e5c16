/* The reference's recurrence: each cell's step against its equation, and back-propagation through time against central
 * finite differences, for every cell, with and without lengths, reverse and mask. */
import { beforeEach, describe, expect, it } from 'vitest'
import { cell, pack, recurrenceBackward, recurrenceForward } from '../../src/engine/records.js'
import { clearHeap, dot, expectNear, finiteDifferences, get, put, putInts, room, run, seeded } from './referenceHeap.js'

beforeEach(clearHeap)

type CellName = keyof typeof cell
const names = Object.keys(cell) as CellName[]
const sizes = {
  elmanTanh: { gates: 1, apart: 0 },
  elmanRelu: { gates: 1, apart: 0 },
  elmanSigmoid: { gates: 1, apart: 0 },
  gru: { gates: 3, apart: 1 },
  lstm: { gates: 4, apart: 0 },
}

/** A sequence, and the weights of a loss that is linear in every h_t and c_t that exists and in the final states. */
interface Problem {
  name: CellName
  time: number
  batch: number
  hidden: number
  reverse: number
  lengths: number[] | undefined
  mask: Float64Array | undefined
  input: Float64Array // [T, B, G H]
  weight: Float64Array // [G H, H]
  apartBias: Float64Array // [A H]
  hidden0: Float64Array
  cell0: Float64Array
  dOutputs: Float64Array
  dCells: Float64Array
  dFinalHidden: Float64Array
  dFinalCell: Float64Array
}

interface Options {
  lengths: boolean
  reverse: boolean
  mask: boolean
}

function problem(name: CellName, options: Options, seed: number): Problem {
  const random = seeded(seed)
  const { gates, apart } = sizes[name]
  const [time, batch, hidden] = [random.integer(2, 5), random.integer(2, 4), random.integer(1, 5)]
  const row = batch * hidden
  return {
    name,
    time,
    batch,
    hidden,
    reverse: options.reverse ? 1 : 0,
    lengths: options.lengths ? Array.from({ length: batch }, (_, b) => (b ? random.integer(1, time) : 1)) : undefined,
    mask: options.mask ? random.array(row).map(x => (x > -0.4 ? 1.5 : 0)) : undefined,
    input: random.array(time * row * gates, 2),
    weight: random.array(gates * hidden * hidden),
    apartBias: random.array(apart * hidden),
    hidden0: random.array(row),
    cell0: random.array(row),
    dOutputs: random.array(time * row),
    dCells: random.array(time * row),
    dFinalHidden: random.array(row),
    dFinalCell: random.array(row),
  }
}

const hasCell = (p: Problem) => p.name === 'lstm'
const exists = (p: Problem, t: number, b: number) => !p.lengths || t < p.lengths[b]

const eachStep = (p: Problem, value: (t: number, b: number, i: number) => number) =>
  Array.from({ length: p.time * p.batch }, (_, i) => value(Math.floor(i / p.batch), i % p.batch, i))

/** Of [T, B, terms], the steps that exist; zeros elsewhere, where the kernel has left what stood there. */
const existing = (p: Problem, x: Float64Array) =>
  x.map((value, i) => {
    const step = Math.floor(i / (x.length / (p.time * p.batch)))
    return exists(p, Math.floor(step / p.batch), step % p.batch) ? value : 0
  })

function forward(p: Problem) {
  const { time, batch, hidden, reverse } = p
  const { gates, apart } = sizes[p.name]
  const summed = (gates - apart) * hidden
  // Two packs one after another: the gates whose products are summed, then those kept apart.
  const weight = room(gates * hidden * hidden)
  const part = (from: number, to: number) => put(p.weight.subarray(from * hidden, to * hidden))
  run(pack, { n: summed, k: hidden, w: part(0, summed), packed: weight, transpose: 1 })
  if (apart) {
    const packed = weight + summed * hidden * 8
    run(pack, { n: apart * hidden, k: hidden, w: part(summed, gates * hidden), packed, transpose: 1 })
  }
  const row = batch * hidden
  const initial = reverse ? time * row : 0
  const states = new Float64Array((time + 1) * row).fill(Number.NaN)
  const cells = states.slice()
  states.set(p.hidden0, initial)
  cells.set(p.cell0, initial)
  const places = {
    gates: put(p.input),
    apart: apart ? room(time * row * apart) : 0,
    states: put(states),
    cells: hasCell(p) ? put(cells) : 0,
    mask: p.mask ? put(p.mask) : 0,
    lengths: p.lengths ? putInts(p.lengths) : 0,
    // Steps stand where they would in a whole batch; none may be looked for past a sequence's end.
    rows: p.lengths ? putInts(eachStep(p, (t, b, i) => (exists(p, t, b) ? i : -1))) : 0,
  }
  const shape = { cell: cell[p.name], time, batch, hidden, reverse }
  run(recurrenceForward, { ...shape, ...places, weight, apartBias: apart ? put(p.apartBias) : 0 })
  return { shape, places }
}

/** States of every step, [T, B, H], and the final one. */
function statesOf(p: Problem, place: number) {
  const row = p.batch * p.hidden
  const all = get(place, (p.time + 1) * row)
  const before = (t: number) => (p.reverse ? t + 1 : t) * row
  const after = (t: number) => (p.reverse ? t : t + 1) * row
  return {
    all,
    final: p.reverse ? all.slice(0, row) : all.slice(p.time * row),
    at: (t: number, b: number) => all.slice(after(t) + b * p.hidden, after(t) + (b + 1) * p.hidden),
    before: (t: number, b: number) => all.slice(before(t) + b * p.hidden, before(t) + (b + 1) * p.hidden),
  }
}

const slice = (p: Problem, x: Float64Array, t: number, b: number, terms = p.hidden) =>
  x.slice((t * p.batch + b) * terms, (t * p.batch + b + 1) * terms)

function lossOf(p: Problem): number {
  clearHeap()
  const { places } = forward(p)
  const h = statesOf(p, places.states)
  const c = hasCell(p) ? statesOf(p, places.cells) : undefined
  let loss = dot(h.final, p.dFinalHidden)
  if (c) loss += dot(c.final, p.dFinalCell)
  for (let t = 0; t < p.time; t++) {
    for (let b = 0; b < p.batch; b++) {
      if (!exists(p, t, b)) continue
      loss += dot(h.at(t, b), slice(p, p.dOutputs, t, b))
      if (c) loss += dot(c.at(t, b), slice(p, p.dCells, t, b))
    }
  }
  return loss
}

function backward(p: Problem) {
  clearHeap()
  const { shape, places } = forward(p)
  const { gates, apart } = sizes[p.name]
  const { time, batch, hidden } = p
  const row = batch * hidden
  const activations = get(places.gates, time * row * gates)
  const states = statesOf(p, places.states)
  const cells = hasCell(p) ? statesOf(p, places.cells) : undefined
  const weight = room(gates * hidden * hidden)
  run(pack, { n: hidden, k: gates * hidden, w: put(p.weight), packed: weight })
  const out = {
    dInitialHidden: room(row),
    dInitialCell: cells ? room(row) : 0,
    dhSteps: room(time * row),
    dcSteps: cells ? room(time * row) : 0,
  }
  run(recurrenceBackward, {
    ...shape,
    ...places,
    ...out,
    weight,
    dOutputs: put(p.dOutputs),
    dCells: cells ? put(p.dCells) : 0,
    dFinalHidden: put(p.dFinalHidden),
    dFinalCell: cells ? put(p.dFinalCell) : 0,
  })
  const dGates = existing(p, get(places.gates, time * row * gates))
  const dApart = apart ? existing(p, get(places.apart, time * row * apart)) : new Float64Array(0)

  // dW = Σ over steps and rows of (gradient of the product) ⊗ (h_{t-1} ∘ mask); the bias of the products has the sum.
  const dWeight = new Float64Array(gates * hidden * hidden)
  const dApartBias = new Float64Array(apart * hidden)
  const summed = (gates - apart) * hidden
  for (let t = 0; t < time; t++) {
    for (let b = 0; b < batch; b++) {
      const h = states.before(t, b).map((x, j) => (p.mask ? x * p.mask[b * hidden + j] : x))
      const apartHere = slice(p, dApart, t, b, apart * hidden)
      const products = [...slice(p, dGates, t, b, gates * hidden).subarray(0, summed), ...apartHere]
      for (let i = 0; i < gates * hidden; i++) {
        for (let j = 0; j < hidden; j++) dWeight[i * hidden + j] += products[i] * h[j]
      }
      for (let i = 0; i < apart * hidden; i++) dApartBias[i] += apartHere[i]
    }
  }
  return {
    dGates,
    dWeight,
    dApartBias,
    dInitialHidden: get(out.dInitialHidden, row),
    dInitialCell: cells ? get(out.dInitialCell, row) : undefined,
    dhSteps: existing(p, get(out.dhSteps, time * row)),
    dcSteps: cells ? existing(p, get(out.dcSteps, time * row)) : undefined,
    activations,
    states,
    cells,
  }
}

/** The loss of row b from step t on, as a function of h_t and c_t: what is left of the sequence run alone. */
function lossFrom(p: Problem, t: number, b: number, h: Float64Array, c: Float64Array): number {
  const length = p.lengths?.[b] ?? p.time
  const [from, to] = p.reverse ? [0, t] : [t + 1, length]
  const rows = (x: Float64Array, terms = p.hidden) =>
    Float64Array.from({ length: (to - from) * terms }, (_, i) => {
      return x[((from + Math.floor(i / terms)) * p.batch + b) * terms + (i % terms)]
    })
  const rest: Problem = {
    ...p,
    time: to - from,
    batch: 1,
    lengths: undefined,
    mask: p.mask && slice(p, p.mask, 0, b),
    input: rows(p.input, sizes[p.name].gates * p.hidden),
    hidden0: h,
    cell0: c,
    dOutputs: rows(p.dOutputs),
    dCells: rows(p.dCells),
    dFinalHidden: slice(p, p.dFinalHidden, 0, b),
    dFinalCell: slice(p, p.dFinalCell, 0, b),
  }
  const direct = dot(h, slice(p, p.dOutputs, t, b)) + (hasCell(p) ? dot(c, slice(p, p.dCells, t, b)) : 0)
  return direct + lossOf(rest)
}

const both = [false, true]
const options = both.flatMap(lengths => both.flatMap(reverse => both.map(mask => ({ lengths, reverse, mask }))))
const cases = names.flatMap(name => options.map((option, i) => ({ name, ...option, seed: i })))

describe('back-propagation through time equals finite differences', () => {
  it.each(cases)('$name, lengths $lengths, reverse $reverse, mask $mask', ({ name, seed, ...option }) => {
    for (const trial of [1, 2, 3]) {
      const p = problem(name, option, seed + 100 * trial)
      const got = backward(p)
      const loss = () => lossOf(p)
      expectNear(got.dGates, finiteDifferences(p.input, loss), 1e-6, 'U x + b')
      expectNear(got.dWeight, finiteDifferences(p.weight, loss), 1e-6, 'W')
      expectNear(got.dApartBias, finiteDifferences(p.apartBias, loss), 1e-6, 'apart_bias')
      expectNear(got.dInitialHidden, finiteDifferences(p.hidden0, loss), 1e-6, 'initial h')
      if (got.dInitialCell) expectNear(got.dInitialCell, finiteDifferences(p.cell0, loss), 1e-6, 'initial c')
    }
  })

  it.each(cases)('of every h_t and c_t: $name, lengths $lengths, reverse $reverse, mask $mask', one => {
    const { name, seed, ...option } = one
    const p = problem(name, option, seed + 500)
    const { dhSteps, dcSteps, states, cells, activations } = backward(p)
    const dh: number[] = []
    const dc: number[] = []
    for (let t = 0; t < p.time; t++) {
      for (let b = 0; b < p.batch; b++) {
        const h = states.at(t, b)
        const c = cells ? cells.at(t, b) : h.slice()
        const none = h.map(() => 0)
        dh.push(...(exists(p, t, b) ? finiteDifferences(h, () => lossFrom(p, t, b, h, c)) : none))
        // h_t = o tanh(c_t) moves with c_t.
        const o = slice(p, activations, t, b, sizes[name].gates * p.hidden).subarray(3 * p.hidden)
        const ofCell = () =>
          lossFrom(
            p,
            t,
            b,
            o.map((x, j) => x * Math.tanh(c[j])),
            c,
          )
        if (cells) dc.push(...(exists(p, t, b) ? finiteDifferences(c, ofCell) : none))
      }
    }
    expectNear(dhSteps, dh, 1e-6, 'dh_steps')
    if (dcSteps) expectNear(dcSteps, dc, 1e-6, 'dc_steps')
  })
})

const σ = (x: number) => 1 / (1 + Math.exp(-x))
const equations: Record<CellName, (x: number[], m: number[], b: number, h: number, c: number) => [number, number?]> = {
  elmanTanh: ([x], [m]) => [Math.tanh(x + m)],
  elmanRelu: ([x], [m]) => [Math.max(x + m, 0)],
  elmanSigmoid: ([x], [m]) => [σ(x + m)],
  gru: (x, m, b, h) => {
    const [r, z] = [σ(x[0] + m[0]), σ(x[1] + m[1])]
    const n = Math.tanh(x[2] + r * (m[2] + b))
    return [(1 - z) * n + z * h]
  },
  lstm: (x, m, _, _h, c) => {
    const [i, f, g, o] = [σ(x[0] + m[0]), σ(x[1] + m[1]), Math.tanh(x[2] + m[2]), σ(x[3] + m[3])]
    const now = f * c + i * g
    return [o * Math.tanh(now), now]
  },
}

describe('the forward pass', () => {
  it.each(cases)('is the equation of $name, lengths $lengths, reverse $reverse, mask $mask', one => {
    const { name, seed, ...option } = one
    const p = problem(name, option, seed + 900)
    const { places } = forward(p)
    const h = statesOf(p, places.states)
    const c = hasCell(p) ? statesOf(p, places.cells) : h
    const left = get(places.gates, p.input.length)
    const terms = sizes[name].gates * p.hidden
    for (let t = 0; t < p.time; t++) {
      for (let b = 0; b < p.batch; b++) {
        const [old, oldCell] = [h.before(t, b), c.before(t, b)]
        if (!exists(p, t, b)) {
          expect(h.at(t, b)).toEqual(old)
          expect(c.at(t, b)).toEqual(oldCell)
          expect(slice(p, left, t, b, terms)).toEqual(slice(p, p.input, t, b, terms))
          continue
        }
        const operand = old.map((x, j) => (p.mask ? x * p.mask[b * p.hidden + j] : x))
        for (let j = 0; j < p.hidden; j++) {
          const each = Array.from({ length: sizes[name].gates }, (_, gate) => gate * p.hidden + j)
          const x = each.map(i => slice(p, p.input, t, b, terms)[i])
          const m = each.map(i => dot(p.weight.subarray(i * p.hidden, (i + 1) * p.hidden), operand))
          const [next, nextCell] = equations[name](x, m, p.apartBias[j], old[j], oldCell[j])
          expect(h.at(t, b)[j]).toBeCloseTo(next, 13)
          if (nextCell !== undefined) expect(c.at(t, b)[j]).toBeCloseTo(nextCell, 13)
        }
      }
    }
  })

  it('takes a GRU without apart_bias as one with zeros', () => {
    const p = problem('gru', { lengths: false, reverse: false, mask: false }, 1)
    p.apartBias.fill(0)
    const zeros = forward(p)
    const all = get(zeros.places.states, (p.time + 1) * p.batch * p.hidden)
    const weight = put(p.weight)
    const states = put(all.map((x, i) => (i < p.batch * p.hidden ? x : Number.NaN)))
    run(recurrenceForward, { ...zeros.shape, ...zeros.places, gates: put(p.input), states, weight, apartBias: 0 })
    expect(get(states, all.length)).toEqual(all)
  })
})
