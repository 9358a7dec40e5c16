/* Pairs as batches: pairs of about equal length together, and within a batch the longest target first. */

import { padded } from '../../data/batches/buckets.js'
import type { ItemCorpus, TextPair } from '../../data/corpora/items.js'
import type { MarkedTokenizer } from '../../data/tokenizers/sentenceMarks.js'
import { ConfigurationError } from '../../errors.js'
import { bucketedBatches } from '../shared/bucketedBatches.js'
import type { BatchSource } from '../shared/trainable.js'
import type { SourceBatch } from './encoder.js'

export interface PairBatch extends SourceBatch {
  /** int32 [time, batch]: the target from its start mark on */
  readonly inputs: Int32Array
  /** int32 [time, batch]: the same a step later, to its end mark; −1 past it */
  readonly targets: Int32Array
  /** int32 [batch], of the targets, descending; the end counted */
  readonly lengths: Int32Array
  readonly batchSize: number
}

/** Both sides' vocabularies, with marks. */
export interface PairTokenizers {
  readonly source: MarkedTokenizer
  readonly target: MarkedTokenizer
}

/** A pair as tokens: the source with its end mark, the target between its marks. */
export interface EncodedPair {
  readonly source: Int32Array
  readonly target: Int32Array
}

/** A source's tokens and its end mark, so that no source is without a step. */
export const encodedSource = ({ source }: Pick<PairTokenizers, 'source'>, text: string): Int32Array =>
  source.encodeSentence(text).subarray(1)

export const encodedPair = (tokenizers: PairTokenizers, { source, target }: TextPair): EncodedPair => ({
  source: encodedSource(tokenizers, source),
  target: tokenizers.target.encodeSentence(target),
})

/** Sources alone, in their order. */
export function sourceBatch(sources: readonly Int32Array[]): SourceBatch {
  const { tokens, lengths } = padded(sources)
  return { sources: tokens, sourceLengths: lengths }
}

export function pairBatch(pairs: readonly EncodedPair[]): PairBatch {
  const ordered = [...pairs].sort((a, b) => b.target.length - a.target.length)
  const inputs = padded(ordered.map(({ target }) => target.subarray(0, -1)))
  const targets = padded(
    ordered.map(({ target }) => target.subarray(1)),
    -1,
  )
  return {
    ...sourceBatch(ordered.map(({ source }) => source)),
    ...{ inputs: inputs.tokens, targets: targets.tokens, lengths: inputs.lengths, batchSize: pairs.length },
  }
}

export interface PairBatchOptions {
  readonly batchSize: number
  /** Of the order. Default 1. */
  readonly seed?: number | undefined
  /** Pairs with more tokens on a side are left out; default none are. */
  readonly maxLength?: number | undefined
}

/** @throws ConfigurationError where there are no pairs, or none is short enough */
export function pairBatches(
  tokenizers: PairTokenizers,
  { items, name }: ItemCorpus<TextPair>,
  { batchSize, seed, maxLength = Infinity }: PairBatchOptions,
): BatchSource<PairBatch> {
  const encoded = items.map(item => encodedPair(tokenizers, item))
  // The source has one mark, the target two.
  const pairs = encoded.filter(({ source, target }) => source.length <= maxLength + 1 && target.length <= maxLength + 2)
  if (items.length > 0 && pairs.length === 0)
    throw new ConfigurationError(
      `${name}: no pair has at most ${maxLength} tokens on both sides; raise maxLength, or give shorter pairs`,
    )
  return bucketedBatches(pairs, {
    ...{ name, batchSize, seed, batchOf: pairBatch },
    // By the target, and by the source where targets are as long.
    lengthOf: ({ source, target }) => target.length * 65536 + source.length,
  })
}
