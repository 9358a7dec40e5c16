/* What a regressor is made of: one schema for the library, the configuration file, the flags and the help; and the larger one
 * of its file, with what it has learned of its numbers' scales. */
import { z } from 'zod'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'

export const regressorSchema = z.strictObject({
  ...recurrentShape,
  hiddenSize: z.int().min(1).max(65536).default(64).describe('units of each recurrent layer'),
  numLayers: z.int().min(1).max(64).default(1).describe('recurrent layers, one upon another'),
  loss: z.enum(['squared', 'huber']).default('squared').describe('what a wrong number costs'),
  huberDelta: z.number().positive().default(1).describe('from here on, huber’s cost rises evenly'),
  standardize: z
    .boolean()
    .default(true)
    .describe('numbers enter with the training data’s mean 0 and deviation 1, and the loss is taken so'),
})

const numbers = (described: string) => z.array(z.number()).describe(described)

/** In a model's file. */
export const regressorFileSchema = z.strictObject({
  ...regressorSchema.shape,
  inputMeans: numbers('of each feature'),
  inputDeviations: numbers('of each feature'),
  targetMeans: numbers('of each number asked for'),
  targetDeviations: numbers('of each number asked for'),
})

/** A regressor's configuration as users give it: every key has a default. */
export type RegressorOptions = z.input<typeof regressorSchema>
/** A regressor's configuration, complete, with the scales of its numbers. */
export type RegressorConfiguration = z.output<typeof regressorFileSchema>

/** The recurrent layers of a regressor. */
export const regressorLayers = (configuration: RegressorConfiguration) =>
  recurrentOptionsOf(configuration, [], { inputSize: configuration.inputMeans.length, name: 'recurrent' })

/** Parameters of a regressor, counted without making it. */
export function regressorParameterCount(configuration: RegressorConfiguration): number {
  const { projSize, hiddenSize, targetMeans } = configuration
  return recurrentParameterCount(regressorLayers(configuration)) + ((projSize ?? hiddenSize) + 1) * targetMeans.length
}
