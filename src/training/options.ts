/* The options of training: one schema for the library, the configuration file, the flags and the help. docs/training.md names
 * the file that implements each option. */
import { z } from 'zod'

/** Defaults that depend on another option: `resolved` fills them in, and the descriptions below print them. */
const EPOCHS = 10
const LEARNING_RATES = { adam: 0.002, adamw: 0.002, rmsprop: 0.002, adagrad: 0.02, sgd: 0.5, asgd: 0.5 }
const EPSILON = 1e-8
const ADAGRAD_EPSILON = 1e-10
const CLIP_NORM = 5
const CLIP_VALUE = 1

/** `0.002 for adam, adamw and rmsprop; 0.02 for adagrad; …` */
const learningRateDefaults = [...new Set(Object.values(LEARNING_RATES))]
  .map(rate => {
    const names = Object.entries(LEARNING_RATES).flatMap(([name, other]) => (other === rate ? [name] : []))
    return `${rate} for ${names.join(', ').replace(/, ([^,]*)$/, ' and $1')}`
  })
  .join('; ')

const count = (most = 2 ** 31 - 1) => z.int().min(1).max(most)
const share = () => z.number().min(0).max(1)
const weight = () => z.number().min(0)

export const trainingSchema = z.strictObject({
  epochs: z
    .number()
    .positive()
    .optional()
    .describe(`passes over the training data (default: ${EPOCHS} if neither steps nor minutes are given)`),
  steps: count().optional().describe('optimizer steps'),
  minutes: z.number().positive().optional().describe('time to train, in minutes'),
  stopAt: count().optional().describe('stop after this step; the run can be resumed'),
  patience: count().optional().describe('end after this many evaluations in a row without a better metric'),
  metric: z.string().default('loss').describe('validation metric that decides patience and the best model'),
  keepBest: z.boolean().default(false).describe('the model ends with the weights of its best evaluation'),

  algorithm: z
    .enum(['stream', 'sentence'])
    .default('stream')
    .describe('one long stream, its gradient cut after timeSteps; or one sentence, a line, at a time'),
  lossAverage: z
    .enum(['token', 'sentence'])
    .default('token')
    .describe('loss of a batch: the mean over its tokens, or the mean of its sentences’ means'),
  batchSize: count(65536).default(50).describe('sequences in a batch'),
  timeSteps: count(65536).default(50).describe('tokens of a segment of the stream; the gradient is cut at its ends'),
  accumulate: count(65536).default(1).describe('batches whose gradients are added for one step'),

  teacherForcing: share()
    .default(1)
    .describe('share of time steps whose input is the true token, not the model’s own output'),
  teacherForcingSchedule: z
    .enum(['constant', 'linear', 'exponential', 'inverse-sigmoid'])
    .default('constant')
    .describe('how that share decreases'),
  teacherForcingSteps: count().optional().describe('k of that schedule, in steps'),
  teacherForcingLeast: share().default(0).describe('lower bound of that share'),

  optimizer: z
    .enum(['adam', 'adamw', 'sgd', 'asgd', 'rmsprop', 'adagrad'])
    .default('adam')
    .describe('update rule of the weights'),
  learningRate: z.number().positive().optional().describe(`step size (default: ${learningRateDefaults})`),
  momentum: z.number().min(0).lt(1).default(0).describe('momentum of sgd and rmsprop'),
  nesterov: z.boolean().default(false).describe('Nesterov momentum for sgd'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the mean of the gradient in adam and adamw'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('decay of the mean of its square in adam and adamw'),
  alpha: z.number().min(0).lt(1).default(0.99).describe('decay of the mean of the squared gradient in rmsprop'),
  epsilon: z
    .number()
    .positive()
    .optional()
    .describe(`added to the divisor (default: ${EPSILON}; adagrad ${ADAGRAD_EPSILON})`),
  averageFrom: count()
    .optional()
    .describe(
      'step after which asgd averages (default: once the validation loss is above the best of all but the last averagePatience evaluations)',
    ),
  averagePatience: count().default(5).describe('evaluations; see averageFrom'),

  weightDecay: weight()
    .default(0)
    .describe('PyTorch’s weight_decay: added to the gradient, but decoupled from it in adamw'),
  l1: weight().default(0).describe('adds l1 Σ|w| to the loss'),
  l2: weight().default(0).describe('adds l2 / 2 Σ w² to the loss'),
  activationPenalty: weight().default(0).describe('adds this times the mean square of the last layer’s output'),
  temporalActivationPenalty: weight()
    .default(0)
    .describe('adds this times the mean square of its change from step to step'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('share of the target’s probability that is spread over all symbols'),

  clipping: z
    .enum(['norm', 'value', 'parameter', 'none'])
    .default('norm')
    .describe('what of the gradient is bounded: its global norm, each element, or each parameter’s norm'),
  clipNorm: z.number().positive().optional().describe(`upper bound of the norm (default: ${CLIP_NORM})`),
  clipValue: z
    .number()
    .positive()
    .optional()
    .describe(`upper bound of each element’s absolute value (default: ${CLIP_VALUE})`),

  schedule: z
    .enum(['constant', 'step', 'exponential', 'cosine', 'plateau', 'zaremba'])
    .default('constant')
    .describe('how the learning rate decreases'),
  scheduleSteps: count().optional().describe('the schedule’s horizon in steps'),
  scheduleEpochs: z.number().positive().optional().describe('the schedule’s horizon in epochs'),
  scheduleMinutes: z
    .number()
    .positive()
    .optional()
    .describe('the schedule’s horizon in minutes; no other run has the same bits'),
  scheduleFactor: z.number().positive().lt(1).default(0.5).describe('factor of the learning rate at each reduction'),
  schedulePatience: z
    .int()
    .min(0)
    .default(2)
    .describe('evaluations without a better validation loss that plateau accepts before it reduces the rate'),
  leastLearningRate: z.number().min(0).default(0).describe('lower bound of the learning rate'),
  warmupSteps: z.int().min(0).default(0).describe('steps in which the learning rate rises from 0 linearly'),

  validateEvery: count()
    .optional()
    .describe('steps between evaluations on validation data (default: about 20 evaluations in a run)'),
  reportEvery: count().default(10).describe('steps between progress events'),
  checkpointEvery: count().optional().describe('steps between checkpoints (default: one at each evaluation)'),
  samples: z.int().min(0).max(20).default(2).describe('validation examples shown at each evaluation'),
  onNan: z
    .enum(['stop', 'skip', 'rollback'])
    .default('stop')
    .describe(
      'NaN or infinity in a step: stop, skip the step, or go back to the last checkpoint with half the learning rate',
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('seed of initial weights, batch order, dropout and sampling'),
})

/** Training options with defaults filled in. */
export type TrainingConfiguration = z.output<typeof trainingSchema>

/** Training options as users write them: every key has a default. */
export type TrainingOptions = z.input<typeof trainingSchema> & {
  /** Stops training after the current step. */
  readonly signal?: AbortSignal | undefined
  /** A checkpoint, from `run.checkpoint()`, to continue from. The model takes its weights. */
  readonly resume?: Uint8Array | undefined
  /** Seconds that the resumed run has trained already, where `minutes` bounds it. Default 0. */
  readonly spentSeconds?: number | undefined
}

/** The configuration with the defaults that depend on other keys, so that it says all that has an effect. */
export function resolved(configuration: TrainingConfiguration): TrainingConfiguration {
  const { optimizer, clipping, epochs, steps, minutes } = configuration
  const clipsNorm = clipping === 'norm' || clipping === 'parameter'
  return {
    ...configuration,
    epochs: epochs ?? (steps === undefined && minutes === undefined ? EPOCHS : undefined),
    learningRate: configuration.learningRate ?? LEARNING_RATES[optimizer],
    epsilon: configuration.epsilon ?? (optimizer === 'adagrad' ? ADAGRAD_EPSILON : EPSILON),
    clipNorm: clipsNorm ? (configuration.clipNorm ?? CLIP_NORM) : undefined,
    clipValue: clipping === 'value' ? (configuration.clipValue ?? CLIP_VALUE) : undefined,
  }
}
