/* The definition of the attention kernels, in float64: see kernels/kernels.h. */
import type * as records from '../records.js'

type Shape = Pick<records.AttentionForwardRecord, 'rows' | 'time' | 'batch' | 'width' | 'hidden'>
type Complete<R extends object> = records.CompleteRecord<R>

/** e_s = q k_s, or v tanh(q + k_s); a = softmax(e) over the sequence's own steps; context = Σ a_s value_s */
export function attentionForward(
  r: Complete<records.AttentionForwardRecord>,
  floats: Float64Array,
  ints: Int32Array,
): void {
  const [q, k, value] = [r.queries / 8, r.keys / 8, r.values / 8]
  for (let i = 0; i < r.rows; i++) {
    const b = ints[r.sequences / 4 + i]
    const length = ints[r.lengths / 4 + b]
    const e = Array.from({ length }, (_, s) => {
      let sum = 0
      for (let j = 0; j < r.width; j++) {
        const [query, key] = [floats[q + i * r.width + j], floats[k + at(r, s, b) * r.width + j]]
        sum += r.score ? floats[r.score / 8 + j] * Math.tanh(query + key) : query * key
      }
      return sum
    })
    const most = Math.max(...e)
    const total = e.reduce((sum, each) => sum + Math.exp(each - most), 0)
    const a = e.map(each => Math.exp(each - most) / total)
    for (let s = 0; s < r.time; s++) floats[r.weights / 8 + i * r.time + s] = a[s] ?? 0
    for (let j = 0; j < r.hidden; j++)
      floats[r.contexts / 8 + i * r.hidden + j] = a.reduce(
        (sum, each, s) => sum + each * floats[value + at(r, s, b) * r.hidden + j],
        0,
      )
  }
}

/** da_s = d_context value_s; de_s = a_s (da_s − Σ a da); and through e to q, k_s and v. */
export function attentionBackward(
  r: Complete<records.AttentionBackwardRecord>,
  floats: Float64Array,
  ints: Int32Array,
): void {
  const add = (offset: number, index: number, amount: number) => {
    if (offset) floats[offset / 8 + index] += amount
  }
  for (let i = 0; i < r.rows; i++) {
    const b = ints[r.sequences / 4 + i]
    const length = ints[r.lengths / 4 + b]
    const a = (s: number) => floats[r.weights / 8 + i * r.time + s]
    const dContext = (j: number) => floats[r.dContexts / 8 + i * r.hidden + j]
    const da = Array.from({ length }, (_, s) => {
      let sum = 0
      for (let j = 0; j < r.hidden; j++) sum += dContext(j) * floats[r.values / 8 + at(r, s, b) * r.hidden + j]
      return sum
    })
    const mean = da.reduce((sum, each, s) => sum + a(s) * each, 0)
    for (let s = 0; s < length; s++) {
      const de = a(s) * (da[s] - mean)
      const row = at(r, s, b)
      for (let j = 0; j < r.hidden; j++) add(r.dValues, row * r.hidden + j, a(s) * dContext(j))
      for (let j = 0; j < r.width; j++) {
        const [query, key] = [floats[r.queries / 8 + i * r.width + j], floats[r.keys / 8 + row * r.width + j]]
        const tanh = Math.tanh(query + key)
        const du = r.score ? de * floats[r.score / 8 + j] * (1 - tanh ** 2) : 0
        add(r.dQueries, i * r.width + j, r.score ? du : de * key)
        add(r.dKeys, row * r.width + j, r.score ? du : de * query)
        if (r.score) add(r.dScore, b * r.width + j, de * tanh)
      }
    }
  }
}

/** Row of step s of sequence b in [S, B, …]. */
const at = ({ batch }: Shape, s: number, b: number) => s * batch + b
