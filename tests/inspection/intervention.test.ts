// What a change of a unit does is what the same change in the weights that read the unit does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { scoreTokens } from '../../src/generation/scoring.js'
import {
  ablated,
  compareInterventions,
  type Intervention,
  pinned,
  scaled,
  withInterventions,
} from '../../src/inspection/intervention.js'
import { LanguageModel, type LanguageModelCreation } from '../../src/models/languageModel/languageModel.js'
import { change } from '../doctor/probes.js'
import { smallText } from '../training/smallText.js'

const corpus = new TextCorpus(smallText(), 'small')
const sample = smallText(5, 9)
const SIZE = 8

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.close())

const made = (options: Partial<LanguageModelCreation>) =>
  LanguageModel.create({ corpus, hiddenSize: SIZE, numLayers: 2, seed: 3, engine, ...options })

const losses = (model: Parameters<typeof scoreTokens>[0]) => scoreTokens(model, sample).map(each => each.logProbability)

/** The largest difference of two lists. */
const apart = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i])))

/** Multiplies the columns of all weights that read h of a unit. */
function weakened(model: LanguageModel, layer: number, unit: number, by: number): void {
  const readers = [`recurrent.weight_hh_l${layer}`, layer === 0 ? 'recurrent.weight_ih_l1' : 'output.weight']
  for (const name of readers) change(model, name, (w, i) => (i % SIZE === unit ? w * by : w))
}

describe.each([
  ['elman', {}],
  ['lstm', {}],
  ['elman', { layerNorm: true }],
  ['lstm', { layerNorm: true }],
] as const)('a unit of a %s %j', (cell, options) => {
  it.each([
    [0, 0],
    [1, 0],
    [0, 0.5],
    [1, 2],
  ])('of layer %i, times %f, is as its readers’ weights times that', async (layer, by) => {
    using model = await made({ cell, ...options })
    const unit = { layer, state: 'hidden', index: 5 } as const
    const changed = losses(withInterventions(model, [by === 0 ? ablated(unit) : scaled(unit, by)]))
    expect(apart(changed, losses(model))).toBeGreaterThan(1e-3)
    weakened(model, layer, 5, by)
    expect(apart(changed, losses(model))).toBeLessThan(1e-5)
  })
})

describe('an intervention', () => {
  it('that ablates a gru’s unit is as weights that do not read it', async () => {
    using model = await made({ cell: 'gru' })
    const changed = losses(withInterventions(model, [ablated({ layer: 1, state: 'hidden', index: 2 })]))
    weakened(model, 1, 2, 0)
    expect(apart(changed, losses(model))).toBeLessThan(1e-5)
  })

  it('that changes nothing leaves every bit of what is written; one that pins c does not', async () => {
    using model = await made({ cell: 'lstm', layerNorm: true })
    const compared = (intervention: Intervention) =>
      compareInterventions(model, [intervention], { prompt: 'the ', length: 60, seed: 2 })
    const same = await compared(scaled({ layer: 0, state: 'hidden', index: 1 }, 1))
    expect(same.changed).toBe(same.plain)
    expect(same.changedLoss).toBe(same.plainLoss)
    expect(same.alike).toBe(Array.from(same.plain).length)
    const pinnedCell = await compared(pinned({ layer: 0, state: 'cell', index: 1 }, 30))
    expect(pinnedCell.plain).toBe(same.plain)
    expect(pinnedCell.changed).not.toBe(same.plain)
    expect(pinnedCell.changedLoss).not.toBe(same.plainLoss)
    expect(pinnedCell.tokens).toBe(64)
  })

  it('holds in a layer that looks further back, at its newest state', async () => {
    for (const options of [{ skip: 2 }, { dilations: [1, 3] }]) {
      using model = await made({ cell: 'elman', ...options })
      const changed = losses(withInterventions(model, [ablated({ layer: 1, state: 'hidden', index: 4 })]))
      weakened(model, 1, 4, 0)
      expect(apart(changed, losses(model))).toBeLessThan(1e-5)
    }
  })

  it('leaves nothing in the heap', async () => {
    using model = await made({ cell: 'gru' })
    const unit = { layer: 0, state: 'hidden', index: 0 } as const
    const before = engine.heap.used
    await compareInterventions(model, [ablated(unit)], { length: 10 })
    expect(engine.heap.used).toBe(before)
  })
})
