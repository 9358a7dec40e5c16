/* Drawing items until there are so many different ones: what the generated corpora are made of. */
import { ConfigurationError } from '../errors.js'

/**
 * `count` items, no two with the same key.
 * @throws ConfigurationError where there are not that many, or so few more that they are not met
 */
export function distinct<T>(count: number, draw: () => T, keyOf: (item: T) => string, name: string): T[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigurationError(`${name}: count must be a whole number from 1 on; got ${count}`)
  }
  const seen = new Set<string>()
  const items: T[] = []
  for (let repeats = 0; items.length < count; ) {
    const item = draw()
    const key = keyOf(item)
    if (seen.has(key)) {
      repeats++
      if (repeats > 1000 + 20 * count) {
        throw new ConfigurationError(
          `${name}: count must be at most about ${items.length}, for there are no more; got ${count}`,
        )
      }
      continue
    }
    seen.add(key)
    items.push(item)
  }
  return items
}
