/* Batches of whole sequences, those of about equal length together: what models of texts, sentences, pairs and numbers share. */
import { type BucketOptions, Buckets } from '../../data/batches/buckets.js'
import type { BatchSource } from './trainable.js'

export interface Bucketed<Item, Batch> extends BucketOptions {
  /** What a message calls the items' corpus. */
  readonly name: string
  /** What items stand together by. */
  lengthOf(item: Item): number
  batchOf(items: readonly Item[]): Batch
}

/** @throws ConfigurationError where there are no items */
export function bucketedBatches<Item, Batch>(
  items: readonly Item[],
  { name, batchSize, seed, lengthOf, batchOf }: Bucketed<Item, Batch>,
): BatchSource<Batch> {
  const buckets = new Buckets(items.map(lengthOf), { batchSize, seed }, name)
  let drawn: { epoch: number; batches: readonly Uint32Array[] } | undefined
  return {
    batchesPerEpoch: buckets.batchesPerEpoch,
    batch(epoch, index) {
      if (drawn?.epoch !== epoch) drawn = { epoch, batches: buckets.epoch(epoch) }
      return batchOf(Array.from(drawn.batches[index], i => items[i]))
    },
  }
}
