/* What models of whole texts drop in training beside what their recurrent layers do: tokens, and numbers before and after
 * those layers. */
import { type RandomKey, site, threefry } from '../../random.js'

/** Sites that are not the recurrent layers', which keep to the first thousands of each 65536. */
const uses = { input: 60001, output: 60002, between: 60003 } as const

/** The draw for one use. */
export const drawAt = (draw: RandomKey, use: keyof typeof uses): RandomKey => ({
  ...draw,
  site: draw.site * 65536 + uses[use],
})

/** Tokens of which some are taken as unknown; the others as they are (Iyyer et al. 2015 leave such words out). */
export function withUnknown(
  tokens: Int32Array,
  unknown: number,
  probability: number,
  { seed, step }: Pick<RandomKey, 'seed' | 'step'>,
): Int32Array {
  if (probability === 0 || unknown < 0) return tokens
  return tokens.map((token, i) => (threefry(seed, step, site.feeding, i)[0] / 2 ** 32 < probability ? unknown : token))
}
