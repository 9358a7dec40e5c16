/* What a model must do better than: knowing only how often each symbol comes. */
import type { Baseline } from './probe.js'

/**
 * Counted on the training data, with one more of each symbol.
 * @param counts of each symbol there
 * @param tokens of the validation data
 */
export function unigram(
  counts: Float64Array,
  tokens: ArrayLike<number>,
  name = 'a unigram model, which knows only how often each symbol comes,',
): Baseline {
  const all = counts.reduce((sum, count) => sum + count + 1, 0)
  let loss = 0
  for (let i = 0; i < tokens.length; i++) loss -= Math.log((counts[tokens[i]] + 1) / all)
  return { name, loss: loss / Math.max(1, tokens.length) }
}
