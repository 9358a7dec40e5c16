/* Plain statistics of a few numbers. */

/** The middle one; of an even number of values, the upper of the two in the middle; NaN of none. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1]
}
