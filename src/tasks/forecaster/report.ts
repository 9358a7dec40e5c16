/* A forecaster's measures, in words and as a table. */
import type { ForecastEvaluation, ForecastMeasures } from '../../evaluation/forecast.js'

const figure = (value: number): string => String(Number(value.toPrecision(4)))

/** The measures in a line, beside what is simplest. */
export function forecastLine(report: ForecastEvaluation): string {
  const { MASE, CRPS, coverage, origins, horizon, season, seasonalNaive, drift } = report
  const many = origins.length === 1 ? '1 origin' : `${origins.length} origins`
  return `MASE ${figure(MASE)}, CRPS ${figure(CRPS)}, ${Math.round(100 * coverage)} % between the levels 0.1 and 0.9; seasonal naive ${figure(seasonalNaive.MASE)} and ${figure(seasonalNaive.CRPS)}, drift ${figure(drift.MASE)} and ${figure(drift.CRPS)} (${many} of ${horizon} steps, season ${season})`
}

const COLUMNS = [
  ['MAE', ({ meanAbsoluteError }: ForecastMeasures) => meanAbsoluteError],
  ['RMSE', ({ rootMeanSquaredError }: ForecastMeasures) => rootMeanSquaredError],
  ['sMAPE', ({ sMAPE }: ForecastMeasures) => sMAPE],
  ['MASE', ({ MASE }: ForecastMeasures) => MASE],
  ['wQL', ({ weightedQuantileLoss }: ForecastMeasures) => weightedQuantileLoss],
  ['CRPS', ({ CRPS }: ForecastMeasures) => CRPS],
  ['coverage', ({ coverage }: ForecastMeasures) => coverage],
] as const

const NAME_WIDTH = 24
const WIDTH = 10

/** A row for the model, for each simple method, and for each step of the horizon. */
export function forecastTable(report: ForecastEvaluation): string {
  const row = (name: string, cells: readonly string[]) =>
    `${name.padEnd(NAME_WIDTH)}${cells.map(cell => cell.padStart(WIDTH)).join('')}`.trimEnd()
  const measured = (name: string, measures: ForecastMeasures) =>
    row(
      name,
      COLUMNS.map(([, of]) => figure(of(measures))),
    )
  return `${[
    row(
      '',
      COLUMNS.map(([name]) => name),
    ),
    measured('the model', report),
    measured('seasonal naive', report.seasonalNaive),
    measured('drift', report.drift),
    ...report.byStep.map((measures, t) => measured(`step ${t + 1}`, measures)),
  ].join('\n')}\n`
}
