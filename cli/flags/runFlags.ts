/* Flags of a run of training that are no part of its configuration. */
import { z } from 'zod'
import { commonSchema, engineSchema, jsonSchema } from './commonFlags.js'

export const runSchema = z.strictObject({
  watchGradients: z
    .boolean()
    .default(false)
    .describe('at each validation, also keeps how far back gradients reach on the first 64 tokens'),
  tensorboard: z.boolean().default(false).describe('also writes event files for TensorBoard into the run’s folder'),
  onFailedSave: z
    .enum(['continue', 'stop'])
    .default('continue')
    .describe('what to do while nothing can be saved (a full disk); the last good checkpoint stands'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})
