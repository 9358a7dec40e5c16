/* The gated recurrent unit (Cho et al. 2014), in PyTorch's form, where the reset gate multiplies the product:
 *
 *     r = σ(U_r x + W_r h_{t−1} + b_r)             reset
 *     z = σ(U_z x + W_z h_{t−1} + b_z)             update
 *     n = tanh(U_n x + b_in + r ∘ (W_n h_{t−1} + b_hn))
 *     h_t = (1 − z) ∘ n + z ∘ h_{t−1}
 *
 * The fused kernel is kernels/gru.c. */
import { activate, add, multiply } from '../engine/operations/operations.js'
import { cell as kernel } from '../engine/records.js'
import type { FusedKernelCell } from './cell.js'

export const gru: FusedKernelCell = {
  name: 'gru',
  gates: ['reset', 'update', 'candidate'],
  step(engine, { input: [Ur, Uz, Un], recurrent: [Wr, Wz, Wn], hidden }) {
    const r = activate(engine, 'sigmoid', add(engine, Ur, Wr))
    const z = activate(engine, 'sigmoid', add(engine, Uz, Wz))
    const n = activate(engine, 'tanh', add(engine, Un, multiply(engine, r, Wn)))
    return { hidden: add(engine, n, multiply(engine, z, add(engine, hidden, n, -1))) }
  },
  fused: { kernel: kernel.gru, gates: 3, apart: 1, hasCell: false },
}
