/* How the gradient of a loss gets smaller or larger on its way back through time: ‖∂E_t/∂s_k‖ by distance t − k, where s_k is
 * all that is carried from step k on, h and c of every layer. Measured on sequences with one loss at the end of each (Bengio,
 * Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013). */
import { type Decay, decayOf } from '../inspection/gradients.js'
import { observe } from '../inspection/observing.js'
import type { ModelUnderTest } from './modelUnderTest.js'
import type { SequenceEnds } from './probe.js'

export type { Decay }

export function gradientDecay<Batch>(model: ModelUnderTest<Batch>, ends: SequenceEnds<Batch>): Decay {
  const { batch, steps, sequences, bothEnds = false } = ends
  const norms = new Float64Array(sequences * steps)
  observe(model, batch, { time: steps, batchSize: sequences }, ({ layers }) => {
    for (const { gradients, reverse } of measured(layers, bothEnds))
      for (let b = 0; b < sequences; b++)
        for (let k = 0; k < steps; k++) {
          const at = b * steps + (reverse ? steps - 1 - k : k)
          for (const part of [gradients?.hidden, gradients?.carriedCell])
            for (const value of part?.row(k, b) ?? []) norms[at] += value * value
        }
  })
  const losses = Array.from({ length: sequences }, () => steps - 1)
  return decayOf({ losses, steps }, norms.map(Math.sqrt))
}

/**
 * All layers; but the last alone where they read in both directions, because the states below are read from both ends, so that
 * distance means nothing there.
 */
function measured<L extends { readonly layer: number; readonly reverse: boolean }>(
  layers: readonly L[],
  bothEnds: boolean,
): readonly L[] {
  if (!layers.some(({ reverse }) => reverse)) return layers
  const last = Math.max(...layers.map(({ layer }) => layer))
  return layers.filter(({ layer, reverse }) => layer === last && (bothEnds || !reverse))
}
