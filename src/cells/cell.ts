/* What a cell is: one step of a recurrent network, as an equation in plain operations. A cell so written trains, stacks,
 * runs in both directions and saves with no further work; examples/minGRU.ts is one. The built-in ones also name the fused
 * kernel that runs them over all of time; a test holds the two equal.
 *
 * A step sees the two products: `input` is U x + b_ih and `recurrent` is W h + b_hh, cut into the cell's gates. */
import type { Engine } from '../engine/engine.js'
import type { FusedCell } from '../engine/operations/recurrence.js'
import type { Tensor } from '../engine/tensor.js'

/**
 * What is carried from step to step: h, and c where the cell has one. Each [batch, hidden]; of a layer that looks d > 1
 * steps back, `hidden` is [d, batch, hidden], the last d states, oldest first (and so is `cell` of a dilated layer).
 */
export interface CellState {
  readonly hidden: Tensor
  readonly cell?: Tensor | undefined
}

/** One step's part of a batch: every tensor is [rows, hidden], rows being the sequences that still go on. */
export interface CellStep {
  /** U x_t + b_ih, one a gate. */
  readonly input: readonly Tensor[]
  /** W h_{t−1} + b_hh, one a gate; none where the cell has no recurrent weights. */
  readonly recurrent: readonly Tensor[]
  readonly hidden: Tensor
  readonly cell: Tensor | undefined
  /** Layer normalisation of c where the layer is normalised, else c itself (Ba et al. 2016). */
  readonly normalised: (cell: Tensor) => Tensor
}

export interface Cell {
  /** As users name it and files hold it: `lstm`. */
  readonly name: string
  /** Gates, in PyTorch's order: rows of U and W are gates × hidden. */
  readonly gates: readonly string[]
  /** Whether it carries c beside h; default no. */
  readonly hasCell?: boolean | undefined
  /** Whether h_{t−1} is multiplied by weights W; default yes. */
  readonly recurrent?: boolean | undefined
  /** One step, in operations of the engine. */
  step(engine: Engine, step: CellStep): CellState
  /** The kernel that runs the whole sequence; without one, `step` is run at every step. */
  readonly fused?: FusedCell | undefined
}

/** A cell that has a fused kernel. */
export type FusedKernelCell = Cell & { readonly fused: FusedCell }
