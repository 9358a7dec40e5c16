/* The laws of a stack of recurrent layers, in every shape: sequences of a batch do not know each other, padding is
 * nothing, a stretch is its parts, and what training leaves out is a function of the seed. */
import { describe, expect, test } from 'vitest'
import type { Cell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import { seedKey } from '../../src/random.js'
import { expectAllNear, expectSameBits, relativeError } from '../engine/distance.js'
import { describeEach, float32Backends } from '../engine/everyBackend.js'
import { Draw } from '../engine/randomValues.js'
import { type Held, type LayerShape, runLayers } from './layerRun.js'

const cells: readonly (readonly [string, Cell])[] = [
  ['elman', elman('tanh')],
  ['elman relu', elman('relu')],
  ['gru', gru],
  ['lstm', lstm],
]

const forms: readonly (readonly [string, Partial<LayerShape>])[] = [
  ['one layer', {}],
  ['two layers, both directions', { numLayers: 2, bidirectional: true }],
  ['three residual layers, dilated', { numLayers: 3, residual: true, dilations: [1, 2, 4] }],
  ['two dilated layers, both directions', { numLayers: 2, bidirectional: true, dilations: [2, 3] }],
  ['a skip of 3 steps, both directions', { skip: 3, bidirectional: true }],
  ['two normalised layers, both directions', { numLayers: 2, layerNorm: true, bidirectional: true }],
]

const [time, batch, inputSize, hiddenSize] = [7, 5, 6, 17]
const lengths = [3, 7, 1, 4, 7]

/** Rows of what a batch was given or gave: [steps, batch, width] → sequence b, its first steps. */
function rowsOf(values: Float64Array, steps: number, b: number, kept: number, of = batch): Float64Array {
  const width = values.length / steps / of
  const parts = Array.from({ length: kept }, (_, t) => [
    ...values.subarray((t * of + b) * width, (t * of + b + 1) * width),
  ])
  return Float64Array.from(parts.flat())
}

describeEach(float32Backends, engine => {
  describe.each(forms)('%s', (_, form) => {
    test.each(cells)('of %s: each sequence has what it has alone, bit for bit', (_, cell) => {
      const shape = { time, batch, inputSize, hiddenSize, cell, ...form }
      const depth = (name: string) => {
        const layer = Number(/\d+$/.exec(name)) / (form.bidirectional ? 2 : 1)
        if (/cell/.test(name)) return form.dilations?.[Math.floor(layer)] ?? 1
        return Math.max(form.skip ?? 1, form.dilations?.[Math.floor(layer)] ?? 1)
      }
      const given = draws(shape, 5)
      const together = runLayers(engine(), { ...shape, lengths }, new Draw(5), given)
      lengths.forEach((length, b) => {
        const own = Object.fromEntries(
          Object.entries(given).map(([name, values]) => {
            if (name.startsWith('layer.')) return [name, values]
            const [steps, kept] = /x|output/.test(name) ? [time, length] : [depth(name), depth(name)]
            return [name, rowsOf(values, steps, b, kept)]
          }),
        )
        const alone = runLayers(engine(), { ...shape, time: length, batch: 1 }, new Draw(5), own)
        const part: Held = {}
        for (const name of Object.keys(alone)) {
          if (/layer\./.test(name)) {
            delete alone[name]
            continue
          }
          const [steps, kept] = /x$|output/.test(name) ? [time, length] : [depth(name), depth(name)]
          part[name] = rowsOf(together[name], steps, b, kept)
        }
        expectSameBits(part, alone)
      })
    })

    test.each(cells)('of %s: padding changes no bit of any gradient', (_, cell) => {
      const shape = { batch, inputSize, hiddenSize, cell, ...form }
      const given = draws({ ...shape, time }, 6)
      const padded = { ...given }
      // What stands in the padding is no number: it must never be touched.
      for (const name of ['x', 'gradient of output']) {
        const width = given[name].length / time / batch
        padded[name] = new Float64Array((time + 3) * batch * width).fill(Number.NaN)
        for (let t = 0; t < time; t++)
          for (let b = 0; b < batch; b++)
            if (t < lengths[b])
              padded[name].set(
                given[name].subarray((t * batch + b) * width, (t * batch + b + 1) * width),
                (t * batch + b) * width,
              )
      }
      const less = runLayers(engine(), { ...shape, time, lengths }, new Draw(6), given)
      const more = runLayers(engine(), { ...shape, time: time + 3, lengths }, new Draw(6), padded)
      const pick = (held: Held) =>
        Object.fromEntries(Object.entries(held).filter(([name]) => !/output|of x/.test(name)))
      expectSameBits(pick(more), pick(less))
      const values = (name: string) => more[name].slice(0, less[name].length)
      expectSameBits(
        { output: values('output'), x: values('gradient of x') },
        { output: less.output, x: less['gradient of x'] },
      )
      expect(more.output.subarray(less.output.length).every(value => value === 0)).toBe(true)
      expect(more['gradient of x'].subarray(less['gradient of x'].length).every(value => value === 0)).toBe(true)
    })

    test.each(cells)('of %s: one step at a time, with the state carried, is the whole sequence', (_, cell) => {
      if (form.bidirectional) form = { ...form, bidirectional: false }
      for (const rows of [1, batch]) {
        const stack = new Recurrent(engine(), { cell, inputSize, hiddenSize, ...form, name: 'layer' })
        fill(engine(), stack, 9)
        const x = new Draw(10).values(time * rows * inputSize)
        const whole = run(engine(), stack, x, rows, [time])
        for (const stretches of [Array.from({ length: time }, () => 1), [2, 1, 4]])
          expectAllNear(run(engine(), stack, x, rows, stretches), whole, 1e-6)
        for (const { release } of stack.parameters.map(each => ({ release: () => each.release() }))) release()
      }
    })
  })

  const left = { dropout: 0.5, variational: true, recurrentDropout: 0.5, weightDrop: 0.5, zoneout: 0.5 }
  test.each(Object.entries(left))('%s of the same seed leaves out the same, and something', (name, value) => {
    const form = { ...(name === 'variational' && { dropout: 0.5 }), [name]: value }
    for (const [, cell] of cells) {
      const shape = { time, batch, inputSize, hiddenSize, numLayers: 2, cell, lengths }
      const once = runLayers(engine(), { ...shape, ...form }, new Draw(7))
      expectSameBits(runLayers(engine(), { ...shape, ...form }, new Draw(7)), once)
      const whole = runLayers(engine(), shape, new Draw(7))
      expect(relativeError(once.output, whole.output)).toBeGreaterThan(0.01)
    }
  })

  test('variational dropout has one mask for all steps of a sequence', () => {
    const stack = new Recurrent(engine(), {
      cell: elman('relu'),
      inputSize: 3,
      hiddenSize: 16,
      numLayers: 2,
      dropout: 0.5,
      variational: true,
      name: 'layer',
    })
    // Layer 0 puts out 1 everywhere, layer 1 passes on what comes: a dropped unit is 0 at every step.
    for (const { name, value } of stack.parameters) {
      const identity = Float64Array.from({ length: value.size }, (_, i) => (i % 17 === 0 ? 1 : 0))
      if (name === 'layer.weight_ih_l1') engine().write(value, identity)
      else engine().fill(value, name === 'layer.bias_ih_l0' ? 1 : 0)
    }
    const output = engine().scope(() => {
      const x = engine().from(new Float64Array(5 * 2 * 3), [5, 2, 3])
      return engine().read(stack.forward(x, stack.zeroState(2), { key: seedKey(1) }).output)
    })
    const first = output.subarray(0, 32)
    expect(new Set(first)).toEqual(new Set([0, 2]))
    for (let t = 1; t < 5; t++) expect(output.subarray(t * 32, (t + 1) * 32)).toEqual(first)
    for (const parameter of stack.parameters) parameter.release()
  })
})

/** All that `runLayers` draws for a shape. */
function draws(shape: LayerShape & { cell: Cell }, seed: number): Held {
  const given: Held = {}
  const spy = new Proxy(given, { get: (held, name: string) => held[name] ?? undefined })
  const draw = new Draw(seed)
  const names = namesOf(shape)
  for (const [name, size] of names) spy[name] = draw.values(size, name.startsWith('layer.') ? 0.25 : 1)
  return given
}

/** Names and sizes of what a stack is given, the states of a learned start left out. */
function namesOf(shape: LayerShape & { cell: Cell }): [string, number][] {
  const { cell, numLayers = 1, bidirectional = false, dilations = [], skip = 1 } = shape
  const directions = bidirectional ? 2 : 1
  const rows = shape.batch * shape.hiddenSize
  const names: [string, number][] = [['x', shape.time * shape.batch * shape.inputSize]]
  names.push(['gradient of output', shape.time * rows * directions])
  for (let k = 0; k < numLayers * directions; k++) {
    const d = dilations[Math.floor(k / directions)] ?? 1
    names.push([`hidden ${k}`, rows * Math.max(d, skip)], [`gradient of final hidden ${k}`, rows * Math.max(d, skip)])
    if (cell.hasCell) names.push([`cell ${k}`, rows * d], [`gradient of final cell ${k}`, rows * d])
  }
  return names
}

function fill(engine: Engine, stack: Recurrent, seed: number): void {
  const draw = new Draw(seed)
  for (const { value } of stack.parameters) engine.write(value, draw.values(value.size, 0.25))
}

/** The stretches one after another, the state carried over by its values. */
function run(engine: Engine, stack: Recurrent, x: Float64Array, rows: number, stretches: readonly number[]): Held {
  let at = 0
  let carried: { hidden: Float64Array; cell: Float64Array | undefined }[] | undefined
  const output: number[] = []
  for (const steps of stretches)
    engine.scope(() => {
      const input = engine.from(x.subarray(at * rows * inputSize, (at + steps) * rows * inputSize), [
        steps,
        rows,
        inputSize,
      ])
      const state = stack.zeroState(rows).map(({ hidden, cell }, k) => {
        const value = (of: Tensor, values: Float64Array | undefined) => (values ? engine.from(values, of.shape) : of)
        return { hidden: value(hidden, carried?.[k].hidden), cell: cell && value(cell, carried?.[k].cell) }
      })
      const result = stack.forward(input, state)
      output.push(...engine.read(result.output))
      carried = result.state.map(({ hidden, cell }) => ({
        hidden: engine.read(hidden),
        cell: cell && engine.read(cell),
      }))
      at += steps
    })
  const held: Held = { output: Float64Array.from(output) }
  carried?.forEach(({ hidden, cell }, k) => {
    held[`hidden ${k}`] = hidden
    if (cell) held[`cell ${k}`] = cell
  })
  return held
}
