/* Exact resume, over options drawn at random: a run that is stopped at any steps and resumed ends with the bits, and the result,
 * of the run that was never stopped. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type LabelledText, type NumberSequence, type TextPair } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { multiply, scale } from '../../src/engine/operations/operations.js'
import { NumericError } from '../../src/errors.js'
import { Parameter } from '../../src/layers/parameter.js'
import { Classifier } from '../../src/models/classifier/classifier.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { Regressor } from '../../src/models/regressor/regressor.js'
import type { Trainable } from '../../src/models/shared/trainable.js'
import { Translator } from '../../src/models/translator/translator.js'
import { classifierMetrics } from '../../src/tasks/classifier/training.js'
import { languageModelMetrics } from '../../src/tasks/languageModel/training.js'
import { regressorMetrics } from '../../src/tasks/regressor/training.js'
import { train } from '../../src/tasks/train.js'
import { translatorMetrics } from '../../src/tasks/translator/training.js'
import type { TaskCapabilities } from '../../src/training/contradictions.js'
import type { TrainingResult, TrainingRun } from '../../src/training/events.js'
import type { TrainingOptions } from '../../src/training/options.js'
import { trainingOptions } from './randomOptions.js'
import { smallSplits } from './smallText.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

/** A model in a run: how it is trained, and its bytes. */
interface Running {
  train(options: TrainingOptions): TrainingRun
  toBytes(): Uint8Array
  close(): void
}

/** Opens the model of a run, at the start or from a checkpoint. */
type Open = (checkpoint?: Uint8Array) => Promise<Running>

interface End {
  readonly checkpoint: string | undefined
  readonly model: string | undefined
  readonly result: Partial<TrainingResult> | undefined
  readonly error: string | undefined
}

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('base64')

/** Trains in parts that end at `stops`, each from the last checkpoint of the one before. */
async function ended(open: Open, options: TrainingOptions, stops: readonly number[]): Promise<End> {
  let checkpoint: Uint8Array | undefined
  for (const stopAt of [...stops, undefined]) {
    const running = await open(checkpoint)
    try {
      const run = running.train({ ...options, stopAt, resume: checkpoint })
      const events = run[Symbol.asyncIterator]()
      let next = await events.next()
      for (; !next.done; next = await events.next()) if (next.value.checkpoint) checkpoint = run.checkpoint()
      if (stopAt !== undefined && next.value.stopped) continue
      const { steps, epochs, validationLoss, outOfPatience } = next.value
      const result = { steps, epochs, validationLoss, outOfPatience }
      return { checkpoint: hex(checkpoint), model: hex(running.toBytes()), result, error: undefined }
    } catch (error) {
      if (!(error instanceof NumericError)) throw error
      return { checkpoint: undefined, model: undefined, result: undefined, error: error.message }
    } finally {
      running.close()
    }
  }
  throw new Error('the last part was stopped')
}

const stopsOf = (steps: number) => fc.uniqueArray(fc.integer({ min: 1, max: steps }), { maxLength: 3 })

async function holds(open: Open, capabilities: TaskCapabilities, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(trainingOptions(capabilities), stopsOf(14), async (options, stops) => {
    const ascending = stops.toSorted((a, b) => a - b)
    expect(await ended(open, options, ascending)).toEqual(await ended(open, options, []))
  })
  await fc.assert(property, { numRuns: process.env.RECURRA_LONG ? numRuns * 20 : numRuns, seed: 7, endOnFailure: true })
}

const text = smallSplits(130)
const names = ['one', 'two', 'three', 'four', 'five', 'six']
const phrase = (i: number) => `${names[i % 6]} ${names[(i * 5 + 1) % 6]} ${names[(i * i) % 6]}`.slice(0, 4 + (i % 9))
const splits = <Item>(item: (i: number) => Item) => ({
  train: new ItemCorpus(
    Array.from({ length: 16 }, (_, i) => item(i)),
    'training',
  ),
  validation: new ItemCorpus(
    Array.from({ length: 5 }, (_, i) => item(i + 16)),
    'validation',
  ),
})
const capabilitiesOf = (metrics: object, others: Partial<TaskCapabilities> = {}): TaskCapabilities => ({
  ...{ validation: true, metrics: Object.keys(metrics), feedsItself: false, readsText: false, crossEntropy: true },
  ...others,
})

describe('a run that is stopped and resumed ends as the run that was never stopped', () => {
  it('for language models', async () => {
    const open: Open = async checkpoint => {
      const model = checkpoint
        ? await LanguageModel.load(checkpoint, { engine })
        : await LanguageModel.create({ corpus: text.train, hiddenSize: 5, dropout: 0.2, learnedState: true, engine })
      return {
        train: options => train(model, text, options),
        toBytes: () => model.toBytes(),
        close: () => model.close(),
      }
    }
    await holds(open, capabilitiesOf(languageModelMetrics, { feedsItself: true, readsText: true }), 24)
  }, 240_000)

  it('for classifiers', async () => {
    const data = splits((i): LabelledText => ({ text: phrase(i), label: i % 3 ? 'odd' : 'even' }))
    const open: Open = async checkpoint => {
      const model = checkpoint
        ? await Classifier.load(checkpoint, { engine })
        : await Classifier.create({ corpus: data.train, hiddenSize: 4, minCount: 1, dropout: 0.2, engine })
      return {
        train: options => train(model, data, options),
        toBytes: () => model.toBytes(),
        close: () => model.close(),
      }
    }
    await holds(open, capabilitiesOf(classifierMetrics), 30)
  }, 240_000)

  it('for translators', async () => {
    const data = splits((i): TextPair => ({ source: phrase(i), target: phrase(i + 2) }))
    const open: Open = async checkpoint => {
      const model = checkpoint
        ? await Translator.load(checkpoint, { engine })
        : await Translator.create({ corpus: data.train, hiddenSize: 4, minCount: 1, maxLength: 6, engine })
      return {
        train: options => train(model, data, options),
        toBytes: () => model.toBytes(),
        close: () => model.close(),
      }
    }
    await holds(open, capabilitiesOf(translatorMetrics, { feedsItself: true }), 20)
  }, 240_000)

  it('for regressors whose data hold NaN, whatever onNan says', async () => {
    const data = splits((i): NumberSequence => {
      const broken = i === 11 || i === 18
      return {
        inputs: Float64Array.of(i / 8, broken ? Number.NaN : 1, i % 3),
        features: 1,
        targets: Float64Array.of(i / 9),
      }
    })
    const open: Open = async checkpoint => {
      const model = checkpoint
        ? await Regressor.load(checkpoint, { engine })
        : await Regressor.create({ corpus: data.train, hiddenSize: 4, engine })
      return {
        train: options => train(model, data, options),
        toBytes: () => model.toBytes(),
        close: () => model.close(),
      }
    }
    await holds(open, capabilitiesOf(regressorMetrics, { crossEntropy: false }), 40)
  }, 240_000)

  it('with onNan rollback, wherever the run diverges and wherever it is stopped', async () => {
    /** Loss 7.5 w²: gradient descent at rate 1 multiplies w by −14, at an eighth of it by −0.875. */
    const open: Open = async () => {
      const weight = new Parameter(engine, 'weight', [1])
      engine.write(weight.value, [1])
      const model: Trainable<number> = {
        parameters: [weight],
        loss: () => ({ loss: scale(engine, multiply(engine, weight.value, weight.value), 7.5) }),
      }
      const source = { batchesPerEpoch: 7, batch: () => 0 }
      return {
        train: options => train(model, { train: source }, options),
        toBytes: () => new Uint8Array(Float32Array.from(engine.read(weight.value)).buffer),
        close: () => weight.release(),
      }
    }
    const options: TrainingOptions = {
      steps: 90,
      onNan: 'rollback',
      optimizer: 'sgd',
      learningRate: 1,
      clipping: 'none',
      reportEvery: 4,
    }
    const property = fc.asyncProperty(fc.constantFrom(5, 7, 9), stopsOf(90), async (checkpointEvery, stops) => {
      const ascending = stops.toSorted((a, b) => a - b)
      const whole = await ended(open, { ...options, checkpointEvery }, [])
      expect(whole.error).toBeUndefined()
      expect(await ended(open, { ...options, checkpointEvery }, ascending)).toEqual(whole)
    })
    await fc.assert(property, { numRuns: process.env.RECURRA_LONG ? 500 : 40, seed: 3 })
  }, 120_000)
})
