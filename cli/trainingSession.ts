/* One run of training on the command line, from the corpus to the model in its folder: what `recurra train lm` and the
 * quickstart share. */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import {
  type EngineOptions,
  type Evaluation,
  evaluate,
  LanguageModel,
  type LanguageModelConfiguration,
  openEngine,
  RecurraError,
  type TextSplits,
  type TrainingConfiguration,
  type TrainingEvent,
  type TrainingResult,
  train,
} from '../src/index.js'
import type { RunFolder } from '../src/node/index.js'
import type { Tokenizer } from '../src/text/tokenizer.js'
import type { WordVectors } from '../src/text/wordVectors.js'
import { resolved as resolvedTraining } from '../src/training/options.js'
import { asUsage } from './flags.js'
import { watchInterrupt } from './interrupt.js'
import { decimals, whole } from './output.js'
import { TrainingProgress } from './progress.js'

export const version: string = createRequire(import.meta.url)('recurra/package.json').version

/** Of a text as it was read: UTF-8, line ends LF, no byte order mark. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A file of word vectors that the embedding begins from. */
export interface VectorFile {
  readonly path: string
  readonly read: (words: readonly string[]) => Promise<WordVectors>
}

export interface Session {
  readonly corpus: TextSplits
  /** What the corpus was read from, and the hash of its text. */
  readonly data: { readonly name: string; readonly sha256: string }
  readonly model: LanguageModelConfiguration
  readonly vectors?: VectorFile | undefined
  /** Instead of one fitted on the corpus. */
  readonly tokenizer?: Tokenizer | undefined
  readonly training: TrainingConfiguration
  readonly engine: EngineOptions
  /** Makes the run's folder, when all else is known to work. */
  readonly makeFolder: () => Promise<RunFolder>
  /** Called after every event, with the bar running. */
  readonly onEvent?: (model: LanguageModel, event: TrainingEvent, progress: TrainingProgress) => Promise<void>
}

export interface Outcome {
  readonly run: RunFolder
  readonly result: TrainingResult
  /** The best model, open, on its own engine. */
  readonly model: LanguageModel
  /** Of that model on the test text; undefined if the user stopped the run. */
  readonly test: Evaluation | undefined
}

/** Trains, keeps the run's folder up to date, and measures the best model on the test text. */
export async function trainInFolder(session: Session): Promise<Outcome> {
  const { corpus, data, training, makeFolder } = session
  const engine = await openEngine(session.engine)
  const progress = new TrainingProgress(session.model.unit === 'character' ? 'characters' : 'tokens')
  progress.note(`backend: ${engine.description}${engine.reason ? ` (${engine.reason})` : ''}`)
  const { vectors } = session
  const readVectors =
    vectors &&
    (async (words: readonly string[]) => {
      const found = await vectors.read(words)
      progress.note(vectorLine(found, vectors.path))
      return found
    })
  const model = await asUsage(() =>
    LanguageModel.create({
      corpus: corpus.train,
      ...session.model,
      tokenizer: session.tokenizer,
      vectors: readVectors,
      seed: training.seed,
      engine,
    }),
  )
  progress.note(modelLine(model))
  progress.note(corpusLine(corpus, data.name))
  const run = await makeFolder()
  let last: TrainingEvent | undefined
  const interrupt = watchInterrupt(() => progress.note('stopping after this step; Ctrl-C again ends at once'))
  try {
    await run.writeConfiguration(resolved(session))
    await run.writeEnvironment({
      version,
      backend: engine.description,
      reason: engine.reason || undefined,
      instructionSet: engine.backend.instructionSet,
      threads: engine.backend.threads,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model,
      data: data.name,
      dataSha256: data.sha256,
      seed: training.seed,
    })
    progress.start()
    const steps = train(model, corpus, { ...training, signal: interrupt.signal })[Symbol.asyncIterator]()
    let result: TrainingResult | undefined
    while (!result) {
      const { value, done } = await steps.next()
      if (done) {
        result = value
        continue
      }
      last = value
      await run.appendMetrics(last)
      if (last.validationLoss !== undefined) await run.saveModel(model.toBytes(), { best: last.best })
      progress.show(last)
      await session.onEvent?.(model, last, progress)
    }
    progress.stop()
    await run.saveModel(model.toBytes(), { best: false })
    const best = await bestOf(run, model, result, last)
    const test = result.stopped ? undefined : await evaluate(best, corpus.test, { signal: interrupt.signal })
    if (interrupt.signal.aborted) {
      progress.note(`stopped after step ${result.steps}; saved ${run.last}`)
      process.exitCode = 130
      return { run, result: { ...result, stopped: true }, model: best, test: undefined }
    }
    return { run, result, model: best, test }
  } catch (error) {
    progress.stop()
    if (last && error instanceof RecurraError) await rescue(run, model, progress)
    await run.discard()
    throw error
  } finally {
    interrupt.release()
  }
}

/** After a fault the weights are still those of the last good step. */
async function rescue(run: RunFolder, model: LanguageModel, progress: TrainingProgress): Promise<void> {
  try {
    await run.saveModel(model.toBytes(), { best: false })
    progress.note(`saved ${run.last}`)
  } catch {
    // The fault that led here is told; a full disk need not be told twice.
  }
}

/** The model that `recurra generate` will take from the run's folder. */
async function bestOf(
  run: RunFolder,
  model: LanguageModel,
  result: TrainingResult,
  last: TrainingEvent | undefined,
): Promise<LanguageModel> {
  const isBest = result.validationLoss === undefined || (last?.best === true && last.step === result.steps)
  if (isBest || result.stopped) return model
  const { engine } = model
  model.close()
  return LanguageModel.load(run.best, { engine })
}

/** Every key that had an effect, as a configuration file. */
function resolved({ model, training, data, vectors }: Session): object {
  return {
    data: data.name,
    ...model,
    embedding: vectors?.path ?? model.embedding,
    ...resolvedTraining(training),
  }
}

function modelLine({ configuration, parameterCount, tokenizer }: LanguageModel): string {
  const { cell, numLayers, hiddenSize } = configuration
  const layers = numLayers === 1 ? '1 layer' : `${numLayers} layers`
  return `model: ${cell}, ${layers} of ${hiddenSize}, ${whole(parameterCount)} parameters, ${whole(tokenizer.size)} symbols`
}

function vectorLine({ report }: WordVectors, path: string): string {
  const { format, dimension, inFile, found, missing } = report
  return `word vectors: ${path}: ${format}, ${whole(inFile)} of length ${dimension}; ${whole(found)} symbols found, ${whole(missing)} drawn at random`
}

function corpusLine({ train, validation, test }: TextSplits, name: string): string {
  const [a, b, c] = [train, validation, test].map(part => whole(part.text.length))
  return `text: ${name === '-' ? 'standard input' : name}: ${a} characters to train on, ${b} for validation, ${c} for the test`
}

/** How training went, in one line. */
export const resultLine = ({ steps, epochs, loss, validationLoss, seconds }: TrainingResult): string =>
  `${whole(steps)} steps (${decimals(epochs, 2)} epochs) in ${decimals(seconds, 1)} s: training loss ${decimals(loss)}${
    validationLoss === undefined ? '' : `, best validation loss ${decimals(validationLoss)}`
  }`
