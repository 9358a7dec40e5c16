/* What a forecaster learns of the columns beside its targets from the series that it is created on: the scale of numbers, the
 * categories that there are; and whether other series have the same columns. */
import type { Covariate, SeriesCorpus, TimeSeries } from '../../data/corpora/timeSeries.js'
import { ConfigurationError } from '../../errors.js'
import type { ForecasterConfiguration, LearnedColumn } from './options.js'
import { momentsOf } from './windows.js'

/** A column of more is a name, not a category. */
const MOST_CATEGORIES = 1000
/** A deviation of no more than this part of the mean is the noise of rounding. */
const ROUNDING = 1e-12

type Group = 'future' | 'past' | 'constant'

/** @throws ConfigurationError for a column of more than 1,000 categories */
export function learnedColumns({ series, name }: SeriesCorpus, group: Group): LearnedColumn[] {
  return series[0][group].map(({ name: column }, k) => {
    const all = series.map(each => each[group][k])
    if (all.every(covariate => covariate.kind === 'number')) {
      const values = all.flatMap(covariate => (covariate.kind === 'number' ? [...covariate.values] : []))
      const { mean, deviation } = momentsOf(Float64Array.from(values))
      return { name: column, kind: 'number', mean, deviation: deviation > ROUNDING * Math.abs(mean) ? deviation : 1 }
    }
    const categories = new Set(all.flatMap(covariate => Array.from(covariate.values, String)))
    categories.delete('')
    if (categories.size > MOST_CATEGORIES)
      throw new ConfigurationError(
        `${name}: the column ${column} holds ${categories.size} categories, more than ${MOST_CATEGORIES}; leave it out, or name it seriesColumn`,
      )
    return { name: column, kind: 'category', categories: [...categories].sort() }
  })
}

const groups = [
  ['futureColumns', 'future', 'future covariates'],
  ['pastColumns', 'past', 'past covariates'],
  ['staticColumns', 'constant', 'static covariates'],
] as const

/**
 * Whether series have the targets, the covariates and the frequency of a model.
 * @throws ConfigurationError that names what differs
 */
export function checkSeries(corpus: SeriesCorpus, configuration: ForecasterConfiguration, frequency: string): void {
  const { name, targetColumns, series } = corpus
  const differs = (what: string, wanted: readonly string[], got: readonly string[]) => {
    if (wanted.join('\n') === got.join('\n')) return
    const list = (names: readonly string[]) => names.join(', ') || 'none'
    throw new ConfigurationError(
      `${name}: the model's ${what} are ${list(wanted)}; got ${list(got)}; name the same columns`,
    )
  }
  differs('targets', configuration.targetColumns, targetColumns)
  for (const [key, group, what] of groups)
    differs(
      what,
      configuration[key].map(column => column.name),
      series[0][group].map(column => column.name),
    )
  if (frequency !== configuration.frequency)
    throw new ConfigurationError(
      `${name}: a step of the model is a ${configuration.frequency}; got steps of a ${frequency}; give such series`,
    )
}

/** Categories that the model has not seen, by column: they are read as none. */
export function unknownCategories(
  series: readonly TimeSeries[],
  configuration: ForecasterConfiguration,
): ReadonlyMap<string, readonly string[]> {
  const unknown = new Map<string, Set<string>>()
  for (const [key, group] of groups)
    configuration[key].forEach((column, k) => {
      if (column.kind !== 'category') return
      const known = new Set(column.categories)
      const strangers = series
        .flatMap(each => categoriesOf(each[group][k]))
        .filter(value => value !== '' && !known.has(value))
      if (strangers.length > 0) unknown.set(column.name, new Set(strangers))
    })
  return new Map([...unknown].map(([column, values]) => [column, [...values]]))
}

const categoriesOf = (covariate: Covariate): readonly string[] => Array.from(covariate.values, String)

/**
 * Whether what is known ahead is there for every step of the horizon.
 * @throws ConfigurationError that names the series, the column and the first step that lacks it
 */
export function checkAhead(
  corpus: SeriesCorpus,
  { series, origin }: { readonly series: TimeSeries; readonly origin: number },
  horizon: number,
): void {
  for (const covariate of series.future)
    for (let step = origin; step < origin + horizon; step++) {
      const value = covariate.values[step]
      if (value !== undefined && value !== '' && !Number.isNaN(value)) continue
      const label = corpus.timeline.label(series.start + step)
      throw new ConfigurationError(
        `${corpus.name}: ${series.id === '' ? '' : `${series.id}: `}the future covariate ${covariate.name} is missing at ${label}; give the rows of the horizon, ${horizon} steps from ${corpus.timeline.label(series.start + origin)}`,
      )
    }
}
