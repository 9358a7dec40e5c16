/* Sequences of numbers as batches: those of about equal length together, padded with zeros; and the scales that the
 * training data's numbers have. */

import type { ItemCorpus, NumberSequence } from '../../data/corpora/items.js'
import { ConfigurationError } from '../../errors.js'
import { bucketedBatches } from '../shared/bucketedBatches.js'
import type { BatchSource } from '../shared/trainable.js'

export interface NumberBatch {
  /** [time, batch, features] in the model's scale; 0 past a sequence's end */
  readonly inputs: Float64Array
  /** [batch, outputs] in the model's scale */
  readonly targets: Float64Array
  /** int32 [batch] */
  readonly lengths: Int32Array
  readonly timeSteps: number
  readonly batchSize: number
}

/** Of each feature, or of each number asked for. */
export interface Scale {
  readonly means: readonly number[]
  readonly deviations: readonly number[]
}

export interface Scales {
  readonly inputs: Scale
  readonly targets: Scale
}

/**
 * How many features and outputs the sequences have.
 * @throws ConfigurationError where they differ, or there are none
 */
export function extentsOf({ items, name }: ItemCorpus<NumberSequence>): { features: number; outputs: number } {
  const [first] = items
  if (!first) throw new ConfigurationError(`${name}: there are no sequences; give it some`)
  const { features, targets } = first
  for (const [i, item] of items.entries())
    checkSequence(item, { features, outputs: targets.length }, `${name}: sequence ${i}`)
  return { features, outputs: targets.length }
}

/** @throws ConfigurationError for data of other numbers of features or outputs than the model's, or sequences that differ */
export function checkExtents(corpus: ItemCorpus<NumberSequence>, { inputs, targets }: Scales): void {
  const { features, outputs } = extentsOf(corpus)
  const [reads, gives] = [inputs.means.length, targets.means.length]
  if (features === reads && outputs === gives) return
  throw new ConfigurationError(
    `${corpus.name}: the model reads ${reads} number${reads === 1 ? '' : 's'} a step and gives ${gives}; the data have ${features} and ${outputs}; name the columns that it was trained on`,
  )
}

export function checkSequence(
  { inputs, features: width, targets }: NumberSequence,
  { features, outputs }: { features: number; outputs: number },
  where: string,
): void {
  if (width !== features || inputs.length === 0 || inputs.length % features !== 0)
    throw new ConfigurationError(
      `${where} must have steps of ${features} numbers each, one or more; got ${inputs.length} numbers in steps of ${width}`,
    )
  if (targets.length !== outputs)
    throw new ConfigurationError(`${where} must ask for ${outputs} numbers; got ${targets.length}`)
}

/** Mean and deviation of each column, over what is finite in it; a deviation of 0 counts as 1. */
export function scaleOf(columns: number, arrays: readonly Float64Array[]): Scale {
  const over = (term: (value: number, column: number) => number) => {
    const sums = new Array<number>(columns).fill(0)
    const counts = new Array<number>(columns).fill(0)
    for (const array of arrays)
      for (let i = 0; i < array.length; i++) {
        if (!Number.isFinite(array[i])) continue
        sums[i % columns] += term(array[i], i % columns)
        counts[i % columns]++
      }
    return sums.map((sum, column) => sum / Math.max(1, counts[column]))
  }
  const means = over(value => value)
  const deviations = over((value, column) => (value - means[column]) ** 2).map(variance => Math.sqrt(variance) || 1)
  return { means, deviations }
}

export function numberBatch(sequences: readonly NumberSequence[], { inputs: from, targets: to }: Scales): NumberBatch {
  const features = from.means.length
  const outputs = to.means.length
  const batchSize = sequences.length
  const lengths = Int32Array.from(sequences, ({ inputs }) => inputs.length / features)
  const timeSteps = lengths.reduce((most, length) => Math.max(most, length), 0)
  const inputs = new Float64Array(timeSteps * batchSize * features)
  const targets = new Float64Array(batchSize * outputs)
  sequences.forEach((sequence, b) => {
    sequence.inputs.forEach((value, i) => {
      const k = i % features
      inputs[((i - k) / features) * batchSize * features + b * features + k] =
        (value - from.means[k]) / from.deviations[k]
    })
    sequence.targets.forEach((value, k) => {
      targets[b * outputs + k] = (value - to.means[k]) / to.deviations[k]
    })
  })
  return { inputs, targets, lengths, timeSteps, batchSize }
}

/** @throws ConfigurationError where there are no sequences */
export function numberBatches(
  corpus: ItemCorpus<NumberSequence>,
  scales: Scales,
  { batchSize, seed }: { batchSize: number; seed?: number | undefined },
): BatchSource<NumberBatch> {
  checkExtents(corpus, scales)
  const { items, name } = corpus
  const features = scales.inputs.means.length
  return bucketedBatches(items, {
    ...{ name, batchSize, seed },
    lengthOf: ({ inputs }) => inputs.length / features,
    batchOf: chosen => numberBatch(chosen, scales),
  })
}
