/* A stream reads bit by bit what a layer reads at once, of a batch of one or many, and gives all its memory back. */
import { describe, expect, test } from 'vitest'
import { minGRU } from '../../examples/minGRU.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import { Recurrent } from '../../src/layers/recurrent.js'
import { RecurrentStream } from '../../src/layers/stream.js'
import { expectAllNear } from '../engine/distance.js'
import { describeEach, everyBackend } from '../engine/everyBackend.js'
import { Draw } from '../engine/randomValues.js'

const cells = [
  ['elman', elman()],
  ['gru', gru],
  ['lstm', lstm],
  ['minGRU', minGRU],
] as const
const forms = [{}, { bias: false }, { dilations: [2, 3] }, { skip: 2 }, { layerNorm: true }, { residual: true }]
const [time, vocabulary, width, hiddenSize] = [9, 11, 6, 17]

describeEach(everyBackend, engine => {
  describe.each(cells)('a stream of %s', (_, cell) => {
    test.each([1, 3])('of %d sequences gives what the whole gives, whatever is read', batch => {
      for (const form of forms) {
        if (cell.name === 'minGRU' && 'skip' in form) continue
        for (const kind of ['numbers', 'one-hot', 'table'] as const) {
          const used = engine().heap.used
          const inputSize = kind === 'one-hot' ? vocabulary : width
          const stack = new Recurrent(engine(), { cell, inputSize, hiddenSize, numLayers: 2, ...form, name: 'layer' })
          const draw = new Draw(3)
          for (const { value } of stack.parameters) engine().write(value, draw.values(value.size, 0.3))
          const table = engine().keep([vocabulary, width])
          engine().write(table, draw.values(table.size))
          const numbers = draw.values(time * batch * width)
          const text = draw.integers(time * batch, 0, vocabulary - 1)
          const input = (from: number, to: number) => {
            const [shape, at, end] = [[to - from, batch], from * batch, to * batch]
            if (kind === 'numbers') return engine().from(numbers.subarray(at * width, end * width), [...shape, width])
            const tokens = engine().tokens(text.subarray(at, end), shape)
            return kind === 'table' ? { tokens, table } : tokens
          }
          const whole = engine().scope(() => {
            const { output, state } = stack.forward(input(0, time), stack.zeroState(batch))
            return { output: engine().read(output), state: state.map(each => engine().read(each.hidden)) }
          })
          const given = kind === 'table' ? table : kind
          const stream = new RecurrentStream(engine(), stack, { batch, input: given })
          const output: number[] = []
          for (const [from, to] of [
            [0, 1],
            [1, 2],
            [2, 6],
            [6, 9],
          ])
            engine().scope(() => output.push(...engine().read(stream.run(input(from, to)))))
          const held = Object.fromEntries(stream.state.map(({ hidden }, k) => [`state ${k}`, engine().read(hidden)]))
          const wanted = Object.fromEntries(whole.state.map((state, k) => [`state ${k}`, state]))
          expectAllNear({ output, ...held }, { output: whole.output, ...wanted }, 1e-5)
          stream.close()
          for (const parameter of stack.parameters) parameter.release()
          engine().release(table)
          expect(engine().heap.used).toBe(used)
        }
      }
    })
  })

  test('of both directions is refused, in one line', () => {
    const stack = new Recurrent(engine(), {
      cell: gru,
      inputSize: 2,
      hiddenSize: 2,
      bidirectional: true,
      name: 'layer',
    })
    expect(() => new RecurrentStream(engine(), stack, { batch: 1, input: 'numbers' })).toThrow(
      'stream: layers of both directions cannot read bit by bit; use one direction',
    )
    for (const parameter of stack.parameters) parameter.release()
  })
})
