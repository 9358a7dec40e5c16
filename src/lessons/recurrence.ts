/* The recurrence by hand: one equation, the same weights at every step, numbers that one can follow on paper. */
import { elman } from '../cells/elman.js'
import type { Engine } from '../engine/engine.js'
import { Recurrent } from '../layers/recurrent.js'
import { figure, type Lesson, table, text } from './lesson.js'

const U = [0.5, -1]
const W = [
  [0.8, -0.4],
  [0.3, 0.6],
]
const b = [0.1, 0]
const x = [1, 0, 0, 1]

const affine = (t: number, h: readonly number[]) => U.map((u, i) => u * x[t] + W[i][0] * h[0] + W[i][1] * h[1] + b[i])

/** h after each step, by the kernel. */
function byKernel(engine: Engine, inputs: readonly number[]): Float64Array {
  const layer = new Recurrent(engine, { cell: elman('tanh'), inputSize: 1, hiddenSize: 2, name: 'lesson' })
  const values: Readonly<Record<string, readonly number[]>> = {
    weight_ih_l0: U,
    weight_hh_l0: W.flat(),
    bias_ih_l0: b,
    bias_hh_l0: [0, 0],
  }
  for (const { name, value } of layer.parameters) engine.write(value, values[name.slice('lesson.'.length)])
  const output = engine.scope(() => {
    const { output } = layer.forward(engine.from(inputs, [inputs.length, 1, 1]), layer.zeroState(1))
    return engine.read(output)
  })
  for (const parameter of layer.parameters) parameter.release()
  return output
}

export const recurrence: Lesson = {
  name: 'recurrence',
  question: 'What is a hidden state, step by step?',
  async *run({ engine }) {
    yield text(
      `h_t = tanh(U x_t + W h_{t−1} + b), two units: U = (${U}), W = (${W[0]}; ${W[1]}), b = (${b}); h before the text is 0.\nEvery step uses the same U, W and b: ${U.length + 4 + b.length} numbers, for 4 steps or for 4,000.`,
    )
    const kernel = byKernel(engine, x)
    let h: readonly number[] = [0, 0]
    const rows = x.map((input, t) => {
      const a = affine(t, h)
      h = a.map(Math.tanh)
      const pair = (values: ArrayLike<number>) => `${figure(values[0], 4)} ${figure(values[1], 4)}`
      return [String(t + 1), String(input), pair(a), pair(h), pair(kernel.subarray(2 * t, 2 * t + 2))]
    })
    yield table(['t', 'x_t', 'U x_t + W h_{t−1} + b', 'h_t by hand', 'h_t by the kernel'], ...rows)
    const changed = byKernel(engine, [-1, 0, 0, 1])
    yield text(
      `x_1 and x_4 are the same number, but h_1 and h_4 are not: h_4 also holds what came before.\nWith x_1 = −1 instead of 1, h_4 is ${figure(changed[6], 4)} ${figure(changed[7], 4)}: three steps later the state still knows.\nThe equation stands in src/cells/elman.ts; recurra inspect summary MODEL lists U, W and b of a model.`,
    )
  },
}
