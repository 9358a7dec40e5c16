/* Which kernels a step runs, how long each takes, and how many multiply-adds each does. Watching costs two clock reads a
 * kernel, so a step that is timed as a whole is not watched. */
import type { Engine } from '../src/engine/engine.js'
import type { KernelDefinition } from '../src/engine/records.js'

/** Gates of the cells, by their number in records.ts. */
const GATES = [1, 1, 1, 3, 4]

type Numbers = Readonly<Record<string, number | undefined>>

/** Multiply-adds of a kernel's run, each counted as two operations; 0 where it has another kind of work. */
function flopsOf(kernel: string, r: Numbers): number {
  const of = (...names: string[]) => names.reduce((product, name) => product * (r[name] ?? 0), 2)
  if (kernel === 'matmul') return of('m', 'n', 'k')
  // One product with W a step, and one with W_hr where there is a projection, forward and backward; those with U, and the
  // gradients of W and W_hr, are matmuls.
  if (kernel === 'recurrenceForward' || kernel === 'recurrenceBackward') {
    const gates = GATES[r.cell ?? 0]
    return r.projection
      ? of('time', 'batch', 'hidden', 'outputs') * (gates + 1)
      : of('time', 'batch', 'hidden', 'hidden') * gates
  }
  // Logits; with gradients also those of h and of V.
  if (kernel === 'outputLoss') return of('rows', 'hidden', 'vocabulary') * (r.gradients ? 3 : 1)
  return 0
}

export interface KernelRun {
  readonly kernel: string
  readonly milliseconds: number
  readonly flops: number
}

/** Runs `work` and tells of every kernel that the engine ran in it. */
export function watchKernels(engine: Engine, work: () => void): KernelRun[] {
  const runs: KernelRun[] = []
  const run = engine.run.bind(engine)
  engine.run = <R extends object>(kernel: KernelDefinition<R>, record: R) => {
    const begun = performance.now()
    run(kernel, record)
    const milliseconds = performance.now() - begun
    runs.push({ kernel: kernel.name, milliseconds, flops: flopsOf(kernel.name, record as Numbers) })
  }
  try {
    work()
  } finally {
    // The method of the class again.
    Reflect.deleteProperty(engine, 'run')
  }
  return runs
}

/** Multiply-adds that a task really does, two operations each. */
export const countFlops = (engine: Engine, work: () => void): number =>
  watchKernels(engine, work).reduce((sum, { flops }) => sum + flops, 0)
