/* The trainer: awaitable and iterable, the same bits for the same seed, and done right to the last step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextStreams } from '../../src/data/batches/streams.js'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { sum } from '../../src/engine/operations/operations.js'
import { NumericError } from '../../src/errors.js'
import { evaluate } from '../../src/evaluation/perplexity.js'
import { watchAll } from '../../src/layers/parameter.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { seedKey } from '../../src/random.js'
import { train } from '../../src/tasks/train.js'
import type { TrainingEvent } from '../../src/training/events.js'
import { smallSplits } from './smallText.js'

const text = smallSplits()
const quick = { batchSize: 4, timeSteps: 16 } as const
const create = (engine: Engine, options = {}) =>
  LanguageModel.create({ corpus: text.train, hiddenSize: 12, engine, ...options })

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

describe('train()', () => {
  it('can be awaited, or iterated over, and does the same', async () => {
    using awaited = await create(engine)
    using iterated = await create(engine)
    const result = await train(awaited, text, { ...quick, steps: 20 })
    const events: TrainingEvent[] = []
    for await (const event of train(iterated, text, { ...quick, steps: 20 })) events.push(event)
    expect(result).toMatchObject({ steps: 20, stopped: false })
    expect(events.at(-1)).toMatchObject({ step: 20, steps: 20, fraction: 1, remainingSeconds: 0, loss: result.loss })
    expect(iterated.toBytes()).toEqual(awaited.toBytes())
  })

  it.each(['elman', 'gru', 'lstm'] as const)(
    'gives the same bits for the same seed, dropout included: %s',
    async cell => {
      const run = async (seed: number) => {
        using model = await create(engine, { cell, dropout: 0.3, seed })
        await train(model, text, { ...quick, steps: 12, seed })
        return Buffer.from(model.toBytes()).toString('base64')
      }
      const first = await run(1)
      expect(await run(1)).toBe(first)
      expect(await run(2)).not.toBe(first)
    },
  )

  it('counts epochs by segments, the last one shorter', async () => {
    using model = await create(engine)
    const tokens = model.tokenizer.encode(text.train.text).length
    const result = await train(model, text, { ...quick, epochs: 2 })
    expect(result.steps).toBe(2 * Math.ceil(Math.floor((tokens - 1) / 4) / 16))
    expect(result.epochs).toBe(2)
  })

  it('stops at the signal, after the step it is in', async () => {
    using model = await create(engine)
    const abort = new AbortController()
    const run = train(model, text, { ...quick, steps: 1000, reportEvery: 1, signal: abort.signal })
    let last = 0
    for await (const { step } of run) {
      last = step
      if (step === 7) abort.abort()
    }
    expect(last).toBe(7)
  })

  it('lets the event loop turn between steps', async () => {
    using model = await create(engine)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await train(model, text, { ...quick, steps: 60 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })

  it('carries the state from one segment to the next', async () => {
    using model = await create(engine, { numLayers: 1 })
    const streams = new TextStreams(model.tokenizer.encode(text.train.text), quick, 'text')
    const [first, second] = [streams.segment(0), streams.segment(1)]
    const joined = new TextStreams(
      model.tokenizer.encode(text.train.text),
      { ...quick, timeSteps: 32 },
      'text',
    ).segment(0)
    engine.scope(() => {
      const one = model.loss(first)
      const two = model.loss(second, { state: one.state })
      const both = model.loss(joined)
      expect([...engine.read(two.losses)]).toEqual([...engine.read(both.losses)].slice(16 * 4))
    })
  })

  it('stops at the step where the loss is no number, names it, and leaves the weights as they were', async () => {
    using model = await create(engine, { cell: 'elman', nonlinearity: 'relu' })
    const run = train(model, text, { ...quick, steps: 200, optimizer: 'sgd', learningRate: 1e30, clipNorm: 1e30 })
    await expect(run).rejects.toThrow(NumericError)
  })

  it.each([
    [{ clipNorm: 0 }, /clipNorm.*above 0; got 0/],
    [{ learningRat: 1 }, /learningRat is not known; did you mean learningRate\?/],
    [{ optimizer: 'adm' }, /optimizer must be adam, .* or adagrad; got adm; did you mean adam/],
    [{ steps: 1.5 }, /steps/],
  ])('refuses %j before any work', async (options, message) => {
    using model = await create(engine)
    expect(() => train(model, text, options as never)).toThrow(message)
  })

  it('says what a text needs that is shorter than a segment', async () => {
    using model = await create(engine)
    const short = { train: new TextCorpus('abc', 'short') }
    await expect(train(model, short, { steps: 1 })).rejects.toThrow(
      /^short: 3 tokens do not fill one segment; .* 2501 are needed; give /,
    )
  })
})

describe('the whole model', () => {
  it.each([
    ['elman', { nonlinearity: 'sigmoid' }],
    ['elman', { nonlinearity: 'tanh', embedding: 'one-hot' }],
    ['gru', { embeddingSize: 5, dropout: 0.25 }],
    ['lstm', { tieWeights: true }],
  ] as const)('has the gradient of its loss, along random directions: %s %j', async (cell, options) => {
    using exact = await openEngine({ backend: 'reference' })
    using model = await create(exact, { cell, hiddenSize: 5, ...options })
    const segment = new TextStreams(
      model.tokenizer.encode(text.train.text),
      { batchSize: 3, timeSteps: 7 },
      'text',
    ).segment(0)
    const key = seedKey(1)
    const lossNow = () => exact.scope(() => exact.scalar(model.loss(segment, { key }).loss))
    exact.scope(() =>
      exact.recording(tape => {
        watchAll(tape, model.parameters)
        tape.backward(model.loss(segment, { key }).loss)
      }),
    )
    for (let trial = 1; trial <= 3; trial++) {
      const directions = model.parameters.map(({ value }, p) =>
        Float64Array.from({ length: value.size }, (_, i) => Math.sin(i * 12.9898 + p * 78.233 + trial)),
      )
      const start = model.parameters.map(({ value }) => exact.read(value))
      const move = (by: number) => {
        for (const [p, { value }] of model.parameters.entries())
          exact.write(
            value,
            start[p].map((x, i) => x + by * directions[p][i]),
          )
      }
      const h = 1e-5
      move(h)
      const above = lossNow()
      move(-h)
      const below = lossNow()
      move(0)
      const measured = (above - below) / (2 * h)
      const told = model.parameters.reduce(
        (total, { gradient }, p) => total + exact.read(gradient).reduce((dot, g, i) => dot + g * directions[p][i], 0),
        0,
      )
      expect(Math.abs(told - measured) / Math.abs(measured)).toBeLessThan(1e-6)
    }
  })
})

describe('evaluation', () => {
  it('is the same for a text in one stream and, nearly, in many', async () => {
    using model = await create(engine)
    await train(model, text, { ...quick, steps: 30 })
    const long = new TextCorpus(text.train.text.repeat(3), 'long')
    const whole = await evaluate(model, long)
    const tokens = model.tokenizer.encode(long.text)
    const reading = model.read()
    let total = 0
    for (const token of tokens) {
      total -= reading.next()[token]
      reading.push([token])
    }
    reading.close()
    expect(whole.tokens).toBe(tokens.length)
    expect(Math.abs(whole.loss - total / tokens.length)).toBeLessThan(1e-4)
    expect(whole.perplexity).toBeCloseTo(Math.exp(whole.loss), 12)
  })

  it('sums gradients’ squares as training clips them', () => {
    engine.scope(() => expect(engine.scalar(sum(engine, engine.from([3, 4]), { squares: true }))).toBe(25))
  })
})
