/* The reference's optimizers against two steps worked by hand, number by number, as PyTorch's documentation of
 * torch.optim.SGD, Adam and AdamW writes them. One parameter w = 2; gradients 0.5, then -1; both scaled by 0.5. */
import { beforeEach, describe, expect, it } from 'vitest'
import { adam, sgd } from '../../src/engine/records.js'
import { clearHeap, get, put, run } from './referenceHeap.js'

beforeEach(clearHeap)

describe('SGD', () => {
  function twoSteps(options: {
    momentum: number
    weightDecay: number
    velocity: boolean
    nesterov?: number
  }): number[] {
    const [w, velocity] = [put([2]), options.velocity ? put([0]) : 0]
    return [0.5, -1].map(gradient => {
      run(sgd, {
        ...{ count: 1, w, dW: put([gradient]), velocity, nesterov: options.nesterov, learningRate: 0.1 },
        ...{ momentum: options.momentum, weightDecay: options.weightDecay, gradientScale: 0.5 },
      })
      return get(w, 1)[0]
    })
  }

  it('plain: 2 - 0.1 · 0.25 = 1.975, then + 0.1 · 0.5 = 2.025', () => {
    const [first, second] = twoSteps({ momentum: 0, weightDecay: 0, velocity: false })
    expect(first).toBeCloseTo(1.975, 14)
    expect(second).toBeCloseTo(2.025, 14)
  })

  it('with weight decay 0.1: g = 0.25 + 0.2 = 0.45, then -0.5 + 0.1955', () => {
    const [first, second] = twoSteps({ momentum: 0, weightDecay: 0.1, velocity: false })
    expect(first).toBeCloseTo(1.955, 14)
    expect(second).toBeCloseTo(1.955 + 0.1 * 0.3045, 14)
  })

  it('with momentum 0.9: v = 0.25, then 0.225 - 0.5 = -0.275', () => {
    const [first, second] = twoSteps({ momentum: 0.9, weightDecay: 0, velocity: true })
    expect(first).toBeCloseTo(1.975, 14)
    expect(second).toBeCloseTo(2.0025, 14)
  })

  it("with Nesterov's look ahead: 0.25 + 0.9 · 0.25 = 0.475, then -0.5 - 0.9 · 0.275 = -0.7475", () => {
    const [first, second] = twoSteps({ momentum: 0.9, weightDecay: 0, velocity: true, nesterov: 1 })
    expect(first).toBeCloseTo(1.9525, 14)
    expect(second).toBeCloseTo(1.9525 + 0.07475, 14)
  })
})

describe('Adam', () => {
  function twoSteps(weightDecay: number, decoupled: number): number[] {
    const [w, first, second] = [put([2]), put([0]), put([0])]
    return [0.5, -1].map((gradient, index) => {
      run(adam, {
        ...{ count: 1, w, dW: put([gradient]), first, second, decoupled, weightDecay, gradientScale: 0.5 },
        ...{ learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
        ...{ correction1: 1 - 0.9 ** (index + 1), correction2: 1 - 0.99 ** (index + 1) },
      })
      return get(w, 1)[0]
    })
  }
  // Step 1: m = 0.1 g and s = 0.01 g², corrected to g and g²: the step is the learning rate, less what ε takes.
  const step1 = (g: number) => (0.1 * g) / (Math.abs(g) + 1e-8)
  // Step 2: m = 0.09 g1 + 0.1 g2 over 0.19; s = 0.0099 g1² + 0.01 g2² over 0.0199.
  const step2 = (g1: number, g2: number) =>
    (0.1 * ((0.09 * g1 + 0.1 * g2) / 0.19)) / (Math.sqrt((0.0099 * g1 ** 2 + 0.01 * g2 ** 2) / 0.0199) + 1e-8)

  it('without weight decay', () => {
    const [first, second] = twoSteps(0, 0)
    expect(first).toBeCloseTo(2 - step1(0.25), 13)
    expect(second).toBeCloseTo(2 - step1(0.25) - step2(0.25, -0.5), 13)
  })

  it('with weight decay in the gradient', () => {
    const w1 = 2 - step1(0.45)
    const [first, second] = twoSteps(0.1, 0)
    expect(first).toBeCloseTo(w1, 13)
    expect(second).toBeCloseTo(w1 - step2(0.45, -0.5 + 0.1 * w1), 13)
  })

  it('AdamW: with weight decay of the parameter itself, by 1 - 0.1 · 0.1 a step', () => {
    const w1 = 2 * 0.99 - step1(0.25)
    const [first, second] = twoSteps(0.1, 1)
    expect(first).toBeCloseTo(w1, 13)
    expect(second).toBeCloseTo(w1 * 0.99 - step2(0.25, -0.5), 13)
  })
})
