/* The evaluation of a language model on a text, against the same model read token by token. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TextCorpus } from '../../src/data/corpora/corpus.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { evaluate, evaluateSentences } from '../../src/evaluation/perplexity.js'
import { LanguageModel } from '../../src/models/languageModel/languageModel.js'
import { train } from '../../src/tasks/train.js'
import { smallText } from '../training/smallText.js'

const text = smallText(1200)
const WARM_UP = 256

let engine: Engine
let model: LanguageModel
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  const corpus = new TextCorpus(text, 'small')
  model = await LanguageModel.create({ corpus, hiddenSize: 16, cell: 'lstm', engine })
  await train(model, { train: corpus }, { steps: 60, batchSize: 8, timeSteps: 32, learningRate: 0.02 })
})
afterAll(() => {
  model.close()
  engine.close()
})

/** Sum of −log p of tokens `from` … `to`, after all tokens from `begin` on; from 0 on the start symbol stands before them. */
function costOf(tokens: Int32Array, begin: number, from: number, to: number): number {
  const reading = model.read()
  let cost = 0
  if (begin > 0) reading.push(tokens.subarray(begin - 1, from))
  for (let i = from; i < to; i++) {
    cost -= reading.next()[tokens[i]]
    reading.push([tokens[i]])
  }
  reading.close()
  return cost
}

/** So many tokens, each the text's token at its place. */
const encoded = (count: number) => model.tokenizer.encode(text.slice(0, count))
const evaluated = (count: number) => evaluate(model, new TextCorpus(text.slice(0, count), 'beginning'))

describe('evaluate', () => {
  it('of a text below 8,192 tokens is the mean over every token after all tokens before it', async () => {
    const tokens = encoded(8191)
    const { loss, tokens: count } = await evaluated(8191)
    expect(count).toBe(8191)
    expect(loss).toBeCloseTo(costOf(tokens, 0, 0, count) / count, 6)
  })

  it.each([8192, 8193, 20_001])(
    'of %i tokens begins with the start symbol once, and each later stream after 256 tokens of warm-up',
    async count => {
      const tokens = encoded(count)
      const streams = Math.floor(count / 4096)
      const stride = Math.ceil((count - WARM_UP) / streams)
      let cost = costOf(tokens, 0, 0, WARM_UP + stride)
      for (let k = 1; k < streams; k++) {
        const begin = k * stride
        cost += costOf(tokens, begin, begin + WARM_UP, Math.min(count, begin + WARM_UP + stride))
      }
      const { loss, tokens: predicted, perplexity } = await evaluated(count)
      expect(predicted).toBe(count)
      expect(loss).toBeCloseTo(cost / count, 6)
      expect(perplexity).toBe(Math.exp(loss))
    },
  )

  it('and evaluateSentences reject when their signal aborts', async () => {
    const corpus = new TextCorpus(text, 'small')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(evaluate(model, corpus, { signal })).rejects.toThrow('enough')
    await expect(evaluateSentences(model, corpus, { signal })).rejects.toThrow('enough')
  })
})
