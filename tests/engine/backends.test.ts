/* Every backend passes the same contract; and where the bits are promised not to depend on the threads, they do not. */
import { describe, expect, test } from 'vitest'
import { lstm } from '../../src/cells/lstm.js'
import type { Engine } from '../../src/engine/engine.js'
import { type EngineOptions, openEngine } from '../../src/engine/open.js'
import * as records from '../../src/engine/records.js'
import { backendContract } from './backendContract.js'
import { expectSameBits } from './distance.js'
import { describeEach, everyBackend, nativeBackends, wasmBackends } from './everyBackend.js'
import { type Held, runKernel } from './kernelRun.js'
import { Draw } from './randomValues.js'
import { cells } from './recurrenceContract.js'
import { recurrenceCase, runRecurrence } from './recurrenceRun.js'
import { trainingSteps } from './trainingStep.js'

describeEach(everyBackend, backendContract, { threads: 2 })

/** What `work` gives on an engine of its own. */
async function held(options: EngineOptions, work: (engine: Engine) => Held) {
  using engine = await openEngine(options)
  expect(engine.backend.threads).toBe(options.threads)
  return work(engine)
}

type Kernels = readonly (readonly [string, (engine: Engine) => Held])[]

/** Every kernel at a size that is above WORTH_A_TEAM in kernels/dispatch.c, so that the work is really split. */
const large: Kernels = [
  ...[
    [300, 70, 65],
    [25, 700, 130],
    [3, 2100, 130],
    [130, 65, 515],
  ].map(([m, n, k]) => {
    const work = (transposeA: number, transposeB: number) => (engine: Engine) => {
      const draw = new Draw(1)
      const buffers = { a: draw.values(m * k), b: draw.values(k * n), y: draw.values(m * n) }
      const strides = { aStride: transposeA ? m : k, bStride: transposeB ? k : n, yStride: n }
      return runKernel(engine, records.matmul, { m, n, k, ...strides, transposeA, transposeB, accumulate: 1 }, buffers)
    }
    const every = (engine: Engine) => ({
      ...prefix('nn', work(0, 0)(engine)),
      ...prefix('nt', work(0, 1)(engine)),
      ...prefix('tn', work(1, 0)(engine)),
    })
    return [`matmul ${m} × ${n} × ${k}`, every] as const
  }),
  ...[...cells.map(([name, cell]) => [name, cell, 0] as const), ['lstm, projected', lstm, 70] as const].map(
    ([name, cell, projected]) => {
      const work = (engine: Engine) => {
        const shape = { cell: cell.fused, time: 12, batch: 45, hidden: 130, projected } // rows enough to be handed over
        return {
          ...prefix('whole', runRecurrence(engine, recurrenceCase(new Draw(2), shape))),
          ...prefix(
            'ragged',
            runRecurrence(engine, recurrenceCase(new Draw(3), { ...shape, ragged: true, masked: true })),
          ),
        }
      }
      return [`recurrence of ${name}`, work] as const
    },
  ),
  [
    'embedding',
    engine => {
      const draw = new Draw(4)
      const [count, width, vocabulary] = [500, 130, 65]
      const tokens = draw.integers(count, -1, vocabulary)
      const [table, rows] = [draw.values(vocabulary * width), draw.values(count * width)]
      const fields = { count, width, vocabulary }
      return {
        ...prefix('forward', runKernel(engine, records.embeddingForward, fields, { tokens, table, y: rows })),
        ...prefix(
          'backward',
          runKernel(engine, records.embeddingBackward, fields, { tokens, dY: rows, dTable: table }),
        ),
      }
    },
  ],
  [
    'output layer and loss',
    engine => {
      const draw = new Draw(5)
      const [rows, hidden, vocabulary] = [130, 65, 700]
      const weights = { weight: draw.values(vocabulary * hidden), bias: draw.values(vocabulary) }
      return runKernel(
        engine,
        records.outputLoss,
        { rows, hidden, vocabulary, gradients: 1, scale: 1 / rows },
        {
          h: draw.values(rows * hidden),
          ...weights,
          targets: draw.integers(rows, -1, vocabulary - 1),
          losses: new Float64Array(rows),
          dH: new Float64Array(rows * hidden),
          dWeight: new Float64Array(vocabulary * hidden),
          dBias: new Float64Array(vocabulary),
        },
      )
    },
  ],
  [
    'elementwise, rows, sums, dropout and optimizers',
    engine => {
      const draw = new Draw(6)
      const [rows, columns] = [301, 130]
      const count = rows * columns
      const [a, b, row] = [draw.values(count, 3), draw.values(count), draw.values(columns)]
      const optimizer = { count, learningRate: 0.1, weightDecay: 0.1, gradientScale: 0.3, momentum: 0.9 }
      const moments = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: 0.1, correction2: 0.001 }
      const { elementwise, dropout, addRow, sumRows, transpose, sum, sgd, adam } = records
      const y = new Float64Array(count)
      const one = new Float64Array(1)
      const results: Record<string, Held> = {
        addRow: runKernel(engine, addRow, { rows, columns }, { a, row, y }),
        sumRows: runKernel(engine, sumRows, { rows, columns, stride: columns }, { a, y: new Float64Array(columns) }),
        transpose: runKernel(engine, transpose, { rows, columns }, { a, y }),
        sum: runKernel(engine, sum, { count }, { a, y: one }),
        squares: runKernel(engine, sum, { count, squares: 1 }, { a, y: one }),
        dropout: runKernel(engine, dropout, { count, probability: 0.3, seed: 1, step: 2, site: 3 }, { x: a, y }),
        sgd: runKernel(engine, sgd, optimizer, { w: a, dW: b, velocity: b }),
        adam: runKernel(engine, adam, { ...optimizer, ...moments }, { w: a, dW: b, first: b, second: b.map(Math.abs) }),
      }
      for (const [name, operation] of Object.entries(records.elementwiseOperation))
        results[name] = runKernel(engine, elementwise, { operation, count, alpha: 0.7 }, { a, b, y })
      return Object.assign({}, ...Object.entries(results).map(([name, each]) => prefix(name, each)))
    },
  ],
]

function prefix(name: string, values: Held): Held {
  return Object.fromEntries(Object.entries(values).map(([key, each]) => [`${name}: ${key}`, each]))
}

const teams = [
  { backends: nativeBackends, more: [2, 3] },
  { backends: wasmBackends, more: [2] },
]

describe('the bits do not depend on the threads', () => {
  for (const { backends, more } of teams)
    for (const { name, options, skipped } of backends) {
      const suite = skipped ? `${name}, skipped: ${skipped}` : `${name}: 1 thread and ${more.join(' and ')}`
      describe.skipIf(skipped)(suite, () => {
        test.each(large)('%s', async (_, work) => {
          const alone = await held({ ...options, threads: 1 }, work)
          for (const threads of more) expectSameBits(await held({ ...options, threads }, work), alone)
        })

        test('two whole training steps', async () => {
          for (const [, cell] of cells.slice(3)) {
            const sizes = {
              cell,
              vocabulary: 130,
              width: 65,
              hidden: 130,
              batch: 25,
              time: 12,
              dropout: 0.2,
              ragged: true,
            }
            const alone = await held({ ...options, threads: 1 }, engine => trainingSteps(engine, sizes, 2))
            for (const threads of more)
              expectSameBits(await held({ ...options, threads }, engine => trainingSteps(engine, sizes, 2)), alone)
          }
        })
      })
    }
})
