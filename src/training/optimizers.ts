/* Optimizers, each as two functions: `init` makes what it remembers, `update` does one step. They follow PyTorch's. */
import type { Engine } from '../engine/engine.js'
import { adam as adamKernel, sgd as sgdKernel } from '../engine/records.js'
import type { Tensor } from '../engine/tensor.js'
import type { Parameter } from '../layers/parameter.js'

/** What an optimizer remembers of each parameter, by PyTorch's name for it; kept in the heap. */
export type OptimizerState = readonly Readonly<Record<string, Tensor>>[]

export interface Update {
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  /** Multiplies the gradient first: clipping. */
  readonly gradientScale: number
}

export interface Optimizer {
  init(engine: Engine, parameters: readonly Parameter[]): OptimizerState
  update(engine: Engine, parameters: readonly Parameter[], state: OptimizerState, update: Update): void
}

const remember = (engine: Engine, parameters: readonly Parameter[], names: readonly string[]): OptimizerState =>
  engine.keepTogether(() =>
    parameters.map(({ shape }) => Object.fromEntries(names.map(name => [name, engine.keep(shape)]))),
  )

/** Gradient descent, with momentum on request: v = momentum v + g; w −= learningRate v. */
export const sgd = ({ momentum = 0, weightDecay = 0 } = {}): Optimizer => ({
  init: (engine, parameters) => remember(engine, parameters, momentum > 0 ? ['momentum_buffer'] : []),
  update(engine, parameters, state, { learningRate, gradientScale }) {
    parameters.forEach(({ value, gradient }, i) => {
      const velocity = state[i].momentum_buffer?.place
      const places = { w: value.place, dW: gradient.place, velocity }
      engine.run(sgdKernel, { count: value.size, ...places, learningRate, momentum, weightDecay, gradientScale })
    })
  },
})

/** Adam (Kingma & Ba 2015); with `decoupled` weight decay, AdamW (Loshchilov & Hutter 2019). */
export const adam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  decoupled = false,
} = {}): Optimizer => ({
  init: (engine, parameters) => remember(engine, parameters, ['exp_avg', 'exp_avg_sq']),
  update(engine, parameters, state, { step, learningRate, gradientScale }) {
    parameters.forEach(({ value, gradient }, i) => {
      engine.run(adamKernel, {
        count: value.size,
        w: value.place,
        dW: gradient.place,
        first: state[i].exp_avg.place,
        second: state[i].exp_avg_sq.place,
        decoupled: decoupled ? 1 : 0,
        learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        correction1: 1 - beta1 ** step,
        correction2: 1 - beta2 ** step,
        gradientScale,
      })
    })
  },
})

/** Gives back what an optimizer remembers. */
export function forget(engine: Engine, state: OptimizerState): void {
  for (const entry of state) for (const tensor of Object.values(entry)) engine.release(tensor)
}
