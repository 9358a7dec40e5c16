/* Numbers that stand for many measured ones. */

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Median, least and most. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
})

/** To so many significant digits, as a number. */
export const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits))

/** A spread as people read it: `12.3 (12.1 to 13.0)`. */
export const shown = ({ median, least, most }: Spread): string =>
  `${written(median)} (${written(least)} to ${written(most)})`

/** Three digits at least, none of them by an exponent. */
export function written(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-6))))
  return value.toFixed(Math.min(decimals, 6))
}
