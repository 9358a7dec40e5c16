// Drawing from lists and ranges by a seed: what the generated corpora are made of.
import { ConfigurationError } from '../errors.js'
import { below, generator32 } from './shuffle.js'

export class Draw {
  private readonly next: () => number

  constructor(seed: number) {
    this.next = generator32(seed)
  }

  /** A whole number in from … to, both included. */
  whole(from: number, to: number): number {
    return from + below(to - from + 1, this.next)
  }

  of<T>(list: readonly T[]): T {
    return list[below(list.length, this.next)]
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32
  }
}

/**
 * `count` items, no two with the same key. Throws ConfigurationError where there are not that many (or so few more that
 * they are not found).
 */
export function distinct<T>(count: number, draw: () => T, keyOf: (item: T) => string, name: string): T[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigurationError(`${name}: count must be a whole number from 1 on; got ${count}`)
  }
  const seen = new Set<string>()
  const items: T[] = []
  for (let inVain = 0; items.length < count; ) {
    const item = draw()
    const key = keyOf(item)
    if (seen.has(key)) {
      inVain++
      if (inVain > 1000 + 20 * count) {
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
