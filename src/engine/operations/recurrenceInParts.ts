/* The recurrence where nothing is to be learned from it: the input products of a few steps are made, used and forgotten, so
 * that they stay in a near cache, and a long text costs the memory of its outputs alone. */
import type { Engine } from '../engine.js'
import { recurrenceForward } from '../records.js'
import type { Tensor } from '../tensor.js'
import type { FusedCell, RecurrenceOutput } from './recurrence.js'

/** Rows of input products that are made at once: enough for an efficient product. */
const ROWS_AT_ONCE = 512

export interface RecurrenceParts {
  readonly cell: FusedCell
  readonly time: number
  readonly batch: number
  /** U x + b of the steps `from` to `to`, [to - from, B, G H]; a tensor of the innermost scope, which is consumed. */
  readonly gates: (from: number, to: number) => Tensor
  /** W, as `packWeight` packs it. */
  readonly packed: Tensor
  /** W_hr [P, H], as `packRows` packs it; else P is H. */
  readonly projection?: Tensor | undefined
  readonly hiddenSize: number
  readonly apartBias?: Tensor | undefined
  /** h [B, P] and c [B, H] before the first step. */
  readonly hidden: Tensor
  readonly cellState?: Tensor | undefined
  readonly reverse: boolean
}

export function recurrenceInParts(engine: Engine, input: RecurrenceParts): RecurrenceOutput {
  const { cell, time, batch, gates, packed, projection, apartBias, reverse, hiddenSize: hidden } = input
  const outputs = input.hidden.shape[1]
  const step = batch * outputs
  const most = Math.min(time, Math.max(1, Math.ceil(ROWS_AT_ONCE / batch)))
  const states = engine.tensor([time + 1, batch, outputs])
  engine.copy(input.hidden, engine.view(states, [batch, outputs], reverse ? time * step : 0))
  const cells = input.cellState && engine.tensor([most + 1, batch, hidden])
  const after = input.cellState && engine.tensor([batch, hidden])
  if (input.cellState && after) engine.copy(input.cellState, after)
  for (let done = 0; done < time; done += most) {
    const count = Math.min(most, time - done)
    const from = reverse ? time - done - count : done
    const part = () => {
      if (cells && after) engine.copy(after, engine.view(cells, [batch, hidden], reverse ? count * batch * hidden : 0))
      engine.run(recurrenceForward, {
        cell: cell.kernel,
        time: count,
        batch,
        hidden,
        reverse: reverse ? 1 : 0,
        gates: gates(from, from + count).offset,
        apart: cell.apart > 0 ? engine.tensor([count, batch, cell.apart * hidden]).offset : undefined,
        apartBias: apartBias?.offset,
        weight: packed.offset,
        states: engine.view(states, [count + 1, batch, outputs], from * step).offset,
        cells: cells?.offset,
        outputs: projection && outputs,
        projection: projection?.offset,
        projected: projection && engine.tensor([count, batch, hidden]).offset,
      })
      if (cells && after) engine.copy(engine.view(cells, [batch, hidden], reverse ? 0 : count * batch * hidden), after)
    }
    if (count === time) part()
    else engine.scope(part)
  }
  return {
    output: engine.view(states, [time, batch, outputs], reverse ? 0 : step),
    hidden: engine.view(states, [batch, outputs], reverse ? 0 : time * step),
    cellState: after,
  }
}
