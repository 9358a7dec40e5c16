/* Word dropout: in training some tokens are taken as unknown (Iyyer et al. 2015 leave such words out). */
import { fold, type RandomKey, wordsAt } from '../../random.js'

/**
 * Tokens of which some are taken as unknown; the others as they are.
 * @param unknown below 0 where the vocabulary has no such symbol: then none is
 */
export function withUnknown(tokens: Int32Array, unknown: number, probability: number, key: RandomKey): Int32Array {
  if (probability === 0 || unknown < 0) return tokens
  const stream = fold(key, 'wordDropout')
  return tokens.map((token, i) => (wordsAt(stream, i)[0] / 2 ** 32 < probability ? unknown : token))
}
