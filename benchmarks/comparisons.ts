/* What `recurra bench --peers` compares, and with whom. */
import { CELLS, type InferenceTask, type Task, type TrainingTask, trainingTask } from './tasks.js'

export const GROUPS = ['training', 'vocabulary', 'threads', 'browser', 'wasm', 'inference', 'streaming'] as const
export type Group = (typeof GROUPS)[number]

/** Who can take part: recurra on a backend, or a file of peers/. */
export type Name = 'native' | 'wasm' | 'pytorch' | 'tensorflow' | 'jax' | 'onnxruntime' | 'chromium'

export interface Side {
  readonly by: Name
  /** Default: each that the contestant is tried on. */
  readonly threads?: number
  /** Steps a round. */
  readonly steps: number
}

export interface Comparison {
  readonly group: Group
  readonly what: string
  readonly task: Task
  readonly ours: Side
  readonly other: Side
}

export const HIDDEN_SIZES = [128, 256, 512]

const largeVocabulary: TrainingTask = {
  kind: 'training',
  cell: 'lstm',
  hiddenSize: 200,
  numLayers: 2,
  batchSize: 20,
  timeSteps: 20,
  vocabulary: 10_000,
  embedding: 'learned',
  optimizer: 'sgd',
}

const batch: InferenceTask = {
  kind: 'inference',
  cell: 'lstm',
  hiddenSize: 256,
  batchSize: 64,
  timeSteps: 50,
  streamed: false,
}

const besidePyTorch: readonly Comparison[] = [
  ...CELLS.flatMap(cell =>
    HIDDEN_SIZES.map((hiddenSize): Comparison => {
      const steps = hiddenSize < 256 ? 5 : 2
      return {
        group: 'training',
        what: `training step, ${cell} ${hiddenSize}`,
        task: trainingTask(cell, hiddenSize),
        ours: { by: 'native', steps },
        other: { by: 'pytorch', steps },
      }
    }),
  ),
  {
    group: 'vocabulary',
    what: 'training step, lstm 200, 10,000 words',
    task: largeVocabulary,
    ours: { by: 'native', steps: 5 },
    other: { by: 'pytorch', steps: 5 },
  },
]

const besideWasm = (['tensorflow', 'jax'] as const).map(
  (by): Comparison => ({
    group: 'wasm',
    what: 'training step, lstm 128, one-hot, one thread',
    task: { ...trainingTask('lstm', 128), embedding: 'one-hot' },
    ours: { by: 'wasm', threads: 1, steps: 3 },
    other: { by, steps: 1 },
  }),
)

const besideOnnxruntime: readonly Comparison[] = [
  {
    group: 'inference',
    what: 'lstm 256 forward, batch 64, 50 steps',
    task: batch,
    ours: { by: 'native', steps: 20 },
    other: { by: 'onnxruntime', steps: 20 },
  },
  {
    group: 'streaming',
    what: 'lstm 256, one step at batch 1, state in and out',
    task: { ...batch, batchSize: 1, timeSteps: 1, streamed: true },
    ours: { by: 'native', steps: 1000 },
    other: { by: 'onnxruntime', steps: 1000 },
  },
]

/** All threads over one, wherever recurra runs. */
const besideOneThread = (threads: number): readonly Comparison[] =>
  (
    [
      { group: 'threads', by: 'native', where: 'native' },
      { group: 'threads', by: 'wasm', where: 'wasm in Node' },
      { group: 'browser', by: 'chromium', where: 'wasm in Chromium' },
    ] as const
  ).map(({ group, by, where }) => ({
    group,
    what: `training step, lstm 256, ${where}: ${threads} threads over one`,
    task: trainingTask('lstm', 256),
    ours: { by, threads, steps: 2 },
    other: { by, threads: 1, steps: 2 },
  }))

export const comparisons = (threads: number): readonly Comparison[] => [
  ...besidePyTorch,
  ...(threads > 1 ? besideOneThread(threads) : []),
  ...besideWasm,
  ...besideOnnxruntime,
]
