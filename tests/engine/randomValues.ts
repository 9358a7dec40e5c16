/* Test data: drawn by seed, and already rounded to float32, so that every backend is given the same numbers. */
import { Random, seedKey } from '../../src/random.js'

export class Draw {
  private readonly random: Random

  constructor(seed: number) {
    this.random = new Random(seedKey(seed))
  }

  /** Uniform in ±size. */
  values(count: number, size = 1): Float64Array {
    return Float64Array.from({ length: count }, () => Math.fround((2 * this.random.uniform() - 1) * size))
  }

  /** Whole numbers from `from` to `to`, both included. */
  integers(count: number, from: number, to: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.integer(from, to))
  }

  integer(from: number, to: number): number {
    return from + Math.floor(this.random.uniform() * (to - from + 1))
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]
  }
}
