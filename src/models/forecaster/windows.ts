/* Windows of series as a forecaster reads them: the steps of a context and of a horizon after it. At each step it reads what is
 * known before the step's value is: the values before it, calendar, covariates, all in the scale of the window's own context.
 * A window that begins before its series does is padded in front; what is missing is 0 and marked so. */
import type { Covariate, SeriesCorpus, TimeSeries } from '../../data/corpora/timeSeries.js'
import { ageFeature, calendarFeatureCount, calendarFeatures } from '../../data/time/calendarFeatures.js'
import { frequencyOf } from '../../data/time/frequency.js'
import type { Units } from '../../layers/distributions.js'
import { aheadSize, type ForecasterConfiguration, inputSizeOf, type LearnedColumn, widthOf } from './options.js'
import { transformed } from './transform.js'

/** A place to forecast from: a series and the first step after its context, counted from the series' start. */
export interface Origin {
  readonly series: TimeSeries
  readonly origin: number
}

export interface WindowBatch {
  /** [timeSteps, batch, inputSize]; in it the last values are the true ones */
  readonly inputs: Float64Array
  /** [timeSteps × batch × targets], transformed; NaN where nothing is known, or padding */
  readonly values: Float64Array
  /** The units of each window and target: [batch × targets] */
  readonly units: readonly Units[]
  /** [batch × horizon × aheadSize], what a direct decoder reads of the steps to come; empty for a recursive one */
  readonly ahead: Float64Array
  /** Steps before the horizon. */
  readonly context: number
  readonly timeSteps: number
  readonly batchSize: number
}

/** A scale is no smaller than this part of the usual one: a context that stands still says nothing of what will move. */
const LEAST_SCALE = 1e-3

/** Makes the windows of one model. */
export class WindowMaker {
  readonly inputSize: number
  private readonly calendars = new Map<TimeSeries, Float64Array>()
  private readonly calendarSize: number

  constructor(
    readonly configuration: ForecasterConfiguration,
    readonly corpus: SeriesCorpus,
  ) {
    this.inputSize = inputSizeOf(configuration)
    this.calendarSize = calendarFeatureCount(frequencyOf(configuration.frequency))
  }

  /** @param horizon steps after the context. Default: the model's. */
  batch(origins: readonly Origin[], horizon = this.configuration.horizon): WindowBatch {
    const { context, targetColumns } = this.configuration
    const timeSteps = context + horizon
    const batchSize = origins.length
    const targets = targetColumns.length
    const inputs = new Float64Array(timeSteps * batchSize * this.inputSize)
    const values = new Float64Array(timeSteps * batchSize * targets).fill(Number.NaN)
    const units = origins.flatMap(origin => this.unitsOf(origin))
    origins.forEach((origin, b) => {
      const window = units.slice(b * targets, (b + 1) * targets)
      const known = origin.series.targets.map(series => transformed(series, this.configuration))
      for (let t = 0; t < timeSteps; t++) {
        const step = origin.origin - context + t
        const row = (t * batchSize + b) * this.inputSize
        if (step < 0) continue
        const history = { at: (k: number, s: number) => (s >= 0 && s < known[k].length ? known[k][s] : Number.NaN) }
        this.writeStep(inputs, row, origin, step, window, history)
        for (let k = 0; k < targets; k++)
          if (step < known[k].length) values[(t * batchSize + b) * targets + k] = known[k][step]
      }
    })
    const ahead = this.configuration.decoder === 'direct' ? this.ahead(origins, horizon) : new Float64Array()
    return { inputs, values, units, ahead, context, timeSteps, batchSize }
  }

  /**
   * What is read at one step.
   * @param history transformed values by target and step; NaN where one is not known
   */
  writeStep(
    inputs: Float64Array,
    row: number,
    { series, origin }: Origin,
    step: number,
    units: readonly Units[],
    history: { at(target: number, step: number): number },
  ): void {
    const { lags, pastColumns, staticColumns, targetScales } = this.configuration
    let i = row
    units.forEach(({ location, scale }, k) => {
      const z = (s: number) => (history.at(k, s) - location) / scale
      const last = z(step - 1)
      inputs[i++] = Number.isNaN(last) ? 0 : last
      inputs[i++] = Number.isNaN(last) ? 0 : 1
      for (const lag of lags) {
        const value = z(step - lag)
        inputs[i++] = Number.isNaN(value) ? 0 : value
      }
      inputs[i++] = Math.log(scale / targetScales[k])
      inputs[i++] = Math.asinh(location / targetScales[k])
    })
    // In the horizon only the step before its first has past covariates; training does not read more than forecasting can.
    pastColumns.forEach((column, k) => {
      i = writeColumn(inputs, i, column, series.past[k], step <= origin ? step - 1 : -1)
    })
    staticColumns.forEach((column, k) => {
      i = writeColumn(inputs, i, column, series.constant[k], 0)
    })
    this.writeAhead(inputs, i, series, step)
  }

  /** What is known of a step before it comes: covariates, calendar, age. `aheadSize` numbers. */
  writeAhead(into: Float64Array, at: number, series: TimeSeries, step: number): void {
    let i = at
    this.configuration.futureColumns.forEach((column, k) => {
      i = writeColumn(into, i, column, series.future[k], step)
    })
    const size = this.calendarSize
    const calendar = this.calendarOf(series, step)
    for (let k = 0; k < size; k++) into[i++] = calendar[step * size + k]
    into[i] = ageFeature(step)
  }

  private calendarOf(series: TimeSeries, step: number): Float64Array {
    const { context, horizon } = this.configuration
    let calendar = this.calendars.get(series)
    if (!calendar || (step + 1) * this.calendarSize > calendar.length) {
      const steps = Math.max(step + 1, series.length + context + horizon)
      calendar = calendarFeatures(this.corpus.timeline, series.start, steps)
      this.calendars.set(series, calendar)
    }
    return calendar
  }

  /** Location and scale of each target over the context before an origin. */
  unitsOf({ series, origin }: Origin): Units[] {
    const { context, scaling, targetScales } = this.configuration
    return series.targets.map((values, k) => {
      if (scaling === 'none') return { location: 0, scale: 1 }
      const known = transformed(values, this.configuration)
      const seen = known.subarray(Math.max(0, origin - context), Math.max(0, Math.min(origin, known.length)))
      const least = LEAST_SCALE * targetScales[k]
      const { count, mean, deviation, size } = momentsOf(seen)
      if (count === 0) return { location: 0, scale: targetScales[k] }
      return scaling === 'mean'
        ? { location: 0, scale: Math.max(size, least) }
        : { location: mean, scale: Math.max(deviation, least) }
    })
  }

  private ahead(origins: readonly Origin[], horizon: number): Float64Array {
    const width = aheadSize(this.configuration)
    const into = new Float64Array(origins.length * horizon * width)
    origins.forEach(({ series, origin }, b) => {
      for (let t = 0; t < horizon; t++) this.writeAhead(into, (b * horizon + t) * width, series, origin + t)
    })
    return into
  }
}

/** A column at a step as numbers; returns where the next one goes. */
function writeColumn(
  into: Float64Array,
  at: number,
  column: LearnedColumn,
  covariate: Covariate,
  step: number,
): number {
  const known = step >= 0 && step < covariate.values.length
  if (column.kind === 'number') {
    const value = known ? Number(covariate.values[step]) : Number.NaN
    into[at] = Number.isNaN(value) ? 0 : (value - column.mean) / column.deviation
    into[at + 1] = Number.isNaN(value) ? 0 : 1
  } else if (known) {
    const category = column.categories.indexOf(String(covariate.values[step]))
    if (category >= 0) into[at + category] = 1
  }
  return at + widthOf(column)
}

/** Of what is no NaN: how many, mean, deviation in two passes, and mean size. */
export function momentsOf(values: Float64Array): { count: number; mean: number; deviation: number; size: number } {
  let count = 0
  let sum = 0
  let size = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    count++
    sum += value
    size += Math.abs(value)
  }
  const mean = sum / Math.max(1, count)
  let squares = 0
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2
  return { count, mean, deviation: Math.sqrt(squares / Math.max(1, count)), size: size / Math.max(1, count) }
}
