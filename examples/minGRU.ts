/* A cell of one's own: minGRU (Feng et al. 2024), a GRU whose gates see x alone.
 *
 *     z_t = σ(U_z x_t + b_z)
 *     h_t = (1 − z_t) ∘ h_{t−1} + z_t ∘ (U_h x_t + b_h)
 *
 * Written in plain operations, it trains, stacks, runs in both directions and is saved like the built-in ones:
 *
 *     const model = await LanguageModel.create({ corpus, cell: minGRU })
 *     const again = await LanguageModel.load('book.safetensors', { cells: [minGRU] }) */
import { type Cell, operations } from 'recurra'

const { activate, add, multiply } = operations

export const minGRU: Cell = {
  name: 'minGRU',
  gates: ['update', 'candidate'],
  recurrent: false,
  step(engine, { input: [update, candidate], hidden }) {
    const z = activate(engine, 'sigmoid', update)
    return { hidden: add(engine, hidden, multiply(engine, z, add(engine, candidate, hidden, -1))) }
  },
}
