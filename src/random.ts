/* The one generator of random numbers, and the streams that it is cut into. The generator is Threefry-2x32-20 (Salmon et al.
 * 2011), a function of a key and a counter on 32-bit integers: it is the same on every backend and thread and needs no state.
 * kernels/dropout.c is the same function on vectors.
 *
 * Every use of randomness has a name in STREAMS. A seed is a key; `fold` makes a key of a key and a name or a number, as
 * jax.random.fold_in does, so that each use, layer, direction and step draws from a key of its own:
 *
 *     fold(seedKey(seed), 'initialisation')                            the weights of a new model
 *     fold(seedKey(seed), 'training', batch, 'recurrent', layer, …)    what training drops
 *
 * Draws and folds never meet: draws have 0 in the first word of the counter, names 1, numbers 2 and more. */
import { ConfigurationError } from './errors.js'

/** What a stream of random numbers is drawn from: two 32-bit words. */
export interface RandomKey {
  readonly word0: number
  readonly word1: number
}

/** Of the keys that are derived from a seed. Checkpoints carry it: a run goes on only where its randomness does. */
export const STREAM_VERSION = 2

/** All uses of randomness, and the number that stands for each in its key. A number serves one use for ever. */
export const STREAMS = {
  // Of a seed.
  /** Weights of a new model. */
  initialisation: 1,
  /** Vectors of words that a file of vectors lacks. */
  wordVectors: 2,
  /** Of a run of training; then the number of the batch. */
  training: 3,
  /** Generated text; then the number of the continuation. */
  sampling: 4,
  /** In what order an epoch reads its sequences; then the epoch. */
  sequenceOrder: 5,
  /** In what order an epoch reads its batches; then the epoch. */
  batchOrder: 6,
  /** Which part of a corpus is for validation and which for the test. */
  split: 7,
  /** Items of a built-in corpus. */
  generatedCorpus: 8,
  /** Samples of a bootstrap. */
  bootstrap: 9,
  /** The doctor: texts that are counted. */
  countedTexts: 10,
  /** The doctor: directions in which the gradient is checked. */
  gradientDirections: 11,
  /** Inspection: texts that neurons are looked for in. */
  neuronTexts: 12,
  /** Data of a lesson; then the number of the batch. */
  lessonData: 13,
  /** Which windows a batch of a forecaster has; then epoch and batch. */
  forecastWindows: 14,
  /** Sampled paths of a forecast; then the path and the series' name, a number a character. */
  forecastPaths: 15,

  // Of a batch in training.
  /** Tokens that are taken as unknown. */
  wordDropout: 32,
  /** Coins of scheduled sampling, and the tokens that the model draws itself. */
  scheduledSampling: 33,
  /** Dropout of what enters the first layer. */
  inputDropout: 34,
  /** Dropout of what enters the output layer. */
  outputDropout: 35,
  /** Dropout behind a classifier's hidden layer. */
  hiddenDropout: 36,
  /** A translator's first network. */
  encoder: 37,
  /** A translator's second network. */
  decoder: 38,
  /** A stack of recurrent layers; then layer, direction (0 forward, 1 backward) and one of the following. */
  recurrent: 39,

  // Of a recurrent layer and direction. What is drawn anew at each step of a sequence is folded with the step.
  /** Dropout of the layer's input; it has direction 0. */
  layerDropout: 64,
  /** The mask of h before W. */
  recurrentDropout: 65,
  /** Weights of W that are dropped. */
  weightDrop: 66,
  /** Units of h that keep their value. */
  zoneoutHidden: 67,
  /** Units of c that keep their value. */
  zoneoutCell: 68,
} as const

export type StreamName = keyof typeof STREAMS

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]
const PARITY = 0x1bd11bda

/** Two uniform 32-bit words for key (key0, key1) and counter (counter0, counter1). */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY]
  let x0 = (counter0 + keys[0]) | 0
  let x1 = (counter1 + keys[1]) | 0
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8]
    x0 = (x0 + x1) | 0
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0
    if (round % 4 === 3) {
      const injection = (round + 1) / 4
      x0 = (x0 + keys[injection % 3]) | 0
      x1 = (x1 + keys[(injection + 1) % 3] + injection) | 0
    }
  }
  return [x0 >>> 0, x1 >>> 0]
}

/**
 * The key of a seed.
 * @throws ConfigurationError unless `seed` is a whole number that a double holds exactly
 */
export function seedKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed))
    throw new ConfigurationError(
      `seed must be a whole number between −(2^53 − 1) and 2^53 − 1; got ${seed}; give another, as 1`,
    )
  return { word0: Math.floor(seed / 2 ** 32) >>> 0, word1: seed >>> 0 }
}

/**
 * The key of a use of randomness under another key: names and numbers, from the outermost to the innermost.
 * @throws ConfigurationError for a number that is not whole and from 0 on
 */
export function fold(key: RandomKey, ...path: readonly (StreamName | number)[]): RandomKey {
  let { word0, word1 } = key
  for (const part of path) {
    if (typeof part === 'number' && !(Number.isSafeInteger(part) && part >= 0))
      throw new ConfigurationError(`random stream: its number must be whole and from 0 on; got ${part}`)
    ;[word0, word1] =
      typeof part === 'string'
        ? threefry(word0, word1, 1, STREAMS[part])
        : threefry(word0, word1, 2 + Math.floor(part / 2 ** 32), part >>> 0)
  }
  return { word0, word1 }
}

/** The two uniform 32-bit words of one element of a stream, whatever was drawn before. */
export const wordsAt = ({ word0, word1 }: RandomKey, element: number): [number, number] =>
  threefry(word0, word1, 0, element)

/** The draws of one stream, one after another. */
export class Random {
  private element = 0
  /** The second word of an element whose first has been drawn. */
  private spare: number | undefined

  constructor(readonly key: RandomKey) {}

  /** Uniform 32-bit integer. */
  word(): number {
    const { spare } = this
    if (spare !== undefined) {
      this.spare = undefined
      return spare
    }
    const [first, second] = wordsAt(this.key, this.element++)
    this.spare = second
    return first
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const [high, low] = wordsAt(this.key, this.element++)
    return ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** Whole number from `from` to `to`, both included, at most 2^32 of them and each as likely. */
  integer(from: number, to: number): number {
    const count = to - from + 1
    // The last, incomplete multiple of `count` would favour the small.
    const limit = 2 ** 32 - (2 ** 32 % count)
    let word = this.word()
    while (word >= limit) word = this.word()
    return from + (word % count)
  }

  /** One of a list. */
  choose<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.word() < probability * 2 ** 32
  }
}
