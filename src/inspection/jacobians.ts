/* One step's Jacobian, ∂s_t/∂s_{t−1}, of each cell that has a kernel, from the values that the kernel left; s is h, and for
 * an LSTM h and c, one behind the other. Products with it are made without the matrix:
 *
 *     Elman    J = diag(σ'(a)) W
 *     GRU      J = diag(z) + diag((h − n) z (1 − z)) W_z + diag((1 − z)(1 − n²)) (diag(r) W_n + diag(m r (1 − r)) W_r)
 *     LSTM     ∂c_t/∂c_{t−1} = diag(f),    C = ∂c_t/∂h_{t−1} = diag(c f (1 − f)) W_f + diag(g i (1 − i)) W_i + diag(i (1 − g²)) W_g
 *              ∂h_t/∂c_{t−1} = diag(o (1 − tanh²c_t) f),
 *              ∂h_t/∂h_{t−1} = diag(o (1 − tanh²c_t)) C + diag(tanh(c_t) o (1 − o)) W_o
 *
 * with h and c of the step before where no other is named, m = W_n h + b_hn. A test holds each against the backward pass. */
import { cell as kernel } from '../engine/records.js'
import type { Parameter } from '../layers/parameter.js'
import type { ObservedLayer, StepRows } from './observing.js'
import { matrixOperator, type Operator } from './spectra.js'

/** What is known of one step: each [H]. */
interface Step {
  readonly gates: readonly Float64Array[]
  readonly apart: Float64Array | undefined
  readonly before: Float64Array
  readonly after: Float64Array
  readonly cellBefore: Float64Array | undefined
  readonly cellAfter: Float64Array | undefined
}

/** What the derivative of one cell needs. A row of W h is one gate's row of one unit. */
interface CellDerivative {
  /** max σ', where one σ makes the new state of W h + …: an Elman cell. */
  readonly steepest?: number
  /** Whether a unit may be 0 for good. */
  readonly mayDie?: boolean
  /** Slopes of what squashes the new value, [H]: of σ, of the candidate’s tanh, of tanh(c). */
  slopes(step: Step): { readonly name: string; readonly of: Float64Array }[]
  /** [H]: how much of the old value goes straight on; none where nothing does. */
  kept?(step: Step): { readonly name: string; readonly of: Float64Array }
  /** By what each gate’s product W h changes the new value: c of an LSTM, else h. [gates] of [H] or nothing. */
  throughGates(step: Step): readonly (Float64Array | undefined)[]
  /** Of an LSTM: how h follows c, and how the output gate’s product changes it. */
  output?(step: Step): { readonly ofCell: Float64Array; readonly ofGates: readonly (Float64Array | undefined)[] }
}

const each = (size: number, value: (j: number) => number) => Float64Array.from({ length: size }, (_, j) => value(j))

const elman = (slope: (h: number) => number, steepest: number, mayDie = false): CellDerivative => ({
  steepest,
  mayDie,
  slopes: ({ after }) => [{ name: 'hidden', of: after.map(slope) }],
  throughGates: ({ after }) => [after.map(slope)],
})

const gru: CellDerivative = {
  slopes: ({ gates: [, , n] }) => [{ name: 'candidate', of: n.map(value => 1 - value ** 2) }],
  kept: ({ gates: [, z] }) => ({ name: 'update', of: z }),
  throughGates({ gates: [r, z, n], apart, before }) {
    const m = apart as Float64Array
    const fresh = each(z.length, j => (1 - z[j]) * (1 - n[j] ** 2))
    return [
      fresh.map((value, j) => value * m[j] * r[j] * (1 - r[j])),
      each(z.length, j => (before[j] - n[j]) * z[j] * (1 - z[j])),
      fresh.map((value, j) => value * r[j]),
    ]
  },
}

const lstm: CellDerivative = {
  slopes: ({ gates: [, , g], cellAfter }) => [
    { name: 'candidate', of: g.map(value => 1 - value ** 2) },
    { name: 'cell', of: (cellAfter as Float64Array).map(c => 1 - Math.tanh(c) ** 2) },
  ],
  kept: ({ gates: [, f] }) => ({ name: 'forget', of: f }),
  throughGates({ gates: [i, f, g], cellBefore }) {
    const c = cellBefore as Float64Array
    return [
      each(c.length, j => g[j] * i[j] * (1 - i[j])),
      each(c.length, j => c[j] * f[j] * (1 - f[j])),
      each(c.length, j => i[j] * (1 - g[j] ** 2)),
      undefined,
    ]
  },
  output({ gates: [, , , o], cellAfter }) {
    const squashed = (cellAfter as Float64Array).map(Math.tanh)
    return {
      ofCell: each(o.length, j => o[j] * (1 - squashed[j] ** 2)),
      ofGates: [undefined, undefined, undefined, each(o.length, j => squashed[j] * o[j] * (1 - o[j]))],
    }
  },
}

const derivatives: Readonly<Record<number, CellDerivative>> = {
  [kernel.elmanTanh]: elman(h => 1 - h ** 2, 1),
  [kernel.elmanRelu]: elman(h => (h > 0 ? 1 : 0), 1, true),
  [kernel.elmanSigmoid]: elman(h => h * (1 - h), 0.25),
  [kernel.gru]: gru,
  [kernel.lstm]: lstm,
}

const derivativeOf = ({ direction }: ObservedLayer) => derivatives[direction.options.cell.fused?.kernel as number]

/** max σ' of an Elman cell; undefined for a gated one. */
export const steepestOf = (layer: ObservedLayer): number | undefined => derivativeOf(layer).steepest

/** Whether a unit may be 0 for good: of a ReLU. */
export const mayDie = (layer: ObservedLayer): boolean => derivativeOf(layer).mayDie === true

/** One step of one sequence, as its factor of the product ∏ ∂s_i/∂s_{i−1}. */
export interface StepFactor {
  /** ∂s_t/∂s_{t−1}: [H, H]; of an LSTM [2 H, 2 H], h first. */
  readonly jacobian: Operator
  readonly slopes: readonly { readonly name: string; readonly of: Float64Array }[]
  /** What goes straight on: f of an LSTM, z of a GRU. */
  readonly kept: { readonly name: string; readonly of: Float64Array } | undefined
  /** Activations by gate, in the cell's order. */
  readonly gates: readonly Float64Array[]
}

/** Whether a layer has run by a kernel, without a projection: only then its derivative is known here. */
export const hasFactors = ({ direction, gates }: ObservedLayer): boolean => {
  const { cell, projSize } = direction.options
  return gates !== undefined && cell.fused !== undefined && !projSize && direction.parameter('weight_hh') !== undefined
}

/** W [gates × H, H] of a layer. */
export function recurrentWeight({ direction }: ObservedLayer): Float64Array {
  const { engine, value } = direction.parameter('weight_hh') as Parameter
  return engine.read(value)
}

/**
 * The factor of step t of sequence b.
 * @param weight W [gates × H, H] in float64
 */
export function stepFactor(layer: ObservedLayer, weight: Float64Array, t: number, b: number): StepFactor {
  const { cell } = layer.direction.options
  const derivative = derivativeOf(layer)
  const size = layer.hidden.width
  const exact = (rows: StepRows | undefined) => rows && Float64Array.from(rows.row(t, b))
  const all = exact(layer.gates) as Float64Array
  const gates = cell.gates.map((_, k) => all.subarray(k * size, (k + 1) * size))
  const step: Step = {
    gates,
    apart: exact(layer.apart),
    before: exact(layer.operand) as Float64Array,
    after: exact(layer.hidden) as Float64Array,
    cellBefore: exact(layer.cellBefore),
    cellAfter: exact(layer.cell),
  }
  const product = matrixOperator(weight, gates.length * size, size)
  const jacobian = derivative.output
    ? jacobianOfTwo(derivative, step, product, size)
    : jacobianOfOne(derivative, step, product, size)
  return { jacobian, slopes: derivative.slopes(step), kept: derivative.kept?.(step), gates }
}

function jacobianOfOne(derivative: CellDerivative, step: Step, W: Operator, size: number): Operator {
  const through = derivative.throughGates(step)
  const kept = derivative.kept?.(step).of
  return {
    rows: size,
    columns: size,
    apply(v) {
      const y = gathered(through, W.apply(v), size)
      if (kept) for (let j = 0; j < size; j++) y[j] += kept[j] * v[j]
      return y
    },
    applyTransposed(u) {
      const x = W.applyTransposed(spread([[through, u]], size))
      if (kept) for (let j = 0; j < size; j++) x[j] += kept[j] * u[j]
      return x
    },
  }
}

function jacobianOfTwo(derivative: CellDerivative, step: Step, W: Operator, size: number): Operator {
  const through = derivative.throughGates(step)
  const { ofCell, ofGates } = (derivative.output as NonNullable<CellDerivative['output']>)(step)
  const kept = (derivative.kept as NonNullable<CellDerivative['kept']>)(step).of
  return {
    rows: 2 * size,
    columns: 2 * size,
    apply(v) {
      const products = W.apply(v.subarray(0, size))
      const [dc, dh] = [gathered(through, products, size), gathered(ofGates, products, size)]
      const y = new Float64Array(2 * size)
      for (let j = 0; j < size; j++) {
        dc[j] += kept[j] * v[size + j]
        y[j] = dh[j] + ofCell[j] * dc[j]
        y[size + j] = dc[j]
      }
      return y
    },
    applyTransposed(u) {
      const ofHidden = u.subarray(0, size)
      const dc = each(size, j => u[size + j] + ofCell[j] * ofHidden[j])
      const x = new Float64Array(2 * size)
      x.set(
        W.applyTransposed(
          spread(
            [
              [through, dc],
              [ofGates, ofHidden],
            ],
            size,
          ),
        ),
      )
      for (let j = 0; j < size; j++) x[size + j] = kept[j] * dc[j]
      return x
    },
  }
}

/** Σ over gates: coefficient ∘ product. */
function gathered(through: readonly (Float64Array | undefined)[], products: Float64Array, size: number): Float64Array {
  const y = new Float64Array(size)
  through.forEach((coefficient, k) => {
    if (coefficient) for (let j = 0; j < size; j++) y[j] += coefficient[j] * products[k * size + j]
  })
  return y
}

/** The other way: what comes back to each gate's product. */
function spread(
  parts: readonly (readonly [through: readonly (Float64Array | undefined)[], from: Float64Array])[],
  size: number,
): Float64Array {
  const [[{ length }]] = parts
  const products = new Float64Array(length * size)
  for (const [through, from] of parts)
    through.forEach((coefficient, k) => {
      if (coefficient) for (let j = 0; j < size; j++) products[k * size + j] += coefficient[j] * from[j]
    })
  return products
}
