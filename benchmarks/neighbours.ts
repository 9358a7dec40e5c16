/* Do two threads still help where other processes want the processors too? The same training step on one thread and on two,
 * alone and beside processes that compute without a pause. Both take turns in one run, since a shared machine is not the same
 * from one second to the next; a ratio is that of the steps done in two turns of equal length. */
import { spawn } from 'node:child_process'
import type { BackendName } from '../src/engine/backend.js'
import { rounded, type Spread, shown, spreadOf } from './statistics.js'
import { prepare, trainingTask, warmUp } from './tasks.js'
import { openOrExplain } from './trainingStep.js'

/** Busy processes beside the training. */
const NEIGHBOURS = [0, 2, 4, 6]
/** Several time slices of the operating system's scheduler. */
const TURN_MS = 400
const CELL = 'lstm'
const HIDDEN_SIZE = 256

export interface NeighbourBenchOptions {
  readonly backends?: readonly BackendName[] | undefined
  readonly threads?: number | undefined
  readonly rounds: number
  readonly json: boolean
  readonly write: (line: string) => void
}

export interface NeighbourRow {
  readonly backend: string
  readonly threads: number
  /** Processes that compute without a pause. */
  readonly neighbours: number
  /** Milliseconds a step. */
  readonly one: Spread
  readonly many: Spread
  /** Speed of many threads over that of one. */
  readonly ratio: Spread
}

/** Starts busy processes; returns what ends them. */
async function startNeighbours(count: number): Promise<() => void> {
  const busy = "process.stdout.write('.'); for (;;) {}"
  const started = Array.from({ length: count }, () => spawn(process.execPath, ['-e', busy]))
  await Promise.all(started.map(child => new Promise(resolve => child.stdout.once('data', resolve))))
  return () => {
    for (const child of started) child.kill('SIGKILL')
  }
}

/** Mean milliseconds of the steps of one turn. */
function turn(step: () => void): number {
  const begun = performance.now()
  let steps = 0
  let elapsed = 0
  do {
    step()
    steps++
    elapsed = performance.now() - begun
  } while (elapsed < TURN_MS)
  return elapsed / steps
}

/** Measures and writes a line a row: a table, or one JSON object each. */
export async function runNeighbourBench(options: NeighbourBenchOptions): Promise<void> {
  const { rounds, json, write, threads = 2 } = options
  const explain = json ? () => {} : write
  if (!json) write(`${CELL} ${HIDDEN_SIZE}, a training step; milliseconds: median (least to most) of ${rounds} turns`)
  for (const backend of options.backends ?? (['native', 'wasm'] as const)) {
    const engines = [
      await openOrExplain(backend, { ...options, threads: 1 }, explain),
      await openOrExplain(backend, { ...options, threads }, explain),
    ]
    const [one, many] = engines
    if (!one || !many) continue
    const tasks = [
      await prepare(one, trainingTask(CELL, HIDDEN_SIZE)),
      await prepare(many, trainingTask(CELL, HIDDEN_SIZE)),
    ]
    for (const task of tasks) warmUp(task)
    if (!json) write(`\n${many.description}, beside one thread\nneighbours   ratio   ms of one   ms of ${threads}`)
    for (const neighbours of NEIGHBOURS) {
      const end = await startNeighbours(neighbours)
      try {
        const turns = Array.from({ length: rounds }, () => tasks.map(task => turn(task.step)))
        const row: NeighbourRow = {
          backend: many.backend.name,
          threads: many.backend.threads,
          neighbours,
          one: spreadOf(turns.map(([each]) => each)),
          many: spreadOf(turns.map(([, each]) => each)),
          ratio: spreadOf(turns.map(([ofOne, ofMany]) => rounded(ofOne / ofMany))),
        }
        write(json ? JSON.stringify(row) : line(row))
      } finally {
        end()
      }
    }
    for (const task of tasks) task.close()
    for (const engine of engines) engine?.close()
  }
}

function line({ neighbours, ratio, one, many }: NeighbourRow): string {
  return [String(neighbours).padStart(10), shown(ratio).padStart(24), shown(one).padStart(24), shown(many)].join('   ')
}
