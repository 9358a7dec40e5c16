/* Training options drawn at random from the schema: an option that is new in the schema is drawn too, or named as one for which
 * nothing says how. */
import fc from 'fast-check'
import type { z } from 'zod'
import { contradictionsIn } from '../../src/configuration.js'
import {
  contextContradictions,
  type TaskCapabilities,
  trainingContradictions,
} from '../../src/training/contradictions.js'
import { type TrainingOptions, trainingSchema } from '../../src/training/options.js'

const whole = (min: number, max: number) => fc.integer({ min, max })
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true })

/** Values of options that the schema bounds too widely for a run of a dozen steps. */
const ranges: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  epochs: real(0.5, 3),
  steps: whole(4, 14),
  patience: whole(1, 3),
  batchSize: whole(2, 6),
  timeSteps: whole(3, 8),
  accumulate: whole(1, 3),
  teacherForcing: real(0, 1),
  teacherForcingSteps: whole(1, 10),
  teacherForcingLeast: real(0, 0.5),
  learningRate: real(0.001, 1),
  momentum: real(0.1, 0.9),
  beta1: real(0, 0.99),
  beta2: real(0.5, 0.999),
  alpha: real(0.5, 0.99),
  epsilon: real(1e-8, 1e-2),
  averageFrom: whole(1, 8),
  averagePatience: whole(1, 3),
  weightDecay: real(0, 0.1),
  l1: real(0, 0.01),
  l2: real(0, 0.01),
  activationPenalty: real(0, 2),
  temporalActivationPenalty: real(0, 2),
  labelSmoothing: real(0, 0.5),
  clipNorm: real(0.001, 2),
  clipValue: real(0.001, 0.1),
  scheduleSteps: whole(1, 12),
  scheduleEpochs: real(0.5, 3),
  scheduleFactor: real(0.1, 0.9),
  schedulePatience: whole(0, 2),
  leastLearningRate: real(0, 0.01),
  warmupSteps: whole(0, 8),
  validateEvery: whole(1, 4),
  reportEvery: whole(1, 5),
  checkpointEvery: whole(1, 5),
  samples: whole(0, 1),
  seed: whole(0, 1000),
}

/** Options that are not drawn, each with the reason. */
const fixed: Readonly<Record<string, string>> = {
  minutes: 'follows the clock: no other run has its bits',
  scheduleMinutes: 'follows the clock: no other run has its bits',
  stopAt: 'is where the run is stopped',
  metric: 'is drawn from what the task measures',
}

/** The schema of a value, without its default. */
function plainType(type: z.ZodType): z.ZodType {
  const { innerType } = type.def as { readonly innerType?: z.ZodType }
  return innerType ? plainType(innerType) : type
}

function drawn(key: string, type: z.ZodType): fc.Arbitrary<unknown> {
  const range = ranges[key]
  if (range) return range
  const { type: kind, entries } = plainType(type).def as { readonly type: string; readonly entries?: object }
  if (entries) return fc.constantFrom(...Object.values(entries))
  if (kind === 'boolean') return fc.boolean()
  throw new Error(`tests/training/randomOptions.ts: say in which range the training option ${key} is drawn`)
}

/** Options that do not contradict each other; each key of the schema is there in about half of the draws. */
export function trainingOptions(capabilities: TaskCapabilities): fc.Arbitrary<TrainingOptions> {
  const arbitraries: Record<string, fc.Arbitrary<unknown>> = { metric: fc.constantFrom(...capabilities.metrics) }
  for (const [key, type] of Object.entries(trainingSchema.shape))
    if (!(key in fixed)) arbitraries[key] = drawn(key, type)
  return fc
    .record(arbitraries, { requiredKeys: ['steps'] })
    .map(options => withoutContradictions(options, capabilities))
}

/** Takes out one key of each rule that is broken, until none is. */
function withoutContradictions(options: Record<string, unknown>, capabilities: TaskCapabilities): TrainingOptions {
  const rules = [...trainingContradictions, ...contextContradictions(capabilities)]
  const left = { ...options }
  for (;;) {
    const broken = rules.find(rule => contradictionsIn(trainingSchema, left, [rule]).length > 0)
    if (!broken) return trainingSchema.partial().parse(left)
    const key = broken.keys.find(key => key in left)
    if (key === undefined) throw new Error(`no option is left to take out of ${broken.keys.join(', ')}`)
    delete left[key]
  }
}
