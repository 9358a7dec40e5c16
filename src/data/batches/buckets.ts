/* Sentences as batches: sentences of about equal length stand in one batch, so that little of it is padding. */
import { ConfigurationError } from '../../errors.js'
import { fold, seedKey } from '../../random.js'
import { shuffledOrder } from '../shuffle.js'

export interface BucketOptions {
  readonly batchSize: number
  /** Of the order; each epoch has its own. Default 1. */
  readonly seed?: number | undefined
}

/** Batches whose sentences are sorted by length among themselves only: enough to be alike, few enough to stay mixed. */
const BATCHES_PER_POOL = 64

/** Which sentences stand together. The order is a function of seed and epoch, so any batch of any epoch can be found. */
export class Buckets {
  readonly batchesPerEpoch: number

  /** @throws ConfigurationError where there are no sentences or the batch has no size */
  constructor(
    private readonly lengths: ArrayLike<number>,
    private readonly options: BucketOptions,
    name: string,
  ) {
    const { batchSize } = options
    if (!Number.isSafeInteger(batchSize) || batchSize < 1)
      throw new ConfigurationError(`${name}: batchSize must be a whole number from 1 on; got ${batchSize}`)
    if (lengths.length === 0) throw new ConfigurationError(`${name}: there are no sentences; give it some`)
    this.batchesPerEpoch = Math.ceil(lengths.length / batchSize)
  }

  /**
   * The sentences of each batch of an epoch, by number: every sentence once. All batches are full but one.
   * Sentences are shuffled, sorted by length within pools, cut into batches; then the batches are shuffled.
   */
  epoch(epoch: number): Uint32Array[] {
    const { batchSize, seed = 1 } = this.options
    const key = seedKey(seed)
    const order = shuffledOrder(this.lengths.length, fold(key, 'sequenceOrder', epoch))
    const pool = batchSize * BATCHES_PER_POOL
    for (let from = 0; from < order.length; from += pool)
      order.subarray(from, from + pool).sort((a, b) => this.lengths[a] - this.lengths[b])
    const batches = shuffledOrder(this.batchesPerEpoch, fold(key, 'batchOrder', epoch))
    return Array.from(batches, batch => order.slice(batch * batchSize, (batch + 1) * batchSize))
  }
}

/** Sentences as one batch: tokens int32 [time, batch], `padding` behind each sentence's end. */
export interface PaddedBatch {
  readonly tokens: Int32Array
  /** int32 [batch] */
  readonly lengths: Int32Array
  readonly timeSteps: number
  readonly batchSize: number
}

/** Pads sentences of tokens to the longest of them; `padding` is −1 for targets where nothing is to be predicted. */
export function padded(sentences: readonly ArrayLike<number>[], padding = 0): PaddedBatch {
  const batchSize = sentences.length
  const lengths = Int32Array.from(sentences, sentence => sentence.length)
  const timeSteps = lengths.reduce((most, length) => Math.max(most, length), 0)
  const tokens = new Int32Array(timeSteps * batchSize).fill(padding)
  sentences.forEach((sentence, b) => {
    for (let t = 0; t < sentence.length; t++) tokens[t * batchSize + b] = sentence[t]
  })
  return { tokens, lengths, timeSteps, batchSize }
}
