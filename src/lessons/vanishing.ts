/* Gradients that vanish, and what keeps them: tanh against a ReLU that begins at the identity (Le et al. 2015), connections
 * that skip steps, GRU (Cho et al. 2014), LSTM with an open forget gate (Gers et al. 2000). */
import { decayOf, gradientsOfText } from '../inspection/gradients.js'
import { LanguageModel } from '../models/languageModel/languageModel.js'
import type { LanguageModelOptions } from '../models/languageModel/options.js'
import { train } from '../tasks/train.js'
import { figure, type Lesson, table, text } from './lesson.js'
import { KEYS, question, recallLines, recallOf } from './recall.js'

const DOTS = 12
const STEPS = 600

const contestants: readonly (LanguageModelOptions & { readonly named: string })[] = [
  { named: 'tanh', cell: 'elman' },
  { named: 'ReLU, W begins at the identity', cell: 'elman', nonlinearity: 'relu', initialisation: 'identity' },
  { named: `tanh, skips of ${DOTS / 2}`, cell: 'elman', skip: DOTS / 2 },
  { named: 'GRU', cell: 'gru' },
  { named: 'LSTM', cell: 'lstm' },
  { named: 'LSTM, forget gate begins open', cell: 'lstm', forgetBias: 2 },
]

export const vanishing: Lesson = {
  name: 'vanishing',
  question: 'Why does a plain network not learn what lies far back, and which networks do?',
  async *run({ engine, seed }) {
    const corpus = recallLines(2000, { least: DOTS, most: DOTS }, seed)
    const line = `${question('b', DOTS)}b`
    yield text(
      `Lines such as ${line}: the last letter is the first, ${DOTS + 1} steps before. What its loss E_t can teach the first step is ‖∂E_t/∂h_k‖,\na product of one factor a step: ∂h_i/∂h_{i−1} = diag(σ'(a_i)) W. Factors below 1 make it vanish.`,
    )
    const rows: string[][] = []
    for (const { named, ...options } of contestants) {
      const model = await LanguageModel.create({ corpus, hiddenSize: 32, numLayers: 1, ...options, seed, engine })
      const last = line.length - 1
      const gradients = gradientsOfText(model, line, { losses: [last] })
      const { total } = gradients.layers[0].hidden
      const { halfLife } = decayOf(gradients, total)
      await train(
        model,
        { train: corpus },
        { algorithm: 'sentence', steps: STEPS, learningRate: 0.01, clipNorm: 1, seed },
      )
      rows.push([
        named,
        figure(total[1] / total[last]),
        Number.isFinite(halfLife) ? figure(halfLife, 1) : 'does not decay',
        figure(recallOf(model, DOTS)),
      ])
      model.close()
    }
    yield table(
      ['network', 'gradient left at the first letter', 'half-life, steps', `P(right letter) after ${STEPS} steps`],
      ...rows,
    )
    yield text(
      `Gradients before training: of the last loss, at the first letter’s state against its own. Chance is ${figure(1 / KEYS.length)}.\nThe cures as flags of recurra train lm: --nonlinearity relu --initialisation identity; --skip ${DOTS / 2}; --cell gru; --cell lstm --forget-bias 2.\nrecurra inspect gradients MODEL FILE shows the same of a model of yours.`,
    )
  },
}
