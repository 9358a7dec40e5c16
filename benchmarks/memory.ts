/* How much memory does a training step need? Each figure is the peak of resident memory of a process of its own that
 * trains five steps: recurra in Node, PyTorch in Python, the programs and their libraries counted. docs/memory.md has the
 * formula of what of it is recurra's. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BackendError } from '../src/errors.js'
import { HIDDEN_SIZES } from './comparisons.js'
import { programFile } from './contestants.js'
import { CELLS, type CellName, trainingTask } from './tasks.js'

export interface MemoryOptions {
  readonly cells?: readonly CellName[] | undefined
  readonly hiddenSizes?: readonly number[] | undefined
  readonly python: string
  readonly json: boolean
  readonly write: (line: string) => void
}

/** What the child processes print. */
export interface Peak {
  readonly name: string
  readonly kilobytes: number
  /** What of it the model and its step need, by docs/memory.md's formula; ours alone. */
  readonly modelKilobytes?: number
}

const run = promisify(execFile)

async function peakOf(program: string, args: readonly string[]): Promise<Peak | undefined> {
  try {
    const { stdout } = await run(program, args)
    const reply = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    return 'missing' in reply ? undefined : reply
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new BackendError(`bench: ${program} ended early: ${String((error as { stderr?: string }).stderr).trim()}`)
  }
}

const megabytes = (kilobytes: number) => (kilobytes / 1024).toFixed(0).padStart(5)

/** Measures each size and writes a line each: text, or one JSON object. */
export async function runMemoryBench(options: MemoryOptions): Promise<void> {
  const { python, json, write, cells = CELLS, hiddenSizes = HIDDEN_SIZES } = options
  let installed = true
  if (!json) write('peak of resident memory, MB, of a process that trains five steps\n')
  for (const cell of cells)
    for (const hiddenSize of hiddenSizes) {
      const task = trainingTask(cell, hiddenSize)
      const ours = await peakOf(process.execPath, [programFile('memoryOfStep.js'), JSON.stringify(task)])
      const other: Peak | undefined = installed
        ? await peakOf(python, [programFile('peers/pytorch.py'), '--memory', JSON.stringify(task)])
        : undefined
      if (!ours) throw new BackendError('bench: Node does not start; run it again')
      if (!other && installed && !json) write(`PyTorch is not installed: ${python} -m pip install torch`)
      installed &&= other !== undefined
      if (json) write(JSON.stringify({ cell, hiddenSize, ours, ...(other ? { other } : {}) }))
      else write(line(cell, hiddenSize, ours, other))
    }
}

function line(cell: CellName, hiddenSize: number, ours: Peak, other: Peak | undefined): string {
  const own = `${ours.name} ${megabytes(ours.kilobytes)}, the model’s ${megabytes(ours.modelKilobytes ?? 0)}`
  return `${cell.padEnd(6)}${String(hiddenSize).padStart(5)}   ${own}${other ? `   ${other.name} ${megabytes(other.kilobytes)}` : ''}`
}
