/* What a batch is penalised for: the mean over the steps that exist, whatever stands beside them in the batch; and a state that
 * is learned learns where a text begins, in streams too. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ItemCorpus } from '../../src/data/corpora/items.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { tokenBatches } from '../../src/models/languageModel/batches.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { CarriedState } from '../../src/models/shared/carriedState.js'
import { train } from '../../src/tasks/train.js'
import { activationPenalty } from '../../src/training/regularisation.js'
import { smallSplits } from './smallText.js'

const text = smallSplits(60)
let exact: Engine
beforeAll(async () => {
  exact = await openEngine({ backend: 'reference' })
})
afterAll(() => exact.close())

const create = (options = {}) =>
  LanguageModel.create({ corpus: text.train, hiddenSize: 8, numLayers: 1, engine: exact, ...options })

describe('activation penalties of sentences', () => {
  it.each([
    ['AR', { l1: 0, l2: 0, activationPenalty: 1, temporalActivationPenalty: 0 }, (steps: number) => steps],
    ['TAR', { l1: 0, l2: 0, activationPenalty: 0, temporalActivationPenalty: 1 }, (steps: number) => steps - 1],
  ] as const)('%s of a padded batch is the mean over the terms of each sentence alone', async (_, weights, termsOf) => {
    using model = await create()
    const lines = ['we learn to read', 'we', 'to read what we have read']
    const of = (chosen: readonly string[]) => {
      const options = {
        algorithm: 'sentence',
        batchSize: chosen.length,
        timeSteps: 8,
        seed: 1,
        lossAverage: 'token',
      } as const
      const batch = tokenBatches(model.tokenizer, new ItemCorpus(chosen, 'lines'), options).batch(0, 0)
      const penalty = exact.scope(() => {
        const made = activationPenalty(exact, model.loss(batch), weights)
        return made ? exact.scalar(made) : 0
      })
      const terms = Array.from(batch.lengths ?? []).reduce((sum, length) => sum + termsOf(length), 0)
      return { penalty, terms }
    }
    const alone = lines.map(line => of([line]))
    const terms = alone.reduce((sum, each) => sum + each.terms, 0)
    const mean = alone.reduce((sum, each) => sum + each.penalty * each.terms, 0) / terms
    expect(of(lines)).toEqual({ penalty: expect.closeTo(mean, 12), terms })
    expect(mean).toBeGreaterThan(0)
  })
})

describe('a state that is learned', () => {
  it('moves in a stream, and is where evaluation, a carried state and a reading begin', async () => {
    using model = await create({ learnedState: true })
    const [hidden, cell] = ['hidden', 'cell'].map(kind =>
      model.parameters.find(({ name }) => name === `recurrent.${kind}_l0`),
    )
    if (!hidden || !cell) throw new Error('the model has no state to learn')
    await train(model, { train: text.train }, { batchSize: 4, timeSteps: 8, epochs: 2, samples: 0 })
    const learned = [hidden, cell].map(({ value }) => exact.read(value))
    for (const values of learned) expect(values.some(value => value !== 0)).toBe(true)
    const carried = new CarriedState(exact, () => model.zeroState(2))
    const begins = () =>
      carried.state.flatMap(each => [each.hidden, each.cell ?? each.hidden].map(at => exact.read(at)))
    const twice = learned.map(values => Float64Array.from([...values, ...values]))
    expect(begins()).toEqual(twice)
    for (const each of carried.state) exact.fill(each.hidden, 7)
    carried.reset()
    expect(begins()).toEqual(twice)
    carried.close()
  })
})
