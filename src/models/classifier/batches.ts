/* Labelled texts as batches: those of about equal length together, padded; their tokens, and which labels are true. */

import { type PaddedBatch, padded } from '../../data/batches/buckets.js'
import type { ItemCorpus, LabelledText } from '../../data/corpora/items.js'
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import { ConfigurationError } from '../../errors.js'
import { bucketedBatches } from '../shared/bucketedBatches.js'
import { labelsOf } from '../shared/labels.js'
import type { BatchSource } from '../shared/trainable.js'
import type { ClassifierConfiguration } from './options.js'

export interface LabelledBatch extends PaddedBatch {
  /** The label of each text by number, int32 [batch]; of several labels 0 or 1, [batch, labels]. */
  readonly targets: Int32Array
}

export type Reading = Pick<ClassifierConfiguration, 'labels' | 'multiLabel' | 'labelSeparator' | 'maxLength'>

/** What a classifier reads of a text; of one that has no token, the symbol that stands before a text. */
export function tokensOf(tokenizer: Tokenizer, text: string, maxLength = Infinity): Int32Array {
  const tokens = tokenizer.encode(text.trim())
  if (tokens.length === 0) return Int32Array.of(tokenizer.start)
  return tokens.length > maxLength ? tokens.slice(0, maxLength) : tokens
}

/**
 * @param texts labelled ones, whose labels the model has
 * @throws ConfigurationError where there are none, or a label is not the model's
 */
export function classifierBatches(
  tokenizer: Tokenizer,
  { items, name }: ItemCorpus<LabelledText>,
  reading: Reading,
  { batchSize, seed }: { batchSize: number; seed?: number | undefined },
): BatchSource<LabelledBatch> {
  const numbers = new Map(reading.labels.map((label, i) => [label, i]))
  const texts = items.map(({ text, label }, i) => {
    const of = labelsOf(label, reading).map(each => {
      const number = numbers.get(each)
      if (number !== undefined) return number
      throw new ConfigurationError(
        `${name}: text ${i} has the label ${each}, which the model does not have; it has ${reading.labels.slice(0, 20).join(', ')}`,
      )
    })
    return { tokens: tokensOf(tokenizer, text, reading.maxLength), of }
  })
  return bucketedBatches(texts, {
    ...{ name, batchSize, seed },
    lengthOf: ({ tokens }) => tokens.length,
    batchOf: chosen => ({ ...padded(chosen.map(({ tokens }) => tokens)), targets: targetsOf(chosen, reading) }),
  })
}

function targetsOf(texts: readonly { readonly of: readonly number[] }[], { labels, multiLabel }: Reading): Int32Array {
  if (!multiLabel) return Int32Array.from(texts, ({ of }) => of[0])
  const targets = new Int32Array(texts.length * labels.length)
  texts.forEach(({ of }, b) => {
    for (const label of of) targets[b * labels.length + label] = 1
  })
  return targets
}
