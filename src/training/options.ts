/* How a model is trained: one schema for the library, the configuration file, the flags and the help. What an option does
 * stands in the file that docs/training.md names beside it. */
import { z } from 'zod'

const count = (most = 2 ** 31 - 1) => z.int().min(1).max(most)
const share = () => z.number().min(0).max(1)
const weight = () => z.number().min(0)

export const trainingSchema = z.strictObject({
  epochs: z
    .number()
    .positive()
    .optional()
    .describe('passes over the training data (default: 10 if no other bound is given)'),
  steps: count().optional().describe('optimizer steps'),
  minutes: z.number().positive().optional().describe('time to train'),
  stopAt: count().optional().describe('stops after this step, to be resumed'),
  patience: count().optional().describe('looks at validation without a better metric, then training ends'),
  metric: z.string().default('loss').describe('what patience and the best model are judged by, of validation'),
  keepBest: z.boolean().default(false).describe('the model ends with the weights that did best'),

  algorithm: z
    .enum(['stream', 'sentence'])
    .default('stream')
    .describe('one long stream, its gradient cut after timeSteps; or a sentence, a line, at a time'),
  lossAverage: z
    .enum(['token', 'sentence'])
    .default('token')
    .describe('a batch’s loss: the mean of its tokens, or of its sentences’ means'),
  batchSize: count(65536).default(50).describe('sequences trained on at once'),
  timeSteps: count(65536).default(50).describe('tokens of a stretch of the stream; the gradient is cut at its ends'),
  accumulate: count(65536).default(1).describe('batches whose gradient makes one step'),

  teacherForcing: share().default(1).describe('share of steps that are fed the truth, not the model’s own output'),
  teacherForcingSchedule: z
    .enum(['constant', 'linear', 'exponential', 'inverse-sigmoid'])
    .default('constant')
    .describe('how that share falls'),
  teacherForcingSteps: count().optional().describe('k of that schedule, in steps'),
  teacherForcingLeast: share().default(0).describe('the share falls no further'),

  optimizer: z
    .enum(['adam', 'adamw', 'sgd', 'asgd', 'rmsprop', 'adagrad'])
    .default('adam')
    .describe('how the gradient changes the weights'),
  learningRate: z.number().positive().optional().describe('step size (default: 0.002; sgd and asgd 0.5, adagrad 0.02)'),
  momentum: z.number().min(0).lt(1).default(0).describe('of sgd and rmsprop'),
  nesterov: z.boolean().default(false).describe('sgd looks ahead along its momentum'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('adam’s and adamw’s memory of the gradient'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('adam’s and adamw’s memory of its square'),
  alpha: z.number().min(0).lt(1).default(0.99).describe('rmsprop’s memory of the gradient’s square'),
  epsilon: z.number().positive().optional().describe('keeps the division finite (default: 1e-8; adagrad 1e-10)'),
  averageFrom: count()
    .optional()
    .describe(
      'the step from which asgd averages (default: once validation has not got better for averagePatience looks)',
    ),
  averagePatience: count().default(5).describe('see averageFrom'),

  weightDecay: weight().default(0).describe('PyTorch’s weight_decay; adamw’s is decoupled from the gradient'),
  l1: weight().default(0).describe('adds l1 Σ|w| to the loss'),
  l2: weight().default(0).describe('adds l2 / 2 Σ w² to the loss'),
  activationPenalty: weight().default(0).describe('adds this times the mean square of the last layer’s output'),
  temporalActivationPenalty: weight()
    .default(0)
    .describe('adds this times the mean square of its change from step to step'),
  labelSmoothing: z.number().min(0).lt(1).default(0).describe('share of a target that goes to all symbols alike'),

  clipping: z
    .enum(['norm', 'value', 'parameter', 'none'])
    .default('norm')
    .describe('what of the gradient is bounded: its global norm, each element, or each parameter’s norm'),
  clipNorm: z.number().positive().optional().describe('the norm is at most this (default: 5)'),
  clipValue: z.number().positive().optional().describe('each element is at most this (default: 1)'),

  schedule: z
    .enum(['constant', 'step', 'exponential', 'cosine', 'plateau', 'zaremba'])
    .default('constant')
    .describe('how the learning rate falls'),
  scheduleSteps: count().optional().describe('the schedule’s horizon in steps'),
  scheduleEpochs: z.number().positive().optional().describe('the schedule’s horizon in epochs'),
  scheduleMinutes: z
    .number()
    .positive()
    .optional()
    .describe('the schedule’s horizon by the clock, whose bits no other run repeats'),
  scheduleFactor: z.number().positive().lt(1).default(0.5).describe('what the learning rate is multiplied by'),
  schedulePatience: z.int().min(0).default(2).describe('looks without a better validation loss before plateau falls'),
  leastLearningRate: z.number().min(0).default(0).describe('the learning rate falls no further'),
  warmupSteps: z.int().min(0).default(0).describe('steps in which the learning rate rises from 0, evenly'),

  validateEvery: count().optional().describe('steps between looks at validation (default: about 20 looks)'),
  reportEvery: count().default(10).describe('steps between progress events'),
  checkpointEvery: count().optional().describe('steps between checkpoints (default: at each look at validation)'),
  samples: z.int().min(0).max(20).default(2).describe('validation examples shown at each look'),
  onNan: z
    .enum(['stop', 'skip', 'rollback'])
    .default('stop')
    .describe('NaN or infinity: stop, skip the step, or back to the last checkpoint with half the learning rate'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('of the start, the order, dropout and whatever else is drawn'),
})

/** Training options, complete. */
export type TrainingConfiguration = z.output<typeof trainingSchema>

/** Training options as users give them: every key has a default. */
export type TrainingOptions = z.input<typeof trainingSchema> & {
  /** Stops training after the present step. */
  readonly signal?: AbortSignal | undefined
  /** Goes on from here: what `run.checkpoint()` gave. The model takes its weights. */
  readonly resume?: Uint8Array | undefined
  /** Time that the run to be resumed has had already, where `minutes` bounds it. Default 0. */
  readonly spentSeconds?: number | undefined
}

/** What an optimizer gets that is given no learning rate. */
const learningRates = { adam: 0.002, adamw: 0.002, rmsprop: 0.002, adagrad: 0.02, sgd: 0.5, asgd: 0.5 }

/** The configuration with those defaults that depend on other keys, so that it says all that has an effect. */
export function resolved(configuration: TrainingConfiguration): TrainingConfiguration {
  const { optimizer, clipping, epochs, steps, minutes } = configuration
  const normed = clipping === 'norm' || clipping === 'parameter'
  return {
    ...configuration,
    epochs: epochs ?? (steps === undefined && minutes === undefined ? 10 : undefined),
    learningRate: configuration.learningRate ?? learningRates[optimizer],
    epsilon: configuration.epsilon ?? (optimizer === 'adagrad' ? 1e-10 : 1e-8),
    clipNorm: normed ? (configuration.clipNorm ?? 5) : undefined,
    clipValue: clipping === 'value' ? (configuration.clipValue ?? 1) : undefined,
  }
}
