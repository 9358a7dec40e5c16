/* Dilated recurrence (Chang et al. 2017): h_t follows from h_{t−d}, not from h_{t−1}. Every d-th step of a sequence is
 * then a sequence of its own, so a batch of B sequences is folded into one of B × d shorter ones, and no kernel knows.
 *
 * Sequence j B + b of the folded batch has the steps t = j, j + d, j + 2 d … of sequence b. */
import type { CellState } from '../cells/cell.js'
import type { Engine } from '../engine/engine.js'
import { embed, reshape, slice } from '../engine/operations/operations.js'
import { type Ragged, raggedOf } from '../engine/operations/ragged.js'
import type { Tensor } from '../engine/tensor.js'

export interface Folded {
  readonly ragged: Ragged
  /** Step × batch + sequence that a place of the folded batch is. */
  placeOf(place: number): number
  /** x [S, ...] in the folded order. */
  fold(x: Tensor): Tensor
  unfold(x: Tensor): Tensor
  /** The last d states [d, B, H], oldest first, as the folded sequences' own, [d B, H]; and back. */
  foldState(state: CellState): CellState
  unfoldState(state: CellState): CellState
}

/** @param reverse whether sequences run from their last step to their first; the oldest state is then the latest in time */
export function folded(
  engine: Engine,
  { time, batch, lengths, rows, count }: Ragged,
  d: number,
  reverse: boolean,
): Folded {
  const phases = Int32Array.from({ length: d * batch }, (_, i) => {
    const [j, b] = [Math.floor(i / batch), i % batch]
    return Math.max(0, Math.ceil((lengths[b] - j) / d))
  })
  const ragged = raggedOf(phases, Math.ceil(time / d))
  // Step s of folded sequence j B + b is step s d + j of sequence b.
  const placeOf = (place: number) => {
    const [s, i] = [Math.floor(place / (d * batch)), place % (d * batch)]
    return (s * d + Math.floor(i / batch)) * batch + (i % batch)
  }
  const there = Int32Array.from(ragged.paddedRows, place => rows[placeOf(place)])
  const back = new Int32Array(count)
  there.forEach((row, i) => {
    back[row] = i
  })
  // The state that phase j of sequence b begins from, and where the k-th last state stands afterwards.
  const before = Int32Array.from({ length: d * batch }, (_, i) => {
    const [j, b] = [Math.floor(i / batch), i % batch]
    const k = reverse ? (((lengths[b] - 1 - j) % d) + d) % d : j
    return k * batch + b
  })
  const after = Int32Array.from({ length: d * batch }, (_, i) => {
    const [k, b] = [Math.floor(i / batch), i % batch]
    return (reverse ? d - 1 - k : (lengths[b] + k) % d) * batch + b
  })
  const gathered = (of: Tensor, index: Int32Array) => embed(engine, engine.tokens(index), of)
  const each = (state: CellState, work: (tensor: Tensor) => Tensor): CellState => ({
    hidden: work(state.hidden),
    cell: state.cell && work(state.cell),
  })
  return {
    ragged,
    placeOf,
    fold: x => gathered(x, there),
    unfold: x => gathered(x, back),
    foldState: state => each(state, tensor => gathered(tensor, before)),
    unfoldState: state => each(state, tensor => reshape(engine, gathered(tensor, after), [d, batch, tensor.shape[1]])),
  }
}

/** h after a sequence's last step [B, H]: of a layer that looks d steps back, the newest of its d states. */
export function lastHidden(engine: Engine, { hidden }: CellState): Tensor {
  if (hidden.shape.length === 2) return hidden
  const [d, batch, size] = hidden.shape
  return reshape(engine, slice(engine, hidden, d - 1, d), [batch, size])
}
