/* Forecasting: the next steps of time series, as distributions. */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import type { SeriesCorpus, SeriesSplits } from '../../data/corpora/timeSeries.js'
import { sales } from '../../data/generated/sales.js'
import { cutSeries } from '../../data/readers/seriesCuts.js'
import { frequencyName } from '../../data/time/frequency.js'
import { whole } from '../../drawing/figures.js'
import { evaluateForecaster } from '../../evaluation/forecast.js'
import { Forecaster } from '../../models/forecaster/forecaster.js'
import { forecasterContradictions, forecasterSchema } from '../../models/forecaster/options.js'
import { cellOf, recurrentContradictions } from '../../models/shared/recurrentOptions.js'
import { trainingSchema } from '../../training/options.js'
import type { DataReader } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { layersLine } from '../modelLine.js'
import { builtInOf, filesOf, namesOf } from '../parts.js'
import { forecasterProbe } from './probe.js'
import { forecastLine, forecastTable } from './report.js'
import { forecasterMetrics, forecasterTraining, isForecastData } from './training.js'

const BUILT_IN = [sales] as const

const columns = (described: string) => z.array(z.string()).optional().describe(described)

/** Which columns of a file are what, and how its times are written. */
export const seriesSchema = z.strictObject({
  timeColumn: z.string().optional().describe('the column of times'),
  targetColumn: columns('a column to forecast; give it once for each, or with commas'),
  seriesColumn: z
    .string()
    .optional()
    .describe('the column that says which series a row is of (default: all are of one)'),
  futureCovariates: columns('columns that are known for the steps to forecast, as promotions'),
  pastCovariates: columns('columns that are known only up to now, as visitors'),
  staticCovariates: columns('columns of one value a series, as a region'),
  wide: z.boolean().default(false).describe('each target column is a series of its own'),
  timeFormat: z
    .string()
    .optional()
    .describe('how times are written, as dd/MM/yyyy HH:mm (default: ISO 8601 or seconds since 1970)'),
  timeZone: z.string().optional().describe('IANA name of the zone whose clocks the times are read on (default: none)'),
  frequency: z.string().optional().describe('distance of two steps, as day or 15 minutes (default: inferred)'),
  missing: z
    .enum(['mask', 'refuse', 'forward', 'interpolate'])
    .default('mask')
    .describe('a target that is missing: left out of loss and measures, refused, the last value, or a line'),
})

/** How the calendar is cut into parts. */
const cutsSchema = z.strictObject({
  validation: z.number().positive().lt(1).default(0.1).describe('share of the time that is validated on'),
  test: z.number().positive().lt(1).default(0.1).describe('share of the time that is tested on'),
  validationFrom: z.string().optional().describe('the first time of validation, as 2023-07-01 (default: by share)'),
  testFrom: z.string().optional().describe('the first time of the test (default: by share)'),
})

/** A forecaster reads no text; its own samples are read in forecasting alone. */
const training = trainingSchema
  .omit({
    ...{ algorithm: true, lossAverage: true, timeSteps: true, labelSmoothing: true },
    ...{ teacherForcing: true, teacherForcingSchedule: true, teacherForcingSteps: true, teacherForcingLeast: true },
  })
  .extend({ batchSize: trainingSchema.shape.batchSize.unwrap().default(32).describe('windows of a batch') })

const schema = z.strictObject({
  data: z.string().optional().describe('the series'),
  ...seriesSchema.shape,
  ...cutsSchema.shape,
  ...forecasterSchema.shape,
  horizon: forecasterSchema.shape.horizon.default(28),
  ...training.shape,
})

const evaluation = z.strictObject({
  ...seriesSchema.shape,
  origins: z.int().min(1).optional().describe('origins at most (default: as many as the data hold)'),
  stride: z.int().min(1).optional().describe('steps from one origin to the next (default: the horizon)'),
  paths: z.int().min(1).max(100_000).default(200).describe('sampled paths of each forecast'),
  seed: z.int().min(0).default(1).describe('of the paths, and of a built-in corpus, whose test part is measured on'),
})

export const forecasterTask = defineTask({
  name: 'forecaster',
  verb: 'forecast',
  summary: 'trains a forecaster: the next steps of one time series or many, as distributions',
  dataArgument: `a table (CSV, TSV) or JSON lines with a column of times, or ${namesOf(BUILT_IN)}`,
  wantedData: `series to train on, or ${namesOf(BUILT_IN)}`,
  standardInput: false,
  dataDescription: 'a SeriesCorpus, as readSeries gives',
  isModel: (model): model is Forecaster => model instanceof Forecaster,
  isData: isForecastData,
  ...{ schema, training, dataForm: seriesSchema, evaluation, flags: z.strictObject({}) },
  contradictions: [...recurrentContradictions, ...forecasterContradictions],
  metrics: forecasterMetrics,
  trainingDefaults: { batchSize: 32, keepBest: true, learningRate: 0.001 },
  ...{ feedsItself: false, readsText: false, crossEntropy: false },

  faults: ({ data, timeColumn, targetColumn }, reader, nameOf) =>
    data === undefined || builtInOf(BUILT_IN, data, reader) || (timeColumn !== undefined && targetColumn !== undefined)
      ? []
      : [
          ...(timeColumn === undefined ? [`${nameOf('timeColumn')}: name the column of times`] : []),
          ...(targetColumn === undefined ? [`${nameOf('targetColumn')}: name the column to forecast`] : []),
        ],
  files: ({ data }, reader) => filesOf(BUILT_IN, data, reader),
  async read(values, reader) {
    const { data: path = '' } = values
    const builtIn = builtInOf(BUILT_IN, path, reader)
    const data: SeriesSplits = builtIn
      ? builtIn.generate({ seed: values.seed })
      : cutSeries(await corpusOf(path, values, reader), picked(cutsSchema, values))
    return { data, name: path, line: seriesLine(data), content: () => contentOf(data.test) }
  },

  create: ({ values, data, engine }) =>
    Forecaster.create({ series: data.train, ...picked(forecasterSchema, values), seed: values.seed, engine }),
  load: (from, options) => Forecaster.load(from, options),
  throughputUnit: () => 'windows',
  trainingTask: forecasterTraining,
  async test(model, { test }, { seed }, signal) {
    const record = await evaluateForecaster(model, test, { seed, signal })
    return { loss: record.weightedQuantileLoss, lines: forecastLine(record), record }
  },
  async evaluate(model, path = '', values, reader) {
    const builtIn = builtInOf(BUILT_IN, path, reader)
    const corpus = builtIn ? builtIn.generate({ seed: values.seed }).test : await corpusOf(path, values, reader)
    const { origins, stride, paths, seed } = values
    const record = await evaluateForecaster(model, measurable(corpus, model), { origins, stride, paths, seed })
    return { lines: `${corpus.name}: ${forecastLine(record)}\n${forecastTable(record)}`, record }
  },
  line: ({ configuration, parameterCount }) => {
    const { context, horizon, frequency, distribution, decoder } = configuration
    return `${layersLine(configuration)}, ${whole(parameterCount)} parameters; reads ${context} steps of a ${frequency}, forecasts ${horizon}, ${decoder}, ${distribution}`
  },
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  probe: forecasterProbe,
})

/** The series of a path, whole, or of a built-in corpus. */
export async function forecastInput(
  path: string,
  values: Partial<z.output<typeof seriesSchema>> & { readonly seed?: unknown },
  reader: DataReader,
): Promise<SeriesCorpus> {
  const builtIn = builtInOf(BUILT_IN, path, reader)
  return builtIn ? builtIn.generate({ seed: Number(values.seed ?? 1) }).test : corpusOf(path, values, reader)
}

function corpusOf(
  path: string,
  values: Partial<z.output<typeof seriesSchema>>,
  reader: DataReader,
): Promise<SeriesCorpus> {
  const { timeColumn = '', targetColumn = [], ...rest } = picked(seriesSchema, values)
  const listed = (names: readonly string[] | undefined) =>
    names?.flatMap(name => name.split(',')).map(name => name.trim())
  return reader.series(path, {
    ...rest,
    ...{ timeColumn, targetColumn: listed(targetColumn) ?? [] },
    futureCovariates: listed(rest.futureCovariates),
    pastCovariates: listed(rest.pastCovariates),
    staticCovariates: listed(rest.staticCovariates),
  })
}

/** A file that is measured on whole: from the first step that has a context before it. */
function measurable(corpus: SeriesCorpus, { configuration }: Forecaster): SeriesCorpus {
  const { from, end } = corpus
  const first = Math.min(from + configuration.context, end - configuration.horizon)
  return corpus.from >= first ? corpus : corpus.until(end, { from: Math.max(from + 1, first) })
}

/** What was read, in a line. */
function seriesLine({ train, validation, test }: SeriesSplits): string {
  const { series, timeline, targetColumns } = test
  const many = series.length === 1 ? '1 series' : `${whole(series.length)} series`
  const begins = (step: number) => timeline.label(step)
  return `series: ${many} of ${targetColumns.join(', ')}, a step is a ${frequencyName(timeline.frequency)}, ${begins(train.from)} to ${begins(test.end - 1)}, ${whole(test.observed)} values; validation from ${begins(validation.from)}, test from ${begins(test.from)}`
}

function* contentOf({ series, timeline }: SeriesCorpus): Iterable<string | Uint8Array> {
  for (const { id, start, length, targets, future, past, constant } of series) {
    yield `${JSON.stringify([id, timeline.label(start), length])}\n`
    for (const values of targets) yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    for (const covariate of [...future, ...past, ...constant])
      yield covariate.kind === 'number'
        ? new Uint8Array(covariate.values.buffer, covariate.values.byteOffset, covariate.values.byteLength)
        : JSON.stringify(covariate.values)
  }
}
