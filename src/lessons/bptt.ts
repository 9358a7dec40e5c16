/* One back-propagation through time by hand, each number beside the kernel's. */
import { elman } from '../cells/elman.js'
import type { Engine } from '../engine/engine.js'
import type { ObservedSteps } from '../engine/operations/recurrence.js'
import { watchAll } from '../layers/parameter.js'
import { Recurrent } from '../layers/recurrent.js'
import { figure, type Lesson, table, text } from './lesson.js'

const [U, W, b] = [0.5, 0.8, 0.1]
const x = [1, 0.5, -1]
const target = 0.5

interface Numbers {
  readonly h: readonly number[]
  /** ∂E/∂h_t */
  readonly dh: readonly number[]
  readonly dU: number
  readonly dW: number
  readonly db: number
}

function byHand(): Numbers {
  const h: number[] = []
  for (const [t, input] of x.entries()) h.push(Math.tanh(U * input + W * (h[t - 1] ?? 0) + b))
  const dh = [0, 0, h[2] - target]
  for (let t = 2; t > 0; t--) dh[t - 1] = dh[t] * (1 - h[t] ** 2) * W
  const through = dh.map((value, t) => value * (1 - h[t] ** 2))
  const sum = (by: (t: number) => number) => through.reduce((total, value, t) => total + value * by(t), 0)
  return { h, dh, dU: sum(t => x[t]), dW: sum(t => h[t - 1] ?? 0), db: sum(() => 1) }
}

function byKernel(engine: Engine): Numbers {
  const layer = new Recurrent(engine, { cell: elman('tanh'), inputSize: 1, hiddenSize: 1, name: 'lesson' })
  ;[U, W, b, 0].forEach((value, i) => {
    engine.fill(layer.parameters[i].value, value)
  })
  const numbers = engine.scope(() =>
    engine.recording(tape => {
      watchAll(tape, layer.parameters)
      let seen: ObservedSteps | undefined
      const observer = {
        steps: (steps: ObservedSteps) => {
          seen = steps
        },
      }
      const { output } = layer.forward(engine.from(x, [x.length, 1, 1]), layer.zeroState(1), { observer })
      const h = [...engine.read(output)]
      tape.backward(output, engine.from([0, 0, h[2] - target], [3, 1, 1]))
      const dh = seen && tape.gradientOf(seen.hidden[0])
      const [dU, dW, db] = layer.parameters.map(({ gradient }) => engine.scalar(gradient))
      return { h, dh: dh ? [...engine.read(dh)] : [], dU, dW, db }
    }),
  )
  for (const parameter of layer.parameters) parameter.release()
  return numbers
}

export const bptt: Lesson = {
  name: 'bptt',
  question: 'What does back-propagation through time compute?',
  async *run({ engine }) {
    const [hand, kernel] = [byHand(), byKernel(engine)]
    const [h1, h2, h3] = hand.h.map(value => figure(value, 4))
    const [d1, d2, d3] = hand.dh.map(value => figure(value, 5))
    yield text(
      `One unit, three steps: h_t = tanh(U x_t + W h_{t−1} + b), U = ${U}, W = ${W}, b = ${b}, x = ${x.join(', ')}; E = ½ (h_3 − y)², y = ${target}.\nForward, then back: ∂E/∂h_{t−1} = ∂E/∂h_t · (1 − h_t²) · W. The weights are the same at all steps, so their gradients are sums over steps.`,
    )
    const row = (name: string, how: string, ofHand: number, ofKernel: number) => [
      name,
      how,
      figure(ofHand, 6),
      figure(ofKernel, 6),
    ]
    yield table(
      ['', 'by hand', '', 'by the kernel'],
      row('h_1', `tanh(${U} · ${x[0]} + ${W} · 0 + ${b})`, hand.h[0], kernel.h[0]),
      row('h_2', `tanh(${U} · ${x[1]} + ${W} · ${h1} + ${b})`, hand.h[1], kernel.h[1]),
      row('h_3', `tanh(${U} · ${x[2]} + ${W} · ${h2} + ${b})`, hand.h[2], kernel.h[2]),
      row('∂E/∂h_3', `${h3} − ${target}`, hand.dh[2], kernel.dh[2]),
      row('∂E/∂h_2', `${d3} · (1 − ${h3}²) · ${W}`, hand.dh[1], kernel.dh[1]),
      row('∂E/∂h_1', `${d2} · (1 − ${h2}²) · ${W}`, hand.dh[0], kernel.dh[0]),
      row('∂E/∂W', 'Σ ∂E/∂h_t (1 − h_t²) h_{t−1}', hand.dW, kernel.dW),
      row('∂E/∂U', 'Σ ∂E/∂h_t (1 − h_t²) x_t', hand.dU, kernel.dU),
      row('∂E/∂b', 'Σ ∂E/∂h_t (1 − h_t²)', hand.db, kernel.db),
    )
    const cut = hand.dh[2] * (1 - hand.h[2] ** 2) * hand.h[1]
    yield text(
      `∂E/∂h_1 = ${d1} is what is left after two steps: each multiplies by (1 − h²) W, here ${figure(hand.dh[1] / hand.dh[2])} and ${figure(hand.dh[0] / hand.dh[1])}. See recurra lesson vanishing.\nCut after one step (truncated back-propagation, --time-steps), ∂E/∂W would be ${figure(cut, 6)} instead of ${figure(hand.dW, 6)}: what lies before is not learned from.`,
    )
  },
}
