/* Optimizers, schedules, clipping and losses against what PyTorch computed: tests/golden says how. */
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { outputLayerLoss } from '../../src/engine/operations/outputLoss.js'
import { Parameter } from '../../src/layers/parameter.js'
import { regressionLoss } from '../../src/layers/regressionLoss.js'
import { clip } from '../../src/training/clipping.js'
import {
  adagrad,
  adam,
  asgd,
  type Optimizer,
  type OptimizerState,
  releaseState,
  rmsprop,
  sgd,
} from '../../src/training/optimizers.js'
import { trainingSchema } from '../../src/training/options.js'
import { INITIAL_PLATEAU, learningRateAt, plateauAfter } from '../../src/training/schedules.js'
import { expectNear } from '../engine/distance.js'
import { describeEach, everyBackend } from '../engine/everyBackend.js'
import { type GoldenOptimizerRun, loadGoldenTraining } from '../golden/goldenTraining.js'

const golden = loadGoldenTraining()
const shapes = [[3, 4], [5]]

/** The optimizer of a run, by PyTorch's names for its options. */
function optimizerOf({ name, options }: GoldenOptimizerRun): Optimizer {
  const { weight_decay: weightDecay = 0, momentum = 0, eps: epsilon, alpha, lambd } = options as Record<string, number>
  const [beta1, beta2] = (options.betas as number[] | undefined) ?? []
  const [kind] = name.split(',')
  switch (kind) {
    case 'rmsprop':
      return rmsprop({ alpha, epsilon, momentum, weightDecay })
    case 'adagrad':
      return adagrad({ epsilon, weightDecay })
    case 'adam':
    case 'adamw':
      return adam({ beta1, beta2, epsilon, weightDecay, decoupled: kind === 'adamw' })
    case 'asgd':
      return asgd({ decay: lambd, power: alpha, weightDecay })
    default:
      return sgd({ momentum, weightDecay, nesterov: options.nesterov === true })
  }
}

function withParameters(engine: Engine, work: (parameters: Parameter[]) => void): void {
  const parameters = shapes.map((shape, i) => new Parameter(engine, `p${i}`, shape))
  try {
    for (const [i, { value }] of parameters.entries()) engine.write(value, golden.start[i])
    work(parameters)
  } finally {
    for (const parameter of parameters) parameter.release()
  }
}

describeEach(everyBackend, (engine, { name }) => {
  const exact = name.startsWith('reference')
  const precision = exact ? 'float64' : 'float32'
  // float32 keeps seven digits; ten steps of the same operations in the same order lose at most one of them.
  const tolerance = exact ? 1e-14 : 1e-6

  test.each(golden.optimizers)(`$name: ten steps are PyTorch's within ${tolerance}`, run => {
    withParameters(engine(), parameters => {
      const optimizer = optimizerOf(run)
      const state: OptimizerState = optimizer.init(engine(), parameters)
      golden.gradients.forEach((gradients, i) => {
        for (const [p, { gradient }] of parameters.entries()) engine().write(gradient, gradients[p])
        const learningRate = run.options.lr as number
        const update = { step: i + 1, learningRate, averageFrom: run.options.t0 as number }
        expect(engine().scope(() => optimizer.update(engine(), parameters, state, update))).toBe(true)
      })
      const wanted = run[precision]
      parameters.forEach(({ value }, p) => {
        expectNear(engine().read(value), wanted.after[p], tolerance, `parameter ${p}`)
        if (wanted.averages) expectNear(engine().read(state[p].ax), wanted.averages[p], tolerance, `average ${p}`)
      })
      releaseState(engine(), state)
    })
  })

  test.each([
    ['norm', { clipping: 'norm', clipNorm: 1.5 }],
    ['value', { clipping: 'value', clipValue: 0.6 }],
    ['parameter', { clipping: 'parameter', clipNorm: 2.5 }],
  ] as const)('clips by %s as PyTorch does, and tells the norm before it', (kind, configuration) => {
    withParameters(engine(), parameters => {
      engine().scope(() => {
        for (const [p, { gradient }] of parameters.entries()) engine().write(gradient, golden.gradients[0][p])
        const { norm, scales, clipped } = clip(engine(), parameters, {
          clipNorm: undefined,
          clipValue: undefined,
          ...configuration,
        })
        const all = golden.gradients[0].flat()
        expect(Math.abs(norm / Math.hypot(...all) - 1)).toBeLessThan(tolerance)
        expect(clipped).toBe(true)
        parameters.forEach(({ gradient }, p) => {
          const scale = scales?.[p] ?? 1
          const bounded = engine()
            .read(gradient)
            .map(g => g * scale)
          expectNear(bounded, golden.clipping[kind][p], tolerance, `gradient ${p}`)
        })
      })
    })
  })

  test.each(golden.crossEntropy.cases)(
    'label smoothing $smoothing: loss and gradients are PyTorch’s',
    ({ smoothing, loss, grads }) => {
      const { h, weight, bias, targets } = golden.crossEntropy
      engine().scope(() =>
        engine().recording(tape => {
          const [x, V, c] = [engine().from(h, [7, 4]), engine().from(weight, [5, 4]), engine().from(bias, [5])]
          for (const tensor of [x, V, c]) tape.watch(tensor)
          const result = outputLayerLoss(engine(), x, V, c, engine().tokens(targets), { labelSmoothing: smoothing })
          tape.backward(result.loss)
          expectNear(engine().read(result.loss), [loss], tolerance, 'loss')
          for (const [tensor, wanted] of [
            [x, grads.h],
            [V, grads.weight],
            [c, grads.bias],
          ] as const) {
            const gradient = tape.gradientOf(tensor)
            expectNear(gradient ? engine().read(gradient) : [], wanted, tolerance, 'gradient')
          }
        }),
      )
    },
  )

  test.each(golden.regression.cases)(
    '$loss loss, δ $delta: value and gradient are PyTorch’s',
    ({ loss, delta, value, grad }) => {
      engine().scope(() =>
        engine().recording(tape => {
          const y = engine().from(golden.regression.y, [6, 2])
          const targets = engine().from(golden.regression.targets, [6, 2])
          tape.watch(y)
          const result = regressionLoss(engine(), y, targets, { loss, huberDelta: delta })
          tape.backward(result)
          expectNear(engine().read(result), [value], tolerance, 'loss')
          const gradient = tape.gradientOf(y)
          expectNear(gradient ? engine().read(gradient) : [], grad, tolerance, 'gradient')
        }),
      )
    },
  )
})

describe('the learning rate follows PyTorch’s scheduler', () => {
  const rates = (options: object, count: number) => {
    const configuration = trainingSchema.parse({ learningRate: 0.5, ...options })
    return Array.from({ length: count }, (_, step) =>
      learningRateAt(configuration, { step, epoch: step / 10, minutes: 0, reductions: 0 }),
    )
  }
  test.each([
    ['step', { schedule: 'step', scheduleSteps: 4, scheduleFactor: 0.3 }],
    ['exponential', { schedule: 'exponential', scheduleSteps: 1, scheduleFactor: 0.9 }],
    ['cosine', { schedule: 'cosine', scheduleSteps: 12, leastLearningRate: 0.01 }],
    ['warmup', { warmupSteps: 5 }],
  ])('%s', (name, options) => {
    const wanted = golden.schedules[name]
    expectNear(rates(options, wanted.length), wanted, 1e-14, name)
  })

  test('plateau', () => {
    const configuration = trainingSchema.parse({ learningRate: 0.5, schedule: 'plateau' })
    let plateau = INITIAL_PLATEAU
    const rates = golden.schedules.plateauLosses.map((loss, step) => {
      const rate = learningRateAt(configuration, { step, epoch: 0, minutes: 0, reductions: plateau.reductions })
      plateau = plateauAfter(plateau, loss, 1)
      return rate
    })
    expect(plateau.reductions).toBeGreaterThan(1)
    expectNear(rates, golden.schedules.plateau, 1e-14, 'plateau')
  })
})

describe('what PyTorch has no scheduler for', () => {
  test('Zaremba’s: constant for k epochs, then divided each epoch', () => {
    const configuration = trainingSchema.parse({
      ...{ learningRate: 1, schedule: 'zaremba', scheduleEpochs: 2, scheduleFactor: 0.5, leastLearningRate: 0.2 },
    })
    const at = (epoch: number) => learningRateAt(configuration, { step: 0, epoch, minutes: 0, reductions: 0 })
    expect([0, 0.9, 1.99, 2, 2.5, 3, 4, 9].map(at)).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.2, 0.2])
  })

  test('a horizon in epochs or by the clock is that part of it', () => {
    const half = { step: 7, epoch: 2, minutes: 3, reductions: 0 }
    const rate = (options: object) =>
      learningRateAt(trainingSchema.parse({ learningRate: 1, schedule: 'cosine', ...options }), half)
    expect(rate({ scheduleEpochs: 4 })).toBeCloseTo(0.5, 15)
    expect(rate({ scheduleMinutes: 6 })).toBeCloseTo(0.5, 15)
    expect(rate({ scheduleSteps: 7 })).toBeCloseTo(0, 15)
  })
})
