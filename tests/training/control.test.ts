/* What steers training: sentences, teacher forcing, batches taken together, penalties, patience, models of one's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { linear } from '../../src/engine/operations/operations.js'
import { evaluateSentences } from '../../src/evaluation/perplexity.js'
import { Parameter, watchAll } from '../../src/layers/parameter.js'
import { regressionLoss } from '../../src/layers/regressionLoss.js'
import { sentenceBatches, type TokenBatch, tokenBatches } from '../../src/models/languageModel/batches.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import type { BatchSource, Trainable } from '../../src/models/shared/trainable.js'
import { seedKey } from '../../src/random.js'
import { train } from '../../src/tasks/train.js'
import type { TrainingEvent } from '../../src/training/events.js'
import { trainingSchema } from '../../src/training/options.js'
import { teacherForcingAt } from '../../src/training/teacherForcing.js'
import { expectNear } from '../engine/distance.js'
import { smallSplits } from './smallText.js'

const text = smallSplits(60)
const quick = { batchSize: 4, timeSteps: 8, samples: 0 } as const

let engine: Engine
let exact: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
  exact = await openEngine({ backend: 'reference' })
})
afterAll(() => {
  engine.close()
  exact.close()
})

const create = (options = {}, on = engine) =>
  LanguageModel.create({ corpus: text.train, hiddenSize: 8, numLayers: 1, engine: on, ...options })

/** The gradient of a batch's loss, all parameters after one another; and the loss. */
function gradientOf(model: LanguageModel, batch: TokenBatch, pass = {}): { loss: number; gradient: Float64Array } {
  const on = model.engine
  return on.scope(() =>
    on.recording(tape => {
      watchAll(tape, model.parameters)
      const { loss } = model.loss(batch, pass)
      tape.backward(loss)
      const gradient = Float64Array.from(model.parameters.flatMap(each => [...on.read(each.gradient)]))
      return { loss: on.scalar(loss), gradient }
    }),
  )
}

const sentencesOf = (
  model: LanguageModel,
  lines: readonly string[],
  batchSize: number,
  lossAverage: 'token' | 'sentence',
) =>
  tokenBatches(model.tokenizer, new ItemCorpus(lines, 'lines'), {
    ...quick,
    algorithm: 'sentence',
    batchSize,
    lossAverage,
  })

describe('sentences', () => {
  const lines = ['the cat sees a tree', 'no one', 'a dog hears the sea']

  it.each(['elman', 'gru', 'lstm'] as const)(
    'in a padded batch have the losses and the gradient of each sentence alone: %s',
    async cell => {
      using model = await create({ cell, numLayers: 2 }, exact)
      for (const lossAverage of ['token', 'sentence'] as const) {
        const together = gradientOf(model, sentencesOf(model, lines, 3, lossAverage).batch(0, 0))
        const alone = lines.map(line => {
          const batch = sentencesOf(model, [line], 1, 'token').batch(0, 0)
          return { ...gradientOf(model, batch), tokens: batch.targets.length }
        })
        const tokens = alone.reduce((sum, each) => sum + each.tokens, 0)
        const weight = ({ tokens: own }: { tokens: number }) =>
          lossAverage === 'token' ? own / tokens : 1 / lines.length
        expect(together.loss).toBeCloseTo(
          alone.reduce((sum, each) => sum + each.loss * weight(each), 0),
          12,
        )
        const mean = together.gradient.map((_, i) =>
          alone.reduce((sum, each) => sum + each.gradient[i] * weight(each), 0),
        )
        expectNear(together.gradient, mean, 1e-10, lossAverage)
      }
    },
  )

  it('begin with the start symbol and end with their end, and are evaluated so', async () => {
    using model = await create()
    const { tokenizer } = model
    const batch = sentencesOf(model, ['no one'], 1, 'token').batch(0, 0)
    expect([...batch.inputs]).toEqual([tokenizer.start, ...tokenizer.encode('no one')])
    expect([...batch.targets]).toEqual([...tokenizer.encode('no one'), tokenizer.start])
    const { loss, tokens } = await evaluateSentences(model, new ItemCorpus(['no one'], 'one'))
    expect(tokens).toBe(7)
    engine.scope(() => expect(loss).toBeCloseTo(engine.scalar(model.loss(batch).loss), 5))
  })

  it('are learned, with the start of each from the zero state', async () => {
    using model = await create({ hiddenSize: 24 })
    const data = { train: new ItemCorpus(text.train.text.trim().split('\n'), 'lines'), validation: text.validation }
    const options = { algorithm: 'sentence', batchSize: 8, epochs: 12, learningRate: 0.02, samples: 0 } as const
    const before = (await evaluateSentences(model, text.validation)).loss
    const { validationLoss } = await train(model, data, options)
    expect(validationLoss).toBeLessThan(before / 2)
  })

  it('come in an order that is another in each epoch, each once', () => {
    const sentences = Array.from({ length: 20 }, (_, i) => Int32Array.from({ length: 3 }, () => i))
    const source = sentenceBatches(sentences, 'numbers', { batchSize: 3, seed: 4 })
    const epoch = (e: number) =>
      Array.from({ length: source.batchesPerEpoch }, (_, i) => [
        ...source.batch(e, i).inputs.slice(0, source.batch(e, i).batchSize),
      ]).flat()
    expect(epoch(0).toSorted((a, b) => a - b)).toEqual(sentences.map(([i]) => i))
    expect(epoch(1)).not.toEqual(epoch(0))
    expect(epoch(1)).toEqual(epoch(1))
  })
})

describe('teacher forcing', () => {
  const share = (options: object, done: number) => teacherForcingAt(trainingSchema.parse(options), done)

  it('falls as Bengio et al. have it', () => {
    const linear = { teacherForcingSchedule: 'linear', teacherForcingSteps: 10, teacherForcingLeast: 0.2 }
    expect([0, 5, 10, 99].map(done => share(linear, done))).toEqual([1, 0.6, 0.2, 0.2].map(v => expect.closeTo(v, 12)))
    const exponential = { teacherForcingSchedule: 'exponential', teacherForcingSteps: 10 }
    expect(share(exponential, 20)).toBeCloseTo(Math.exp(-2), 12)
    const inverse = { teacherForcingSchedule: 'inverse-sigmoid', teacherForcingSteps: 10 }
    expect(share(inverse, 30)).toBeCloseTo(10 / (10 + Math.exp(3)), 12)
    expect(share({ teacherForcing: 0.7 }, 1000)).toBe(0.7)
  })

  const key = seedKey(5)

  it('of 1 feeds the truth, of 0 the model’s own output, by the seed', async () => {
    using model = await create({}, exact)
    const batch = tokenBatches(model.tokenizer, text.train, { ...quick, algorithm: 'stream' }).batch(0, 0)
    const plain = gradientOf(model, batch)
    expect(gradientOf(model, batch, { key, teacherForcing: 1 })).toEqual(plain)
    const free = gradientOf(model, batch, { key, teacherForcing: 0 })
    expect(free.loss).not.toBe(plain.loss)
    expect(gradientOf(model, batch, { key, teacherForcing: 0 })).toEqual(free)
    expect(gradientOf(model, batch, { key: seedKey(6), teacherForcing: 0 }).loss).not.toBe(free.loss)
  })

  it('of 0 is what a model gives that is sure of its next token, fed step by step', async () => {
    using model = await create({}, exact)
    // Sharp outputs: what is drawn is the likeliest token, so that a plain loop can say what is fed.
    for (const { name, value } of model.parameters)
      if (name === 'output.weight')
        exact.write(
          value,
          exact.read(value).map(w => w * 1e6),
        )
    const batch = tokenBatches(model.tokenizer, text.train, { ...quick, algorithm: 'stream' }).batch(0, 0)
    const fed = batch.inputs.slice()
    for (let b = 0; b < quick.batchSize; b++) {
      for (let t = 1; t < quick.timeSteps; t++) {
        const past = Int32Array.from({ length: t }, (_, k) => fed[k * quick.batchSize + b])
        let best = { token: -1, loss: Infinity }
        for (let token = 0; token < model.tokenizer.size; token++)
          exact.scope(() => {
            const targets = new Int32Array(t).fill(-1)
            targets[t - 1] = token
            const loss = exact.scalar(model.loss({ inputs: past, targets, timeSteps: t, batchSize: 1 }).loss)
            if (loss < best.loss) best = { token, loss }
          })
        fed[t * quick.batchSize + b] = best.token
      }
    }
    const free = gradientOf(model, batch, { key, teacherForcing: 0 })
    expect(free).toEqual(gradientOf(model, { ...batch, inputs: fed }))
  })

  it('is told, and falls, in the events', async () => {
    using model = await create()
    const shares: number[] = []
    const options = {
      ...quick,
      steps: 5,
      reportEvery: 1,
      teacherForcingSchedule: 'linear',
      teacherForcingSteps: 4,
    } as const
    for await (const event of train(model, { train: text.train }, options)) shares.push(event.teacherForcing)
    expect(shares).toEqual([1, 0.75, 0.5, 0.25, 0])
  })
})

describe('batches taken together', () => {
  it('make the step of the one batch that holds them', async () => {
    const lines = text.train.text.trim().split('\n').slice(0, 12)
    const steps = async (batchSize: number, accumulate: number) => {
      using model = await create({}, exact)
      const { parameters } = model
      const data = { train: new ItemCorpus(lines, 'lines') }
      const options = { algorithm: 'sentence', batchSize, accumulate, steps: 3, optimizer: 'sgd', samples: 0 } as const
      const { loss } = await train(model, data, options)
      return { loss, values: Float64Array.from(parameters.flatMap(({ value }) => [...exact.read(value)])) }
    }
    const [one, three] = [await steps(12, 1), await steps(4, 3)]
    expect(three.loss).toBeCloseTo(one.loss, 12)
    expectNear(three.values, one.values, 1e-11, 'parameters')
  })
})

describe('penalties', () => {
  it.each([
    ['l1', { l1: 0.01 }, (w: number) => 0.01 * Math.abs(w)],
    ['l2', { l2: 0.02 }, (w: number) => 0.01 * w * w],
  ])('%s is added to the loss, and told with and without', async (_, options, penaltyOf) => {
    using model = await create({}, exact)
    const penalty = model.parameters.reduce(
      (sum, { value }) => sum + exact.read(value).reduce((total, w) => total + penaltyOf(w), 0),
      0,
    )
    const seen: TrainingEvent[] = []
    for await (const event of train(model, { train: text.train }, { ...quick, ...options, steps: 1 })) seen.push(event)
    expect(seen[0].penalizedLoss - seen[0].loss).toBeCloseTo(penalty, 10)
  })

  it('their gradients are those of finite differences, AR and TAR too', async () => {
    using model = await create({}, exact)
    const { addWeightPenalty, activationPenalty } = await import('../../src/training/regularisation.js')
    const weights = { l1: 0.03, l2: 0.2, activationPenalty: 0.7, temporalActivationPenalty: 1.3 }
    const batch = tokenBatches(model.tokenizer, text.train, { ...quick, algorithm: 'stream' }).batch(0, 0)
    const whole = () =>
      exact.scope(() =>
        exact.recording(tape => {
          watchAll(tape, model.parameters)
          const result = model.loss(batch)
          const penalty = activationPenalty(exact, result, weights)
          if (penalty) tape.backward(penalty)
          for (const { value, gradient } of model.parameters) if (!tape.gradientOf(value)) exact.fill(gradient, 0)
          return (penalty ? exact.scalar(penalty) : 0) + addWeightPenalty(exact, model.parameters, weights)
        }),
      )
    whole()
    const told = model.parameters.map(({ gradient }) => exact.read(gradient))
    for (const [p, { value }] of model.parameters.entries()) {
      const start = exact.read(value)
      const at = (p * 7) % start.length
      const moved = (by: number) => {
        exact.write(
          value,
          start.map((w, i) => (i === at ? w + by : w)),
        )
        const penalty = whole()
        exact.write(value, start)
        return penalty
      }
      expect(told[p][at]).toBeCloseTo((moved(1e-6) - moved(-1e-6)) / 2e-6, 6)
    }
  })
})

describe('patience', () => {
  it('ends training when validation gets no better, and the best is kept', async () => {
    using model = await create()
    const options = {
      ...quick,
      steps: 400,
      validateEvery: 2,
      patience: 3,
      learningRate: 1,
      optimizer: 'adam',
      keepBest: true,
    } as const
    const losses: number[] = []
    const run = train(model, text, options)
    let best = -1
    for await (const event of run) {
      if (event.validationLoss === undefined) continue
      losses.push(event.validationLoss)
      if (event.best) best = losses.length - 1
    }
    expect(losses.length).toBeLessThan(200)
    expect(losses.length - 1 - best).toBe(3)
    const kept = await train(model, text, { ...quick, steps: 1, optimizer: 'sgd', learningRate: 1e-12 })
    expect(kept.validationLoss).toBeCloseTo(losses[best], 4)
  })

  it('on another metric, by name', async () => {
    using model = await create()
    expect(() => train(model, text, { ...quick, metric: 'perplexty' })).toThrow(
      /metric: must be loss or perplexity; did you mean perplexity\?; got perplexty/,
    )
    const result = await train(model, text, { ...quick, steps: 4, metric: 'perplexity', validateEvery: 1 })
    expect(result.steps).toBe(4)
  })
})

describe('what contradicts itself', () => {
  it('is told all at once, before any work', async () => {
    using model = await create()
    const wrong = {
      clipNorm: 0,
      patience: 3,
      schedule: 'cosine',
      nesterov: true,
      algoritm: 'stream',
      lossAverage: 'sentence',
    }
    expect(() => train(model, { train: text.train }, wrong as never)).toThrow(
      /^train: .*clipNorm: must be above 0; got 0; .*algoritm is not known; did you mean algorithm\?.*nesterov: needs optimizer sgd with momentum; got true; lossAverage: needs algorithm sentence; got sentence; schedule: needs one horizon: scheduleSteps, scheduleEpochs or scheduleMinutes; got cosine; patience: needs validation data; got 3$/,
    )
  })
})

describe('a model of one’s own', () => {
  /** y = W x: learns to multiply by 3. */
  class Triple implements Trainable<readonly number[]> {
    readonly weight = new Parameter(engine, 'triple.weight', [1, 1])
    readonly parameters = [this.weight]
    loss(batch: readonly number[]) {
      const y = linear(engine, engine.from(batch, [batch.length, 1]), this.weight.value)
      const targets = engine.from(
        batch.map(x => 3 * x),
        [batch.length, 1],
      )
      return { loss: regressionLoss(engine, y, targets, { loss: 'squared', huberDelta: 1 }), count: batch.length }
    }
  }
  const numbers: BatchSource<readonly number[]> = { batchesPerEpoch: 4, batch: (_, index) => [index + 1, -index, 0.5] }

  it('needs parameters and a loss, and batches', async () => {
    const model = new Triple()
    const options = { epochs: 30, optimizer: 'sgd', learningRate: 0.05 } as const
    const { validationLoss } = await train(model, { train: numbers, validation: numbers }, options)
    expect(engine.read(model.weight.value)[0]).toBeCloseTo(3, 4)
    expect(validationLoss).toBeLessThan(1e-6)
    model.weight.release()
  })

  it('without batches is refused at once, with what is missing', () => {
    const model = new Triple()
    // @ts-expect-error: an array is no source of batches
    expect(() => train(model, { train: [] }, { steps: 1 })).toThrow(/batchesPerEpoch and batch/)
    model.weight.release()
  })
})

describe('a pause', () => {
  it('holds the run until it is resumed, and its time does not count', async () => {
    using model = await create()
    const run = train(model, text, { ...quick, steps: 30 })
    run.pause()
    let ended = false
    const ending = Promise.resolve(run).then(result => {
      ended = true
      return result
    })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(ended).toBe(false)
    run.resume()
    const { seconds, steps } = await ending
    expect(steps).toBe(30)
    expect(seconds).toBeLessThan(5)
  })

  it('ends where the signal comes', async () => {
    using model = await create()
    const abort = new AbortController()
    const run = train(model, text, { ...quick, steps: 30, signal: abort.signal })
    run.pause()
    setTimeout(() => abort.abort(), 50)
    expect(await run).toMatchObject({ steps: 1, stopped: true })
  })
})
