/* What a forecaster is made of: one schema for the library, the configuration file, the flags and the help; and the larger one
 * of its file, with the calendar, the columns and the scales that it has learned. */
import { z } from 'zod'
import { contradiction } from '../../configuration.js'
import { calendarFeatureCount } from '../../data/time/calendarFeatures.js'
import { frequencyOf } from '../../data/time/frequency.js'
import { DISTRIBUTIONS } from '../../layers/distributions.js'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'

const names = Object.keys(DISTRIBUTIONS) as [keyof typeof DISTRIBUTIONS, ...(keyof typeof DISTRIBUTIONS)[]]

export const forecasterSchema = z.strictObject({
  ...recurrentShape,
  hiddenSize: z.int().min(1).max(65536).default(40).describe('units of each recurrent layer'),
  numLayers: z.int().min(1).max(64).default(2).describe('recurrent layers, one upon another'),
  dropout: recurrentShape.dropout
    .default(0.1)
    .describe('probability that a unit between layers is dropped in training'),
  horizon: z.int().min(1).max(100_000).describe('steps that are forecast'),
  context: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      'steps that are read before the first forecast (default: two horizons or two seasons, whichever is longer)',
    ),
  season: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('steps of a cycle (default: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters)'),
  lags: z
    .array(z.int().min(1).max(1_000_000))
    .optional()
    .describe('steps back whose values are read beside the last one (default: by frequency)'),
  decoder: z
    .enum(['recursive', 'direct'])
    .default('recursive')
    .describe('recursive: its own samples are read on, step by step; direct: all steps of the horizon at once'),
  distribution: z
    .enum(names)
    .default('student-t')
    .describe('what is said of each number to come; negative-binomial is for counts'),
  transform: z
    .enum(['none', 'log', 'difference'])
    .default('none')
    .describe('what is done to the targets before all else'),
  scaling: z
    .enum(['standard', 'mean', 'none'])
    .optional()
    .describe(
      'each series by its own context: mean and deviation, or mean size alone (default: standard; mean for negative-binomial)',
    ),
})

export const forecasterContradictions = [
  contradiction(forecasterSchema, ['distribution', 'transform'], ({ distribution, transform }, nameOf) =>
    distribution === 'negative-binomial' && transform !== 'none'
      ? `is for counts as they are; leave ${nameOf('transform')} out`
      : undefined,
  ),
  contradiction(forecasterSchema, ['distribution', 'scaling'], ({ distribution, scaling }, nameOf) =>
    distribution === 'negative-binomial' && scaling === 'standard'
      ? `is for counts, which have no shift; make ${nameOf('scaling')} mean`
      : undefined,
  ),
]

const numberColumn = z.strictObject({
  name: z.string(),
  kind: z.literal('number'),
  mean: z.number(),
  deviation: z.number().positive(),
})
const categoryColumn = z.strictObject({
  name: z.string(),
  kind: z.literal('category'),
  categories: z.array(z.string()),
})
const columns = (described: string) =>
  z.array(z.discriminatedUnion('kind', [numberColumn, categoryColumn])).describe(described)

export type LearnedColumn = z.output<typeof numberColumn> | z.output<typeof categoryColumn>

/** In a model's file. */
export const forecasterFileSchema = z.strictObject({
  ...forecasterSchema.shape,
  cell: z.string().default('lstm'),
  context: z.int().min(1).max(1_000_000),
  season: z.int().min(1).max(1_000_000),
  lags: z.array(z.int().min(1).max(1_000_000)),
  scaling: z.enum(['standard', 'mean', 'none']),
  frequency: z.string().describe('distance between two steps'),
  timeZone: z.string().optional().describe('whose clocks the times are read on'),
  targetColumns: z.array(z.string()).min(1).describe('what is forecast'),
  futureColumns: columns('known ahead'),
  pastColumns: columns('known only when they have happened'),
  staticColumns: columns('the same at every step'),
  targetScales: z.array(z.number().positive()).describe('the usual deviation of each target within a context'),
  offset: z.number().describe('added before the logarithm'),
})

/** A forecaster's configuration as users give it: all but the horizon has a default. */
export type ForecasterOptions = z.input<typeof forecasterSchema>
/** A forecaster's configuration, complete. */
export type ForecasterConfiguration = z.output<typeof forecasterFileSchema>

/** Numbers that a column becomes: one and whether it is known, or one a category. */
export const widthOf = (column: LearnedColumn): number => (column.kind === 'number' ? 2 : column.categories.length)

const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0)

/** Numbers a step that are known ahead: covariates, calendar, age. */
export const aheadSize = ({ futureColumns, frequency }: ForecasterConfiguration): number =>
  sum(futureColumns.map(widthOf)) + calendarFeatureCount(frequencyOf(frequency)) + 1

/** Numbers a step that the recurrent layers read. */
export function inputSizeOf(configuration: ForecasterConfiguration): number {
  const { targetColumns, lags, pastColumns, staticColumns } = configuration
  // Of each target: the last value, whether it is known, its lags, and the location and scale of its context.
  const perTarget = 2 + lags.length + 2
  return (
    targetColumns.length * perTarget +
    sum(pastColumns.map(widthOf)) +
    sum(staticColumns.map(widthOf)) +
    aheadSize(configuration)
  )
}

/** Outputs of a step: the parameters of each target's distribution. */
export const outputSizeOf = ({ targetColumns, distribution }: ForecasterConfiguration): number =>
  targetColumns.length * DISTRIBUTIONS[distribution].outputs

/** The recurrent layers of a forecaster. */
export const forecasterLayers = (
  configuration: ForecasterConfiguration,
  cells: Parameters<typeof recurrentOptionsOf>[1],
) => recurrentOptionsOf(configuration, cells, { inputSize: inputSizeOf(configuration), name: 'recurrent' })

/** Parameters of a forecaster, counted without making it. */
export function forecasterParameterCount(configuration: ForecasterConfiguration): number {
  const { decoder, hiddenSize, projSize, horizon } = configuration
  const width = projSize ?? hiddenSize
  const outputs = outputSizeOf(configuration)
  const recurrent = recurrentParameterCount(forecasterLayers(configuration, []))
  if (decoder === 'recursive') return recurrent + (width + 1) * outputs
  const between = (width + horizon * aheadSize(configuration) + 1) * hiddenSize
  return recurrent + between + (hiddenSize + 1) * outputs * horizon
}
