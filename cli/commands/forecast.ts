/* recurra forecast MODEL FILE: what comes after the last step of each series, as quantiles of sampled paths. */
import { Command } from 'commander'
import { z } from 'zod'
import { fanPicture, fanText } from '../../src/drawing/fan.js'
import {
  type Forecaster,
  forecasterTask,
  forecastInput,
  picked,
  type SeriesCorpus,
  type SeriesForecast,
  seriesSchema,
} from '../../src/index.js'
import { fileReader } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, asUsage, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { findModel, recurrentModelArgument, takesModels, withModel } from '../flags/models.js'
import { runAt } from '../flags/runs.js'
import { checkFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'

const schema = z.strictObject({
  quantiles: z.string().default('0.1,0.5,0.9').describe('levels, with commas'),
  paths: z.int().min(1).max(100_000).default(200).describe('sampled paths of each series'),
  horizon: z.int().min(1).max(100_000).optional().describe('steps (default: the model’s)'),
  seed: z.int().min(0).default(1).describe('same seed, same forecast'),
  futureFile: z.string().optional().describe('a table of the horizon with what is known ahead'),
  plot: z.string().optional().describe('a file that the first series is drawn into, as SVG'),
  ...seriesSchema.shape,
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Flags = z.output<typeof schema>

const kinds = [forecasterTask]

export function forecastCommand(): Command {
  const command = new Command('forecast')
    .description('forecasts time series: CSV of time, series, mean and quantiles')
    .argument('<MODEL>', recurrentModelArgument)
    .argument('[FILE]', 'the series (default: those that the run was trained on)')
  return addFlags(takesModels(command, kinds), schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    const levels = levelsOf(flags.quantiles)
    if (flags.plot !== undefined) await checkFree(flags.plot)
    await findModel(command, path, kinds)
    const run = await runAt(path, forecasterTask)
    const values = {
      ...picked(seriesSchema, { ...flags, ...run?.values, ...givenFlags(command) }),
      seed: run?.values.seed,
    }
    const data = file ?? run?.values.data
    if (typeof data !== 'string') throw new UsageError('forecast: FILE is missing; give the series to go on from')
    const corpus = await asUsage(() => forecastInput(data, values, fileReader))
    const future =
      flags.futureFile === undefined
        ? undefined
        : await asUsage(() => forecastInput(flags.futureFile as string, values, fileReader))
    await withModel(command, path, engineOptionsOf(flags), kinds, async model => {
      const { paths, horizon, seed } = flags
      const forecast = await asUsage(() => model.forecast(corpus, { paths, horizon, seed, future, quantiles: levels }))
      for (const [column, unknown] of forecast.unknown)
        process.stderr.write(`${column}: ${unknown.slice(0, 5).join(', ')}: not seen in training, read as none\n`)
      await report(forecast.series, model, corpus, { ...flags, levels })
    })
  })
}

/** @throws UsageError for a level that is none */
function levelsOf(text: string): number[] {
  const levels = text.split(',').map(Number)
  const wrong = levels.findIndex(level => !(level > 0 && level < 1))
  if (wrong < 0) return levels
  throw new UsageError(`forecast: --quantiles: levels must lie between 0 and 1; got ${text.split(',')[wrong]}`)
}

async function report(
  series: readonly SeriesForecast[],
  model: Forecaster,
  corpus: SeriesCorpus,
  { json, plot, levels }: Flags & { readonly levels: readonly number[] },
): Promise<void> {
  if (json)
    await write(
      `${JSON.stringify(series.map(({ mean, quantiles, paths, ...rest }) => ({ ...rest, mean: [...mean], quantiles: lists(quantiles), paths: paths.map(path => [...path]) })))}\n`,
    )
  else {
    const several = model.configuration.targetColumns.length > 1
    await write(
      `${['time', 'series', ...(several ? ['target'] : []), 'mean', ...levels.map(level => `q${level}`)].join(',')}\n`,
    )
    for (const { id, targetColumn, times, mean, quantiles } of series)
      for (const [t, time] of times.entries())
        await write(
          `${[time, field(id), ...(several ? [field(targetColumn)] : []), mean[t], ...levels.map(level => quantiles[String(level)][t])].join(',')}\n`,
        )
  }
  const fan = fanOf(series[0], model, corpus, levels)
  if (plot !== undefined) await writeNew(plot, fanPicture(fan))
  if (process.stderr.isTTY && !json) process.stderr.write(fanText(fan, { width: process.stderr.columns }))
}

const lists = (quantiles: SeriesForecast['quantiles']) =>
  Object.fromEntries(Object.entries(quantiles).map(([level, values]) => [level, [...values]]))

/** A field of a table: in quotes where it holds what would end it. */
const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The last steps of a series, as many as three horizons, and its forecast. */
function fanOf(
  { id, targetColumn, times, quantiles }: SeriesForecast,
  model: Forecaster,
  corpus: SeriesCorpus,
  levels: readonly number[],
) {
  const { start, length, targets } = corpus.series[0]
  const shown = Math.min(length, Math.max(model.configuration.context, 3 * times.length))
  return {
    title: id === '' ? targetColumn : `${id} ${targetColumn}`,
    past: {
      times: Array.from({ length: shown }, (_, t) => corpus.timeline.label(start + length - shown + t)),
      values: targets[0].subarray(length - shown),
    },
    times,
    quantiles: levels.toSorted((a, b) => a - b).map(level => ({ level, values: quantiles[String(level)] })),
  }
}
