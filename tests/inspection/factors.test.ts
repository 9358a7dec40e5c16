/* The factors that a gradient goes through: bounds that hold, and what sick layers look like. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { factorsOfText } from '../../src/inspection/factors.js'
import { gradientsOfText } from '../../src/inspection/gradients.js'
import { recurrentWeight, stepFactor } from '../../src/inspection/jacobians.js'
import { observe } from '../../src/inspection/observing.js'
import { textSequence } from '../../src/inspection/sequence.js'
import { reference } from '../engine/everyBackend.js'
import { cells, nameOf, setParameters, smallModel, story } from './smallModels.js'

describe('factors', async () => {
  const engine: Engine = await openEngine(reference.options)
  afterAll(() => engine.close())

  for (const cell of cells)
    test(`${nameOf(cell)}: a gradient is never longer than the product of the factors' norms, nor than the bound`, async () => {
      const model = await smallModel(engine, { ...cell, numLayers: 1 })
      const [{ norms, bound }] = factorsOfText(model, story)
      const { layers, steps } = gradientsOfText(model, story)
      const norm = (layers[0].joint ?? layers[0].hidden).direct
      const t = steps - 1
      let most = norm[t * steps + t]
      for (let k = t - 1; k >= 0; k--) {
        most *= norms[k + 1]
        expect(norm[t * steps + k]).toBeLessThanOrEqual(most * (1 + 1e-9))
        expect(norms[k + 1]).toBeLessThanOrEqual(bound * (1 + 1e-9))
      }
      model.close()
    })

  for (const cell of cells)
    test(`${nameOf(cell)}: J and Jᵀ are of one matrix`, async () => {
      const model = await smallModel(engine, cell)
      const sequence = textSequence(model.tokenizer, model.tokenizer.encode(story))
      const at = { time: 10, batchSize: 1, gradients: false }
      const { jacobian } = observe(model, sequence.rows([9], 10), at, ({ layers: [layer] }) =>
        stepFactor(layer, recurrentWeight(layer), 5, 0),
      )
      const size = jacobian.rows
      const unit = (i: number) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          expect(jacobian.apply(unit(j))[i]).toBeCloseTo(jacobian.applyTransposed(unit(i))[j], 14)
      model.close()
    })

  test('an orthogonal W has norm and spectral radius 1; a gate’s rows are its own matrix', async () => {
    const model = await smallModel(engine, { cell: 'gru', initialisation: 'orthogonal' })
    for (const { weights } of factorsOfText(model, story))
      for (const { norm, spectralRadius } of weights) {
        expect(norm).toBeCloseTo(1, 12)
        expect(spectralRadius).toBeCloseTo(1, 12)
      }
    model.close()
  })

  test('large weights saturate tanh, a low bias kills ReLUs, a high one opens the forget gate', async () => {
    const healthy = await smallModel(engine, { cell: 'elman', numLayers: 1 })
    const sick = await smallModel(engine, { cell: 'elman', numLayers: 1 })
    const bias = (value: number) => ({ 'recurrent.bias_ih_l0': Array.from({ length: 7 }, () => value) })
    setParameters(sick, bias(9))
    const saturation = (model: typeof sick) => factorsOfText(model, story)[0].slopes[0].saturation
    expect(saturation(healthy)).toBeLessThan(0.1)
    expect(saturation(sick)).toBe(1)

    const dead = await smallModel(engine, { cell: 'elman', nonlinearity: 'relu', numLayers: 1 })
    expect(factorsOfText(dead, story)[0].deadUnits.length).toBeLessThan(7)
    setParameters(dead, bias(-9))
    const [{ deadUnits, norms }] = factorsOfText(dead, story)
    expect(deadUnits).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(Math.max(...norms)).toBe(0)

    const open = await smallModel(engine, { cell: 'lstm', numLayers: 1, forgetBias: 6 })
    const [{ gates, straight }] = factorsOfText(open, story)
    const forget = gates.find(({ name }) => name === 'forget')
    expect(gates.map(({ name }) => name)).toEqual(['input', 'forget', 'output'])
    expect(forget?.mean).toBeGreaterThan(0.95)
    expect(forget?.open).toBe(1)
    expect(straight?.means[3]).toBeGreaterThan(0.95)
    for (const model of [healthy, sick, dead, open]) model.close()
  })

  test('layers whose derivative is not written down are told apart', async () => {
    const model = await smallModel(engine, { layerNorm: true })
    expect(() => factorsOfText(model, story)).toThrow(/the Jacobian of layer 0 is not written down/)
    model.close()
  })
})
