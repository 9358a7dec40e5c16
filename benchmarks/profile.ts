/* Where does a training step's time go? Every kernel of a step, watched: how often it runs, how long, its share of the
 * step, and the speed of its multiply-adds; what is left is TypeScript's own. */
import { cpus } from 'node:os'
import type { Engine } from '../src/engine/engine.js'
import { HIDDEN_SIZES } from './comparisons.js'
import { type KernelRun, watchKernels } from './kernelWatch.js'
import { median, rounded, written } from './statistics.js'
import { CELLS, type CellName, prepare, timesOf, trainingTask, warmUp } from './tasks.js'
import { type BenchOptions, openOrExplain } from './trainingStep.js'

/** Medians over so many steps, and as many watched ones. */
const COUNTED = 11

export interface ProfileRow {
  readonly backend: string
  readonly threads: number
  readonly cell: CellName
  readonly hiddenSize: number
  /** Of the whole step, unwatched and watched: how much the watching costs. */
  readonly milliseconds: number
  readonly watchedMilliseconds: number
  readonly kernels: readonly KernelShare[]
}

export interface KernelShare {
  /** The kernel's name; `typescript` for what no kernel took. */
  readonly kernel: string
  /** Runs a step. */
  readonly runs: number
  readonly milliseconds: number
  /** Of the watched step. */
  readonly share: number
  /** Of its multiply-adds; 0 where it has none to speak of. */
  readonly gflops: number
}

async function profile(engine: Engine, cell: CellName, hiddenSize: number): Promise<ProfileRow> {
  const ready = await prepare(engine, trainingTask(cell, hiddenSize))
  try {
    warmUp(ready)
    const milliseconds = median(timesOf(ready, COUNTED))
    const watched = Array.from({ length: COUNTED }, () => {
      const begun = performance.now()
      const runs = watchKernels(engine, ready.step)
      return { runs, milliseconds: performance.now() - begun }
    })
    const whole = median(watched.map(step => step.milliseconds))
    const names = [...new Set(watched[0].runs.map(({ kernel }) => kernel))]
    const kernels = names.map(kernel => shareOf(kernel, watched, whole))
    const inKernels = kernels.reduce((sum, each) => sum + each.milliseconds, 0)
    const rest = Math.max(0, whole - inKernels)
    const typescript = { kernel: 'typescript', runs: 1, milliseconds: rest, share: rest / whole, gflops: 0 }
    return {
      backend: engine.backend.name,
      threads: engine.backend.threads,
      cell,
      hiddenSize,
      milliseconds: rounded(milliseconds, 4),
      watchedMilliseconds: rounded(whole, 4),
      kernels: [...kernels, typescript]
        .sort((a, b) => b.milliseconds - a.milliseconds)
        .map(each => ({ ...each, milliseconds: rounded(each.milliseconds), share: rounded(each.share) })),
    }
  } finally {
    ready.close()
  }
}

function shareOf(kernel: string, steps: readonly { runs: readonly KernelRun[] }[], whole: number): KernelShare {
  const own = steps.map(({ runs }) => runs.filter(run => run.kernel === kernel))
  const milliseconds = median(own.map(runs => runs.reduce((sum, run) => sum + run.milliseconds, 0)))
  const flops = own[0].reduce((sum, run) => sum + run.flops, 0)
  const gflops = Math.round(flops / milliseconds / 1e6)
  return { kernel, runs: own[0].length, milliseconds, share: milliseconds / whole, gflops }
}

/** Watches each size and writes a table, or one JSON object a size. */
export async function runProfile(options: BenchOptions): Promise<void> {
  const { json, write, cells = CELLS, hiddenSizes = HIDDEN_SIZES } = options
  if (!json) write(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}`)
  for (const backend of options.backends ?? (['native'] as const)) {
    const engine = await openOrExplain(backend, options, json ? () => {} : write)
    if (!engine) continue
    try {
      for (const cell of cells)
        for (const hiddenSize of hiddenSizes) {
          const row = await profile(engine, cell, hiddenSize)
          write(json ? JSON.stringify(row) : table(row, engine.description))
        }
    } finally {
      engine.close()
    }
  }
}

function table({ cell, hiddenSize, milliseconds, watchedMilliseconds, kernels }: ProfileRow, engine: string): string {
  const lines = kernels.map(({ kernel, runs, milliseconds, share, gflops }) =>
    [
      `    ${kernel.padEnd(20)}`,
      String(runs).padStart(5),
      written(milliseconds).padStart(11),
      `${(share * 100).toFixed(1)} %`.padStart(10),
      (gflops > 0 ? String(gflops) : '').padStart(9),
    ].join(''),
  )
  return [
    `\n${cell} ${hiddenSize} on ${engine}: ${written(milliseconds)} ms a step, ${written(watchedMilliseconds)} watched`,
    `    kernel               runs         ms     share  GFLOP/s`,
    ...lines,
  ].join('\n')
}
