/* A forecaster in training: windows of series as batches; validation forecasts from a few origins as it will be used, with its
 * own samples, and measures them; and the same few series forecast each time. */
import { SeriesCorpus } from '../../data/corpora/timeSeries.js'
import { evaluateForecaster } from '../../evaluation/forecast.js'
import { windowBatches } from '../../models/forecaster/batches.js'
import type { Forecaster } from '../../models/forecaster/forecaster.js'
import type { WindowBatch } from '../../models/forecaster/windows.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'

/** Series to train on, and the steps after them to validate on. */
export interface ForecastData {
  readonly train: SeriesCorpus
  readonly validation?: SeriesCorpus | undefined
}

export const isForecastData = (data: unknown): data is ForecastData =>
  typeof data === 'object' && data !== null && 'train' in data && data.train instanceof SeriesCorpus

export const forecasterMetrics = { loss: 'min', CRPS: 'min', MASE: 'min' } as const

/** Validation forecasts this many windows, each with this many paths: about a second on one core. */
const VALIDATION_WINDOWS = 48
const VALIDATION_PATHS = 40

export function forecasterTraining(
  model: Forecaster,
  { train, validation }: ForecastData,
  configuration: TrainingConfiguration,
): TrainingTask<WindowBatch> {
  return {
    batches: windowBatches(train, model.configuration, configuration),
    metrics: forecasterMetrics,
    isText: false,
    numbersOf: ({ inputs }) => ({ inputs }),
    validate: validation && (() => validated(model, validation)),
    samples: validation && (count => forecasts(model, validation, count)),
  }
}

/** The loss is the weighted quantile loss, which compares with nothing but itself: a likelihood of one step is no forecast. */
async function validated(model: Forecaster, validation: SeriesCorpus) {
  const { horizon } = model.configuration
  const holds = Math.max(1, Math.floor((validation.end - validation.from) / horizon))
  const origins = Math.max(1, Math.min(holds, Math.floor(VALIDATION_WINDOWS / validation.series.length)))
  const part = spread(validation, Math.max(1, Math.floor(VALIDATION_WINDOWS / origins)))
  // Origins lie over the whole part, each with its horizon within it.
  const last = validation.end - validation.from - horizon
  const stride = origins > 1 ? Math.max(1, Math.floor(last / (origins - 1))) : horizon
  const { weightedQuantileLoss, CRPS, MASE } = await evaluateForecaster(model, part, {
    ...{ origins, stride, paths: VALIDATION_PATHS },
  })
  return { loss: weightedQuantileLoss, CRPS, MASE }
}

/** At most `count` series, from all over the list. */
function spread(corpus: SeriesCorpus, count: number): SeriesCorpus {
  const { series } = corpus
  if (series.length <= count) return corpus
  return corpus.withSeries(Array.from({ length: count }, (_, i) => series[Math.floor((i * series.length) / count)]))
}

/** Steps of a series that an example shows. */
const STEPS_SHOWN = 7

async function forecasts(model: Forecaster, validation: SeriesCorpus, count: number): Promise<Sample[]> {
  const { from } = validation
  const known = validation.series.filter(({ start, length }) => start < from && start + length > from)
  if (known.length === 0) return []
  const part = spread(validation.withSeries(known), count)
  const targets = model.configuration.targetColumns.length
  const { series } = await model.forecast(part, { from, paths: VALIDATION_PATHS, quantiles: [0.5] })
  return series.slice(0, count * targets).map(({ id, targetColumn, quantiles, times }, i) => {
    const values = part.series[Math.floor(i / targets)].targets[i % targets]
    const origin = from - part.series[Math.floor(i / targets)].start
    return {
      input: `${id === '' ? targetColumn : `${id} ${targetColumn}`} before ${times[0]}: … ${shown(values.subarray(Math.max(0, origin - STEPS_SHOWN), origin))}`,
      target: shown(values.subarray(origin, origin + STEPS_SHOWN)),
      output: shown(quantiles['0.5'].subarray(0, STEPS_SHOWN)),
    }
  })
}

const shown = (numbers: Float64Array): string =>
  Array.from(numbers, number => (Number.isNaN(number) ? '–' : String(Number(number.toPrecision(3))))).join(' ')
