/* The recurrence in float64: the loop over time, forward and backward, written once, and below it one step of each cell
 * with its derivative beside it. The definition of kernels/recurrence.c, elman.c, gru.c and lstm.c.
 *
 * Letters: T time steps, B batch, H hidden size, P outputs (H without a projection), G gates of the cell, A gates whose two products stay apart. A gate's
 * row is changed in place: U x + b becomes the activation, and in the backward pass its gradient. */
import {
  type CompleteRecord,
  cell as cellId,
  type RecurrenceBackwardRecord,
  type RecurrenceForwardRecord,
} from '../records.js'

type Row = Float64Array

/** One row of the batch at one step; every row is [H], without a projection h too. `c` and `cNext` are empty where the cell has no c. */
interface Step {
  readonly gates: readonly Row[]
  readonly apart: readonly Row[]
  readonly h: Row
  readonly c: Row
  /** What the cell puts out. */
  readonly hNext: Row
  readonly cNext: Row
}

/** In: `dh` is the whole gradient of h_t, `dc` what later steps and the outside gave c_t. Out: those of h_{t-1} that do
 * not come through W, and of c_{t-1}; `dcWhole` that of c_t. */
interface StepBack extends Step {
  readonly dh: Row
  readonly dc: Row
  readonly dcWhole: Row
}

interface CellSteps {
  readonly gates: number
  readonly apart: number
  readonly hasCell: boolean
  forward(step: Step): void
  backward(step: StepBack): void
}

const NOTHING: Row = new Float64Array(0)

export function recurrenceForward(
  record: CompleteRecord<RecurrenceForwardRecord>,
  floats: Float64Array,
  ints: Int32Array,
): void {
  const { time, batch, hidden, reverse } = record
  const cell = cells[record.cell]
  const outputs = outputsOf(record)
  const weight = rowOf(floats, record.weight, 0, cell.gates * hidden * outputs)
  const projection = optionalRow(floats, record.projection, 0, outputs * hidden)
  const operand = new Float64Array(outputs)

  for (let step = 0; step < time; step++) {
    const t = reverse ? time - 1 - step : step
    for (let b = 0; b < batch; b++) {
      const row = stepOf(record, cell, floats, ints, t, b)
      if (isOver(record, ints, t, b)) {
        row.hNext.set(row.h)
        row.cNext.set(row.c)
        continue
      }
      if (record.tokens) {
        const token = ints[record.tokens / 4 + rowAt(record, ints, t, b)]
        const known = token >= 0 && token < record.vocabulary
        row.gates.forEach((gate, i) => {
          if (known) gate.set(rowOf(floats, record.table, token * cell.gates + i, hidden))
          else gate.fill(0)
        })
      }
      const made = projection ? rowOf(floats, record.projected, rowAt(record, ints, t, b), hidden) : row.hNext
      // a = U x + b + W (h ∘ mask); the products of the last A gates stay apart: m = W (h ∘ mask) + apart_bias.
      const mask = optionalRow(floats, record.mask, b, outputs)
      for (let j = 0; j < outputs; j++) operand[j] = mask ? row.h[j] * mask[j] : row.h[j]
      for (let gate = 0; gate < cell.gates; gate++) {
        const alone = gate - (cell.gates - cell.apart)
        const bias = alone < 0 ? undefined : optionalRow(floats, record.apartBias, alone, hidden)
        const to = alone < 0 ? row.gates[gate] : row.apart[alone]
        for (let j = 0; j < hidden; j++) {
          let total = alone < 0 ? to[j] : bias ? bias[j] : 0
          for (let k = 0; k < outputs; k++) total += weight[(gate * hidden + j) * outputs + k] * operand[k]
          to[j] = total
        }
      }
      cell.forward({ ...row, hNext: made })
      if (projection) row.hNext.set(productWith(projection, made, outputs))
    }
  }
}

export function recurrenceBackward(
  record: CompleteRecord<RecurrenceBackwardRecord>,
  floats: Float64Array,
  ints: Int32Array,
): void {
  const { time, batch, hidden, reverse } = record
  const cell = cells[record.cell]
  const terms = cell.gates * hidden
  const outputs = outputsOf(record)
  const weight = rowOf(floats, record.weight, 0, outputs * terms)
  const projection = optionalRow(floats, record.projection, 0, outputs * hidden)

  for (let b = 0; b < batch; b++) {
    const dh = Float64Array.from(optionalRow(floats, record.dFinalHidden, b, outputs) ?? new Float64Array(outputs))
    const dc = Float64Array.from(optionalRow(floats, record.dFinalCell, b, hidden) ?? new Float64Array(hidden))
    const mask = optionalRow(floats, record.mask, b, outputs)

    for (let step = time - 1; step >= 0; step--) {
      const t = reverse ? time - 1 - step : step
      if (isOver(record, ints, t, b)) continue
      const here = rowAt(record, ints, t, b)
      const row = stepOf(record, cell, floats, ints, t, b)
      const dhStep = optionalRow(floats, record.dhSteps, here, outputs)
      const dcStep = cell.hasCell ? optionalRow(floats, record.dcSteps, here, hidden) : undefined
      addTo(dh, optionalRow(floats, record.dOutputs, here, outputs))
      if (cell.hasCell) addTo(dc, optionalRow(floats, record.dCells, here, hidden))
      dhStep?.set(dh)
      const dMade = projection ? productWith(projection, dh, hidden) : dh
      cell.backward({ ...row, dh: dMade, dc, dcWhole: dcStep ?? new Float64Array(hidden) })
      if (projection) dh.fill(0)

      // d h_{t-1} += (Wᵀ d) ∘ mask, where d holds the gradients of the G products with W, those kept apart last.
      const products = [...row.gates.slice(0, cell.gates - cell.apart), ...row.apart]
      for (let j = 0; j < outputs; j++) {
        let total = 0
        for (let gate = 0; gate < cell.gates; gate++) {
          for (let k = 0; k < hidden; k++) total += weight[j * terms + gate * hidden + k] * products[gate][k]
        }
        dh[j] += mask ? total * mask[j] : total
      }
    }
    optionalRow(floats, record.dInitialHidden, b, outputs)?.set(dh)
    optionalRow(floats, record.dInitialCell, b, hidden)?.set(dc)
  }
}

const outputsOf = ({ hidden, outputs, projection }: { hidden: number; outputs: number; projection: number }) =>
  projection ? outputs : hidden

/** The product of x with a matrix that is packed, n rows of x's length. */
const productWith = (packed: Row, x: Row, n: number): Row =>
  Float64Array.from({ length: n }, (_, i) => x.reduce((total, each, k) => total + each * packed[i * x.length + k], 0))

/** Views of what one row of the batch has at step t. The states of step t stand at t + 1, with the initial one at 0; in
 * reverse at t, with the initial one at T. */
function stepOf(
  record: CompleteRecord<RecurrenceForwardRecord> | CompleteRecord<RecurrenceBackwardRecord>,
  cell: CellSteps,
  floats: Float64Array,
  ints: Int32Array,
  t: number,
  b: number,
): Step {
  const { batch, hidden, reverse } = record
  const outputs = outputsOf(record)
  const here = rowAt(record, ints, t, b)
  const before = (reverse ? t + 1 : t) * batch + b
  const after = (reverse ? t : t + 1) * batch + b
  const rows = (offset: number, count: number) =>
    Array.from({ length: count }, (_, gate) => rowOf(floats, offset, here * count + gate, hidden))
  return {
    gates: rows(record.gates, cell.gates),
    apart: rows(record.apart, cell.apart),
    h: rowOf(floats, record.states, before, outputs),
    hNext: rowOf(floats, record.states, after, outputs),
    c: cell.hasCell ? rowOf(floats, record.cells, before, hidden) : NOTHING,
    cNext: cell.hasCell ? rowOf(floats, record.cells, after, hidden) : NOTHING,
  }
}

/** The row of a [S, …] array that step t of sequence b is; none where the sequence is over. */
function rowAt(record: { readonly rows: number; readonly batch: number }, ints: Int32Array, t: number, b: number) {
  const inBatch = t * record.batch + b
  return record.rows === 0 ? inBatch : Math.max(0, ints[record.rows / 4 + inBatch])
}

/** Whether row b's sequence has no step t: it then keeps its state. */
function isOver(record: { readonly lengths: number }, ints: Int32Array, t: number, b: number): boolean {
  return record.lengths !== 0 && t >= ints[record.lengths / 4 + b]
}

function rowOf(floats: Float64Array, offset: number, index: number, size: number): Row {
  const from = offset / 8 + index * size
  return floats.subarray(from, from + size)
}

function optionalRow(floats: Float64Array, offset: number, index: number, size: number): Row | undefined {
  return offset === 0 ? undefined : rowOf(floats, offset, index, size)
}

function addTo(to: Row, from: Row | undefined): void {
  if (from) for (let j = 0; j < to.length; j++) to[j] += from[j]
}

/** σ(x) = 1 / (1 + exp(-x)) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** max(x, 0); NaN stays NaN. */
export function relu(x: number): number {
  return Math.max(x, 0)
}

/** Elman (1990): h = f(a), with the slope f'(a) taken from the value h. */
function elman(f: (a: number) => number, slope: (h: number) => number): CellSteps {
  return {
    gates: 1,
    apart: 0,
    hasCell: false,
    forward({ gates: [a], hNext }) {
      for (let j = 0; j < a.length; j++) hNext[j] = f(a[j])
    },
    backward({ gates: [da], hNext, dh }) {
      for (let j = 0; j < da.length; j++) {
        da[j] = dh[j] * slope(hNext[j])
        dh[j] = 0
      }
    },
  }
}

/** GRU (Cho et al. 2014) in PyTorch's form, where the reset gate multiplies the product m = W_n h_{t-1} + b_hn:
 * r = σ(a_r), z = σ(a_z), n = tanh(x_n + r m), h = (1 - z) n + z h_{t-1}, with x_n = U_n x + b_in. */
const gru: CellSteps = {
  gates: 3,
  apart: 1,
  hasCell: false,
  forward({ gates: [r, z, n], apart: [m], h, hNext }) {
    for (let j = 0; j < h.length; j++) {
      r[j] = sigmoid(r[j])
      z[j] = sigmoid(z[j])
      n[j] = Math.tanh(n[j] + r[j] * m[j])
      hNext[j] = (1 - z[j]) * n[j] + z[j] * h[j]
    }
  },
  backward({ gates: [r, z, n], apart: [m], h, dh }) {
    for (let j = 0; j < h.length; j++) {
      const dn = dh[j] * (1 - z[j]) * (1 - n[j] ** 2)
      const dz = dh[j] * (h[j] - n[j]) * z[j] * (1 - z[j])
      const dr = dn * m[j] * r[j] * (1 - r[j])
      const dm = dn * r[j]
      dh[j] = dh[j] * z[j]
      r[j] = dr
      z[j] = dz
      n[j] = dn
      m[j] = dm
    }
  },
}

/** LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000): i = σ(a_i), f = σ(a_f), g = tanh(a_g),
 * o = σ(a_o), c = f c_{t-1} + i g, h = o tanh(c). */
const lstm: CellSteps = {
  gates: 4,
  apart: 0,
  hasCell: true,
  forward({ gates: [i, f, g, o], c, hNext, cNext }) {
    for (let j = 0; j < c.length; j++) {
      i[j] = sigmoid(i[j])
      f[j] = sigmoid(f[j])
      g[j] = Math.tanh(g[j])
      o[j] = sigmoid(o[j])
      cNext[j] = f[j] * c[j] + i[j] * g[j]
      hNext[j] = o[j] * Math.tanh(cNext[j])
    }
  },
  backward({ gates: [i, f, g, o], c, cNext, dh, dc, dcWhole }) {
    for (let j = 0; j < c.length; j++) {
      const squashed = Math.tanh(cNext[j])
      const dcNow = dc[j] + dh[j] * o[j] * (1 - squashed ** 2)
      const di = dcNow * g[j] * i[j] * (1 - i[j])
      const df = dcNow * c[j] * f[j] * (1 - f[j])
      const dg = dcNow * i[j] * (1 - g[j] ** 2)
      const dOutput = dh[j] * squashed * o[j] * (1 - o[j])
      dcWhole[j] = dcNow
      dc[j] = dcNow * f[j]
      dh[j] = 0
      i[j] = di
      f[j] = df
      g[j] = dg
      o[j] = dOutput
    }
  },
}

const cells: readonly CellSteps[] = (() => {
  const byId: CellSteps[] = []
  byId[cellId.elmanTanh] = elman(Math.tanh, h => 1 - h ** 2)
  byId[cellId.elmanRelu] = elman(relu, h => (h > 0 ? 1 : 0))
  byId[cellId.elmanSigmoid] = elman(sigmoid, h => h * (1 - h))
  byId[cellId.gru] = gru
  byId[cellId.lstm] = lstm
  return byId
})()
