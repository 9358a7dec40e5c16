/* A stack of recurrent layers on random numbers: every output, final state and gradient, by name. */

import type { CellState } from '../../src/cells/cell.js'
import type { Engine } from '../../src/engine/engine.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { watchAll } from '../../src/layers/parameter.js'
import { Recurrent, type RecurrentOptions } from '../../src/layers/recurrent.js'
import { seedKey } from '../../src/random.js'
import type { Draw } from '../engine/randomValues.js'

export interface LayerShape extends Partial<Omit<RecurrentOptions, 'name'>> {
  readonly time: number
  readonly batch: number
  readonly inputSize: number
  readonly hiddenSize: number
  readonly lengths?: readonly number[]
}

export type LayerRun = LayerShape & Pick<RecurrentOptions, 'cell'>

export type Held = Record<string, Float64Array>

/** All that a layer is given, by name: what `given` has, else drawn. */
export function runLayers(
  engine: Engine,
  { time, batch, lengths, ...options }: LayerRun,
  draw: Draw,
  given: Held = {},
): Held {
  const stack = new Recurrent(engine, { ...options, name: 'layer' })
  const drawn = (name: string, size: number, scale = 1) => {
    const values = draw.values(size, scale)
    return given[name] ?? values
  }
  for (const { name, value } of stack.parameters)
    engine.write(value, drawn(name, value.size, 1 / Math.sqrt(options.hiddenSize)))
  const held: Held = {}
  engine.scope(() =>
    engine.recording(tape => {
      const leaf = (name: string, shape: readonly number[]) => {
        const size = shape.reduce((product, extent) => product * extent, 1)
        const tensor = engine.from(drawn(name, size), shape)
        tape.watch(tensor)
        leaves.set(name, tensor)
        return tensor
      }
      const leaves = new Map<string, Tensor>()
      watchAll(tape, stack.parameters)
      const x = leaf('x', [time, batch, options.inputSize])
      const state: CellState[] = stack.zeroState(batch).map(({ hidden, cell }, k) => ({
        hidden: leaf(`hidden ${k}`, hidden.shape),
        cell: cell && leaf(`cell ${k}`, cell.shape),
      }))
      const result = stack.forward(x, state, { lengths, key: seedKey(3) })
      const results = new Map<string, Tensor>([['output', result.output]])
      result.state.forEach(({ hidden, cell }, k) => {
        results.set(`final hidden ${k}`, hidden)
        if (cell) results.set(`final cell ${k}`, cell)
      })
      // The gradient of each result is given: what a loss of random weights would send.
      const loss = engine.tensor([1])
      tape.record([loss], () => {
        for (const [name, tensor] of results)
          tape.add(tensor, engine.from(drawn(`gradient of ${name}`, tensor.size), tensor.shape))
      })
      tape.backward(loss)
      for (const [name, tensor] of results) held[name] = engine.read(tensor)
      for (const [name, tensor] of leaves) held[`gradient of ${name}`] = engine.read(tape.gradientOf(tensor) as Tensor)
      for (const { name, gradient } of stack.parameters) held[`gradient of ${name}`] = engine.read(gradient)
    }),
  )
  for (const parameter of stack.parameters) parameter.release()
  return held
}
