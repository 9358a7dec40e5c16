// Orders drawn by a seed: Fisher and Yates's shuffle (Durstenfeld's form) over mulberry32, Tommy Ettinger's generator of
// 32 bits with a counter for a state. It serves drawing parts of a corpus; the engine's randomness is its own.
import { ConfigurationError } from '../errors.js'

/** A function that draws the next unsigned 32-bit integer. Throws ConfigurationError unless `seed` is a whole number. */
export function generator32(seed: number): () => number {
  if (!Number.isSafeInteger(seed)) {
    throw new ConfigurationError(`seed must be a whole number that is safe in a double; got ${seed}`)
  }
  // Both halves of the seed count, so that seeds past 32 bits do not repeat the small ones.
  let state = mix((seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) | 0))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** A seed of its own for each number (an epoch, a use) under one seed. */
export function seedOf(seed: number, number: number): number {
  if (!Number.isSafeInteger(number) || number < 0 || number >= 2 ** 21) {
    throw new ConfigurationError(`a seed's number must be a whole number in 0 … ${2 ** 21 - 1}; got ${number}`)
  }
  return generator32(seed)() * 2 ** 21 + number
}

/** The numbers 0 … count − 1 in an order that `seed` alone decides, every order equally likely up to the generator. */
export function shuffledOrder(count: number, seed: number): Uint32Array {
  const next = generator32(seed)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = below(i + 1, next)
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  return order
}

/** A whole number in 0 … bound − 1, bound at most 2^32; draws again where the last, incomplete multiple of `bound` would favour the small. */
export function below(bound: number, next: () => number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound)
  let drawn = next()
  while (drawn >= limit) drawn = next()
  return drawn % bound
}

/** MurmurHash3's finalizer: a bijection of 32 bits that leaves neighbours nothing in common. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
