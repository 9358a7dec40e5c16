/* What a cell is: one step of a recurrent network, as an equation in plain operations. A cell so written trains with no
 * further work. The built-in ones also name the fused kernel that runs them over all of time; a test holds the two equal.
 *
 * A step sees the two products: `input` is U x + b_ih and `recurrent` is W h + b_hh, cut into the cell's gates. */
import type { Engine } from '../engine/engine.js'
import type { FusedCell } from '../engine/recurrence.js'
import type { Tensor } from '../engine/tensor.js'

/** What is carried from step to step: h, and c where the cell has one. Each [batch, hidden]. */
export interface CellState {
  readonly hidden: Tensor
  readonly cell?: Tensor | undefined
}

export interface Cell {
  /** As users name it: `lstm`. */
  readonly name: string
  /** Gates, in PyTorch's order: rows of U and W are gates × hidden. */
  readonly gates: readonly string[]
  /** Whether it carries c beside h. */
  readonly hasCell: boolean
  /** One step. `input` and `recurrent` hold one tensor [batch, hidden] a gate. */
  step(engine: Engine, input: readonly Tensor[], recurrent: readonly Tensor[], state: CellState): CellState
  /** The kernel that runs the whole sequence. */
  readonly fused: FusedCell
}
