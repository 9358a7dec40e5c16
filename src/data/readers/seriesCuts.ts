/* Where the parts of a series are cut: shares of its calendar, or times. */
import { ConfigurationError } from '../../errors.js'
import { type SeriesCorpus, type SeriesSplitOptions, type SeriesSplits, splitSeries } from '../corpora/timeSeries.js'
import { parserOf } from '../time/parseTime.js'

export interface SeriesCuts extends Pick<SeriesSplitOptions, 'validation' | 'test'> {
  /** The first time of the validation part, as 2023-07-01, in the place of a share. */
  readonly validationFrom?: string | undefined
  /** The first time of the test part, in the place of a share. */
  readonly testFrom?: string | undefined
}

/** @throws ConfigurationError for a cut that is no step of the series */
export function cutSeries(corpus: SeriesCorpus, cuts: SeriesCuts): SeriesSplits {
  const { validation, test } = cuts
  const step = (key: 'validationFrom' | 'testFrom') => {
    const time = cuts[key]
    if (time === undefined) return undefined
    const parsed = parserOf([time], undefined, key)(time)
    const index = parsed && 'local' in parsed ? corpus.timeline.indexOf(parsed.local) : undefined
    if (index !== undefined) return index
    throw new ConfigurationError(
      `${key} must be a step of ${corpus.name}, as ${corpus.timeline.label(corpus.from)}; got ${time}`,
    )
  }
  return splitSeries(corpus, {
    ...{ validation, test },
    validationFrom: step('validationFrom'),
    testFrom: step('testFrom'),
  })
}
