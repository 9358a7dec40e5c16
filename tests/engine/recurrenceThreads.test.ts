/* The recurrence on more threads than there are sequences, where the threads share the columns of each step's product: the
 * bits are those of one thread, at every run. */
import { describe, expect, it } from 'vitest'
import { gru } from '../../src/cells/gru.js'
import { lstm } from '../../src/cells/lstm.js'
import { openEngine } from '../../src/engine/open.js'
import { expectSameBits } from './distance.js'
import { nativeBackends, wasmBackends } from './everyBackend.js'
import { Draw } from './randomValues.js'
import { recurrenceCase, runRecurrence } from './recurrenceRun.js'

/** A race shows in some runs only. */
const RUNS = 10

const shapes = [
  { threads: 2, batch: 1, ragged: false },
  { threads: 4, batch: 3, ragged: false },
  { threads: 4, batch: 3, ragged: true },
  { threads: 8, batch: 4, ragged: true },
]

const cells = [
  { cell: gru.fused, projected: 0 },
  { cell: lstm.fused, projected: 40 },
]

// As of the instruction sets all threads run the same source, the first and the plainest stand for all.
const backends = [...nativeBackends.filter(({ name }) => /sse2|avx512$|neon/.test(name)), wasmBackends[0]]

for (const { name, options, skipped } of backends)
  describe.skipIf(skipped)(`a masked recurrence on ${name}${skipped ? `, skipped: ${skipped}` : ''}`, () => {
    it.each(shapes)('of $batch sequences (ragged: $ragged) has on $threads threads the bits of one', async shape => {
      const { threads, batch, ragged } = shape
      using one = await openEngine({ ...options, threads: 1 })
      using many = await openEngine({ ...options, threads })
      expect(many.backend.threads).toBe(threads)
      for (const each of cells) {
        const vocabulary = each.projected > 0 ? 5 : 0
        const sizes = { ...each, time: 30, batch, hidden: 64, ragged, masked: true, vocabulary }
        const masked = recurrenceCase(new Draw(31), sizes)
        const alone = runRecurrence(one, masked)
        for (let run = 0; run < RUNS; run++) expectSameBits(runRecurrence(many, masked), alone)
      }
    })
  })
