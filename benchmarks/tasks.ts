/* What is measured, and how recurra does it. A task is plain data, so that peers in other processes and languages do the
 * same: benchmarks/peers/. Nothing here needs Node: a page's worker does these tasks too. */

import { elman } from '../src/cells/elman.js'
import { gru } from '../src/cells/gru.js'
import { lstm } from '../src/cells/lstm.js'
import { TextStreams } from '../src/data/batches/streams.js'
import { TextCorpus } from '../src/data/corpora/corpus.js'
import type { Engine } from '../src/engine/engine.js'
import { Recurrent } from '../src/layers/recurrent.js'
import { RecurrentStream } from '../src/layers/stream.js'
import { LanguageModel } from '../src/models/languageModel/languageModel.js'
import { CarriedState } from '../src/models/shared/carriedState.js'
import { fold, Random, seedKey } from '../src/random.js'
import { adam, releaseState, sgd } from '../src/training/optimizers.js'
import { trainingSchema } from '../src/training/options.js'
import { trainingStep } from '../src/training/step.js'

export const CELLS = ['elman', 'gru', 'lstm'] as const
export type CellName = (typeof CELLS)[number]

/** A whole step of a language model: forward, backward, clipping by the global norm, optimizer. */
export interface TrainingTask {
  readonly kind: 'training'
  readonly cell: CellName
  readonly hiddenSize: number
  readonly numLayers: number
  /** Units of a projection; none by default. */
  readonly projSize?: number | undefined
  readonly batchSize: number
  readonly timeSteps: number
  readonly vocabulary: number
  /** learned: a table of vectors of hiddenSize. */
  readonly embedding: 'learned' | 'one-hot'
  readonly optimizer: 'adam' | 'sgd'
}

/** A recurrent layer alone, run forward on real vectors of hiddenSize. */
export interface InferenceTask {
  readonly kind: 'inference'
  readonly cell: CellName
  readonly hiddenSize: number
  readonly batchSize: number
  readonly timeSteps: number
  /** Whether each run begins with the state that the one before ended with, read out and put in; else with zeros. */
  readonly streamed: boolean
}

export type Task = TrainingTask | InferenceTask

/** A task made ready: `step` does it once. */
export interface ReadyTask {
  step(): void
  close(): void
}

/** The training step that figures are given of. */
export const trainingTask = (cell: CellName, hiddenSize: number): TrainingTask => ({
  kind: 'training',
  cell,
  hiddenSize,
  numLayers: 2,
  batchSize: 50,
  timeSteps: 50,
  vocabulary: 65,
  embedding: 'learned',
  optimizer: 'adam',
})

/** Tokens of one task. */
export const tokensOf = ({ batchSize, timeSteps }: Task): number => batchSize * timeSteps

export const prepare = (engine: Engine, task: Task): Promise<ReadyTask> =>
  task.kind === 'training' ? prepareTraining(engine, task) : prepareInference(engine, task)

async function prepareTraining(engine: Engine, task: TrainingTask): Promise<ReadyTask> {
  const { cell, hiddenSize, numLayers, projSize, batchSize, timeSteps, vocabulary, embedding } = task
  // The vocabulary has the unknown symbol beside the text's own.
  const symbols = Array.from({ length: vocabulary - 1 }, (_, i) => String.fromCodePoint(0x4e00 + i))
  const text = Array.from(
    { length: batchSize * (timeSteps + 1) + 1 },
    (_, i) => symbols[(i * i + 3 * i) % symbols.length],
  ).join('')
  const corpus = new TextCorpus(symbols.join('') + text, 'bench')
  const model = await LanguageModel.create({ corpus, cell, hiddenSize, numLayers, projSize, embedding, engine })
  if (model.tokenizer.size !== vocabulary)
    throw new Error(`bench: the vocabulary must have ${vocabulary} symbols; got ${model.tokenizer.size}`)
  const optimizer = task.optimizer === 'adam' ? adam() : sgd()
  const memory = optimizer.init(engine, model.trained)
  const carried = new CarriedState(engine, () => model.zeroState(batchSize))
  const segment = new TextStreams(model.tokenizer.encode(text), { batchSize, timeSteps }, 'bench').segment(0)
  const configuration = trainingSchema.parse({ clipNorm: 5 })
  let step = 0
  return {
    step: () => {
      step++
      const key = fold(seedKey(1), 'training', step)
      const batch = { batch: segment, key, startsEpoch: step === 1, numbers: {} }
      trainingStep(model, [batch], carried, {
        ...{ configuration, optimizer, optimizerState: memory, step, learningRate: 0.001, teacherForcing: 1 },
      })
    },
    close: () => {
      carried.close()
      releaseState(engine, memory)
      model.close()
    },
  }
}

async function prepareInference(engine: Engine, task: InferenceTask): Promise<ReadyTask> {
  const { hiddenSize, batchSize, timeSteps, streamed } = task
  const cell = { elman: elman('tanh'), gru, lstm }[task.cell]
  const recurrent = new Recurrent(engine, { cell, inputSize: hiddenSize, hiddenSize, name: 'recurrent' })
  const random = new Random(fold(seedKey(1), 'initialisation'))
  recurrent.initialise(random)
  const shape = [timeSteps, batchSize, hiddenSize]
  const input = Float32Array.from({ length: timeSteps * batchSize * hiddenSize }, () => 2 * random.uniform() - 1)
  const output = new Float32Array(input.length)
  const stream = streamed ? new RecurrentStream(engine, recurrent, { batch: batchSize, input: 'numbers' }) : undefined
  return {
    // As a caller would: the input is written into the heap, and the output read out of it.
    step: () =>
      engine.scope(() => {
        const x = engine.from(input, shape)
        engine.copyOut(stream ? stream.run(x) : recurrent.forward(x, recurrent.zeroState(batchSize)).output, output)
      }),
    close: () => {
      stream?.close()
      for (const parameter of recurrent.parameters) parameter.release()
    },
  }
}

/** How long steps are done before any is counted, in milliseconds: V8 compiles what it sees often, and a training has thousands. */
export const WARM_UP = 1000

/** Steps that are not counted, two at least. */
export function warmUp(task: ReadyTask): void {
  const begun = performance.now()
  task.step()
  do task.step()
  while (performance.now() - begun < WARM_UP)
}

/** Milliseconds of each of `count` steps. */
export function timesOf(task: ReadyTask, count: number): number[] {
  return Array.from({ length: count }, () => {
    const begun = performance.now()
    task.step()
    return performance.now() - begun
  })
}
