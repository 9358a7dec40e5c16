/* A batch whose sequences have lengths of their own, as the list of those steps that exist: what PyTorch calls a packed
 * sequence. Steps stand in the order of time, and within a step the longest sequence first, so that the sequences which
 * are still going are the first rows of each step. What does not exist is not stored, and nothing is computed of it. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import type { Tensor } from '../tensor.js'
import { embed } from './operations.js'

export interface Ragged {
  /** Steps of the longest that the batch has room for. */
  readonly time: number
  /** Sequences. */
  readonly batch: number
  /** S: steps that exist, the sum of the lengths. */
  readonly count: number
  readonly lengths: Int32Array
  /** Sequences by length, the longest first. */
  readonly order: Int32Array
  /** Sequences that have a step t. */
  readonly batchSizes: Int32Array
  /** Row of the list that step t of sequence b is, [t × batch + b]; −1 where it does not exist. */
  readonly rows: Int32Array
  /** Step t × batch + b that each row of the list is. */
  readonly paddedRows: Int32Array
}

/**
 * @param lengths steps of each sequence, 0 to `time`
 * @throws ShapeError for a length out of range
 */
export function raggedOf(lengths: ArrayLike<number>, time: number): Ragged {
  const batch = lengths.length
  for (let b = 0; b < batch; b++)
    if (!(Number.isInteger(lengths[b]) && lengths[b] >= 0 && lengths[b] <= time))
      throw new ShapeError(`lengths[${b}] must be 0 to ${time}, the time of the batch; got ${lengths[b]}`)
  const order = Int32Array.from({ length: batch }, (_, b) => b).sort((a, b) => lengths[b] - lengths[a] || a - b)
  const count = order.reduce((total, b) => total + lengths[b], 0)
  const rows = new Int32Array(time * batch).fill(-1)
  const paddedRows = new Int32Array(count)
  const batchSizes = new Int32Array(time)
  let row = 0
  for (let t = 0; t < time; t++) {
    for (; batchSizes[t] < batch && lengths[order[batchSizes[t]]] > t; batchSizes[t]++) {
      const paddedRow = t * batch + order[batchSizes[t]]
      rows[paddedRow] = row
      paddedRows[row++] = paddedRow
    }
  }
  return { time, batch, count, lengths: Int32Array.from(lengths), order, batchSizes, rows, paddedRows }
}

/** The rows that exist, [S, ...], of x [time, batch, ...]. */
export function packed(engine: Engine, x: Tensor, { paddedRows }: Ragged): Tensor {
  return embed(engine, engine.tokens(paddedRows), x)
}

/** [time, batch, ...] with zeros where a sequence is over. */
export function unpacked(engine: Engine, x: Tensor, { rows, time, batch }: Ragged): Tensor {
  return embed(engine, engine.tokens(rows, [time, batch]), x)
}

/** For each row of the list, the row of the same sequence that is as far from its end as this one is from its start. */
export function reversedRows({ paddedRows, rows, batch, lengths }: Ragged): Int32Array {
  return paddedRows.map(paddedRow => {
    const b = paddedRow % batch
    return rows[(lengths[b] - 1 - Math.floor(paddedRow / batch)) * batch + b]
  })
}
