/* A cell run over time by its own `step`, in plain operations on the tape: what a cell without a fused kernel trains
 * with, and the definition that each fused kernel is held to (tests/cells/unroll.test.ts). */
import type { Cell, CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { concatenate, linear, reshape, slice } from '../engine/operations.js'
import { checkShape, type Tensor } from '../engine/tensor.js'

/** The parameters of one layer, in PyTorch's shapes; gates in the cell's order, one under another. */
export interface LayerWeights {
  /** U [gates × hidden, inputs] */
  readonly weightInput: Tensor
  /** W [gates × hidden, hidden] */
  readonly weightHidden: Tensor
  /** b_ih [gates × hidden] */
  readonly biasInput?: Tensor | undefined
  /** b_hh [gates × hidden] */
  readonly biasHidden?: Tensor | undefined
}

/**
 * Runs one layer over a batch of sequences.
 * @param x [time, batch, inputs]
 * @param state what the first step starts from
 * @returns output [time, batch, hidden], and the state after the last step
 */
export function unroll(
  engine: Engine,
  cell: Pick<Cell, 'name' | 'gates' | 'step'>,
  x: Tensor,
  state: CellState,
  weights: LayerWeights,
): { output: Tensor; state: CellState } {
  checkShape(x, `${cell.name}: x`, [-1, -1, weights.weightInput.shape[1]], '(time, batch, inputs)')
  const [time, batch] = x.shape
  const hidden = weights.weightHidden.shape[1]
  checkShape(weights.weightHidden, `${cell.name}: weightHidden`, [cell.gates.length * hidden, hidden])
  const gatesOf = (whole: Tensor) => cell.gates.map((_, k) => slice(engine, whole, k * hidden, (k + 1) * hidden))
  const biasesOf = (whole: Tensor | undefined) => (whole ? gatesOf(whole) : [])
  const U = gatesOf(weights.weightInput)
  const W = gatesOf(weights.weightHidden)
  const inputBias = biasesOf(weights.biasInput)
  const hiddenBias = biasesOf(weights.biasHidden)

  // The input products of all steps at once; a step takes its slice.
  const products = U.map((weight, k) => linear(engine, x, weight, inputBias[k]))
  const step = (t: number) => products.map(all => reshape(engine, slice(engine, all, t, t + 1), [batch, hidden]))
  const outputs: Tensor[] = []
  let now = state
  for (let t = 0; t < time; t++) {
    const recurrent = W.map((weight, k) => linear(engine, now.hidden, weight, hiddenBias[k]))
    now = cell.step(engine, step(t), recurrent, now)
    outputs.push(reshape(engine, now.hidden, [1, batch, hidden]))
  }
  return { output: concatenate(engine, outputs), state: now }
}
