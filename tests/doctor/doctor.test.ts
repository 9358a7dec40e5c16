// For each finding a model made sick in that way, and a healthy healthy of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cell } from '../../src/cells/cell.js'
import { elman } from '../../src/cells/elman.js'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import { generatedCorpora } from '../../src/data/generated/generatedCorpora.js'
import { examine } from '../../src/doctor/doctor.js'
import { checkExploding, gradientNorms } from '../../src/doctor/exploding.js'
import { checkFrequencies, checkOverfitting } from '../../src/doctor/generalisation.js'
import { checkGradient } from '../../src/doctor/gradientCheck.js'
import { checkDeadUnits, checkSaturation } from '../../src/doctor/hiddenUnits.js'
import { checkLearningRate, rateTrials } from '../../src/doctor/learningRate.js'
import { checkOneBatch } from '../../src/doctor/oneBatch.js'
import { checkOutputLayer } from '../../src/doctor/outputLayer.js'
import { checkSentences } from '../../src/doctor/sentences.js'
import { checkTargets } from '../../src/doctor/targets.js'
import { checkVanishing, decayThroughTime } from '../../src/doctor/vanishing.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { add } from '../../src/engine/operations/operations.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { type TokenBatch, tokenBatches } from '../../src/models/languageModel/batches.js'
import { Regressor } from '../../src/models/regressor/regressor.js'
import type { BatchSource } from '../../src/models/shared/trainable.js'
import { regressorProbe } from '../../src/tasks/regressor/probe.js'
import { train } from '../../src/tasks/train.js'
import { change, data, expectOk, expectProblem, made, wellTrained } from './probes.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
})
afterAll(() => engine.close())

/** h whose backward step forgets a third of the gradient. */
const wrongOf = (nonlinearity: 'tanh' | 'relu'): Cell => {
  const { fused: _, step, ...rest } = elman(nonlinearity)
  return {
    ...rest,
    name: `wrong ${nonlinearity}`,
    step(where, input) {
      const { hidden } = step(where, input)
      const y = where.view(hidden, hidden.shape)
      const { tape } = where
      if (tape?.requiresGrad(hidden)) tape.record([y], () => tape.add(hidden, tape.gradientOf(y) as Tensor, 2 / 3))
      return { hidden: add(where, y, y, 0) }
    },
  }
}
const wrong = wrongOf('tanh')
const { fused: _, ...unfused } = elman()
const right: Cell = { ...unfused, name: 'right' }

describe('the machine', () => {
  it('a cell whose backward step is wrong fails the gradient check; a healthy one passes', async () => {
    const broken = await made(engine, { cell: wrong }, { cells: [wrong] })
    expectProblem(await checkGradient(broken.probe), /gradient is wrong/)
    const healthy = await made(engine, { cell: right }, { cells: [right] })
    expectOk(await checkGradient(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('kinks of ReLU and of layer normalisation near the weights make no gradient wrong', async () => {
    const irnn = { cell: 'elman', nonlinearity: 'relu', initialisation: 'identity', hiddenSize: 64 } as const
    for (const options of [
      irnn,
      { ...irnn, embedding: 'one-hot' },
      { ...irnn, initialisation: 'uniform', numLayers: 2 },
      { cell: 'lstm', layerNorm: true, learnedState: true },
    ] as const)
      for (let seed = 1; seed <= 4; seed++) {
        const { probe, model } = await made(engine, { ...options, seed }, { training: { seed } })
        expectOk(await checkGradient(probe))
        model.close()
      }
  })

  it('a wrong gradient is found among kinks too', async () => {
    const cell = wrongOf('relu')
    for (let seed = 1; seed <= 4; seed++) {
      const shape = { cell, initialisation: 'identity', hiddenSize: 64, seed } as const
      const { probe, model } = await made(engine, shape, { cells: [cell], training: { seed } })
      expectProblem(await checkGradient(probe), /gradient is wrong/)
      model.close()
    }
  })

  it.each(['elman', 'gru', 'lstm'] as const)('the gradient of a %s of two layers is right', async cell => {
    const { probe, model } = await made(engine, { cell, numLayers: 2, layerNorm: true, learnedState: true })
    expectOk(await checkGradient(probe))
    model.close()
  })

  it('a model with no way through its units cannot learn one batch by heart; a healthy one can', async () => {
    const options = { cell: 'elman', nonlinearity: 'relu' } as const
    const broken = await made(engine, options)
    change(broken.model, 'recurrent.bias_ih_l0', () => -50)
    expectProblem(await checkOneBatch(broken.probe, engine), /cannot learn even a few/)
    const healthy = await made(engine, options)
    expectOk(await checkOneBatch(healthy.probe, engine))
    for (const { model } of [broken, healthy]) model.close()
  })
})

describe('the data', () => {
  const shifted = (by: number, source: BatchSource<TokenBatch>): BatchSource<TokenBatch> => ({
    ...source,
    batch(epoch, index) {
      const { inputs, batchSize, ...rest } = source.batch(epoch, index)
      const targets = Int32Array.from(inputs, (_, i) => inputs[i + by * batchSize] ?? -1)
      return { ...rest, inputs, batchSize, targets }
    },
  })

  it('targets that are the input, or stand two steps on, or are empty, are told; those that follow are well', async () => {
    const healthy = await made(engine)
    const { tokenizer } = healthy.model
    const source = tokenBatches(tokenizer, data.train, { algorithm: 'stream', ...wellTrained })
    const told = async (batches: BatchSource<TokenBatch>) => {
      const { probe, model } = await made(engine, {}, { batches })
      model.close()
      return checkTargets(probe)
    }
    expectProblem(await told(shifted(0, source)), /shifted/, /the input itself/)
    expectProblem(await told(shifted(2, source)), /shifted/, /2 steps on/)
    const empty = {
      ...source,
      batch: (e: number, i: number) => ({ ...source.batch(e, i), targets: source.batch(e, i).targets.map(() => -1) }),
    }
    expectProblem(await told(empty), /100 % of the steps have no target/)
    expectOk(await told(source))
    expectOk(checkTargets(healthy.probe))
    const sentences = await made(engine, {}, { training: { algorithm: 'sentence' } })
    expectOk(checkTargets(sentences.probe))
    for (const { model } of [healthy, sentences]) model.close()
  })

  it('segments shorter than half a sentence are told; those that hold one are well', async () => {
    const broken = await made(engine, {}, { training: { timeSteps: 8 } })
    expectProblem(checkSentences(broken.probe), /cut shorter than sentences/, /segment of 8/)
    const near = await made(engine, {}, { training: { timeSteps: 16 } })
    expect(checkSentences(near.probe).verdict).toBe('note')
    const healthy = await made(engine)
    expectOk(checkSentences(healthy.probe))
    const whole = await made(engine, {}, { training: { algorithm: 'sentence', timeSteps: 2 } })
    expect(checkSentences(whole.probe).verdict).toBe('skipped')
    for (const { model } of [broken, near, healthy, whole]) model.close()
  })

  it('an output layer for words that come once is too big; one for words that come often is fed', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `name${i} sleeps.\n`).join('')
    const rare = { ...data, train: new TextCorpus(names, 'names') }
    const broken = await made(engine, { unit: 'word', minCount: 1 }, { corpora: rare })
    const told = checkOutputLayer(broken.probe)
    expectProblem(told, /bigger than the data can feed/)
    expect(told.fixes[0].line).toBe('minCount: 5')
    const healthy = await made(engine, { unit: 'word' })
    expectOk(checkOutputLayer(healthy.probe))
    for (const { model } of [broken, healthy]) model.close()
  })
})

describe('the learning rate', () => {
  it.each([
    ['too high', 3, /too high/],
    ['too low', 1e-6, /too low/],
  ] as const)('%s is told with the rate that is better', async (_, learningRate, words) => {
    const { probe, model } = await made(engine, {}, { training: { learningRate } })
    const told = checkLearningRate(await rateTrials(probe, engine, 40))
    expectProblem(told, words)
    const proposed = Number(told.fixes[0].line.replace('learningRate: ', ''))
    expect(proposed < learningRate).toBe(learningRate > 1)
    model.close()
  })

  it.each(['lstm', 'gru', 'elman'] as const)('0.01 is right for a small %s', async cell => {
    const { probe, model } = await made(engine, { cell })
    expectOk(checkLearningRate(await rateTrials(probe, engine, 40)))
    model.close()
  })
})

describe('gradients through time', () => {
  it('small recurrent weights make them vanish; the identity, with all units alive, does not', async () => {
    const options = { cell: 'elman' } as const
    const short = { training: { timeSteps: 20 } }
    const broken = await made(engine, options, { steps: 1, ...short })
    change(broken.model, 'recurrent.weight_hh_l0', w => w / 10)
    const decay = decayThroughTime(broken.probe)
    expect(decay?.halfLife).toBeLessThan(1)
    expectProblem(checkVanishing(broken.probe, decay, undefined), /halves every 0\.\d+ steps/, /cannot be learned/)
    const healthy = await made(engine, { ...options, nonlinearity: 'relu', initialisation: 'identity' }, short)
    change(healthy.model, 'recurrent.bias_ih_l0', () => 0.1)
    expectOk(checkVanishing(healthy.probe, decayThroughTime(healthy.probe), undefined))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('a gate that forgets all at once makes them vanish; one that a text has taught is only told of', async () => {
    const { probe, model } = await made(engine, { forgetBias: 1 }, { steps: 150 })
    expect(checkVanishing(probe, decayThroughTime(probe), undefined).verdict).toBe('note')
    change(model, 'recurrent.bias_ih_l0', (b, i) => (i < 72 && i >= 48 ? b : b - 10))
    expectProblem(checkVanishing(probe, decayThroughTime(probe), undefined), /cannot be learned/)
    model.close()
  })

  it('a half-life shorter than the dependency that is asked for is told; one that is longer is well', async () => {
    const { probe, model } = await made(engine, { forgetBias: 1 }, { steps: 40 })
    const decay = decayThroughTime(probe)
    const { halfLife } = decay ?? { halfLife: 0 }
    expectProblem(checkVanishing(probe, decay, Math.ceil(4 * halfLife)), /the dependency/)
    expectOk(checkVanishing(probe, decay, Math.floor(halfLife)))
    model.close()
  })

  it('large recurrent weights make them explode; a healthy one do not', async () => {
    const options = { cell: 'elman', nonlinearity: 'relu', initialisation: 'identity' } as const
    const told = async (factor: number) => {
      const { probe, model } = await made(engine, options)
      change(model, 'recurrent.weight_hh_l0', w => w * factor)
      const examination = checkExploding(probe, decayThroughTime(probe), {
        present: gradientNorms(probe),
        training: [],
        untrained: [],
      })
      model.close()
      return examination
    }
    expectProblem(await told(1.5), /grows by 1\.\d+ with every step back/)
    expectOk(await told(1))
  })

  it('a clip below most norms is a problem for plain descent; for adam, which divides by the size, a note', async () => {
    const report = async (clipNorm: number, optimizer: 'sgd' | 'adam') => {
      const { probe, model } = await made(engine, {}, { training: { clipNorm, optimizer } })
      const norms = { present: gradientNorms(probe), training: [], untrained: [] }
      const examination = checkExploding(probe, decayThroughTime(probe), norms)
      model.close()
      return examination
    }
    expectProblem(await report(0.001, 'sgd'), /100 % of the steps are clipped at 0.001/)
    expect((await report(0.001, 'adam')).verdict).toBe('note')
    expectOk(await report(5, 'sgd'))
  })
})

describe('hidden units', () => {
  it('large input weights saturate tanh and sigmoid; healthy ones answer', async () => {
    for (const nonlinearity of ['tanh', 'sigmoid'] as const) {
      const options = { cell: 'elman', nonlinearity } as const
      const broken = await made(engine, options)
      change(broken.model, 'recurrent.weight_ih_l0', w => w * 60)
      expectProblem(checkSaturation(broken.probe, broken.probe.activity()), /stuck/)
      const healthy = await made(engine, options)
      expectOk(checkSaturation(healthy.probe, healthy.probe.activity()))
      for (const { model } of [broken, healthy]) model.close()
    }
  })

  it('gates that large biases hold shut are stuck; a healthy one’s are not', async () => {
    for (const cell of ['lstm', 'gru'] as const) {
      const broken = await made(engine, { cell })
      change(broken.model, 'recurrent.bias_ih_l0', (b, i) => (i < 24 ? b - 12 : b))
      const gate =
        cell === 'lstm' ? /100 % of layer 0’s input gate’s units at/ : /100 % of layer 0’s reset gate’s units at/
      expectProblem(checkSaturation(broken.probe, broken.probe.activity()), /stuck/, gate)
      const healthy = await made(engine, { cell }, { steps: 150 })
      expectOk(checkSaturation(healthy.probe, healthy.probe.activity()))
      for (const { model } of [broken, healthy]) model.close()
    }
  })

  it('ReLU units with a bias far below zero are dead; healthy ones live; others have none', async () => {
    const options = { cell: 'elman', nonlinearity: 'relu' } as const
    const broken = await made(engine, options)
    change(broken.model, 'recurrent.bias_ih_l0', (b, i) => (i % 2 === 0 ? -100 : b))
    expectProblem(checkDeadUnits(broken.probe, broken.probe.activity()), /12 of 24 in layer 0/)
    const healthy = await made(engine, options)
    expectOk(checkDeadUnits(healthy.probe, healthy.probe.activity()))
    const other = await made(engine)
    expect(checkDeadUnits(other.probe, other.probe.activity()).verdict).toBe('skipped')
    for (const { model } of [broken, healthy, other]) model.close()
  })
})

describe('what it has learned', () => {
  it('a model that was trained for a moment knows only frequencies; one that was trained longer more', async () => {
    const told = async (steps: number) => {
      const { probe, model } = await made(engine, {}, { steps })
      const examination = checkFrequencies(probe, await probe.losses(), await probe.baselines())
      model.close()
      return examination
    }
    expectProblem(await told(4), /only frequencies/, /unigram/)
    expectOk(await told(120))
  })

  it('a model that learned a short text by heart overfits; one of a longer text does not', async () => {
    const short = { ...data, train: new TextCorpus(data.train.text.slice(0, 300), 'short') }
    const training = { batchSize: 2, timeSteps: 30 }
    const broken = await made(engine, { hiddenSize: 48 }, { steps: 400, corpora: short, training })
    expectProblem(checkOverfitting(broken.probe, await broken.probe.losses()), /overfits/)
    const healthy = await made(engine, {}, { steps: 200 })
    expectOk(checkOverfitting(healthy.probe, await healthy.probe.losses()))
    for (const { model } of [broken, healthy]) model.close()
  })

  it('a run whose validation has risen from its best is told', async () => {
    const { probe, model } = await made(engine, {}, { steps: 20 })
    const losses = { training: 1, validation: 1.1 }
    const run = (...history: number[]) => checkOverfitting({ ...probe, history }, losses)
    expectProblem(run(2, 1.1, 1.3), /rose by 18/)
    expectOk(run(2, 1.2, 1.1))
    model.close()
  })
})

describe('a whole examination', () => {
  it('gives a healthy language model a clean bill, and leaves it as it was', async () => {
    const { probe, model } = await made(engine, { forgetBias: 1 }, { steps: 150 })
    const before = model.toBytes()
    const report = await examine(probe)
    expect(report.examinations.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    expect(report.healthy).toBe(true)
    expect(report.examinations).toHaveLength(12)
    expect(model.toBytes()).toEqual(before)
    model.close()
  })

  it('gives a healthy regressor a clean bill, and tells one whose targets never change', async () => {
    const { train: corpus, validation } = generatedCorpora.adding.generate({ seed: 1, count: 600, length: 8 } as never)
    const training = { batchSize: 16, learningRate: 0.01 }
    const model = await Regressor.create({ corpus, cell: 'gru', hiddenSize: 16, engine })
    await train(model, { train: corpus }, { ...training, epochs: 12, reportEvery: 1000 })
    const report = await examine(regressorProbe(model, { train: corpus, validation }, { training }))
    expect(report.examinations.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    const same = new ItemCorpus(
      corpus.items.map(item => ({ ...item, targets: Float64Array.of(1) })),
      'constant',
    )
    expectProblem(checkTargets(regressorProbe(model, { train: same }, { training })), /target 0 is always 1/)
    model.close()
  })
})
