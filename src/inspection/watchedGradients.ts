/* Gradients through time in a few numbers, for a run of training to keep along the way. */
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { decayOf, gradientsOfText } from './gradients.js'

export interface WatchedLayer {
  readonly layer: number
  readonly reverse: boolean
  /** Factor a step, and steps after which half is left; null where it does not get less. */
  readonly perStep: number
  readonly halfLife: number | null
  /** Mean ‖∂E_t/∂h_k‖ over t − k = 0, 1, 2, 4, 8 … */
  readonly norms: readonly { readonly distance: number; readonly norm: number }[]
}

/** @param text its first tokens are looked at: 64, or what `tokens` says */
export function watchedGradients(model: LanguageModel, text: string, { tokens = 64 } = {}): WatchedLayer[] {
  const { tokenizer } = model
  const looked = tokenizer.decode(tokenizer.encode(text.slice(0, 64 * tokens)).subarray(0, tokens))
  const result = gradientsOfText(model, looked)
  return result.layers.map(layer => {
    const { perStep, halfLife, norms } = decayOf(result, layer.hidden.total, layer)
    const distances = [0, 1]
    while (2 * (distances.at(-1) as number) < result.steps) distances.push(2 * (distances.at(-1) as number))
    return {
      ...{ layer: layer.layer, reverse: layer.reverse, perStep },
      halfLife: Number.isFinite(halfLife) ? halfLife : null,
      norms: distances.filter(distance => norms[distance] > 0).map(distance => ({ distance, norm: norms[distance] })),
    }
  })
}
