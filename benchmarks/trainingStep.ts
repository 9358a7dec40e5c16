/* How fast is a whole training step? Embedding, two recurrent layers, output layer and loss, forward and backward, norm,
 * clipping and Adam: hidden sizes 128, 256 and 512, batch 50, 50 steps, 65 symbols; beside it the multiply-adds that this
 * machine can do at most, measured in the same run. GFLOP/s counts the multiply-adds that the kernels really do. */
import { cpus } from 'node:os'
import type { BackendName } from '../src/engine/backend.js'
import type { Engine } from '../src/engine/engine.js'
import { openEngine } from '../src/engine/open.js'
import { ceiling } from '../src/engine/records.js'
import { RecurraError } from '../src/errors.js'
import { HIDDEN_SIZES } from './comparisons.js'
import { countFlops } from './kernelWatch.js'
import { median } from './statistics.js'
import { CELLS, type CellName, prepare, timesOf, tokensOf, trainingTask, warmUp } from './tasks.js'

/** Each figure is the median of so many steps. */
const COUNTED = 11

export interface BenchOptions {
  readonly backends?: readonly BackendName[] | undefined
  readonly threads?: number | undefined
  readonly instructionSet?: string | undefined
  readonly cells?: readonly CellName[] | undefined
  readonly hiddenSizes?: readonly number[] | undefined
  readonly json: boolean
  readonly write: (line: string) => void
}

export interface BenchRow {
  readonly backend: string
  readonly instructionSet: string
  readonly cell: string
  readonly hiddenSize: number
  readonly numLayers: number
  readonly batchSize: number
  readonly timeSteps: number
  readonly threads: number
  readonly tokensPerSecond: number
  readonly gflops: number
  /** Median of the ceiling beside each step, and of the steps' shares of it. */
  readonly ceilingGflops: number
  readonly fractionOfCeiling: number
  /** Milliseconds a step: median, least and most. */
  readonly milliseconds: number
  readonly fastest: number
  readonly slowest: number
}

/** GFLOP/s of multiply-adds on registers alone, on all of the engine's threads: one try of some milliseconds. */
export function measureCeiling(engine: Engine): number {
  return engine.scope(() => {
    const flops = engine.tensor([8])
    const begun = performance.now()
    engine.run(ceiling, { iterations: 3_000_000, flops: flops.offset })
    return engine.heap.doubles[flops.offset / 8] / (performance.now() - begun) / 1e6
  })
}

/**
 * Steps, each between two looks at the ceiling: a shared machine's speed drifts from one step to the next, and a share is of
 * what the processor had to give at that time.
 */
async function measureStep(engine: Engine, cell: CellName, hiddenSize: number) {
  const ready = await prepare(engine, trainingTask(cell, hiddenSize))
  try {
    warmUp(ready)
    const flops = countFlops(engine, ready.step)
    const ceilings = [measureCeiling(engine)]
    const times = Array.from({ length: COUNTED }, () => {
      const [time] = timesOf(ready, 1)
      ceilings.push(measureCeiling(engine))
      return time
    })
    const beside = times.map((_, i) => (ceilings[i] + ceilings[i + 1]) / 2)
    const shares = times.map((time, i) => flops / time / 1e6 / beside[i])
    return { flops, times, ceilingGflops: median(beside), share: median(shares) }
  } finally {
    ready.close()
  }
}

export async function openOrExplain(
  backend: BackendName,
  options: Pick<BenchOptions, 'backends' | 'threads' | 'instructionSet'>,
  explain: (line: string) => void,
): Promise<Engine | undefined> {
  try {
    return await openEngine({ backend, threads: options.threads, instructionSet: options.instructionSet })
  } catch (error) {
    if (!(error instanceof RecurraError) || options.backends) throw error
    explain(error.message)
    return undefined
  }
}

/** Measures and writes a line a row: a table, or one JSON object each. */
export async function runBench(options: BenchOptions): Promise<void> {
  const { json, write, cells = CELLS, hiddenSizes = HIDDEN_SIZES } = options
  if (!json) write(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}`)
  for (const backend of options.backends ?? (['native', 'wasm'] as const)) {
    const engine = await openOrExplain(backend, options, json ? () => {} : write)
    if (!engine) continue
    const { threads, instructionSet } = engine.backend
    if (!json) {
      const tries = Array.from({ length: 7 }, () => measureCeiling(engine))
      write(`\n${engine.description}: at most ${Math.max(...tries).toFixed(0)} GFLOP/s of multiply-adds\n`)
      write('cell    hidden   tokens/s   GFLOP/s   of ceiling   ms/step (least to most)')
    }
    for (const cell of cells)
      for (const hiddenSize of hiddenSizes) {
        const { flops, times, ceilingGflops, share } = await measureStep(engine, cell, hiddenSize)
        const milliseconds = median(times)
        const gflops = flops / milliseconds / 1e6
        const task = trainingTask(cell, hiddenSize)
        const row: BenchRow = {
          backend: engine.backend.name,
          instructionSet,
          cell,
          hiddenSize,
          numLayers: task.numLayers,
          batchSize: task.batchSize,
          timeSteps: task.timeSteps,
          threads,
          tokensPerSecond: Math.round((tokensOf(task) * 1000) / milliseconds),
          gflops: Math.round(gflops * 10) / 10,
          ceilingGflops: Math.round(ceilingGflops * 10) / 10,
          fractionOfCeiling: Math.round(share * 1000) / 1000,
          milliseconds: Math.round(milliseconds * 10) / 10,
          fastest: Math.round(Math.min(...times) * 10) / 10,
          slowest: Math.round(Math.max(...times) * 10) / 10,
        }
        write(json ? JSON.stringify(row) : line(row))
      }
    engine.close()
  }
}

function line(row: BenchRow): string {
  const share = `${(row.fractionOfCeiling * 100).toFixed(0)} %`
  const numbers = [
    row.cell.padEnd(6),
    String(row.hiddenSize).padStart(8),
    row.tokensPerSecond.toLocaleString('en').padStart(11),
    row.gflops.toFixed(0).padStart(10),
    share.padStart(13),
    `${row.milliseconds.toFixed(1).padStart(10)} (${row.fastest} to ${row.slowest})`,
  ]
  return numbers.join('')
}
