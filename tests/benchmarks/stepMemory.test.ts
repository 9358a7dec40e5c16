/* docs/memory.md's formula against the heap: what is kept to the byte, but for the alignment of small tensors; what a step
 * takes within two parts in a hundred, which are sums of biases and single numbers. */
import { describe, expect, test } from 'vitest'
import { stepMemory } from '../../benchmarks/stepMemory.js'
import { CELLS, prepare, type TrainingTask } from '../../benchmarks/tasks.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'

/** Bytes of all tensors that the engine made in `work`, and the most scratch memory that one kernel asked for. */
function takenIn(engine: Engine, work: () => void) {
  let tensors = 0
  let workspace = 0
  const { tensor, tokens } = engine
  const { workspace: ask } = engine.backend
  engine.tensor = shape => {
    const made = tensor.call(engine, shape)
    tensors += made.size * engine.backend.elementBytes
    return made
  }
  engine.tokens = (values, shape) => {
    const made = tokens.call(engine, values, shape)
    tensors += made.size * 4
    return made
  }
  engine.backend.workspace = (kernel, record) => {
    const bytes = ask.call(engine.backend, kernel, record)
    workspace = Math.max(workspace, bytes)
    return bytes
  }
  try {
    work()
  } finally {
    Object.assign(engine.backend, { workspace: ask })
    Reflect.deleteProperty(engine, 'tensor')
    Reflect.deleteProperty(engine, 'tokens')
  }
  return { tensors, workspace }
}

/** The most that the arena held at once in `work`. */
function arenaPeak(engine: Engine, work: () => void) {
  const { heap } = engine
  let peak = 0
  const { take } = heap
  heap.take = bytes => {
    const place = take.call(heap, bytes)
    peak = Math.max(peak, heap.mark().bytes)
    return place
  }
  try {
    work()
  } finally {
    Reflect.deleteProperty(heap, 'take')
  }
  return peak
}

const sizes = [
  { hiddenSize: 128, numLayers: 2, batchSize: 50, timeSteps: 50, vocabulary: 65 },
  { hiddenSize: 100, numLayers: 3, batchSize: 7, timeSteps: 40, vocabulary: 300 },
]
const same = { kind: 'training', embedding: 'learned', optimizer: 'adam' } as const
const tasks: TrainingTask[] = [
  ...CELLS.flatMap(cell => sizes.map(size => ({ ...same, cell, ...size }))),
  ...sizes.map(size => ({ ...same, cell: 'lstm' as const, ...size, projSize: 40 })),
]

describe.each(tasks)('a training step: $cell $hiddenSize, $numLayers layers, projSize $projSize', task => {
  test('keeps and takes what the formula says', async () => {
    using engine = await openEngine({ threads: 2 })
    const before = engine.heap.used
    const ready = await prepare(engine, task)
    ready.step()
    const { kept, step } = stepMemory(task, engine.backend.panel)
    const used = engine.heap.used - before
    // A bias or a state is rounded up to 64 bytes; there are fewer than 60 tensors a layer.
    expect(used).toBeGreaterThanOrEqual(kept)
    expect(used - kept).toBeLessThan(60 * 64 * (task.numLayers + 1))

    const { tensors, workspace } = takenIn(engine, ready.step)
    expect(tensors).toBeGreaterThanOrEqual(step)
    expect(tensors).toBeLessThan(1.02 * step)

    // Nothing is taken beside tensors and one kernel's scratch memory at a time.
    const peak = arenaPeak(engine, ready.step)
    expect(peak).toBeLessThan(1.02 * step + workspace)
    ready.close()
  })
})
