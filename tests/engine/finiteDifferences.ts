/* Whether a gradient is the gradient: central finite differences in float64, for any function of tensors. */
import { expect } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import type { Tape } from '../../src/engine/tape.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { expectNear } from './distance.js'
import type { Draw } from './randomValues.js'

const WIDTH = 1e-5

export interface Input {
  readonly shape: readonly number[]
  readonly values: Float64Array
}

/** An input of random values in ±1. */
export function input(draw: Draw, ...shape: number[]): Input {
  return { shape, values: draw.values(shape.reduce((product, extent) => product * extent, 1)) }
}

/**
 * Holds the gradient of Σ weight ∘ result, with random weights and every tensor that `work` returns, to finite
 * differences in every element of every input.
 * @param engine one that computes in float64
 * @param work sees the inputs as tensors, by name
 */
export function checkGradients(
  engine: Engine,
  draw: Draw,
  inputs: Readonly<Record<string, Input>>,
  work: (tensors: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[],
): void {
  expect(engine.backend.elementBytes).toBe(8)
  const weights: Float64Array[] = []
  const results = () => {
    const tensors: Record<string, Tensor> = {}
    for (const [name, { shape, values }] of Object.entries(inputs)) tensors[name] = engine.from(values, shape)
    const watch = (tape: Tape) => {
      for (const tensor of Object.values(tensors)) tape.watch(tensor)
    }
    if (engine.tape) watch(engine.tape)
    return { tensors, made: [work(tensors)].flat() as Tensor[] }
  }
  const loss = () =>
    engine.scope(() =>
      results().made.reduce((total, tensor, i) => {
        weights[i] ??= draw.values(tensor.size)
        return engine.read(tensor).reduce((sum, y, j) => sum + y * weights[i][j], total)
      }, 0),
    )
  loss()
  const gradients = engine.scope(() =>
    engine.recording(tape => {
      const { tensors, made } = results()
      const root = engine.tensor([1])
      tape.record([root], () => {
        made.forEach((tensor, i) => {
          tape.add(tensor, engine.from(weights[i], tensor.shape))
        })
      })
      tape.backward(root)
      return Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => {
          const gradient = tape.gradientOf(tensor)
          if (!gradient) throw new Error(`no gradient has come to ${name}`)
          return [name, engine.read(gradient)]
        }),
      )
    }),
  )
  for (const [name, { values }] of Object.entries(inputs)) {
    const differences = values.map((x, i) => {
      values[i] = x + WIDTH
      const above = loss()
      values[i] = x - WIDTH
      const below = loss()
      values[i] = x
      return (above - below) / (2 * WIDTH)
    })
    expectNear(gradients[name], differences, 1e-6, `gradient of ${name}`)
  }
}

/**
 * Holds the gradients that stand in `parameters` to finite differences of `loss` along random directions: for models
 * with too many elements to move one by one.
 */
export function checkDirections(
  engine: Engine,
  draw: Draw,
  parameters: readonly { readonly value: Tensor; readonly gradient: Tensor }[],
  loss: () => number,
  count: number,
): void {
  const start = parameters.map(({ value }) => engine.read(value))
  for (let k = 0; k < count; k++) {
    const direction = start.map(values => draw.values(values.length))
    const move = (by: number) =>
      parameters.forEach(({ value }, i) => {
        engine.write(
          value,
          start[i].map((x, j) => x + by * direction[i][j]),
        )
      })
    move(WIDTH)
    const above = loss()
    move(-WIDTH)
    const below = loss()
    move(0)
    const slope = parameters.reduce(
      (total, { gradient }, i) => engine.read(gradient).reduce((sum, g, j) => sum + g * direction[i][j], total),
      0,
    )
    expectNear([slope], [(above - below) / (2 * WIDTH)], 1e-6, `slope along direction ${k}`)
  }
}
