/* Forecasts: paths of samples from each series' last known step, and what they say: mean and quantiles of every step. */
import { platform } from '#platform'
import type { SeriesCorpus, TimeSeries } from '../../data/corpora/timeSeries.js'
import { frequencyName } from '../../data/time/frequency.js'
import type { Engine } from '../../engine/engine.js'
import { embed } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError } from '../../errors.js'
import { lastHidden } from '../../layers/dilation.js'
import { DISTRIBUTIONS, type Units } from '../../layers/distributions.js'
import type { Recurrent } from '../../layers/recurrent.js'
import { fold, Random, seedKey } from '../../random.js'
import { CarriedState } from '../shared/carriedState.js'
import { checkAhead, checkSeries, unknownCategories } from './learnedColumns.js'
import type { ForecasterConfiguration } from './options.js'
import { restorePath, transformed } from './transform.js'
import { type Origin, type WindowBatch, WindowMaker } from './windows.js'

/** What paths are drawn from: a forecaster. */
export interface ForecastingModel {
  readonly engine: Engine
  readonly configuration: ForecasterConfiguration
  readonly recurrent: Recurrent
  /** Outputs after one step of the recursive decoder, from h [1, batch, width]. */
  stepOutputs(hidden: Tensor): Tensor
  /** Outputs [batch, horizon × …] of the direct decoder, from h [batch, width]. */
  directOutputs(hidden: Tensor, batch: Pick<WindowBatch, 'ahead' | 'batchSize'>): Tensor
}

export interface ForecastOptions {
  /** Steps. Default: the model's; with the decoder `direct` no more than that. */
  readonly horizon?: number | undefined
  /** Levels, each between 0 and 1. Default 0.1, 0.5, 0.9. */
  readonly quantiles?: readonly number[] | undefined
  /** Sampled paths a series. Default 200. */
  readonly paths?: number | undefined
  /** Default 1. The same seed gives the same bits, whichever series are asked for together. */
  readonly seed?: number | undefined
  /** Series with the covariates that are known ahead, where those given end too soon. */
  readonly future?: SeriesCorpus | undefined
  /** The step from which it is forecast, on the corpus's timeline. Default: after the last known step of each series. */
  readonly from?: number | undefined
  /** Ends it; the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** The forecast of one target of one series. */
export interface SeriesForecast {
  readonly id: string
  readonly targetColumn: string
  /** As the table writes them. */
  readonly times: readonly string[]
  /** Of the paths, at each step. */
  readonly mean: Float64Array
  /** Level as it was asked for → value at each step. */
  readonly quantiles: Readonly<Record<string, Float64Array>>
  /** [paths][steps]: quantiles of sums come from here, as the sum of quantiles is no quantile. */
  readonly paths: readonly Float64Array[]
}

export class Forecast {
  constructor(
    /** One entry a series and target. */
    readonly series: readonly SeriesForecast[],
    /** Categories that the model has not seen, by column: they are read as none. */
    readonly unknown: ReadonlyMap<string, readonly string[]>,
  ) {}

  private get only(): SeriesForecast {
    if (this.series.length === 1) return this.series[0]
    throw new ConfigurationError(
      `forecast: there are ${this.series.length} of series and targets; read them from \`series\``,
    )
  }

  /** Of the only series. @throws ConfigurationError where there are several */
  get times(): readonly string[] {
    return this.only.times
  }

  /** Of the only series. @throws ConfigurationError where there are several */
  get mean(): Float64Array {
    return this.only.mean
  }

  /** Of the only series. @throws ConfigurationError where there are several */
  get quantiles(): Readonly<Record<string, Float64Array>> {
    return this.only.quantiles
  }

  /** Of the only series. @throws ConfigurationError where there are several */
  get paths(): readonly Float64Array[] {
    return this.only.paths
  }
}

/** Rows, a series and a path each, that go through the network at once. */
const MOST_ROWS = 512
const DEFAULT_QUANTILES: readonly number[] = [0.1, 0.5, 0.9]
const DEFAULT_PATHS = 200

/** @throws ConfigurationError for series with other columns than the model's, or without what must be known ahead */
export async function forecastSeries(
  model: ForecastingModel,
  corpus: SeriesCorpus,
  options: ForecastOptions,
): Promise<Forecast> {
  const { configuration } = model
  const { horizon = configuration.horizon, paths = DEFAULT_PATHS, seed = 1, signal } = options
  const { quantiles = DEFAULT_QUANTILES } = options
  checkOptions({ horizon, paths, quantiles }, model)
  checkSeries(corpus, configuration, frequencyName(corpus.frequency))
  const origins = originsOf(corpus, options)
  for (const origin of origins) checkAhead(corpus, origin, horizon)
  const maker = new WindowMaker(configuration, corpus)
  const perPass = Math.max(1, Math.floor(MOST_ROWS / paths))
  const forecasts: SeriesForecast[] = []
  for (let from = 0; from < origins.length; from += perPass) {
    signal?.throwIfAborted()
    const chosen = origins.slice(from, from + perPass)
    const samples = await sampledPaths(model, maker, chosen, { horizon, paths, seed, signal })
    for (const [b, origin] of chosen.entries())
      configuration.targetColumns.forEach((targetColumn, k) => {
        const times = Array.from({ length: horizon }, (_, t) =>
          corpus.timeline.label(origin.series.start + origin.origin + t),
        )
        forecasts.push({ id: origin.series.id, targetColumn, times, ...summaryOf(samples[b][k], quantiles) })
      })
  }
  return new Forecast(
    forecasts,
    unknownCategories(
      origins.map(({ series }) => series),
      configuration,
    ),
  )
}

function checkOptions(
  { horizon, paths, quantiles }: { horizon: number; paths: number; quantiles: readonly number[] },
  { configuration }: ForecastingModel,
): void {
  const whole = (name: string, value: number) => {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ConfigurationError(`forecast: ${name} must be a whole number from 1 on; got ${value}`)
  }
  whole('horizon', horizon)
  whole('paths', paths)
  const wrong = quantiles.find(level => !(level > 0 && level < 1))
  if (wrong !== undefined) throw new ConfigurationError(`forecast: quantiles must lie between 0 and 1; got ${wrong}`)
  if (configuration.decoder === 'direct' && horizon > configuration.horizon)
    throw new ConfigurationError(
      `forecast: the decoder direct gives ${configuration.horizon} steps; got a horizon of ${horizon}; train with a longer one, or the decoder recursive`,
    )
}

/** Where each series is forecast from; series with the covariates of `future` where that is given. */
function originsOf(corpus: SeriesCorpus, { from, future }: ForecastOptions): Origin[] {
  const ahead = new Map(future?.series.map(series => [series.id, series]))
  return corpus.series.map(series => ({
    series: future ? withFuture(series, ahead.get(series.id), corpus, future) : series,
    origin: from === undefined ? series.length : from - series.start,
  }))
}

/** The series with covariates of another file after its own; steps that both have are the series' own. */
function withFuture(
  series: TimeSeries,
  later: TimeSeries | undefined,
  corpus: SeriesCorpus,
  future: SeriesCorpus,
): TimeSeries {
  if (!later)
    throw new ConfigurationError(`${future.name}: it has no rows of ${series.id || 'the series'}; give its horizon`)
  const begins = corpus.timeline.indexOf(future.timeline.timeAt(later.start))
  if (begins === undefined)
    throw new ConfigurationError(`${future.name}: its times are no steps of ${corpus.name}; give the steps that follow`)
  const shift = begins - series.start
  return {
    ...series,
    future: series.future.map(covariate => {
      const added = later.future.find(({ name }) => name === covariate.name)
      if (!added)
        throw new ConfigurationError(`${future.name}: there is no future covariate ${covariate.name}; give its column`)
      const length = Math.max(covariate.values.length, shift + added.values.length)
      const at = (t: number) =>
        t < series.length ? covariate.values[t] : (added.values[t - shift] ?? covariate.values[t])
      return covariate.kind === 'number'
        ? { ...covariate, values: Float64Array.from({ length }, (_, t) => Number(at(t) ?? Number.NaN)) }
        : { ...covariate, values: Array.from({ length }, (_, t) => String(at(t) ?? '')) }
    }),
  }
}

interface Sampling {
  readonly horizon: number
  readonly paths: number
  readonly seed: number
  readonly signal: AbortSignal | undefined
}

/** [series][target][path], each path [horizon] in the table's units. */
async function sampledPaths(
  model: ForecastingModel,
  maker: WindowMaker,
  origins: readonly Origin[],
  sampling: Sampling,
): Promise<Float64Array[][][]> {
  const targets = model.configuration.targetColumns.length
  const samples = origins.map(() =>
    Array.from({ length: targets }, () =>
      Array.from({ length: sampling.paths }, () => new Float64Array(sampling.horizon)),
    ),
  )
  const draw = model.configuration.decoder === 'direct' ? drawDirect : drawRecursive
  await draw(model, maker, origins, sampling, samples)
  for (const [b, { series, origin }] of origins.entries())
    for (let k = 0; k < targets; k++) {
      const last = lastKnown(series.targets[k], origin)
      for (const path of samples[b][k]) restorePath(path, last, model.configuration)
    }
  return samples
}

function lastKnown(values: Float64Array, origin: number): number {
  for (let t = Math.min(origin, values.length) - 1; t >= 0; t--) if (!Number.isNaN(values[t])) return values[t]
  return 0
}

/** Random numbers of one path of one series, whatever else is forecast beside it. */
function randomOf(seed: number, { series }: Origin, path: number): Random {
  const id = Array.from(series.id, character => character.codePointAt(0) ?? 0)
  return new Random(fold(seedKey(seed), 'forecastPaths', path, ...id))
}

async function drawDirect(
  model: ForecastingModel,
  maker: WindowMaker,
  origins: readonly Origin[],
  { horizon, paths, seed }: Sampling,
  samples: Float64Array[][][],
): Promise<void> {
  const { engine, recurrent, configuration } = model
  const distribution = DISTRIBUTIONS[configuration.distribution]
  const targets = configuration.targetColumns.length
  const batch = maker.batch(origins)
  const { context, batchSize, units } = batch
  const outputs = engine.scope(() => {
    const read = batch.inputs.subarray(0, context * batchSize * maker.inputSize)
    const x = engine.from(read, [context, batchSize, maker.inputSize])
    const { state } = recurrent.forward(x, recurrent.zeroState(batchSize))
    return engine.read(model.directOutputs(lastHidden(engine, state[state.length - 1]), batch))
  })
  origins.forEach((origin, b) => {
    for (let path = 0; path < paths; path++) {
      const random = randomOf(seed, origin, path)
      for (let t = 0; t < horizon; t++)
        for (let k = 0; k < targets; k++) {
          const at = ((b * configuration.horizon + t) * targets + k) * distribution.outputs
          samples[b][k][path][t] = distribution.sample(outputs, at, units[b * targets + k], random)
        }
    }
  })
  await platform.pause()
}

async function drawRecursive(
  model: ForecastingModel,
  maker: WindowMaker,
  origins: readonly Origin[],
  { horizon, paths, seed, signal }: Sampling,
  samples: Float64Array[][][],
): Promise<void> {
  const { engine, recurrent, configuration } = model
  const distribution = DISTRIBUTIONS[configuration.distribution]
  const targets = configuration.targetColumns.length
  const rows = origins.length * paths
  const randoms = origins.flatMap(origin => Array.from({ length: paths }, (_, path) => randomOf(seed, origin, path)))
  const batch = maker.batch(origins, 1)
  const state = new CarriedState(engine, () => recurrent.zeroState(rows))
  try {
    // One pass over the context a series, then its state once a path.
    engine.scope(() => {
      const { context, batchSize } = batch
      const x = engine.from(batch.inputs.subarray(0, context * batchSize * maker.inputSize), [
        ...[context, batchSize, maker.inputSize],
      ])
      const end = recurrent.forward(x, recurrent.zeroState(batchSize)).state
      const repeated = engine.tokens(Int32Array.from({ length: rows }, (_, row) => Math.floor(row / paths)))
      const repeat = (tensor: Tensor) => embed(engine, repeated, tensor)
      state.carry(end.map(({ hidden, cell }) => ({ hidden: repeat(hidden), ...(cell && { cell: repeat(cell) }) })))
    })
    for (let t = 0; t < horizon; t++) {
      signal?.throwIfAborted()
      const inputs = new Float64Array(rows * maker.inputSize)
      for (let row = 0; row < rows; row++)
        writeRow(inputs, row, t, { maker, origins, paths, samples, units: batch.units })
      const outputs = engine.scope(() => {
        const x = engine.from(inputs, [1, rows, maker.inputSize])
        const { output, state: next } = recurrent.forward(x, state.state)
        state.carry(next)
        return engine.read(model.stepOutputs(output))
      })
      for (let row = 0; row < rows; row++) {
        const b = Math.floor(row / paths)
        for (let k = 0; k < targets; k++) {
          const at = (row * targets + k) * distribution.outputs
          samples[b][k][row % paths][t] = distribution.sample(outputs, at, batch.units[b * targets + k], randoms[row])
        }
      }
      await platform.pause()
    }
  } finally {
    state.close()
  }
}

interface RowInput {
  readonly maker: WindowMaker
  readonly origins: readonly Origin[]
  readonly paths: number
  readonly samples: readonly (readonly (readonly Float64Array[])[])[]
  readonly units: readonly Units[]
}

/** What one path reads at step t of the horizon: the known past, then its own samples. */
function writeRow(
  inputs: Float64Array,
  row: number,
  t: number,
  { maker, origins, paths, samples, units }: RowInput,
): void {
  const b = Math.floor(row / paths)
  const path = row % paths
  const origin = origins[b]
  const targets = maker.configuration.targetColumns.length
  const known = origin.series.targets.map(values => transformed(values, maker.configuration))
  const at = (k: number, step: number) => {
    if (step >= origin.origin) return samples[b][k][path][step - origin.origin]
    return step >= 0 && step < known[k].length ? known[k][step] : Number.NaN
  }
  const window = units.slice(b * targets, (b + 1) * targets)
  maker.writeStep(inputs, row * maker.inputSize, origin, origin.origin + t, window, { at })
}

/** Mean and quantiles of each step over paths. */
function summaryOf(paths: readonly Float64Array[], levels: readonly number[]) {
  const steps = paths[0].length
  const mean = new Float64Array(steps)
  const quantiles = Object.fromEntries(levels.map(level => [String(level), new Float64Array(steps)]))
  const sorted = new Float64Array(paths.length)
  for (let t = 0; t < steps; t++) {
    paths.forEach((path, i) => {
      sorted[i] = path[t]
    })
    mean[t] = sorted.reduce((sum, value) => sum + value, 0) / paths.length
    sorted.sort()
    for (const level of levels) quantiles[String(level)][t] = quantileOf(sorted, level)
  }
  return { mean, quantiles, paths }
}

/** Of ascending values, with a straight line between neighbours (numpy's default). */
export function quantileOf(sorted: Float64Array, level: number): number {
  const at = level * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below)
}
