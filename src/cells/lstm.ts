/* Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000):
 *
 *     i = σ(U_i x + W_i h_{t−1} + b_i)             input gate
 *     f = σ(U_f x + W_f h_{t−1} + b_f)             forget gate
 *     g = tanh(U_g x + W_g h_{t−1} + b_g)          candidate
 *     o = σ(U_o x + W_o h_{t−1} + b_o)             output gate
 *     c_t = f ∘ c_{t−1} + i ∘ g
 *     h_t = o ∘ tanh(c_t)
 *
 * The fused kernel is kernels/lstm.c. */
import { activate, add, multiply } from '../engine/operations/operations.js'
import { cell as kernel } from '../engine/records.js'
import type { Tensor } from '../engine/tensor.js'
import type { FusedKernelCell } from './cell.js'

export const lstm: FusedKernelCell = {
  name: 'lstm',
  gates: ['input', 'forget', 'candidate', 'output'],
  hasCell: true,
  step(engine, { input: [Ui, Uf, Ug, Uo], recurrent: [Wi, Wf, Wg, Wo], cell, normalised }) {
    const i = activate(engine, 'sigmoid', add(engine, Ui, Wi))
    const f = activate(engine, 'sigmoid', add(engine, Uf, Wf))
    const g = activate(engine, 'tanh', add(engine, Ug, Wg))
    const o = activate(engine, 'sigmoid', add(engine, Uo, Wo))
    const c = add(engine, multiply(engine, f, cell as Tensor), multiply(engine, i, g))
    return { hidden: multiply(engine, o, activate(engine, 'tanh', normalised(c))), cell: c }
  },
  fused: { kernel: kernel.lstm, gates: 4, apart: 0, hasCell: true },
}
