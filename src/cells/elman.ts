/* The simple recurrent network (Elman 1990):
 *
 *     h_t = σ(U x_t + W h_{t−1} + b)
 *
 * U is `weight_ih`, W is `weight_hh`, b = `bias_ih` + `bias_hh`; σ is tanh, ReLU or the sigmoid. The hidden state h_t
 * carries all the past. The fused kernel is kernels/elman.c. */
import { type Activation, activate, add } from '../engine/operations/operations.js'
import { cell as kernel } from '../engine/records.js'
import type { FusedKernelCell } from './cell.js'

const kernels = { tanh: kernel.elmanTanh, relu: kernel.elmanRelu, sigmoid: kernel.elmanSigmoid }

/** @param nonlinearity σ */
export const elman = (nonlinearity: Activation = 'tanh'): FusedKernelCell => ({
  name: 'elman',
  gates: ['hidden'],
  step(engine, { input: [Ux], recurrent: [Wh] }) {
    return { hidden: activate(engine, nonlinearity, add(engine, Ux, Wh)) }
  },
  fused: { kernel: kernels[nonlinearity], gates: 1, apart: 0, hasCell: false },
})
