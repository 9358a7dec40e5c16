/* Time series to forecast: targets over the steps of one calendar, for one series or many, with what is known beside them.
 * A corpus is a view: its parts share their numbers, and what comes after a part's end cannot be reached through it but for
 * covariates that are known ahead. */
import { ConfigurationError } from '../../errors.js'
import type { Frequency, Timeline } from '../time/frequency.js'

/** A column beside the targets: numbers, NaN where one is missing, or categories, '' where one is missing. */
export type Covariate =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'category'; readonly values: readonly string[] }

/** One series; its arrays begin at `start`. */
export interface TimeSeries {
  /** '' where there is one series without a name. */
  readonly id: string
  /** The first step's number on the corpus's timeline. */
  readonly start: number
  /** Steps whose targets are known or missing. */
  readonly length: number
  /** One array a target column, `length` steps; NaN where a value is missing. */
  readonly targets: readonly Float64Array[]
  /** Known ahead: at least `length` steps, as many as are known. */
  readonly future: readonly Covariate[]
  /** Known only when they have happened: `length` steps. */
  readonly past: readonly Covariate[]
  /** The same at every step: one value each. */
  readonly constant: readonly Covariate[]
}

export interface SeriesCorpusFields {
  readonly name: string
  readonly timeline: Timeline
  /** IANA name; undefined where times are as the clock shows them. */
  readonly timeZone?: string | undefined
  readonly targetColumns: readonly string[]
  readonly series: readonly TimeSeries[]
  /** The first step that is to be forecast, on the timeline; steps before it are context. Default: the first of all. */
  readonly from?: number | undefined
}

const cutValues = (covariate: Covariate, length: number): Covariate =>
  covariate.kind === 'number'
    ? { ...covariate, values: covariate.values.subarray(0, length) }
    : { ...covariate, values: covariate.values.slice(0, length) }

export class SeriesCorpus {
  readonly name: string
  readonly timeline: Timeline
  readonly timeZone: string | undefined
  readonly targetColumns: readonly string[]
  readonly series: readonly TimeSeries[]
  readonly from: number

  /** @throws ConfigurationError where there is no series, or a name stands twice */
  constructor({ name, timeline, timeZone, targetColumns, series, from }: SeriesCorpusFields) {
    if (series.length === 0) throw new ConfigurationError(`${name}: there are no series; give it rows`)
    const names = new Set<string>()
    for (const { id } of series) {
      if (names.has(id)) throw new ConfigurationError(`${name}: two series are called ${JSON.stringify(id)}`)
      names.add(id)
    }
    this.name = name
    this.timeline = timeline
    this.timeZone = timeZone
    this.targetColumns = targetColumns
    this.series = series
    this.from = from ?? Math.min(...series.map(({ start }) => start))
  }

  get frequency(): Frequency {
    return this.timeline.frequency
  }

  /** The step after the last one of all series, on the timeline. */
  get end(): number {
    return this.series.reduce((end, { start, length }) => Math.max(end, start + length), -Infinity)
  }

  /** Steps whose first target is there, of all series. */
  get observed(): number {
    return this.series.reduce(
      (sum, { targets }) => sum + targets[0].reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0),
      0,
    )
  }

  /** The same calendar with other series. */
  withSeries(series: readonly TimeSeries[]): SeriesCorpus {
    const { name, timeline, timeZone, targetColumns, from } = this
    return new SeriesCorpus({ name, timeline, timeZone, targetColumns, series, from })
  }

  /**
   * What is known before step `to`: series that begin later are left out, covariates known ahead stay.
   * @param to a step on the timeline
   * @param from the first step that is to be forecast
   * @throws ConfigurationError where no series begins before `to`
   */
  until(to: number, { from, name = this.name }: { from?: number; name?: string } = {}): SeriesCorpus {
    const series = this.series.flatMap(each => {
      const length = Math.min(each.length, to - each.start)
      if (length <= 0) return []
      return [
        {
          ...each,
          length,
          targets: each.targets.map(values => values.subarray(0, length)),
          past: each.past.map(covariate => cutValues(covariate, length)),
        },
      ]
    })
    if (series.length === 0)
      throw new ConfigurationError(`${name}: no series begins before ${this.timeline.label(to)}; cut it later`)
    const { timeline, timeZone, targetColumns } = this
    return new SeriesCorpus({ name, timeline, timeZone, targetColumns, series, from })
  }
}

export interface SeriesSplits {
  readonly train: SeriesCorpus
  readonly validation: SeriesCorpus
  readonly test: SeriesCorpus
}

export interface SeriesSplitOptions {
  /** Share of the calendar that goes to validation. Default 0.1. */
  readonly validation?: number | undefined
  /** Share of the calendar that goes to the test. Default 0.1. */
  readonly test?: number | undefined
  /** The first step of validation, on the timeline, in the place of a share. */
  readonly validationFrom?: number | undefined
  /** The first step of the test, on the timeline, in the place of a share. */
  readonly testFrom?: number | undefined
}

/**
 * Parts that follow one another in time, cut at the same step in every series: training, validation, test. A later part holds
 * the steps of the earlier ones too, as context; `from` says where its own begin.
 * @throws ConfigurationError where a part would be empty
 */
export function splitSeries(corpus: SeriesCorpus, options: SeriesSplitOptions = {}): SeriesSplits {
  const { validation = 0.1, test = 0.1 } = options
  const { end, from, name, timeline } = corpus
  const span = end - from
  const testFrom = options.testFrom ?? end - Math.round(span * test)
  const validationFrom = options.validationFrom ?? testFrom - Math.round((testFrom - from) * (validation / (1 - test)))
  if (!(from < validationFrom && validationFrom < testFrom && testFrom < end))
    throw new ConfigurationError(
      `${name}: ${span} steps from ${timeline.label(from)} hold no three parts cut at ${timeline.label(validationFrom)} and ${timeline.label(testFrom)}; give a longer series or other cuts`,
    )
  return {
    train: corpus.until(validationFrom, { name: `${name} (training)` }),
    validation: corpus.until(testFrom, { from: validationFrom, name: `${name} (validation)` }),
    test: corpus.until(end, { from: testFrom, name: `${name} (test)` }),
  }
}
