/* Exact resume: a run that is stopped and goes on is, to the last bit of its checkpoint, the run that never stopped. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adding } from '../../src/data/generated/adding.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { evaluate } from '../../src/evaluation/perplexity.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { LanguageModel, type LanguageModelCreation } from '../../src/models/languageModel/languageModel.js'
import { Regressor } from '../../src/models/regressor/regressor.js'
import { train } from '../../src/tasks/train.js'
import type { TrainingRun } from '../../src/training/events.js'
import type { TrainingOptions } from '../../src/training/options.js'
import { initialState, nonFiniteAsText, stateSchema } from '../../src/training/state.js'
import { smallSplits } from './smallText.js'

const text = smallSplits(60)
const STEPS = 12

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** The last checkpoint that a run gives. */
async function lastOf(run: TrainingRun): Promise<Uint8Array> {
  let last: Uint8Array | undefined
  for await (const { checkpoint } of run) if (checkpoint) last = run.checkpoint()
  return last as Uint8Array
}

const small = { hiddenSize: 6, numLayers: 2, dropout: 0.2 } as const
const quick = { batchSize: 4, timeSteps: 8, steps: STEPS, validateEvery: 4, reportEvery: 3, samples: 0 } as const

type Cell = Partial<LanguageModelCreation>

async function wholeAndResumed(cell: Cell, options: TrainingOptions, stops: readonly number[]) {
  const create = () => LanguageModel.create({ corpus: text.train, ...small, ...cell, engine })
  using model = await create()
  const whole = await lastOf(train(model, text, { ...quick, ...options }))
  let resume: Uint8Array | undefined
  for (const stopAt of [...stops, undefined]) {
    // The file is a model too; what training keeps in it is no matter to that.
    using next = resume ? await LanguageModel.load(resume, { engine }) : await create()
    resume = await lastOf(train(next, text, { ...quick, ...options, stopAt, resume }))
  }
  return { whole: hashOf(whole), resumed: hashOf(resume as Uint8Array) }
}

const optimizers: readonly TrainingOptions[] = [
  { optimizer: 'sgd' },
  { optimizer: 'sgd', momentum: 0.9, learningRate: 0.05 },
  { optimizer: 'sgd', momentum: 0.9, nesterov: true, learningRate: 0.05 },
  { optimizer: 'asgd', averageFrom: 3 },
  { optimizer: 'asgd', averagePatience: 1, learningRate: 20 },
  { optimizer: 'rmsprop' },
  { optimizer: 'rmsprop', momentum: 0.5 },
  { optimizer: 'adagrad' },
  { optimizer: 'adam' },
  { optimizer: 'adamw', weightDecay: 0.01 },
]
const cells = ['elman', 'gru', 'lstm'] as const

describe('a run that was stopped and resumed has the checkpoint of one that never was', () => {
  it.each(cells.flatMap(cell => optimizers.map(options => [cell, options] as const)))(
    '%s, %j',
    async (cell, options) => {
      const { whole, resumed } = await wholeAndResumed({ cell }, options, [6])
      expect(resumed).toBe(whole)
    },
  )

  it.each<[string, TrainingOptions]>([
    ['in sentences, whose means count alike', { algorithm: 'sentence', lossAverage: 'sentence' }],
    ['across epochs', { batchSize: 16, timeSteps: 50 }],
    ['with batches taken together', { accumulate: 3 }],
    [
      'under every penalty',
      { l1: 1e-4, l2: 1e-3, activationPenalty: 1, temporalActivationPenalty: 1, labelSmoothing: 0.1 },
    ],
    ['fed its own output, more and more', { teacherForcingSchedule: 'linear', teacherForcingSteps: 10 }],
    ['on a plateau', { schedule: 'plateau', schedulePatience: 0, learningRate: 0.5 }],
    ['along a cosine, warmed up', { schedule: 'cosine', scheduleSteps: 12, warmupSteps: 4 }],
    ['by Zaremba', { schedule: 'zaremba', scheduleEpochs: 1, batchSize: 16 }],
    ['clipped by value', { clipping: 'value', clipValue: 1e-3 }],
  ])('%s', async (_, options) => {
    const { whole, resumed } = await wholeAndResumed({}, options, [1, 5, 7])
    expect(resumed).toBe(whole)
  })

  it('a regressor, too', async () => {
    const data = adding.generate({ count: 100, length: 8 })
    const create = () => Regressor.create({ corpus: data.train, hiddenSize: 5, engine })
    const options = { steps: 10, batchSize: 16, samples: 0 }
    using model = await create()
    const whole = await lastOf(train(model, data, options))
    using first = await create()
    const half = await lastOf(train(first, data, { ...options, stopAt: 5 }))
    using second = await Regressor.load(half, { engine })
    expect(hashOf(await lastOf(train(second, data, { ...options, resume: half })))).toBe(hashOf(whole))
  })
})

describe('a checkpoint', () => {
  const checkpoint = async (options: TrainingOptions) => {
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    return await lastOf(train(model, text, { ...quick, ...options }))
  }

  it('does not say where training stops', async () => {
    expect(hashOf(await checkpoint({ steps: 4 }))).toBe(hashOf(await checkpoint({ steps: 400, stopAt: 4 })))
  })

  it('lets a run go on for longer', async () => {
    const half = await checkpoint({ steps: 4 })
    using model = await LanguageModel.load(half, { engine })
    const result = await train(model, text, { ...quick, steps: 9, resume: half })
    expect(result).toMatchObject({ steps: 9, stopped: false })
  })

  it('refuses another model and other options, all at once', async () => {
    const half = await checkpoint({ steps: 4 })
    using model = await LanguageModel.create({ corpus: text.train, ...small, hiddenSize: 7, cell: 'gru', engine })
    const run = train(model, text, { ...quick, optimizer: 'sgd', seed: 2, resume: half })
    await expect(run).rejects.toThrow(
      /model’s cell is "lstm" there; got "gru"; .*hiddenSize is 6 there; got 7; .*option’s learningRate is .*optimizer is "adam" there; got "sgd"; .*seed is 1 there; got 2/,
    )
  })

  it('is no checkpoint without what training keeps', async () => {
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    await expect(train(model, text, { ...quick, resume: model.toBytes() })).rejects.toThrow(
      /this is a model and not a checkpoint; give the run's last.safetensors/,
    )
  })

  it('of another version is refused by name, with what to do', async () => {
    const bytes = await checkpoint({ steps: 4 })
    const written = (training: object) => {
      const { tensors, metadata } = readSafetensors(bytes, 'checkpoint')
      const all = [...tensors].map(([name, tensor]) => ({ name, ...tensor }))
      return writeSafetensors(all, { ...metadata, 'recurra.training': JSON.stringify(training) })
    }
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    const resumed = (training: object) => train(model, text, { ...quick, resume: written(training) })
    await expect(resumed({ standing: { step: 4 }, course: {} })).rejects.toThrow(
      /^checkpoint: the version of recurra\.training must be 2; got 1; resume it with the recurra that wrote it, or train on from its weights as a new run$/,
    )
    await expect(resumed({ version: 3 })).rejects.toThrow(/must be 2; got 3; a newer recurra may read it$/)
    for (const randomStreams of [undefined, 1])
      await expect(resumed({ version: 2, randomStreams, state: {}, options: {} })).rejects.toThrow(
        /^checkpoint: the version of its random streams must be 2; got 1; resume it with the recurra that wrote it, or train on from its weights as a new run$/,
      )
    await expect(resumed({ version: 2, randomStreams: 3, state: {} })).rejects.toThrow(
      /streams must be 2; got 3; a newer/,
    )
    await expect(resumed({ version: 2, randomStreams: 2, state: {}, options: {} })).rejects.toThrow(
      /^checkpoint: recurra\.training must hold the trainer's state; state\.step is missing or wrong; the file is damaged$/,
    )
  })

  it('with keepBest holds the best weights, which a model’s file ignores', async () => {
    const options = { ...quick, steps: 40, learningRate: 0.5, keepBest: true } as const
    const create = () => LanguageModel.create({ corpus: text.train, ...small, engine })
    using whole = await create()
    await train(whole, text, options)
    using half = await create()
    const bytes = await lastOf(train(half, text, { ...options, stopAt: 21 }))
    using model = await LanguageModel.load(bytes, { engine })
    const { validationLoss } = await train(model, text, { ...options, resume: bytes })
    expect(model.toBytes()).toEqual(whole.toBytes())
    expect((await evaluate(model, text.validation)).loss).toBe(validationLoss)
    const names = [...readSafetensors(bytes, 'checkpoint').tensors.keys()]
    expect(names.filter(name => name.startsWith('training.best.'))).toHaveLength(model.parameters.length)
    const without = await checkpoint({ steps: 21 })
    expect([...readSafetensors(without, 'checkpoint').tensors.keys()].filter(name => /best/.test(name))).toEqual([])
  })

  it('of numbers that JSON lacks reads them back', () => {
    const state = {
      ...initialState,
      smoothing: { sum: Infinity, weight: 1 },
      losses: [Number.NaN, -Infinity, 0.5],
    }
    expect(stateSchema.parse(JSON.parse(JSON.stringify(state, nonFiniteAsText)))).toEqual(state)
  })

  it('is due at each best evaluation too, whatever checkpointEvery says', async () => {
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    const bests: boolean[] = []
    for await (const event of train(model, text, { ...quick, checkpointEvery: 100, validateEvery: 1 }))
      if (event.best) bests.push(event.checkpoint)
    expect(bests.length).toBeGreaterThan(2)
    expect(bests).not.toContain(false)
  })

  it('is due once more where the signal comes while an event without one is handled', async () => {
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    const abort = new AbortController()
    const steps: [number, boolean][] = []
    const options = { ...quick, checkpointEvery: 100, validateEvery: 100, reportEvery: 3, signal: abort.signal }
    for await (const { step, checkpoint } of train(model, text, options)) {
      steps.push([step, checkpoint])
      if (step === 6) abort.abort()
    }
    expect(steps).toEqual([
      [3, false],
      [6, false],
      [6, true],
    ])
  })

  it('is asked for at an event', async () => {
    using model = await LanguageModel.create({ corpus: text.train, ...small, engine })
    expect(() => train(model, text, quick).checkpoint()).toThrow(/ask for it inside the loop/)
  })
})

describe('the same seed, configuration and backend', () => {
  it('give the same checkpoint ten times in a row, on any number of threads', async () => {
    const hashes = new Set<string>()
    for (let round = 0; round < 10; round++) {
      using own = await openEngine({ threads: 1 + (round % 4) })
      using model = await LanguageModel.create({ corpus: text.train, ...small, hiddenSize: 40, engine: own })
      hashes.add(hashOf(await lastOf(train(model, text, { ...quick, batchSize: 9, steps: 6 }))))
    }
    expect(hashes.size).toBe(1)
  })
})
