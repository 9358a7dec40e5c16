/* NaN and infinity stop a run within one step; the message names the tensor, its layer and the step. Or the step is skipped, or
 * the run goes back to its last checkpoint with half the learning rate. On the validation data they are reported, and are
 * never the best. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus, type NumberSequence } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { NumericError } from '../../src/errors.js'
import { type TokenBatch, tokenBatches } from '../../src/models/languageModel/batches.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { Regressor } from '../../src/models/regressor/regressor.js'
import type { Trainable } from '../../src/models/shared/trainable.js'
import { Tagger } from '../../src/models/tagger/tagger.js'
import { train } from '../../src/tasks/train.js'
import type { TrainingEvent, TrainingRun } from '../../src/training/events.js'
import { smallSplits } from './smallText.js'

const text = smallSplits(60)
const quick = { batchSize: 4, timeSteps: 8, samples: 0, reportEvery: 1 } as const

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

const create = () => LanguageModel.create({ corpus: text.train, hiddenSize: 8, engine })

/** Writes a number into a parameter once the run is at this step. */
async function poisoned(name: string, value: number, at: number, options = {}): Promise<TrainingEvent[]> {
  using model = await create()
  const events: TrainingEvent[] = []
  for await (const event of train(model, text, { ...quick, steps: 8, ...options })) {
    events.push(event)
    const parameter = model.parameters.find(each => each.name === name)
    if (event.step !== at || event.nonFinite || !parameter || events.filter(each => each.step === at).length > 1)
      continue
    const values = engine.read(parameter.value)
    values[1] = value
    engine.write(parameter.value, values)
  }
  return events
}

describe('a number that is none stops the run at the next step, by name', () => {
  it.each([
    ['recurrent.weight_hh_l1', 'layer recurrent 1'],
    ['recurrent.bias_ih_l0', 'layer recurrent 0'],
    ['embedding.weight', 'layer embedding'],
    ['output.bias', 'layer output'],
  ])('in the weights %s', async (name, layer) => {
    for (const value of [Number.NaN, Infinity]) {
      const run = poisoned(name, value, 3)
      await expect(run).rejects.toThrow(NumericError)
      // An infinity may have become a NaN within the step.
      const told = `^train: step 4: the weights ${name.replace('.', '\\.')} \\(${layer}\\) hold (NaN|${value}) at element 1; `
      await expect(run).rejects.toThrow(new RegExp(told))
    }
  })

  it('in the data, before any weight is touched', async () => {
    const items = Array.from({ length: 12 }, (_, i): NumberSequence => {
      const inputs = Float64Array.of(i, 1, i + 1, i === 7 ? Number.NaN : 2)
      return { inputs, features: 2, targets: Float64Array.of(i) }
    })
    const clean = new ItemCorpus(items.slice(0, 7), 'clean')
    using model = await Regressor.create({ corpus: clean, hiddenSize: 4, engine })
    const run = train(model, { train: new ItemCorpus(items, 'numbers') }, { ...quick, batchSize: 12, steps: 4 })
    await expect(run).rejects.toThrow(
      /^train: step 1: the data's inputs hold NaN at element \d+ of the batch \(sequence 7 of numbers has NaN in input 1 of step 1\); correct those data$/,
    )
    for (const { value } of model.parameters) expect(engine.read(value).every(Number.isFinite)).toBe(true)
  })

  it('in the gradient', async () => {
    using model = await LanguageModel.create({
      corpus: text.train,
      hiddenSize: 8,
      cell: 'elman',
      nonlinearity: 'relu',
      engine,
    })
    const options = { ...quick, steps: 50, optimizer: 'sgd', learningRate: 1e30, clipping: 'none' } as const
    await expect(train(model, text, options)).rejects.toThrow(/^train: step \d+: the (gradient of .* holds|loss is) /)
  })
})

describe('with onNan skip', () => {
  /** A regressor's data of which one batch is broken. */
  const items = Array.from({ length: 8 }, (_, i): NumberSequence => {
    const inputs = Float64Array.of(i / 8, i === 3 ? Infinity : 1)
    return { inputs, features: 1, targets: Float64Array.of(i / 8) }
  })

  it('the step is left out, told, and the run goes on', async () => {
    // A number that is none says nothing of the others' scale.
    using model = await Regressor.create({ corpus: new ItemCorpus(items, 'numbers'), hiddenSize: 4, engine })
    const options = { ...quick, batchSize: 2, epochs: 2, onNan: 'skip' } as const
    const events: TrainingEvent[] = []
    for await (const event of train(model, { train: new ItemCorpus(items, 'numbers') }, options)) events.push(event)
    expect(events.filter(({ nonFinite }) => nonFinite).map(({ nonFinite }) => nonFinite)).toEqual([
      expect.stringMatching(/inputs hold Infinity .*; the step is skipped$/),
      expect.stringMatching(/inputs hold Infinity .*; the step is skipped$/),
    ])
    expect(events.at(-1)?.step).toBe(8)
    for (const { value } of model.parameters) expect(engine.read(value).every(Number.isFinite)).toBe(true)
  })

  it('broken weights stop it all the same', async () => {
    await expect(poisoned('output.bias', Number.NaN, 2, { onNan: 'skip' })).rejects.toThrow(/the weights output\.bias/)
  })
})

describe('with onNan rollback', () => {
  const options = { onNan: 'rollback', checkpointEvery: 2, learningRate: 0.01 } as const

  it('the run goes back to its last checkpoint with half the learning rate', async () => {
    const events = await poisoned('output.bias', Number.NaN, 5, options)
    expect(events.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7, 8])
    expect(events[5].nonFinite).toMatch(
      /^train: step 6: the weights output\.bias .*; back to step 4 with half the learning rate$/,
    )
    expect(events.map(({ learningRate }) => learningRate).slice(-2)).toEqual([0.005, 0.005])
  })

  it('three times at most', async () => {
    const data: NumberSequence[] = [{ inputs: Float64Array.of(1), features: 1, targets: Float64Array.of(Number.NaN) }]
    const clean = new ItemCorpus([{ ...data[0], targets: Float64Array.of(1) }], 'clean')
    using model = await Regressor.create({ corpus: clean, hiddenSize: 2, engine })
    let rollbacks = 0
    const run = train(model, { train: new ItemCorpus(data, 'broken') }, { ...quick, steps: 3, onNan: 'rollback' })
    const all = async () => {
      for await (const { nonFinite } of run) if (nonFinite) rollbacks++
    }
    await expect(all()).rejects.toThrow(/the data's targets hold NaN/)
    expect(rollbacks).toBe(3)
  })
})

describe('NaN on the validation data', () => {
  const wave = (count: number, broken: number) =>
    Array.from({ length: count }, (_, i): NumberSequence => {
      const target = i === broken ? Number.NaN : Math.sin(i / 3)
      return { inputs: Float64Array.of(Math.sin((i - 1) / 3), i % 2), features: 2, targets: Float64Array.of(target) }
    })

  it('is never the best, and each evaluation reports the item that it comes from', async () => {
    const data = { train: new ItemCorpus(wave(40, -1), 'train'), validation: new ItemCorpus(wave(12, 5), 'watched') }
    using model = await Regressor.create({ corpus: data.train, hiddenSize: 4, engine })
    const events: TrainingEvent[] = []
    const run = train(model, data, { ...quick, steps: 6, validateEvery: 2, keepBest: true })
    for await (const event of run) events.push(event)
    expect(events.map(({ best }) => best)).toEqual([false, false, false, false, false, false])
    const reports = events.flatMap(({ nonFinite }) => nonFinite ?? [])
    expect(reports).toHaveLength(3)
    expect(reports[0]).toMatch(
      /^train: step 2: on the validation data loss is NaN, meanSquaredError is NaN, meanAbsoluteError is NaN, which counts as not better; sequence 5 of watched has NaN in target 0; correct those data$/,
    )
    expect((await train(model, data, { ...quick, steps: 2 })).validationLoss).toBeUndefined()
  })

  it('ends the run by patience, reduces the rate of a plateau, and resumes exactly', async () => {
    const sentence = (last: string) => ({ words: ['a', 'b', 'c'], tags: ['X', 'Y', last] })
    const data = {
      train: new ItemCorpus(Array(20).fill(sentence('X')), 'train'),
      validation: new ItemCorpus(Array(4).fill(sentence('NEW')), 'watched'),
    }
    const options = {
      ...quick,
      steps: 40,
      validateEvery: 5,
      patience: 3,
      schedule: 'plateau',
      schedulePatience: 1,
    } as const
    const create = () => Tagger.create({ corpus: data.train, engine, hiddenSize: 4, minCount: 1 })
    const followed = async (run: TrainingRun) => {
      const events: TrainingEvent[] = []
      let checkpoint = new Uint8Array()
      for await (const event of run) {
        events.push(event)
        if (event.checkpoint) checkpoint = run.checkpoint()
      }
      return { events, checkpoint }
    }
    using model = await create()
    const whole = await followed(train(model, data, options))
    expect(whole.events.at(-1)).toMatchObject({ step: 15, best: false })
    expect(whole.events.at(-1)?.nonFinite).toMatch(
      /loss is NaN, which counts as not better; every sentence of watched has a tag that the training data lack, the first one NEW; correct those data$/,
    )
    expect(whole.events.map(({ learningRate }) => learningRate)).toEqual([
      ...Array(10).fill(0.002),
      ...Array(5).fill(0.001),
    ])
    using half = await create()
    const { checkpoint } = await followed(train(half, data, { ...options, stopAt: 7 }))
    using again = await Tagger.load(checkpoint, { engine })
    const resumed = await followed(train(again, data, { ...options, resume: checkpoint }))
    expect(resumed.checkpoint).toEqual(whole.checkpoint)
  })

  it('leaves the best of the evaluations that were finite', async () => {
    using model = await create()
    const losses = [2, Number.NaN, 1, -Infinity, Infinity, 1.5]
    const source = tokenBatches(model.tokenizer, text.train, { ...quick, algorithm: 'stream' })
    const task = { train: source, validation: { batchesPerEpoch: 1, batch: () => source.batch(0, 0) } }
    const evaluated: Trainable<TokenBatch> = {
      parameters: model.parameters,
      zeroState: size => model.zeroState(size),
      loss: (batch, pass) =>
        pass.key ? model.loss(batch, pass) : { loss: engine.from([losses.shift() ?? 0], [1]), count: 1 },
    }
    const best: (number | undefined)[] = []
    for await (const event of train(evaluated, task, { ...quick, steps: 6, validateEvery: 1 }))
      if (event.best) best.push(event.validationLoss)
    expect(best).toEqual([2, 1])
  })
})
