/* A whole training step of a small language model: embedding, dropout, two recurrent layers, output layer and loss,
 * backward, clipping, Adam. What every tensor of it holds, by name. */
import type { Cell } from '../../src/cells/cell.js'
import type { Engine } from '../../src/engine/engine.js'
import { adam, sum } from '../../src/engine/records.js'
import { Embedding } from '../../src/layers/embedding.js'
import { Linear } from '../../src/layers/linear.js'
import { watchAll } from '../../src/layers/parameter.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import { fold, Random, seedKey } from '../../src/random.js'
import type { Held } from './kernelRun.js'
import { Draw } from './randomValues.js'

export interface StepSizes {
  readonly cell: Cell
  readonly vocabulary: number
  readonly width: number
  readonly hidden: number
  readonly batch: number
  readonly time: number
  readonly dropout: number
  readonly ragged: boolean
}

/** `steps` training steps from the same seed: losses, final states, and of each parameter value, gradient and moments. */
export function trainingSteps(engine: Engine, sizes: StepSizes, steps: number): Held {
  const { cell, vocabulary, width, hidden, batch, time, ragged } = sizes
  const embedding = new Embedding(engine, { vocabularySize: vocabulary, size: width, name: 'embedding' })
  const stack = new Recurrent(engine, {
    cell,
    inputSize: width,
    hiddenSize: hidden,
    numLayers: 2,
    dropout: sizes.dropout,
    name: 'recurrent',
  })
  const output = new Linear(engine, { inputs: hidden, outputs: vocabulary, name: 'output' })
  const random = new Random(fold(seedKey(7), 'initialisation'))
  for (const layer of [embedding, stack, output]) layer.initialise(random)
  const parameters = [...embedding.parameters, ...stack.parameters, ...output.parameters]
  const moments = parameters.map(({ shape }) => [engine.keep(shape), engine.keep(shape)])
  const draw = new Draw(5)
  const held: Held = {}
  const losses: number[] = []

  for (let step = 1; step <= steps; step++) {
    const text = draw.integers(time * batch, 0, vocabulary - 1)
    const targets = draw.integers(time * batch, -1, vocabulary - 1)
    const lengths = draw.integers(batch, 1, time)
    engine.scope(() =>
      engine.recording(tape => {
        watchAll(tape, parameters)
        const x = embedding.forward(engine.tokens(text, [time, batch]))
        const { output: h, state } = stack.forward(x, stack.zeroState(batch), {
          lengths: ragged ? lengths : undefined,
          key: fold(seedKey(7), 'training', step),
        })
        const { loss, losses: rows } = output.loss(h, engine.tokens(targets))
        tape.backward(loss)
        held[`losses of step ${step}`] = engine.read(rows)
        state.forEach((each, k) => {
          held[`hidden ${k} of step ${step}`] = engine.read(each.hidden)
        })
        losses.push(engine.scalar(loss))
        const total = engine.tensor([1])
        let squares = 0
        for (const { gradient } of parameters) {
          engine.run(sum, { count: gradient.size, squares: 1, a: gradient.offset, y: total.offset })
          squares += engine.scalar(total)
        }
        const gradientScale = Math.min(1, 0.5 / (Math.sqrt(squares) + 1e-6))
        parameters.forEach(({ value, gradient }, i) => {
          const [first, second] = moments[i]
          engine.run(adam, {
            count: value.size,
            w: value.offset,
            dW: gradient.offset,
            first: first.offset,
            second: second.offset,
            learningRate: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weightDecay: 0,
            correction1: 1 - 0.9 ** step,
            correction2: 1 - 0.999 ** step,
            gradientScale,
          })
        })
      }),
    )
  }
  held.loss = Float64Array.from(losses)
  parameters.forEach((parameter, i) => {
    held[parameter.name] = engine.read(parameter.value)
    held[`gradient of ${parameter.name}`] = engine.read(parameter.gradient)
    held[`first moment of ${parameter.name}`] = engine.read(moments[i][0])
    held[`second moment of ${parameter.name}`] = engine.read(moments[i][1])
    parameter.release()
    for (const moment of moments[i]) engine.release(moment)
  })
  return held
}
