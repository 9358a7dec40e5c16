/* Optimizers, each as two functions: `init` makes its state, `update` does one step. They are PyTorch's, equation by equation,
 * and held to its numbers (tests/training/pytorch.test.ts). g is the gradient after clipping; λ weightDecay. */
import type { Engine } from '../engine/engine.js'
import {
  adam as adamKernel,
  elementwise,
  elementwiseOperation,
  rmsprop as rmspropKernel,
  sgd as sgdKernel,
} from '../engine/records.js'
import type { Tensor } from '../engine/tensor.js'
import type { Parameter } from '../layers/parameter.js'
import type { TrainingConfiguration } from './options.js'

/** An optimizer's tensors for each parameter, under PyTorch's names; kept in the heap. */
export type OptimizerState = readonly Readonly<Record<string, Tensor>>[]

export interface Update {
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  /** Multiplies each parameter's gradient first: clipping. Default 1. */
  readonly gradientScales?: readonly number[] | undefined
  /** The step after which averaged SGD averages. Default never. */
  readonly averageFrom?: number | undefined
}

export interface Optimizer {
  init(engine: Engine, parameters: readonly Parameter[]): OptimizerState
  /** To be called in a scope. Returns whether all weights are finite numbers after it. */
  update(engine: Engine, parameters: readonly Parameter[], state: OptimizerState, update: Update): boolean
}

/** The name of the averaged weights in an optimizer's state. */
export const AVERAGE = 'ax'

/** The step of one parameter. */
type ParameterUpdate = (
  engine: Engine,
  shared: {
    readonly count: number
    readonly w: number
    readonly dW: number
    readonly broken: number
    readonly gradientScale: number
  },
  state: Readonly<Record<string, Tensor>>,
  update: Update,
) => void

/** An optimizer with some tensors for each parameter, zeros at first, and one step for each parameter. */
const optimizerOver = (stateNames: readonly string[], step: ParameterUpdate): Optimizer => ({
  init: (engine, parameters) =>
    engine.keepTogether(() =>
      parameters.map(({ shape }) => Object.fromEntries(stateNames.map(name => [name, engine.keep(shape)]))),
    ),
  update(engine, parameters, state, update) {
    const brokenAt = engine.tokens([0])
    const broken = brokenAt.offset
    parameters.forEach(({ value, gradient }, i) => {
      const gradientScale = update.gradientScales?.[i] ?? 1
      step(engine, { count: value.size, w: value.offset, dW: gradient.offset, broken, gradientScale }, state[i], update)
    })
    return engine.scalar(brokenAt) === 0
  },
})

/**
 * Gradient descent: w −= η (g + λ w). With momentum μ (Polyak 1964): v = μ v + g + λ w, w −= η v; with Nesterov's look ahead
 * (Nesterov 1983, Sutskever et al. 2013): w −= η (g + λ w + μ v).
 */
export const sgd = ({ momentum = 0, nesterov = false, weightDecay = 0 } = {}): Optimizer =>
  optimizerOver(momentum > 0 ? ['momentum_buffer'] : [], (engine, shared, state, { learningRate }) => {
    const velocity = state.momentum_buffer?.offset
    const { count, w, dW, broken, gradientScale } = shared
    engine.run(sgdKernel, {
      count,
      w,
      dW,
      velocity,
      broken,
      nesterov: nesterov ? 1 : 0,
      learningRate,
      momentum,
      weightDecay,
      gradientScale,
    })
  })

/**
 * RMSProp (Hinton 2012): s = α s + (1 − α) g², w −= η g / (√s + ε); with momentum, v = μ v + g / (√s + ε), w −= η v.
 */
export const rmsprop = ({ alpha = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = {}): Optimizer =>
  optimizerOver(
    momentum > 0 ? ['square_avg', 'momentum_buffer'] : ['square_avg'],
    (engine, shared, { square_avg, momentum_buffer }, { learningRate }) => {
      const { count, w, dW, broken, gradientScale } = shared
      engine.run(rmspropKernel, {
        count,
        w,
        dW,
        broken,
        gradientScale,
        second: square_avg.offset,
        velocity: momentum_buffer?.offset,
        kept: alpha,
        fresh: 1 - alpha,
        epsilon,
        momentum,
        learningRate,
        weightDecay,
      })
    },
  )

/** AdaGrad (Duchi, Hazan & Singer 2011): s += g², w −= η g / (√s + ε). */
export const adagrad = ({ epsilon = 1e-10, weightDecay = 0 } = {}): Optimizer =>
  optimizerOver(['sum'], (engine, shared, { sum }, { learningRate }) => {
    const { count, w, dW, broken, gradientScale } = shared
    engine.run(rmspropKernel, {
      count,
      w,
      dW,
      broken,
      gradientScale,
      second: sum.offset,
      kept: 1,
      fresh: 1,
      epsilon,
      momentum: 0,
      learningRate,
      weightDecay,
    })
  })

/**
 * Adam (Kingma & Ba 2015): m = β₁ m + (1 − β₁) g, s = β₂ s + (1 − β₂) g², w −= η m̂ / (√ŝ + ε) with m̂ = m / (1 − β₁ᵗ) and
 * ŝ = s / (1 − β₂ᵗ). With `decoupled` weight decay it is AdamW (Loshchilov & Hutter 2019): w −= η λ w apart from that.
 */
export const adam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  decoupled = false,
} = {}): Optimizer =>
  optimizerOver(['exp_avg', 'exp_avg_sq'], (engine, shared, { exp_avg, exp_avg_sq }, { step, learningRate }) => {
    const { count, w, dW, broken, gradientScale } = shared
    engine.run(adamKernel, {
      count,
      w,
      dW,
      broken,
      gradientScale,
      first: exp_avg.offset,
      second: exp_avg_sq.offset,
      decoupled: decoupled ? 1 : 0,
      learningRate,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      correction1: 1 - beta1 ** step,
      correction2: 1 - beta2 ** step,
    })
  })

/**
 * Averaged SGD (Polyak & Juditsky 1992; PyTorch's ASGD): SGD with a rate that may fall, η_t = η / (1 + decay η (t − 1))^power,
 * and a weight decay that goes with it, beside it the mean of the weights since step t₀: a += (w − a) / max(1, t − 1 − t₀).
 * AWD-LSTM (Merity, Keskar & Socher 2018) has decay 0, and t₀ where the validation loss stops getting better.
 */
export const asgd = ({ decay = 0, power = 0.75, weightDecay = 0 } = {}): Optimizer =>
  optimizerOver([AVERAGE], (engine, shared, { ax }, { step, learningRate, averageFrom = Infinity }) => {
    const rate = learningRate / (1 + decay * learningRate * (step - 1)) ** power
    const { count, w, dW, broken, gradientScale } = shared
    engine.run(sgdKernel, {
      count,
      w,
      dW,
      broken,
      gradientScale,
      learningRate: rate,
      momentum: 0,
      weightDecay: weightDecay + decay,
    })
    const share = 1 / Math.max(1, step - 1 - averageFrom)
    const { offset } = ax
    const operation = elementwiseOperation.scale
    if (share < 1) engine.run(elementwise, { operation, count, a: offset, y: offset, alpha: 1 - share })
    engine.run(elementwise, { operation, count, a: w, y: offset, accumulate: share < 1 ? 1 : 0, alpha: share })
  })

/** The optimizer of a configuration whose defaults are resolved. */
export function optimizerOf(configuration: TrainingConfiguration): Optimizer {
  const { optimizer, momentum, nesterov, beta1, beta2, alpha, epsilon, weightDecay } = configuration
  switch (optimizer) {
    case 'sgd':
      return sgd({ momentum, nesterov, weightDecay })
    case 'asgd':
      return asgd({ weightDecay })
    case 'rmsprop':
      return rmsprop({ alpha, epsilon, momentum, weightDecay })
    case 'adagrad':
      return adagrad({ epsilon, weightDecay })
    default:
      return adam({ beta1, beta2, epsilon, weightDecay, decoupled: optimizer === 'adamw' })
  }
}

/** Gives back an optimizer's memory. */
export function releaseState(engine: Engine, state: OptimizerState): void {
  for (const entry of state) for (const tensor of Object.values(entry)) engine.release(tensor)
}
