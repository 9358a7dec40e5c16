/* Randomness is a counter generator: Threefry-2x32-20 (Salmon et al. 2011), a function of (seed, step, site, element) on
 * 32-bit integers, so that it is the same on every backend and thread and needs no state. kernels/dropout.c is the same
 * function on vectors. */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]
const PARITY = 0x1bd11bda

/** What a stream of random numbers is drawn from; element i of it is `threefry(seed, step, site, i)`. */
export interface RandomKey {
  readonly seed: number
  readonly step: number
  readonly site: number
}

/** Two uniform 32-bit words for key (key0, key1) and counter (counter0, counter1). */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY]
  let x0 = (counter0 + keys[0]) | 0
  let x1 = (counter1 + keys[1]) | 0
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round % 8]
    x0 = (x0 + x1) | 0
    x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0
    if (round % 4 === 3) {
      const added = (round + 1) / 4
      x0 = (x0 + keys[added % 3]) | 0
      x1 = (x1 + keys[(added + 1) % 3] + added) | 0
    }
  }
  return [x0 >>> 0, x1 >>> 0]
}

/** Where randomness is used. Each has draws of its own under the same seed. */
export const site = { initialisation: 1, dropout: 2, sampling: 3, order: 4, feeding: 5 } as const

/** A stream of draws for one use of a seed: element 0, 1, 2 … of one site and step. */
export class Random {
  private element = 0
  constructor(
    readonly seed: number,
    readonly step: number,
    readonly siteNumber: number,
  ) {}

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const [high, low] = threefry(this.seed, this.step, this.siteNumber, this.element++)
    return ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }
}
