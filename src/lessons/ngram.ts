/* The window of an n-gram against a hidden state: what stood before the window is gone; a state may carry it. */
import { LanguageModel } from '../models/languageModel/languageModel.js'
import { NGram } from '../ngram/ngram.js'
import { train } from '../tasks/train.js'
import { figure, type Lesson, table, text } from './lesson.js'
import { KEYS, question, recallLines, recallOf } from './recall.js'

const DISTANCES = [0, 1, 2, 4, 8, 12]
const ORDER = 3

export const ngram: Lesson = {
  name: 'ngram',
  question: 'What does an n-gram forget, and what does a hidden state keep?',
  async *run({ engine, seed }) {
    const corpus = recallLines(2000, { least: 0, most: 12 }, seed)
    const window = ORDER - 1
    yield text(
      `2,000 lines such as ${question('b', 6)}b: a letter, dots, a question mark, the letter again. Which letter comes last?\nA trigram sees the last ${window} characters, whatever stood before them. h_t = σ(U x_t + W h_{t−1} + b) has seen all.`,
    )
    const trigram = NGram.fit(corpus, { order: ORDER, unit: 'character', discountFallback: true })
    const shape = { cell: 'gru', hiddenSize: 32, numLayers: 1 } as const
    const model = await LanguageModel.create({ corpus, ...shape, seed, engine })
    await train(model, { train: corpus }, { algorithm: 'sentence', steps: 500, learningRate: 0.01, seed })
    yield table(
      ['dots', 'the trigram sees', 'P(right letter), trigram', 'P(right letter), GRU'],
      ...DISTANCES.map(dots => [
        String(dots),
        JSON.stringify(question('b', dots).slice(-window)),
        figure(recallOf(trigram, dots)),
        figure(recallOf(model, dots)),
      ]),
    )
    model.close()
    yield text(
      `Chance is ${figure(1 / KEYS.length)}. The trigram is right while the letter stands in its window, and guesses from the first dot on.\nA longer window only moves that edge, and most longer n-grams are never seen in training. The cure is a state:\nrecurra train lm FILE; recurra compare does the same on sentences, with verbs that agree with far subjects.`,
    )
  },
}
