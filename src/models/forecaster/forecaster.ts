/* The recurrent forecaster: reads the steps of a context and says what the steps of a horizon may be.
 *
 *     z_t = (T(y_t) − location) / scale      each window in the scale of its own context; T none, log or difference
 *     x_t = z_{t−1}, lags, calendar, covariates                                          src/models/forecaster/windows.ts
 *     h_t = σ(U x_t + W h_{t−1} + b)         one network reads the context and goes on over the horizon
 *     o_t = V h_t + c                        the parameters of p(y_t | y_{<t}, x)        src/layers/distributions.ts
 *     E = −Σ log p(y_t)                      over what is known of context and horizon
 *
 * In training z_{t−1} is the true one (teacher forcing), in forecasting a sample of the step before: many paths of samples
 * are a distribution over the whole horizon (Salinas, Flunkert, Gasthaus & Januschowski 2020, DeepAR). With the decoder
 * `direct` a layer gives all steps of the horizon at once from h at the context's end (Wen, Torkkola, Narayanaswamy & Madeka
 * 2017, MQ-RNN). */
import { platform } from '#platform'
import type { Cell } from '../../cells/cell.js'
import { parseConfiguration } from '../../configuration.js'
import type { SeriesCorpus } from '../../data/corpora/timeSeries.js'
import { defaultLags, defaultSeason, frequencyName } from '../../data/time/frequency.js'
import type { Engine } from '../../engine/engine.js'
import { joinColumns } from '../../engine/operations/columns.js'
import { activate, reshape } from '../../engine/operations/operations.js'
import type { Tensor } from '../../engine/tensor.js'
import { ConfigurationError } from '../../errors.js'
import { lastHidden } from '../../layers/dilation.js'
import { DISTRIBUTIONS, distributionLoss, type Units } from '../../layers/distributions.js'
import { Linear } from '../../layers/linear.js'
import type { Parameter } from '../../layers/parameter.js'
import { Recurrent } from '../../layers/recurrent.js'
import { fold, Random, seedKey } from '../../random.js'
import { engineFor, type ModelEngineOptions } from '../shared/modelEngine.js'
import { fileMetadata, modelFromBytes } from '../shared/modelFile.js'
import { knownCell, recurrentContradictions } from '../shared/recurrentOptions.js'
import { SavedModel } from '../shared/savedModel.js'
import type { BatchLoss, LossPass, Trainable } from '../shared/trainable.js'
import { type Forecast, type ForecastOptions, forecastSeries } from './forecasting.js'
import { learnedColumns } from './learnedColumns.js'
import {
  aheadSize,
  type ForecasterConfiguration,
  type ForecasterOptions,
  forecasterContradictions,
  forecasterFileSchema,
  forecasterLayers,
  forecasterParameterCount,
  forecasterSchema,
  outputSizeOf,
} from './options.js'
import { offsetOf, transformed } from './transform.js'
import { momentsOf, type WindowBatch } from './windows.js'

const TASK = 'forecaster'

export interface ForecasterCreation extends ForecasterOptions, ModelEngineOptions {
  /** The series whose columns, calendar and scales the model learns: a training part. */
  readonly series: SeriesCorpus
  /** Of the weights' start. Default 1. */
  readonly seed?: number | undefined
}

export class Forecaster extends SavedModel implements Trainable<WindowBatch> {
  readonly parameters: readonly Parameter[]
  readonly recurrent: Recurrent
  private readonly between: Linear | undefined
  private readonly output: Linear

  private constructor(
    engine: Engine,
    readonly configuration: ForecasterConfiguration,
    cells: readonly Cell[],
  ) {
    super(engine, 'Forecaster')
    const { hiddenSize, projSize, decoder, horizon } = configuration
    const direct = decoder === 'direct'
    const width = projSize ?? hiddenSize
    const layers = engine.keepTogether(() => ({
      recurrent: new Recurrent(engine, forecasterLayers(configuration, cells)),
      between: direct
        ? new Linear(engine, {
            inputs: width + horizon * aheadSize(configuration),
            outputs: hiddenSize,
            name: 'hidden',
          })
        : undefined,
      output: new Linear(engine, {
        inputs: direct ? hiddenSize : width,
        outputs: outputSizeOf(configuration) * (direct ? horizon : 1),
        name: 'output',
      }),
    }))
    this.recurrent = layers.recurrent
    this.between = layers.between
    this.output = layers.output
    this.parameters = this.owned([layers.recurrent, layers.between, layers.output])
  }

  /**
   * A new model for series as the given ones, with random weights.
   * @throws ConfigurationError for an option that cannot be
   */
  static async create(creation: ForecasterCreation): Promise<Forecaster> {
    const { series: corpus, seed = 1, engine, backend, threads, instructionSet, ...options } = creation
    const parsed = parseConfiguration(forecasterSchema, options, 'Forecaster.create', {
      contradictions: [...recurrentContradictions, ...forecasterContradictions],
    })
    const configuration = configurationFor(parsed, corpus)
    const model = new Forecaster(await engineFor({ engine, backend, threads, instructionSet }), configuration, [])
    model.initialise(seed)
    return model
  }

  /** Random weights, as a new model has them. */
  initialise(seed: number): void {
    const random = new Random(fold(seedKey(seed), 'initialisation'))
    const { initialisation, forgetBias } = this.configuration
    this.recurrent.initialise(random, initialisation, forgetBias)
    this.between?.initialise(random)
    this.output.initialise(random)
  }

  /**
   * A model from a file that `save` wrote.
   * @param from path in Node, address on a page, or the bytes themselves
   * @throws FileFormatError where the bytes are not such a model
   */
  static async load(from: string | URL | Uint8Array, options: ModelEngineOptions = {}): Promise<Forecaster> {
    const bytes = from instanceof Uint8Array ? from : await platform.readBytes(from)
    const where = from instanceof Uint8Array ? 'model' : String(from)
    const contradictions = [...recurrentContradictions, ...forecasterContradictions, knownCell([])]
    const file = await modelFromBytes(bytes, where, TASK, forecasterFileSchema, contradictions)
    return file.into(
      forecasterParameterCount(file.configuration),
      async () => new Forecaster(await engineFor(options), file.configuration, []),
    )
  }

  fileMetadata(): Record<string, string> {
    return fileMetadata(TASK, this.configuration)
  }

  /** The mean cost of what is known in a batch of windows. To be called in a scope. */
  loss(batch: WindowBatch, pass: LossPass = {}): BatchLoss {
    this.checkOpen()
    const { engine, configuration } = this
    const distribution = DISTRIBUTIONS[configuration.distribution]
    const { outputs, hidden, targets } = this.between ? this.readDirect(batch, pass) : this.readRecursive(batch, pass)
    const rows = reshape(engine, outputs, [
      targets.values.length / configuration.targetColumns.length,
      outputSizeOf(configuration),
    ])
    const { loss, count } = distributionLoss(engine, distribution, rows, targets)
    return { loss, count, hidden, dropped: hidden }
  }

  /** Outputs [steps, batch, …] of every step of the windows, the true values read on. */
  private readRecursive({ inputs, values, units, timeSteps, batchSize }: WindowBatch, { key, observer }: LossPass) {
    const { engine, recurrent, output } = this
    const x = engine.from(inputs, [timeSteps, batchSize, inputs.length / (timeSteps * batchSize)])
    const { output: hidden } = recurrent.forward(x, recurrent.zeroState(batchSize), { key, observer })
    return { outputs: output.forward(hidden), hidden, targets: { values, ...unitArrays(units, timeSteps) } }
  }

  /** Outputs [batch, horizon × …] from h at the context's end; values in the same order. */
  private readDirect(batch: WindowBatch, { key, observer }: LossPass) {
    const { engine, recurrent } = this
    const { inputs, values, units, context, timeSteps, batchSize } = batch
    const horizon = timeSteps - context
    const read = inputs.subarray(0, (inputs.length / timeSteps) * context)
    const x = engine.from(read, [context, batchSize, read.length / (context * batchSize)])
    const { output: hidden, state } = recurrent.forward(x, recurrent.zeroState(batchSize), { key, observer })
    const outputs = this.directOutputs(lastHidden(engine, state[state.length - 1]), batch)
    const count = this.configuration.targetColumns.length
    const ordered = new Float64Array(batchSize * horizon * count)
    const window = { locations: new Float64Array(ordered.length), scales: new Float64Array(ordered.length) }
    for (let i = 0; i < ordered.length; i++) {
      const k = i % count
      const t = ((i - k) / count) % horizon
      const b = Math.floor(i / (count * horizon))
      ordered[i] = values[((context + t) * batchSize + b) * count + k]
      window.locations[i] = units[b * count + k].location
      window.scales[i] = units[b * count + k].scale
    }
    return { outputs, hidden, targets: { values: ordered, ...window } }
  }

  /** [batch, horizon × outputs] of the direct decoder, from h [batch, width] at the context's end. */
  directOutputs(hidden: Tensor, { ahead, batchSize }: Pick<WindowBatch, 'ahead' | 'batchSize'>): Tensor {
    const { engine, between, output } = this
    if (!between) throw new ConfigurationError('Forecaster: only the decoder direct gives all steps at once')
    const read = joinColumns(engine, [hidden, engine.from(ahead, [batchSize, ahead.length / batchSize])])
    return output.forward(activate(engine, 'relu', between.forward(read)))
  }

  /** Outputs [batch, …] after one step of the recursive decoder. */
  stepOutputs(hidden: Tensor): Tensor {
    return this.output.forward(hidden)
  }

  /**
   * What comes after the last known step of each series.
   * @throws ConfigurationError for series with other columns than the model's, or without what must be known ahead
   */
  forecast(series: SeriesCorpus, options: ForecastOptions = {}): Promise<Forecast> {
    this.checkOpen()
    return forecastSeries(this, series, options)
  }
}

/** Locations and scales of each window and target, repeated for every step: [steps × batch × targets]. */
function unitArrays(units: readonly Units[], steps: number) {
  const locations = new Float64Array(units.length * steps)
  const scales = new Float64Array(units.length * steps)
  for (let i = 0; i < locations.length; i++) {
    locations[i] = units[i % units.length].location
    scales[i] = units[i % units.length].scale
  }
  return { locations, scales }
}

/** The configuration with what the series say. */
function configurationFor(
  options: ReturnType<typeof forecasterSchema.parse>,
  corpus: SeriesCorpus,
): ForecasterConfiguration {
  const { frequency } = corpus
  const season = options.season ?? defaultSeason(frequency)
  const context = options.context ?? Math.max(2 * options.horizon, 2 * season)
  const longest = corpus.series.reduce((most, { length }) => Math.max(most, length), 0)
  const scaling = options.scaling ?? (options.distribution === 'negative-binomial' ? 'mean' : 'standard')
  const all = corpus.series.flatMap(({ targets }) => targets)
  const offset = offsetOf(all)
  if (options.transform === 'log' && offset === undefined)
    throw new ConfigurationError('Forecaster.create: transform log needs targets that are not below 0; leave it out')
  if (options.distribution === 'negative-binomial') checkCounts(corpus)
  const transform = { transform: options.transform, offset: offset ?? 0 }
  return {
    ...options,
    ...{ season, context, scaling, offset: offset ?? 0 },
    lags: options.lags ?? defaultLags(frequency, longest / 2).filter(lag => lag > 1),
    frequency: frequencyName(frequency),
    ...(corpus.timeZone !== undefined && { timeZone: corpus.timeZone }),
    targetColumns: [...corpus.targetColumns],
    futureColumns: learnedColumns(corpus, 'future'),
    pastColumns: learnedColumns(corpus, 'past'),
    staticColumns: learnedColumns(corpus, 'constant'),
    targetScales: corpus.targetColumns.map((_, k) =>
      usualDeviation(
        corpus.series.map(({ targets }) => transformed(targets[k], transform)),
        context,
      ),
    ),
  }
}

/** The mean deviation within stretches of a context's length; 1 where nothing moves. */
function usualDeviation(arrays: readonly Float64Array[], context: number): number {
  let sum = 0
  let count = 0
  for (const values of arrays)
    for (let from = 0; from < values.length; from += context) {
      const { count: seen, deviation, mean } = momentsOf(values.subarray(from, from + context))
      if (seen < 2 || deviation <= 1e-12 * Math.abs(mean)) continue
      sum += deviation
      count++
    }
  return count > 0 ? sum / count : 1
}

function checkCounts({ series, name, timeline }: SeriesCorpus): void {
  for (const { targets, start, id } of series)
    for (const values of targets) {
      const wrong = values.findIndex(value => value < 0 || (!Number.isNaN(value) && !Number.isInteger(value)))
      if (wrong >= 0)
        throw new ConfigurationError(
          `${name}: negative-binomial is for counts, whole numbers from 0 on; ${id} has ${values[wrong]} at ${timeline.label(start + wrong)}; take another distribution`,
        )
    }
}
