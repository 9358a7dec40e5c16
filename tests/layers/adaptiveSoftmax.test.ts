// The adaptive softmax: losses, gradients and log-probabilities are PyTorch's; its probabilities sum to one; a model with it
// trains, writes, saves and loads.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { LanguageModel, type LanguageModelOptions, splitText, train } from '../../src/index.js'
import { AdaptiveSoftmax, adaptiveParameterCount } from '../../src/layers/adaptiveSoftmax.js'
import { watchAll } from '../../src/layers/parameter.js'

interface Case {
  readonly cutoffs: readonly number[]
  readonly divisor: number
  readonly targets: readonly number[]
  readonly h: readonly number[]
  readonly parameters: Readonly<Record<string, readonly number[]>>
  readonly gradients: Readonly<Record<string, readonly number[]>>
  readonly loss: number
  readonly losses: readonly number[]
  readonly dH: readonly number[]
  readonly logProbabilities: readonly number[]
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../golden/adaptiveSoftmax.json', import.meta.url), 'utf8'),
)

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'reference' })
})
afterAll(() => engine.close())

function layerOf({ cutoffs, divisor, parameters }: Case): AdaptiveSoftmax {
  const layer = new AdaptiveSoftmax(engine, { inputs: 16, outputs: 15, cutoffs, divisor, name: 'output' })
  for (const { name, value } of layer.parameters) engine.write(value, parameters[name.replace('output.', '')])
  return layer
}

function expectNear(got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length)
  wanted.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 12)
  })
}

describe('the adaptive softmax', () => {
  it.each(cases)('of clusters from $cutoffs gives what PyTorch gives', golden => {
    const layer = layerOf(golden)
    engine.scope(() => {
      const { losses, loss, gradients, dH } = engine.recording(tape => {
        watchAll(tape, layer.parameters)
        const h = engine.from(golden.h, [golden.targets.length, 16])
        tape.watch(h)
        const result = layer.loss(h, engine.tokens(golden.targets))
        tape.backward(result.loss)
        const gradients = layer.parameters.map(({ name, value }) => {
          const gradient = tape.gradientOf(value)
          return [name, gradient ? engine.read(gradient) : new Float64Array(value.size)] as const
        })
        return {
          ...result,
          gradients,
          dH: engine.read(tape.gradientOf(h) as NonNullable<ReturnType<typeof tape.gradientOf>>),
        }
      })
      expect(engine.scalar(loss)).toBeCloseTo(golden.loss, 12)
      expectNear(engine.read(losses), golden.losses)
      expectNear(dH, golden.dH)
      for (const [name, gradient] of gradients) expectNear(gradient, golden.gradients[name.replace('output.', '')])
      const all = engine.read(layer.forward(engine.from(golden.h, [golden.targets.length, 16])))
      expectNear(all, golden.logProbabilities)
    })
    expect(layer.parameters.reduce((sum, { value }) => sum + value.size, 0)).toBe(
      adaptiveParameterCount({ inputs: 16, outputs: 15, cutoffs: golden.cutoffs, divisor: golden.divisor }),
    )
  })

  it('counts no target of −1, and weighs rows as it is told', () => {
    const layer = layerOf(cases[0])
    engine.scope(() => {
      const h = engine.from(cases[0].h, [9, 16])
      const some = engine.tokens(cases[0].targets.map((target, i) => (i < 4 ? target : -1)))
      const few = layer.loss(h, some)
      expect(few.count).toBe(4)
      const mean = cases[0].losses.slice(0, 4).reduce((sum, each) => sum + each, 0) / 4
      expect(engine.scalar(few.loss)).toBeCloseTo(mean, 12)
      const rowWeights = engine.from([1, 0, 0, 0, 2, 0, 0, 0, 0])
      const weighed = layer.loss(h, engine.tokens(cases[0].targets), { rowWeights })
      expect(engine.scalar(weighed.loss)).toBeCloseTo(cases[0].losses[0] + 2 * cases[0].losses[4], 12)
    })
  })

  it('refuses label smoothing, and cutoffs that do not ascend within the vocabulary', () => {
    const layer = layerOf(cases[0])
    engine.scope(() => {
      const h = engine.from(cases[0].h, [9, 16])
      expect(() => layer.loss(h, engine.tokens(cases[0].targets), { labelSmoothing: 0.1 })).toThrow(
        'labelSmoothing must be 0 where adaptiveCutoffs are given; got 0.1; leave one of them out',
      )
    })
    for (const cutoffs of [[], [0], [4, 4], [15]])
      expect(() => new AdaptiveSoftmax(engine, { inputs: 16, outputs: 15, cutoffs, name: 'output' })).toThrow(
        'adaptiveCutoffs must ascend',
      )
  })
})

describe('a language model with it', () => {
  it('trains, foretells as it was trained, and is the same when saved and loaded', async () => {
    const words = Array.from({ length: 400 }, (_, i) => `w${(i * i) % 37} and w${i % 5}`).join('\n')
    const { train: text, validation } = splitText(words)
    const options = {
      unit: 'word',
      minCount: 1,
      hiddenSize: 16,
      numLayers: 1,
      adaptiveCutoffs: [8, 20],
    } satisfies LanguageModelOptions
    const model = await LanguageModel.create({ corpus: text, ...options, engine })
    const result = await train(
      model,
      { train: text, validation },
      { steps: 60, batchSize: 4, timeSteps: 10, learningRate: 0.02 },
    )
    expect(result.loss).toBeLessThan(2)
    const sum = model.next('w1 and', { top: 1000 }).reduce((total, { probability }) => total + probability, 0)
    expect(sum).toBeCloseTo(1, 6)
    const again = await LanguageModel.load(model.toBytes(), { engine })
    expect(again.next('w1 and')).toEqual(model.next('w1 and'))
    expect(again.configuration.adaptiveCutoffs).toEqual([8, 20])
    again.close()
    model.close()
  })
})
