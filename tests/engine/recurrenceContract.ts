/* What every backend's recurrence must pass: the reference's numbers in every variant, and the bits that are promised. */
import { describe, test } from 'vitest'
import type { FusedKernelCell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { expectAllNear, expectSameBits } from './distance.js'
import { Draw } from './randomValues.js'
import { type RecurrenceShape, recurrenceCase, runRecurrence, sequenceAlone } from './recurrenceRun.js'

const BATCHES = [1, 3, 25] as const

/** As the recurrence is tried: each cell, and the LSTM projected. */
const tried: readonly (readonly [string, FusedKernelCell, (hidden: number) => number])[] = [
  ['elman tanh', elman('tanh'), () => 0],
  ['elman relu', elman('relu'), () => 0],
  ['elman sigmoid', elman('sigmoid'), () => 0],
  ['gru', gru, () => 0],
  ['lstm', lstm, () => 0],
  ['lstm, projected', lstm, hidden => Math.ceil(hidden / 2)],
]

export const cells: readonly (readonly [string, FusedKernelCell])[] = tried
  .slice(0, -1)
  .map(([name, cell]) => [name, cell])

/** @param engine the backend's @param right the reference's */
export function recurrenceContract(engine: () => Engine, right: () => Engine): void {
  describe('the recurrence', () => {
    const variants = [
      { reverse: false, ragged: false, masked: false },
      { reverse: true, ragged: false, masked: true },
      { reverse: false, ragged: true, masked: true },
      { reverse: true, ragged: true, masked: false },
    ]
    describe.each(tried)('of %s', (_, cell, projectedOf) => {
      test('looks U x + b up, bit for bit as if it stood there; a token outside the table is zeros', () => {
        const draw = new Draw(16)
        for (const [batch, hidden] of [
          [1, 33],
          [5, 17],
          [25, 64],
        ]) {
          const shape = { cell: cell.fused, time: 5, batch, hidden, projected: projectedOf(hidden), vocabulary: 4 }
          const given = recurrenceCase(draw, { ...shape, ragged: batch === 5 })
          const { tokens, table, vocabulary } = given.lookup as NonNullable<typeof given.lookup>
          const width = cell.fused.gates * hidden
          const gates = given.gates.slice()
          tokens.forEach((token, i) => {
            if (given.lengths && Math.floor(i / batch) >= given.lengths[i % batch]) return // a step that nobody takes
            gates.fill(0, i * width, (i + 1) * width)
            if (token >= 0 && token < vocabulary)
              gates.set(table.subarray(token * width, (token + 1) * width), i * width)
          })
          const found = runRecurrence(engine(), given)
          expectSameBits(found, runRecurrence(engine(), { ...given, gates, lookup: undefined }))
          expectAllNear(found, runRecurrence(right(), given), 1e-5)
        }
      })

      test.each(variants)('is right; reverse: $reverse, lengths: $ragged, mask: $masked', variant => {
        const draw = new Draw(13)
        for (const [i, hidden] of [1, 7, 17, 33, 65].entries()) {
          const shape: RecurrenceShape = { cell: cell.fused, time: 5, batch: BATCHES[i % 3], hidden, ...variant }
          const projected = projectedOf(hidden)
          const given = recurrenceCase(draw, { ...shape, projected, everyGradient: i % 2 === 0 })
          expectAllNear(runRecurrence(engine(), given), runRecurrence(right(), given), 1e-5)
        }
      })

      test('is right for more rows than are walked at once, and more terms than a block has', () => {
        const draw = new Draw(14)
        for (const [time, batch, hidden] of [
          [2, 230, 3],
          [2, 3, 130],
        ]) {
          const sizes = { time, batch, hidden, projected: projectedOf(hidden) }
          const given = recurrenceCase(draw, { cell: cell.fused, ...sizes, ragged: true, masked: true })
          expectAllNear(runRecurrence(engine(), given), runRecurrence(right(), given), 1e-5)
        }
      })

      test('of a batch with lengths gives each sequence what it has alone, bit for bit', () => {
        for (const masked of [false, true]) {
          const [time, batch, hidden] = [6, 25, 33]
          const projected = projectedOf(hidden)
          const shape = { cell: cell.fused, time, batch, hidden, projected, reverse: masked, masked }
          const whole = { ...recurrenceCase(new Draw(15), { ...shape, ragged: true }) }
          const together = runRecurrence(engine(), whole)
          for (const b of [0, 1, 11, 24]) {
            const alone = sequenceAlone(whole, b)
            const held = runRecurrence(engine(), alone)
            const part: Record<string, Float64Array> = {}
            for (const [name, values] of Object.entries(held)) {
              const steps = /^dInitial/.test(name) ? 1 : /^(states|cells)$/.test(name) ? alone.time + 1 : alone.time
              const width = values.length / steps
              const rows = Array.from({ length: steps }, (_, t) =>
                together[name].subarray((t * batch + b) * width, (t * batch + b + 1) * width),
              )
              part[name] = Float64Array.from(rows.flatMap(row => [...row]))
            }
            expectSameBits(part, held)
          }
        }
      })
    })
  })
}
