/* How a model is trained: one schema for the library, the configuration file, the flags and the help. */
import { z } from 'zod'

const count = (most = 2 ** 31 - 1) => z.int().min(1).max(most)

export const trainingSchema = z.strictObject({
  epochs: z
    .number()
    .positive()
    .optional()
    .describe('passes over the training text (default: 10 if no other bound is given)'),
  steps: count().optional().describe('optimizer steps'),
  minutes: z.number().positive().optional().describe('time to train'),
  batchSize: count(65536).default(50).describe('stretches of text trained on at once'),
  timeSteps: count(65536).default(50).describe('tokens of a stretch; the gradient is cut at its ends'),
  optimizer: z.enum(['adam', 'adamw', 'sgd']).default('adam').describe('how the gradient changes the weights'),
  learningRate: z.number().positive().optional().describe('step size (default: 0.002; sgd 0.5)'),
  momentum: z.number().min(0).lt(1).default(0).describe('momentum of sgd'),
  weightDecay: z.number().min(0).default(0).describe('weights shrink by this, per step and learning rate'),
  clipNorm: z.number().positive().default(5).describe('the gradient’s global norm is at most this'),
  validateEvery: count().optional().describe('steps between looks at the validation text (default: about 20 looks)'),
  reportEvery: count().default(10).describe('steps between progress events'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('of the start, the order and dropout'),
})

/** Training options, complete. */
export type TrainingConfiguration = z.output<typeof trainingSchema>
/** Training options as users give them: every key has a default. */
export type TrainingOptions = z.input<typeof trainingSchema> & {
  /** Stops training after the present step. */
  readonly signal?: AbortSignal | undefined
}
