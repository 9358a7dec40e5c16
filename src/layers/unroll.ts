/* A cell run over time by its own `step`, in plain operations on the tape: what a cell without a fused kernel trains
 * with, what layer normalisation, zoneout and skips through time run by, and the definition that each fused
 * kernel is held to (tests/cells/unroll.test.ts). */
import type { Cell, CellState, CellStep } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { columns, multiplyEach } from '../engine/operations/columns.js'
import { linearOverTime } from '../engine/operations/linearOverTime.js'
import { add, concatenate, embed, multiply, reshape, scale, slice } from '../engine/operations/operations.js'
import type { Ragged } from '../engine/operations/ragged.js'
import type { ObservedSteps } from '../engine/operations/recurrence.js'
import { checkShape, type Tensor } from '../engine/tensor.js'

export interface UnrollInput {
  readonly cell: Cell
  /** U x + b_ih of every step that exists, in the order of time: [S, gates × hidden]. */
  readonly products: Tensor
  /** Which sequences have which steps. */
  readonly ragged: Ragged
  /** As `CellState` says; sequences in their own order. */
  readonly state: CellState
  /** W [gates × hidden, outputs] */
  readonly weight?: Tensor | undefined
  /** b_hh [gates × hidden] */
  readonly bias?: Tensor | undefined
  /** W_hr [outputs, hidden]: h is projected to what is put out and carried (Sak et al. 2014). */
  readonly projection?: Tensor | undefined
  /** Normalises W h, all gates as one vector. */
  readonly normaliseRecurrent?: ((product: Tensor) => Tensor) | undefined
  /** Normalises c where h is made of it. */
  readonly normaliseCell?: ((cell: Tensor) => Tensor) | undefined
  /** h_{t−d} is added to h_{t−1} before W; `state.hidden` is then [d, batch, outputs]. */
  readonly skip?: number | undefined
  /** [batch, outputs] multiplies h before W, the same at every step. */
  readonly mask?: Tensor | undefined
  /** How much of the new state each unit takes, [S, outputs] for h and [S, hidden] for c, or one number for all. */
  readonly taken?: { readonly hidden: Tensor | number; readonly cell: Tensor | number } | undefined
  /** Who looks on. */
  readonly observe?: ((steps: ObservedSteps) => void) | undefined
}

/**
 * Runs one layer in one direction over a batch of sequences.
 * @returns output [S, outputs], and the state after each sequence's last step
 */
export function unroll(engine: Engine, input: UnrollInput): { output: Tensor; state: CellState } {
  const { cell, products, ragged, state, skip = 1 } = input
  const { batch, time, order } = ragged
  const gates = cell.gates.length
  checkShape(products, `${cell.name}: U x`, [ragged.count, -1], '(steps, gates × hidden)')
  const hidden = products.shape[1] / gates
  const outputs = input.projection?.shape[0] ?? hidden
  if (input.weight) checkShape(input.weight, `${cell.name}: W`, [gates * hidden, outputs], '(gates × hidden, outputs)')
  const cut = (whole: Tensor) =>
    gates === 1 ? [whole] : cell.gates.map((_, k) => columns(engine, whole, k * hidden, (k + 1) * hidden))

  // Rows are the sequences by length, so that those that go on are the first rows of every step.
  const sorted = (of: Tensor, depth: number) => {
    const rows = Int32Array.from({ length: depth * batch }, (_, i) => Math.floor(i / batch) * batch + order[i % batch])
    return embed(engine, engine.tokens(rows), of)
  }
  const past = sorted(state.hidden, skip)
  const mask = input.mask && sorted(input.mask, 1)
  const steps: Step[] = []
  const { weight, projection } = input
  const recur = weight && linearOverTime(engine, weight, input.bias, ragged.count)
  const project = projection && linearOverTime(engine, projection, undefined, ragged.count)
  let hiddenNow = slice(engine, past, (skip - 1) * batch, skip * batch)
  let cellNow = cell.hasCell ? sorted(state.cell as Tensor, 1) : undefined
  let from = 0
  for (let t = 0; t < time && ragged.batchSizes[t] > 0; t++) {
    const count = ragged.batchSizes[t]
    // Always a slice, also of all rows: gradients then add up in the same order whoever else is in the batch.
    const first = (of: Tensor) => slice(engine, of, 0, count)
    const part = (of: Tensor) => slice(engine, of, from, from + count)
    const before = first(hiddenNow)
    const cellBefore = cellNow && first(cellNow)
    let operand = before
    if (skip > 1) {
      const earlier = t >= skip ? steps[t - skip].hidden : slice(engine, past, t * batch, (t + 1) * batch)
      operand = add(engine, before, first(earlier))
    }
    if (mask) operand = multiplyEach(engine, operand, first(mask))
    const product = recur?.(operand)
    const recurrent = product && (input.normaliseRecurrent?.(product) ?? product)
    const step: CellStep = {
      input: cut(part(products)),
      recurrent: recurrent ? cut(recurrent) : [],
      hidden: before,
      cell: cellBefore,
      normalised: input.normaliseCell ?? (c => c),
    }
    const made = cell.step(engine, step)
    const { taken } = input
    const take = (old: Tensor, now: Tensor, how: Tensor | number) =>
      add(engine, old, gated(engine, add(engine, now, old, -1), typeof how === 'number' ? how : part(how)))
    const projected = project ? project(made.hidden) : made.hidden
    hiddenNow = taken ? take(before, projected, taken.hidden) : projected
    cellNow = taken && cellBefore && made.cell ? take(cellBefore, made.cell, taken.cell) : made.cell
    steps.push({ hidden: hiddenNow, cell: cellNow, operand, cellBefore, product })
    from += count
  }
  if (input.observe) {
    const each = (of: (step: Step) => Tensor | undefined) => steps.map(of).filter(found => found !== undefined)
    input.observe({
      hidden: each(step => step.hidden),
      cell: each(step => step.cell),
      operand: each(step => step.operand),
      cellBefore: each(step => step.cellBefore),
      product: each(step => step.product),
    })
  }
  const output = joined(
    engine,
    steps.map(each => each.hidden),
    [0, outputs],
  )
  const last = (start: Tensor, all: Tensor, depth: number) => {
    const rows = lastRows(ragged, depth)
    const found = embed(engine, engine.tokens(rows), concatenate(engine, [start, all]))
    return depth > 1 ? reshape(engine, found, [depth, batch, found.shape[1]]) : found
  }
  const cells = steps.map(each => each.cell).filter(each => each !== undefined)
  const start = cell.hasCell ? sorted(state.cell as Tensor, 1) : undefined
  return {
    output,
    state: {
      hidden: last(past, output, skip),
      cell: start && last(start, joined(engine, cells, [0, hidden]), 1),
    },
  }
}

interface Step {
  readonly hidden: Tensor
  readonly cell: Tensor | undefined
  readonly operand: Tensor
  readonly cellBefore: Tensor | undefined
  readonly product: Tensor | undefined
}

const gated = (engine: Engine, x: Tensor, how: Tensor | number): Tensor =>
  typeof how === 'number' ? scale(engine, x, how) : multiply(engine, x, how)

const joined = (engine: Engine, parts: readonly Tensor[], shape: readonly number[]): Tensor =>
  parts.length > 0 ? concatenate(engine, parts) : engine.tensor(shape)

/** Where the last `depth` states of each sequence stand in [states before the first step, by length; all steps]. */
function lastRows({ batch, lengths, order, rows }: Ragged, depth: number): Int32Array {
  const rank = new Int32Array(batch)
  order.forEach((b, r) => {
    rank[b] = r
  })
  return Int32Array.from({ length: depth * batch }, (_, i) => {
    const b = i % batch
    const t = lengths[b] - depth + Math.floor(i / batch)
    return t >= 0 ? depth * batch + rows[t * batch + b] : (depth + t) * batch + rank[b]
  })
}
