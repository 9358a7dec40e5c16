/* Gradients through time: against the factors of their product, against the tape of the cell in plain operations, against
 * the gradients that training takes, and against what the two examples of every course come to. */
import { describe, expect, test } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { decayOf, gradientsOfText, gradientsThroughTime } from '../../src/inspection/gradients.js'
import { recurrentWeight, stepFactor } from '../../src/inspection/jacobians.js'
import { observe, type Row } from '../../src/inspection/observing.js'
import { textSequence } from '../../src/inspection/sequence.js'
import { watchAll } from '../../src/layers/parameter.js'
import type { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { relativeError } from '../engine/distance.js'
import { describeEach, everyBackend, reference } from '../engine/everyBackend.js'
import { cells, copyParameters, nameOf, setParameters, smallModel, story, unfused } from './smallModels.js'

const sequenceOf = (model: LanguageModel, text = story) => textSequence(model.tokenizer, model.tokenizer.encode(text))

describeEach(everyBackend, (engine, { name }) => {
  const exact = name === reference.name
  const tolerance = exact ? 1e-12 : 2e-5

  for (const cell of cells)
    test(`${nameOf(cell)}: δ_t times the factors is what the backward pass gives, in every layer`, async () => {
      const model = await smallModel(engine(), cell)
      const sequence = sequenceOf(model)
      const t = 12
      const batch = sequence.rows([t], sequence.steps)
      const at = { time: sequence.steps, batchSize: 1, directAt: [t] }
      observe(model, batch, at, ({ layers }) => {
        for (const layer of layers) {
          const { gradients } = layer
          if (!gradients) throw new Error('gradients were asked for')
          const state = (k: number) => [...gradients.hidden.row(k, 0), ...(gradients.carriedCell?.row(k, 0) ?? [])]
          const weight = recurrentWeight(layer)
          let delta: Float64Array = Float64Array.from(state(t))
          for (let k = t; k > 0; k--) {
            delta = stepFactor(layer, weight, k, 0).jacobian.applyTransposed(delta)
            expect(relativeError(state(k - 1), delta)).toBeLessThan(tolerance)
          }
        }
      })
      model.close()
    })

  for (const [weight, slope, expected] of [
    [0.7, 0.2, 0.14 ** 10],
    [2, 1, 1024],
  ])
    test(`one unit, ‖W‖ = ${weight}, slope ${slope}: after ten steps ${expected.toPrecision(3)} is left`, async () => {
      const model = await oneUnit(engine(), weight, slope)
      const { layers } = gradientsOfText(model, 'b'.repeat(11), { losses: [10] })
      const { total, direct } = layers[0].hidden
      for (const norms of [total, direct]) expect(norms[0] / norms[10] / expected).toBeCloseTo(1, exact ? 12 : 4)
      const { perStep, halfLife } = decayOf({ losses: [10], steps: 11 }, total)
      expect(perStep).toBeCloseTo(weight * slope, 5)
      expect(halfLife).toBeCloseTo(weight * slope < 1 ? Math.log(0.5) / Math.log(weight * slope) : Infinity, 4)
      model.close()
    })
})

/** An Elman cell of one unit whose activation has one slope at every step. */
async function oneUnit(engine: Parameters<typeof smallModel>[0], weight: number, slope: number) {
  const saturates = slope < 1
  const model = await smallModel(engine, {
    ...{ cell: 'elman', nonlinearity: saturates ? 'tanh' : 'relu', hiddenSize: 1, numLayers: 1, embedding: 'one-hot' },
    corpus: new TextCorpus('b\nb\n', 'b'),
  })
  // tanh'(a) = 1 − h²: h stays at √(1 − slope). A ReLU's slope is 1 wherever it is not 0.
  const h = saturates ? Math.sqrt(1 - slope) : 0
  const first = saturates ? Math.atanh(h) : 1e-3
  const then = saturates ? Math.atanh(h) - weight * h : 0
  const { start, size } = model.tokenizer
  setParameters(model, {
    'recurrent.weight_ih_l0': Array.from({ length: size }, (_, token) => (token === start ? first : then)),
    'recurrent.weight_hh_l0': [weight],
    'recurrent.bias_ih_l0': [0],
    'recurrent.bias_hh_l0': [0],
    'output.weight': Array.from({ length: size }, (_, token) => 0.1 * token),
    'output.bias': Array.from({ length: size }, () => 0),
  })
  return model
}

describe('in float64', async () => {
  const { openEngine } = await import('../../src/engine/open.js')
  const engine = await openEngine(reference.options)

  for (const cell of cells)
    for (const more of [{}, { residual: true }, { dilations: [1, 2] }])
      test(`${nameOf(cell)} ${JSON.stringify(more)}: by the kernel as by the tape of its equation`, async () => {
        const model = await smallModel(engine, { ...cell, ...more })
        const plain = await smallModel(engine, { ...more, cell: unfused(cell) })
        copyParameters(model, plain)
        const [found, expected] = [model, plain].map(each => gradientsOfText(each, story))
        expect(relativeError(found.values, expected.values)).toBeLessThan(1e-12)
        found.layers.forEach((layer, i) => {
          const other = expected.layers[i]
          expect(relativeError(layer.weightParts, other.weightParts)).toBeLessThan(1e-11)
          for (const state of ['hidden', 'cellState', 'joint'] as const)
            for (const path of ['total', 'direct'] as const) {
              if (!other[state]) expect(layer[state]).toBeUndefined()
              else expect(relativeError(layer[state]?.[path] ?? [], other[state][path])).toBeLessThan(1e-11)
            }
        })
        model.close()
        plain.close()
      })

  test('the last layer has no way but the direct one; below it, others add to it', async () => {
    const model = await smallModel(engine, { cell: 'elman' })
    const { layers, steps } = gradientsOfText(model, story)
    expect(layers[1].hidden.direct).toEqual(layers[1].hidden.total)
    const { total, direct } = layers[0].hidden
    for (let t = 0; t < steps; t++) {
      expect(direct[t * steps + t]).toBeCloseTo(total[t * steps + t], 14)
      for (let k = t + 1; k < steps; k++) expect(total[t * steps + k]).toBe(0)
    }
    expect(relativeError(direct, total)).toBeGreaterThan(0.01)
    model.close()
  })

  test('a block of one row gives what a block of all rows gives', async () => {
    const model = await smallModel(engine, { cell: 'lstm' })
    const whole = gradientsOfText(model, story)
    expect(gradientsOfText(model, story, { memory: 1 })).toEqual(whole)
    const one = gradientsOfText(model, story, { losses: [9] })
    const { steps } = whole
    expect(one.values[0]).toBe(whole.values[9])
    expect(one.layers[0].hidden.total).toEqual(whole.layers[0].hidden.total.slice(9 * steps, 10 * steps))
    model.close()
  })

  for (const cell of cells)
    test(`${nameOf(cell)}: the parts of all steps are the gradient of W that training takes`, async () => {
      const model = await smallModel(engine, cell)
      const sequence = sequenceOf(model)
      const t = sequence.steps - 1
      const batch = sequence.rows([t], sequence.steps)
      engine.scope(() =>
        engine.recording(tape => {
          watchAll(tape, model.parameters)
          tape.backward(model.loss(batch).loss)
        }),
      )
      const { layers: found } = gradientsThroughTime(model, sequence, { losses: [t] })
      observe(model, batch, { time: sequence.steps, batchSize: 1 }, ({ layers }) =>
        layers.forEach(({ gradients, operand, layer }, i) => {
          const name = `recurrent.weight_hh_l${layer}`
          const expected = engine.read(model.parameters.find(each => each.name === name)?.gradient as never)
          const summed = new Float64Array(expected.length)
          const parts: Float64Array[] = []
          for (let k = 0; k < sequence.steps; k++) {
            const [d, h] = [gradients?.product.row(k, 0) as Row, operand.row(k, 0)]
            const part = Float64Array.from(summed, (_, at) => d[Math.floor(at / h.length)] * h[at % h.length])
            part.forEach((value, at) => {
              summed[at] += value
            })
            parts.push(part)
            expect(found[i].weightParts[k]).toBeCloseTo(Math.hypot(...part), 12)
          }
          expect(relativeError(summed, expected)).toBeLessThan(1e-12)
          const square = summed.reduce((sum, value) => sum + value * value, 0)
          const shares = parts.map(part => part.reduce((sum, value, at) => sum + value * summed[at], 0) / square)
          expect(relativeError(found[i].weightShares ?? [], shares)).toBeLessThan(1e-11)
        }),
      )
      model.close()
    })

  test('losses that are no steps are refused', async () => {
    const model = await smallModel(engine)
    const steps = story.length
    for (const losses of [[], [-1], [steps], [1.5], [3, 2]])
      expect(() => gradientsOfText(model, story, { losses })).toThrow(
        /losses must be steps from 0 to 32, ascending; got/,
      )
    model.close()
  })
})
