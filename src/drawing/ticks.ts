/* Round numbers for axes: steps of 1, 2 or 5 times a power of ten. */

/** The smallest round step that is no smaller than `least`, which is positive. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = [1, 2, 5].find(each => each * power >= least) ?? 10
  return factor * power
}

/** Decimals that tell multiples of a round step apart. */
export const decimalsOf = (step: number): number => Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
