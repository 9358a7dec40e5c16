/* How good forecasts are, over rolling origins: the model reads all that is known before an origin, without being trained
 * again, and its horizon is held against what came.
 *
 *     MAE, RMSE     of the median and of the mean                                           in the table's units
 *     sMAPE         mean 2 |y − f| / (|y| + |f|)                                            M4 competition
 *     MASE          MAE / mean |y_t − y_{t−season}| of what came before the first origin    Hyndman & Koehler 2006
 *     CRPS          2 × the mean pinball loss at the levels 0.1 … 0.9                       Gneiting & Raftery 2007
 *     wQL           CRPS of all points / mean |y|                                           M5 competition, GluonTS
 *     coverage      share of y between the outermost levels                                 0.8 where it is calibrated
 */
import { platform } from '#platform'
import type { SeriesCorpus } from '../data/corpora/timeSeries.js'
import { ConfigurationError } from '../errors.js'
import type { Forecaster } from '../models/forecaster/forecaster.js'

/** Levels of the pinball losses. */
export const CRPS_LEVELS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

export interface ForecastMeasures {
  readonly meanAbsoluteError: number
  readonly rootMeanSquaredError: number
  readonly sMAPE: number
  readonly MASE: number
  readonly CRPS: number
  readonly weightedQuantileLoss: number
  /** Of the interval between the levels 0.1 and 0.9. */
  readonly coverage: number
  /** Steps that were known and measured. */
  readonly points: number
}

export interface ForecastEvaluation extends ForecastMeasures {
  readonly season: number
  readonly horizon: number
  /** As the table writes them. */
  readonly origins: readonly string[]
  /** For each step of the horizon. */
  readonly byStep: readonly ForecastMeasures[]
  /** Series and target → measures. */
  readonly bySeries: Readonly<Record<string, ForecastMeasures>>
  /** The same origins forecast by the value a season before. */
  readonly seasonalNaive: ForecastMeasures
  /** The same origins forecast by the line through the first and the last known value. */
  readonly drift: ForecastMeasures
}

export interface ForecastEvaluationOptions {
  /** Origins at most. Default: as many as the part holds at the stride. */
  readonly origins?: number | undefined
  /** Steps from one origin to the next. Default: the model's horizon. */
  readonly stride?: number | undefined
  /** Sampled paths. Default 200. */
  readonly paths?: number | undefined
  readonly seed?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Sums over points of one group. */
class MeasureSums {
  private points = 0
  private absolute = 0
  private squared = 0
  private symmetric = 0
  private scaled = 0
  private pinball = 0
  private size = 0
  private inside = 0

  /** @param quantiles at CRPS_LEVELS */
  add(y: number, mean: number, quantiles: readonly number[], seasonalError: number): void {
    const median = quantiles[4]
    this.points++
    this.absolute += Math.abs(y - median)
    this.squared += (y - mean) ** 2
    const both = Math.abs(y) + Math.abs(median)
    this.symmetric += both === 0 ? 0 : (2 * Math.abs(y - median)) / both
    this.scaled += Math.abs(y - median) / seasonalError
    this.pinball +=
      quantiles.reduce((sum, q, i) => sum + Math.max(CRPS_LEVELS[i] * (y - q), (CRPS_LEVELS[i] - 1) * (y - q)), 0) /
      CRPS_LEVELS.length
    this.size += Math.abs(y)
    this.inside += y >= quantiles[0] && y <= quantiles[8] ? 1 : 0
  }

  get measures(): ForecastMeasures {
    const { points } = this
    return {
      meanAbsoluteError: this.absolute / points,
      rootMeanSquaredError: Math.sqrt(this.squared / points),
      sMAPE: this.symmetric / points,
      MASE: this.scaled / points,
      CRPS: (2 * this.pinball) / points,
      weightedQuantileLoss: (2 * this.pinball) / this.size,
      coverage: this.inside / points,
      points,
    }
  }
}

/**
 * A forecaster on the steps from `corpus.from` on.
 * @throws ConfigurationError where the part is shorter than a horizon
 */
export async function evaluateForecaster(
  model: Forecaster,
  corpus: SeriesCorpus,
  options: ForecastEvaluationOptions = {},
): Promise<ForecastEvaluation> {
  const { season, horizon, targetColumns } = model.configuration
  const { paths, seed, signal } = options
  const origins = originsOf(corpus, horizon, options)
  const sums = { model: new MeasureSums(), naive: new MeasureSums(), drift: new MeasureSums() }
  const steps = Array.from({ length: horizon }, () => new MeasureSums())
  const series = new Map<string, MeasureSums>()
  for (const from of origins) {
    const known = corpus.series.filter(({ start, length }) => start < from && start + length > from)
    if (known.length === 0) continue
    const chosen = { ...options, from, quantiles: CRPS_LEVELS, paths, seed, signal }
    const { series: forecasts } = await model.forecast(corpus.withSeries(known), chosen)
    for (const [i, { id, targetColumn, mean, quantiles }] of forecasts.entries()) {
      const each = known[Math.floor(i / targetColumns.length)]
      const values = each.targets[i % targetColumns.length]
      const origin = from - each.start
      const error = seasonalErrorOf(values, corpus.from - each.start, season)
      const key = [id, targetColumns.length > 1 ? targetColumn : ''].filter(name => name !== '').join(' ')
      const own = series.get(key) ?? new MeasureSums()
      series.set(key, own)
      for (let t = 0; t < horizon; t++) {
        const y = values[origin + t] ?? Number.NaN
        if (Number.isNaN(y)) continue
        const levels = CRPS_LEVELS.map(level => quantiles[String(level)][t])
        for (const group of [sums.model, steps[t], own]) group.add(y, mean[t], levels, error)
        const naive = seasonalNaive(values, origin, t, season)
        sums.naive.add(y, naive, Array(9).fill(naive), error)
        const line = driftOf(values, origin, t)
        sums.drift.add(y, line, Array(9).fill(line), error)
      }
    }
    await platform.pause()
  }
  return {
    ...sums.model.measures,
    ...{ season, horizon, origins: origins.map(from => corpus.timeline.label(from)) },
    byStep: steps.map(({ measures }) => measures),
    bySeries: Object.fromEntries([...series].map(([key, { measures }]) => [key, measures])),
    seasonalNaive: sums.naive.measures,
    drift: sums.drift.measures,
  }
}

/** Origins from the part's beginning on, each with a whole horizon after it. */
function originsOf(
  { from, end, name, timeline }: SeriesCorpus,
  horizon: number,
  { origins: most = Infinity, stride = horizon }: ForecastEvaluationOptions,
): number[] {
  if (!Number.isSafeInteger(stride) || stride < 1)
    throw new ConfigurationError(`evaluate: stride must be a whole number from 1 on; got ${stride}`)
  const origins: number[] = []
  for (let origin = from; origin + horizon <= end && origins.length < most; origin += stride) origins.push(origin)
  if (origins.length === 0)
    throw new ConfigurationError(
      `${name}: ${Math.max(0, end - from)} steps from ${timeline.label(from)} hold no horizon of ${horizon}; give a longer part`,
    )
  return origins
}

/** Mean |y_t − y_{t−season}| before a step; of steps one apart where no season lies before it, and never 0. */
function seasonalErrorOf(values: Float64Array, before: number, season: number): number {
  for (const lag of [season, 1]) {
    let sum = 0
    let count = 0
    for (let t = lag; t < before; t++) {
      const difference = Math.abs(values[t] - values[t - lag])
      if (Number.isNaN(difference)) continue
      sum += difference
      count++
    }
    if (sum > 0) return sum / count
  }
  return 1
}

/** The value at the same place of the last season that has one. */
export function seasonalNaive(values: Float64Array, origin: number, t: number, season: number): number {
  for (let step = origin + (t % season) - season; step >= 0; step -= season)
    if (!Number.isNaN(values[step])) return values[step]
  return lastKnown(values, origin)
}

/** The line through the first and the last known value, gone on. */
export function driftOf(values: Float64Array, origin: number, t: number): number {
  const first = values.findIndex(value => !Number.isNaN(value))
  let last = Math.min(origin, values.length) - 1
  while (last > first && Number.isNaN(values[last])) last--
  if (first < 0 || last <= first) return lastKnown(values, origin)
  return values[last] + ((values[last] - values[first]) / (last - first)) * (origin + t - last)
}

function lastKnown(values: Float64Array, origin: number): number {
  for (let t = Math.min(origin, values.length) - 1; t >= 0; t--) if (!Number.isNaN(values[t])) return values[t]
  return 0
}
