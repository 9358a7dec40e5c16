/* How fast is a whole training step? Embedding, two recurrent layers, output layer and loss, forward and backward, norm,
 * clipping and Adam: hidden sizes 128, 256 and 512, batch 50, 50 steps, 65 symbols; beside it the multiply-adds that this
 * machine can do at most, measured in the same run. */
import { cpus } from 'node:os'
import type { BackendName } from '../src/engine/backend.js'
import type { Engine } from '../src/engine/engine.js'
import { openEngine } from '../src/engine/open.js'
import { site } from '../src/engine/random.js'
import { ceiling } from '../src/engine/records.js'
import { RecurraError } from '../src/errors.js'
import { CarriedState } from '../src/models/carriedState.js'
import { LanguageModel } from '../src/models/languageModel.js'
import { TextCorpus } from '../src/text/corpus.js'
import { Lanes } from '../src/text/lanes.js'
import { adam, forget } from '../src/training/optimizers.js'
import { trainingSchema } from '../src/training/options.js'
import { trainingStep } from '../src/training/step.js'

const CELLS = ['elman', 'gru', 'lstm'] as const
const GATES = { elman: 1, gru: 3, lstm: 4 }
const HIDDEN_SIZES = [128, 256, 512]
const NUM_LAYERS = 2
const BATCH_SIZE = 50
const TIME_STEPS = 50
const SYMBOLS = 65
/** Each figure is the median of so many steps, after two that are not counted. */
const COUNTED = 11

export interface BenchOptions {
  readonly backends?: readonly BackendName[] | undefined
  readonly threads?: number | undefined
  readonly instructionSet?: string | undefined
  readonly cells?: readonly (typeof CELLS)[number][] | undefined
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
  readonly ceilingGflops: number
  readonly fractionOfCeiling: number
  /** Milliseconds a step: median, least and most. */
  readonly milliseconds: number
  readonly fastest: number
  readonly slowest: number
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

/** GFLOP/s of multiply-adds on registers alone, on all of the engine's threads: the best of several tries. */
function measureCeiling(engine: Engine): number {
  return engine.scope(() => {
    const flops = engine.tensor([8])
    let best = 0
    for (let i = 0; i < 7; i++) {
      const begun = performance.now()
      engine.run(ceiling, { iterations: 3_000_000, flops: flops.place })
      best = Math.max(best, engine.heap.doubles[flops.place / 8] / (performance.now() - begun) / 1e6)
    }
    return best
  })
}

/** Multiply-adds of a step, each counted as two: forward once, backward twice. */
const flopsOf = (cell: (typeof CELLS)[number], hiddenSize: number): number =>
  6 * BATCH_SIZE * TIME_STEPS * (NUM_LAYERS * GATES[cell] * 2 * hiddenSize * hiddenSize + hiddenSize * SYMBOLS)

async function measureStep(engine: Engine, cell: (typeof CELLS)[number], hiddenSize: number): Promise<number[]> {
  // The vocabulary has the unknown symbol beside the text's own.
  const symbols = Array.from({ length: SYMBOLS - 1 }, (_, i) => String.fromCharCode(48 + i))
  const text = Array.from(
    { length: BATCH_SIZE * (TIME_STEPS + 1) + 1 },
    (_, i) => symbols[(i * i + 3 * i) % symbols.length],
  ).join('')
  const corpus = new TextCorpus(symbols.join('') + text, 'bench')
  const model = await LanguageModel.create({ corpus, cell, hiddenSize, numLayers: NUM_LAYERS, engine })
  const { trained: parameters } = model
  const optimizer = adam()
  const memory = optimizer.init(engine, parameters)
  const carried = new CarriedState(engine, () => model.zeroState(BATCH_SIZE))
  const stretch = new Lanes(
    model.tokenizer.encode(text),
    { batchSize: BATCH_SIZE, timeSteps: TIME_STEPS },
    'bench',
  ).stretch(0)
  const times: number[] = []
  try {
    for (let step = 1; step <= COUNTED + 2; step++) {
      const begun = performance.now()
      const draw = { seed: 1, step, site: site.dropout }
      trainingStep(model, [{ batch: stretch, draw, begins: step === 1, numbers: {} }], carried, {
        ...trainingSchema.parse({ clipNorm: 5 }),
        ...{ optimizer, memory, step, learningRate: 0.001 },
      })
      if (step > 2) times.push(performance.now() - begun)
    }
  } finally {
    carried.close()
    forget(engine, memory)
    model.close()
  }
  return times
}

async function openOrExplain(
  backend: BackendName,
  options: BenchOptions,
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
      write(`\n${engine.description}: at most ${measureCeiling(engine).toFixed(0)} GFLOP/s of multiply-adds\n`)
      write('cell    hidden   tokens/s   GFLOP/s   of ceiling   ms/step (least to most)')
    }
    for (const cell of cells)
      for (const hiddenSize of hiddenSizes) {
        // The ceiling is taken beside every row, as a shared machine's speed drifts.
        const before = measureCeiling(engine)
        const times = await measureStep(engine, cell, hiddenSize)
        const ceilingGflops = Math.max(before, measureCeiling(engine))
        const milliseconds = median(times)
        const gflops = flopsOf(cell, hiddenSize) / milliseconds / 1e6
        const row: BenchRow = {
          backend: engine.backend.name,
          instructionSet,
          cell,
          hiddenSize,
          numLayers: NUM_LAYERS,
          batchSize: BATCH_SIZE,
          timeSteps: TIME_STEPS,
          threads,
          tokensPerSecond: Math.round((BATCH_SIZE * TIME_STEPS * 1000) / milliseconds),
          gflops: Math.round(gflops * 10) / 10,
          ceilingGflops: Math.round(ceilingGflops * 10) / 10,
          fractionOfCeiling: Math.round((gflops / ceilingGflops) * 1000) / 1000,
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
