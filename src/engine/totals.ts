/* Sums of many tensors at once, as plain numbers without a tape: what clipping and the search for broken numbers take of every
 * parameter at every step. */
import type { Engine } from './engine.js'
import { sum } from './records.js'
import type { Tensor } from './tensor.js'

/** Elements from one result to the next: a place is a multiple of 64 bytes. */
const APART = 16

/**
 * Σ x, or Σ x², of each tensor. To be called in a scope.
 * @param squares default false
 */
export function totals(engine: Engine, tensors: readonly Tensor[], { squares = false } = {}): number[] {
  if (tensors.length === 0) return []
  const results = engine.tensor([tensors.length * APART])
  const bytes = APART * engine.backend.elementBytes
  const record = { count: 0, squares: squares ? 1 : 0, a: 0, y: results.place }
  for (const { place, size } of tensors) {
    record.count = size
    record.a = place
    engine.run(sum, record)
    record.y += bytes
  }
  const read = engine.copyOut(results)
  return tensors.map((_, i) => read[i * APART])
}
