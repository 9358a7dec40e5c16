/* Windows of many series as training batches: every batch is drawn anew from all places that a forecast can begin at, so that a
 * long series is seen as often as its steps are, and an epoch has enough batches to learn from a short one. */
import type { SeriesCorpus } from '../../data/corpora/timeSeries.js'
import { ConfigurationError } from '../../errors.js'
import { fold, Random, seedKey } from '../../random.js'
import type { BatchSource } from '../shared/trainable.js'
import type { ForecasterConfiguration } from './options.js'
import { type Origin, type WindowBatch, WindowMaker } from './windows.js'

/** Batches of an epoch at least (GluonTS has 50): an epoch of one short series would be a single batch. */
const LEAST_BATCHES = 50

/**
 * @throws ConfigurationError where no series has two steps
 */
export function windowBatches(
  corpus: SeriesCorpus,
  configuration: ForecasterConfiguration,
  { batchSize, seed = 1 }: { batchSize: number; seed?: number | undefined },
): BatchSource<WindowBatch> {
  const maker = new WindowMaker(configuration, corpus)
  const { horizon } = configuration
  // A window needs a step to read and a step to ask for.
  const places = corpus.series.map(({ length }) => Math.max(0, length - 1))
  const ends: number[] = []
  let total = 0
  for (const count of places) {
    total += count
    ends.push(total)
  }
  if (total === 0) throw new ConfigurationError(`${corpus.name}: no series has two steps; give longer ones to train on`)
  const batchesPerEpoch = Math.max(LEAST_BATCHES, Math.ceil(total / horizon / batchSize))
  return {
    batchesPerEpoch,
    batch(epoch, index) {
      const random = new Random(fold(seedKey(seed), 'forecastWindows', epoch, index))
      const origins: Origin[] = []
      while (origins.length < batchSize) {
        const place = random.integer(0, total - 1)
        const k = firstAbove(ends, place)
        const series = corpus.series[k]
        // The last window ends with the series; windows that would reach past it begin before.
        const origin = 1 + place - (k === 0 ? 0 : ends[k - 1])
        origins.push({ series, origin: Math.max(1, Math.min(origin, series.length - horizon)) })
      }
      return maker.batch(origins)
    },
  }
}

/** The first index whose number is above `value`; numbers ascend. */
function firstAbove(numbers: readonly number[], value: number): number {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle] > value) high = middle
    else low = middle + 1
  }
  return low
}
