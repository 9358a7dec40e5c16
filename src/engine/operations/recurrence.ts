/* The recurrence as one operation: the loop over time of any built-in cell, forward and backward, by the fused kernel.
 * Weight gradients are products over all steps at once, after the loop. Letters as in kernels/kernels.h. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { matmul, pack, recurrenceBackward, recurrenceForward, sumRows } from '../records.js'
import type { Target } from '../tape.js'
import { checkShape, type Tensor } from '../tensor.js'
import { columns, joinColumns, multiplyEach } from './columns.js'
import { type Lookup, scatterAddRows } from './lookup.js'
import { embed } from './operations.js'
import { packColumns, packedSize, packRows } from './packedLinear.js'
import { packed as packedRows, type Ragged } from './ragged.js'

/** What the fused kernel is told about a cell. */
export interface FusedCell {
  /** Its number in `cell` of records.ts. */
  readonly kernel: number
  /** Gates: rows of W are gates × hidden. */
  readonly gates: number
  /** The last so many gates need U x and W h apart. */
  readonly apart: number
  /** Whether it carries a second state, c. */
  readonly hasCell: boolean
}

/**
 * What one layer did in one direction, for whoever looks on. Each is a list of tensors whose rows, one after another, are
 * the steps that exist. Gates must be read at once: the backward pass overwrites them. After that pass the tape has the
 * gradients of the others.
 */
export interface ObservedSteps {
  /** h after each step [S, H]; its gradient is the whole one, from above and from later steps. */
  readonly hidden: readonly Tensor[]
  /** c after each step [S, H]; its gradient is the whole one. None where the cell has no c. */
  readonly cell: readonly Tensor[]
  /** What W multiplies at each step [S, H]. */
  readonly operand: readonly Tensor[]
  /** c before each step [S, H]; where a cell runs by a kernel, its gradient is not told apart. */
  readonly cellBefore: readonly Tensor[]
  /** Stands for W h + b_hh of every gate [S, G H]; only its gradient is to be read. */
  readonly product: readonly Tensor[]
  /** Activations [S, G H] where a kernel has run. */
  readonly gates?: Tensor | undefined
  /** W h + b_hh of the gates kept apart [S, A H]. */
  readonly apart?: Tensor | undefined
}

export interface RecurrenceInput {
  readonly cell: FusedCell
  /**
   * [T, B, G H]: U x + b of every step; [S, G H] of a ragged batch. Consumed: activations overwrite it. Or the tokens of
   * every step, [T, B] or [S], and what U x + b is for each there is, [vocabulary, G H].
   */
  readonly gates: Tensor | Lookup
  /** W [G H, P] */
  readonly weight: Tensor
  /** W_hr [P, H]: what the cell puts out is projected to what is put out and carried, of P units (Sak et al. 2014); else P is H. */
  readonly projection?: Tensor | undefined
  /** Bias of W h for the gates kept apart, [A H]. */
  readonly apartBias?: Tensor | undefined
  /** h before the first step, [B, P] */
  readonly hidden: Tensor
  /** c before the first step, [B, H], where the cell has one. */
  readonly cellState?: Tensor | undefined
  /** Where sequences have lengths of their own. */
  readonly ragged?: Ragged | undefined
  /** From the last step to the first; of a ragged batch, from each sequence's own last. */
  readonly reverse?: boolean | undefined
  /** [B, P] multiplies h before W, the same at every step. */
  readonly mask?: Tensor | undefined
  /** Who looks on; costs a copy of the gradients of every step. */
  readonly observe?: ((steps: ObservedSteps) => void) | undefined
}

export interface RecurrenceOutput {
  /** h of every step [T, B, P]; [S, P] of a ragged batch. */
  readonly output: Tensor
  /** h after the last step of each sequence, [B, P]. */
  readonly hidden: Tensor
  /** c after the last step, [B, H]. */
  readonly cellState: Tensor | undefined
}

export function recurrence(engine: Engine, input: RecurrenceInput): RecurrenceOutput {
  const { cell, weight, projection, apartBias, ragged, reverse = false, mask } = input
  const lookup = 'table' in input.gates ? input.gates : undefined
  const gates =
    'table' in input.gates ? engine.tensor([...input.gates.tokens.shape, input.gates.table.shape[1]]) : input.gates
  const [time, batch] = ragged ? [ragged.time, ragged.batch] : gates.shape
  const width = gates.shape.at(-1) as number
  const steps = ragged ? ragged.count : time * batch
  const hidden = width / cell.gates
  const outputs = projection?.shape[0] ?? hidden
  const apartWidth = cell.apart * hidden
  const summed = width - apartWidth
  if (ragged) checkShape(gates, 'recurrence: gates', [steps, weight.shape[0]], '(steps, gates × hidden)')
  else checkShape(gates, 'recurrence: gates', [-1, -1, weight.shape[0]], '(time, batch, gates × hidden)')
  checkShape(weight, 'recurrence: weight', [width, outputs], '(gates × hidden, outputs)')
  checkShape(input.hidden, 'recurrence: hidden', [batch, outputs], '(batch, outputs)')
  if (projection) checkShape(projection, 'recurrence: projection', [outputs, hidden], '(outputs, hidden)')
  if (projection && !cell.hasCell) throw new ShapeError('recurrence: a projection is for a cell with a state c')
  if (cell.hasCell !== (input.cellState !== undefined))
    throw new ShapeError(`recurrence: a state c must ${cell.hasCell ? '' : 'not '}be given for this cell`)
  if (input.cellState) checkShape(input.cellState, 'recurrence: cellState', [batch, hidden], '(batch, hidden)')

  // The initial state stands before the first step, so that h_{t-1} of all steps is one stretch of memory.
  const trajectory = (initial: Tensor) => {
    const units = initial.shape[1]
    const states = engine.tensor([time + 1, batch, units])
    engine.copy(initial, engine.view(states, [batch, units], reverse ? time * batch * units : 0))
    return states
  }
  const part = (states: Tensor, from: number, count: number) => {
    const units = states.shape[2]
    return engine.view(states, [count, batch, units], from * batch * units)
  }
  const states = trajectory(input.hidden)
  const cells = input.cellState && trajectory(input.cellState)
  const apart = cell.apart > 0 ? engine.tensor([steps, apartWidth]) : undefined
  const packed = packWeight(engine, weight, cell)
  const projected = projection && engine.tensor([steps, hidden])
  const forward = {
    cell: cell.kernel,
    time,
    batch,
    hidden,
    reverse: reverse ? 1 : 0,
    gates: gates.offset,
    apart: apart?.offset,
    apartBias: apartBias?.offset,
    weight: packed.offset,
    states: states.offset,
    cells: cells?.offset,
    mask: mask?.offset,
    lengths: ragged && engine.tokens(ragged.lengths).offset,
    rows: ragged && engine.tokens(ragged.rows).offset,
    outputs: projection && outputs,
    projection: projection && packRows(engine, projection).offset,
    projected: projected?.offset,
    tokens: lookup?.tokens.offset,
    table: lookup?.table.offset,
    vocabulary: lookup?.table.shape[0],
  }
  engine.run(recurrenceForward, forward)

  const [before, after] = [part(states, reverse ? 1 : 0, time), part(states, reverse ? 0 : 1, time)]
  const existing = (of: Tensor) => (ragged ? packedRows(engine, of, ragged) : of)
  const output = existing(after)
  const last = (of: Tensor) => engine.view(of, [batch, of.shape[2]], reverse ? 0 : time * batch * of.shape[2])
  const result: RecurrenceOutput = { output, hidden: last(states), cellState: cells && last(cells) }

  const { tape } = engine
  // Tensors of their own: the tape has what comes to the output from outside as the gradient of `output`.
  const seen = input.observe && {
    hidden: engine.view(output, [steps, outputs]),
    cell: cells && engine.view(existing(part(cells, reverse ? 0 : 1, time)), [steps, hidden]),
    product: engine.view(gates, [steps, width]),
  }
  if (seen)
    input.observe?.({
      hidden: [seen.hidden],
      cell: seen.cell ? [seen.cell] : [],
      operand: [engine.view(masked(engine, existing(before), mask, ragged), [steps, outputs])],
      cellBefore: cells ? [engine.view(existing(part(cells, reverse ? 1 : 0, time)), [steps, hidden])] : [],
      product: [seen.product],
      gates: engine.view(gates, [steps, width]),
      apart,
    })
  /** Of W h + b_hh: of the summed gates the same as of U x + b. */
  const ofProduct = () => {
    const all = engine.view(gates, [steps, width])
    if (!apart) return all
    return joinColumns(engine, summed > 0 ? [columns(engine, all, 0, summed), apart] : [apart])
  }
  if (tape?.requiresGrad(lookup?.table ?? gates, weight, projection, apartBias, input.hidden, input.cellState)) {
    const made = [result.output, result.hidden, ...(result.cellState ? [result.cellState] : [])]
    tape.record(made, () => {
      const dInitialHidden = engine.tensor([batch, outputs])
      const dInitialCell = cells && engine.tensor([batch, hidden])
      const dhSteps = seen || projection ? engine.tensor([steps, outputs]) : undefined
      const dcSteps = seen?.cell && engine.tensor([steps, hidden])
      engine.run(recurrenceBackward, {
        cell: forward.cell,
        time,
        batch,
        hidden,
        reverse: forward.reverse,
        gates: forward.gates,
        apart: forward.apart,
        weight: packColumns(engine, weight).offset,
        states: forward.states,
        cells: forward.cells,
        mask: forward.mask,
        lengths: forward.lengths,
        rows: forward.rows,
        dOutputs: tape.gradientOf(result.output)?.offset,
        dFinalHidden: tape.gradientOf(result.hidden)?.offset,
        dFinalCell: result.cellState && tape.gradientOf(result.cellState)?.offset,
        dInitialHidden: dInitialHidden.offset,
        dInitialCell: dInitialCell?.offset,
        dhSteps: dhSteps?.offset,
        dcSteps: dcSteps?.offset,
        outputs: forward.outputs,
        projection: projection && packColumns(engine, projection).offset,
      })
      if (seen) {
        tape.watch(seen.hidden, dhSteps, { filled: true })
        if (seen.cell) tape.watch(seen.cell, dcSteps, { filled: true })
        tape.watch(seen.product, ofProduct(), { filled: true })
      }
      const [dWeight, dBias] = [tape.target(weight), tape.target(apartBias)]
      if (dWeight) {
        const h = masked(engine, existing(before), mask, ragged)
        const { offset, accumulate, tensor } = dWeight
        const product = (m: number, a: number, aStride: number, y: number, ofRows?: Target) => {
          const [n, k, b, sums, addSums] = [outputs, steps, h.offset, ofRows?.offset, ofRows?.accumulate]
          engine.run(matmul, {
            m,
            n,
            k,
            a,
            b,
            y,
            aStride,
            bStride: n,
            yStride: n,
            transposeA: 1,
            accumulate,
            sums,
            addSums,
          })
        }
        if (summed > 0) product(summed, gates.offset, width, offset)
        if (apart) {
          const y = engine.view(tensor, [apartWidth, outputs], summed * outputs).offset
          product(apartWidth, apart.offset, apartWidth, y, dBias)
        }
      }
      const dProjection = tape.target(projection)
      if (dProjection && dhSteps && projected) {
        const { offset: y, accumulate } = dProjection
        const [m, n, k] = [outputs, hidden, steps]
        const [a, b] = [dhSteps.offset, projected.offset]
        engine.run(matmul, { m, n, k, a, b, y, aStride: m, bStride: n, yStride: n, transposeA: 1, accumulate })
      }
      if (dBias && apart && !dWeight) {
        const { offset: y, accumulate } = dBias
        engine.run(sumRows, {
          rows: steps,
          columns: apartWidth,
          stride: apartWidth,
          a: apart.offset,
          y,
          accumulate,
        })
      }
      tape.accumulate(input.hidden, dInitialHidden)
      if (input.cellState && dInitialCell) tape.accumulate(input.cellState, dInitialCell)
      if (lookup) scatterAddRows(engine, lookup, gates)
      else tape.accumulate(gates, gates)
    })
  }
  return result
}

/** W [G H, P] for the forward loop: the summed gates' rows, then those kept apart, each padded to whole panels. */
export function packWeight(engine: Engine, weight: Tensor, { gates, apart: alone }: FusedCell): Tensor {
  const inputs = weight.shape[1]
  const summed = (weight.shape[0] / gates) * (gates - alone)
  const padded = (columns: number) => packedSize(engine, [columns, inputs])
  const apart = weight.shape[0] - summed
  const packed = engine.tensor([padded(summed) + padded(apart)])
  const put = (columns: number, from: number, to: number) => {
    if (columns === 0) return
    const w = engine.view(weight, [columns, inputs], from).offset
    engine.run(pack, {
      n: columns,
      k: inputs,
      w,
      packed: engine.view(packed, [padded(columns)], to).offset,
      transpose: 1,
    })
  }
  put(summed, 0, 0)
  put(apart, summed * inputs, padded(summed))
  return packed
}

/** h_{t-1} times the mask, for every step. */
function masked(engine: Engine, states: Tensor, mask: Tensor | undefined, ragged: Ragged | undefined): Tensor {
  if (!mask) return states
  if (!ragged) return multiplyEach(engine, states, mask)
  const sequences = ragged.paddedRows.map(row => row % ragged.batch)
  return multiplyEach(engine, states, embed(engine, engine.tokens(sequences), mask))
}
