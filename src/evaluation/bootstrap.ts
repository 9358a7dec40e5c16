/* How sure a corpus's score is: the sentences are drawn again with replacement, as many as there are, many times, and the
 * score of each sample is taken (Koehn 2004). The middle 95 % of these scores are the interval; half their width stands
 * behind the ±, as sacreBLEU has it. */

import { ConfigurationError } from '../errors.js'
import { fold, Random, seedKey } from '../random.js'

export interface BootstrapOptions {
  /** Samples; default 1000. */
  readonly samples?: number | undefined
  /** Same seed, same interval. Default 12345, sacreBLEU's; its generator is another, so the last digits are too. */
  readonly seed?: number | undefined
}

export interface Bootstrap {
  /** Of the samples' scores. */
  readonly mean: number
  /** Half the width of the middle 95 %. */
  readonly margin: number
  readonly low: number
  readonly high: number
}

/** What is resampled: each sentence's statistics, all of one length, and the score of their sum. */
export interface Resampled {
  readonly statistics: readonly Float64Array[]
  score(sums: Float64Array): number
}

const SAMPLES = 1000
const SEED = 12345

/** @throws ConfigurationError for a number of samples that is no whole number from 1 on */
export function bootstrap(
  { statistics, score }: Resampled,
  { samples = SAMPLES, seed = SEED }: BootstrapOptions = {},
): Bootstrap {
  if (!Number.isSafeInteger(samples) || samples < 1)
    throw new ConfigurationError(`bootstrap: samples must be a whole number from 1 on; got ${samples}`)
  const random = new Random(fold(seedKey(seed), 'bootstrap'))
  const sums = new Float64Array(statistics[0].length)
  const scores = Float64Array.from({ length: samples }, () => {
    sums.fill(0)
    for (let i = 0; i < statistics.length; i++) {
      const drawn = random.choose(statistics)
      for (let k = 0; k < sums.length; k++) sums[k] += drawn[k]
    }
    return score(sums)
  }).sort()
  const outside = Math.floor(samples / 40)
  const [low, high] = [scores[outside], scores[samples - 1 - outside]]
  return { mean: scores.reduce((sum, each) => sum + each, 0) / samples, margin: (high - low) / 2, low, high }
}

/** What a signature says of it. */
export const bootstrapMark = (options: BootstrapOptions | undefined): string[] =>
  options ? [`bs:${options.samples ?? SAMPLES}`, `seed:${options.seed ?? SEED}`] : []
