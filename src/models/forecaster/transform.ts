/* What is done to targets before they are scaled, and undone to forecasts: nothing, a logarithm, or differences of steps. */
import type { ForecasterConfiguration } from './options.js'

type Transform = Pick<ForecasterConfiguration, 'transform' | 'offset'>

/** One transformed array for each array of a corpus and offset. */
const cache = new WeakMap<Float64Array, Map<string, Float64Array>>()

/** [steps] transformed; NaN where a value, or for differences the one before it, is missing. */
export function transformed(values: Float64Array, { transform, offset }: Transform): Float64Array {
  if (transform === 'none') return values
  const kept = cache.get(values) ?? new Map<string, Float64Array>()
  cache.set(values, kept)
  const key = `${transform} ${offset}`
  let result = kept.get(key)
  if (!result) {
    result =
      transform === 'log'
        ? values.map(value => Math.log(value + offset))
        : values.map((value, t) => (t === 0 ? Number.NaN : value - values[t - 1]))
    kept.set(key, result)
  }
  return result
}

/**
 * Undoes the transform along one path.
 * @param path transformed numbers of successive steps; overwritten
 * @param last the last value that is known before the path
 */
export function restorePath(path: Float64Array, last: number, { transform, offset }: Transform): void {
  if (transform === 'none') return
  let level = last
  for (let t = 0; t < path.length; t++) {
    level = transform === 'log' ? Math.exp(path[t]) - offset : level + path[t]
    path[t] = level
  }
}

/** What is added before a logarithm: nothing where all values are above 0, else 1; undefined where one is below 0. */
export function offsetOf(arrays: readonly Float64Array[]): number | undefined {
  let least = Infinity
  for (const values of arrays) for (const value of values) if (value < least) least = value
  if (least > 0) return 0
  return least === 0 ? 1 : undefined
}
