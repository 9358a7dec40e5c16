/* Which pieces train, which are watched during training (validation) and which are looked at once (test): drawn by a
 * seed, whole pieces only, whatever the pieces are. */
import { ConfigurationError } from '../../errors.js'
import { fold, seedKey } from '../../random.js'
import { shuffledOrder } from '../shuffle.js'

export interface PartOptions {
  /** Which pieces are drawn; the same seed draws the same pieces. Default 1. */
  seed?: number | undefined
  /** Share of the whole that goes to validation, between 0 and 1. Default 0.05. */
  validation?: number | undefined
  /** Share of the whole that goes to the test, between 0 and 1. Default 0.05. */
  test?: number | undefined
  /** The corpus's name; the parts are called `name (training)` and so on. Default `text`. */
  name?: string | undefined
}

/** The pieces of each part, by number, ascending. */
export interface Parts {
  train: number[]
  validation: number[]
  test: number[]
}

export interface PieceSizes {
  /** Size of each piece; a piece of size 0 goes nowhere. */
  readonly sizes: ArrayLike<number>
  /** What sizes count, as `characters`. */
  readonly counted: string
  /** What the pieces are called, as `pieces`. */
  readonly called: string
  /** Whether a piece may leave the training part. Default: every piece may. */
  readonly mayBeHeldOut?: ((index: number) => boolean) | undefined
}

/**
 * Draws whole pieces into test and validation until each has its share of the whole, as nearly as whole pieces allow: a
 * piece is taken when it brings the part nearer to its share, so one huge piece does not fill a small part. The rest
 * trains. Together the parts hold every piece exactly once.
 *
 * @throws ConfigurationError when a share is not between 0 and 1 or a part would stay empty.
 */
export function drawParts(
  { sizes, counted, called, mayBeHeldOut = () => true }: PieceSizes,
  { seed = 1, validation = 0.05, test = 0.05, name = 'text' }: PartOptions = {},
): Parts {
  checkShares({ validation, test, name })
  const whole = sum(sizes)
  const parts = {
    test: { wanted: test * whole, taken: 0, pieces: [] as number[] },
    validation: { wanted: validation * whole, taken: 0, pieces: [] as number[] },
  }
  const train: number[] = []
  const candidates: number[] = []
  for (const index of shuffledOrder(sizes.length, fold(seedKey(seed), 'split'))) {
    const size = sizes[index]
    if (size === 0) continue
    const free = mayBeHeldOut(index)
    const part = free ? [parts.test, parts.validation].find(p => p.wanted - p.taken > size / 2) : undefined
    if (part === undefined) {
      train.push(index)
      if (free) candidates.push(index)
    } else {
      part.pieces.push(index)
      part.taken += size
    }
  }
  // Few pieces of uneven size: a part that got none takes the smallest of the training part, which does the least harm,
  // or else of the other held-out part.
  const held = [parts.test, parts.validation]
  const smallestOf = (pieces: readonly number[]) => pieces.reduce((best, i) => (sizes[i] < sizes[best] ? i : best))
  const move = (from: number[], to: number[], index: number) => {
    from.splice(from.indexOf(index), 1)
    to.push(index)
  }
  held.forEach((part, i) => {
    const other = held[1 - i].pieces
    if (part.pieces.length > 0) return
    if (train.length > 1 && candidates.length > 0) {
      const smallest = smallestOf(candidates)
      candidates.splice(candidates.indexOf(smallest), 1)
      move(train, part.pieces, smallest)
    } else if (other.length > 1) move(other, part.pieces, smallestOf(other))
  })
  for (const { pieces } of held) if (train.length === 0 && pieces.length > 1) move(pieces, train, smallestOf(pieces))
  const drawn = { train, validation: parts.validation.pieces, test: parts.test.pieces }
  for (const pieces of Object.values(drawn)) pieces.sort((a, b) => a - b)
  const filled = [drawn.train, drawn.validation, drawn.test].map(pieces => sum(pieces.map(i => sizes[i])))
  if (filled.includes(0)) {
    const longer = counted === 'characters' ? 'a longer text' : `more ${counted}`
    const [those, these] =
      counted === called
        ? [whole, whole === 1 ? called.slice(0, -1) : called]
        : [`${whole} ${counted} in ${sizes.length}`, called]
    throw new ConfigurationError(
      `${name}: ${those} ${these} cannot fill three parts (training ${filled[0]}, validation ${filled[1]}, ` +
        `test ${filled[2]} ${counted}); give ${longer} or other shares`,
    )
  }
  return drawn
}

/** @throws ConfigurationError when a share is not between 0 and 1, or both leave nothing to train on */
export function checkShares({ validation = 0.05, test = 0.05, name = 'text' }: PartOptions): void {
  for (const [part, share] of Object.entries({ validation, test })) {
    if (!(share > 0 && share < 1)) {
      throw new ConfigurationError(`${name}: the ${part} share must lie between 0 and 1 (as 0.05); got ${share}`)
    }
  }
  if (!(validation + test < 1)) {
    const sum = `${validation} + ${test}`
    throw new ConfigurationError(`${name}: the validation and test shares must leave text to train on; got ${sum}`)
  }
}

function sum(numbers: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < numbers.length; i++) total += numbers[i]
  return total
}
