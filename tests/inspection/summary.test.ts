/* What a model is made of, and that its size knows nothing of time. */
import { afterAll, describe, expect, test } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import { openEngine } from '../../src/engine/open.js'
import { textSequence } from '../../src/inspection/sequence.js'
import { summaryOf } from '../../src/inspection/summary.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { train } from '../../src/tasks/train.js'
import { reference } from '../engine/everyBackend.js'
import { smallText } from '../training/smallText.js'
import { smallModel } from './smallModels.js'

describe('summary', async () => {
  const engine = await openEngine(reference.options)
  afterAll(() => engine.close())

  test('U, W, b of every layer, V and c, counted as the formulas say', async () => {
    const model = await smallModel(engine, { cell: 'lstm', embeddingSize: 3 })
    const symbols = model.tokenizer.size
    const { rows, count } = summaryOf(model, { gates: 4 })
    expect(rows.map(({ part, symbol, formula, count }) => [part, symbol, formula, count])).toEqual([
      ['embedding', 'E', `${symbols} × 3`, symbols * 3],
      ['layer 0', 'U', '4 × 7 × 3', 84],
      ['layer 0', 'W', '4 × 7 × 7', 196],
      ['layer 0', 'b', '2 × 4 × 7', 56],
      ['layer 1', 'U', '4 × 7 × 7', 196],
      ['layer 1', 'W', '4 × 7 × 7', 196],
      ['layer 1', 'b', '2 × 4 × 7', 56],
      ['output', 'V', `${symbols} × 7`, symbols * 7],
      ['output', 'c', `${symbols}`, symbols],
    ])
    expect(count).toBe(model.parameterCount)
    expect(rows[3].names).toEqual(['recurrent.bias_ih_l0', 'recurrent.bias_hh_l0'])
    model.close()
  })

  test('the count is the same for sequences of 5 and of 500 steps, in training, in the file and when read', async () => {
    const corpus = new TextCorpus(smallText(80), 'small')
    const counts = []
    for (const steps of [5, 500]) {
      const model = await LanguageModel.create({ corpus, cell: 'gru', hiddenSize: 7, engine })
      await train(model, { train: corpus }, { timeSteps: steps, batchSize: 1, steps: 1 })
      const again = await LanguageModel.load(model.toBytes(), { engine })
      const sequence = textSequence(again.tokenizer, new Int32Array(steps).fill(3))
      const losses = engine.scope(() => engine.read(again.loss(sequence.rows([steps - 1], steps)).losses))
      expect(losses).toHaveLength(steps)
      const numbers = again.parameters.reduce((sum, { value }) => sum + engine.read(value).length, 0)
      expect(summaryOf(again, { gates: 3 }).count).toBe(numbers)
      counts.push(numbers)
      for (const each of [model, again]) each.close()
    }
    expect(counts[0]).toBe(counts[1])
  })
})
