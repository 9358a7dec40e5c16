/* Gradients that explode, and what bounds them: clipping the norm (Pascanu, Mikolov & Bengio 2013), and weights kept small
 * by L1 and L2. */

import { NumericError } from '../errors.js'
import { largestSingularValue, matrixOperator } from '../inspection/spectra.js'
import { LanguageModel } from '../models/languageModel/languageModel.js'
import { train } from '../tasks/train.js'
import type { TrainingOptions } from '../training/options.js'
import { figure, type Lesson, table, text } from './lesson.js'
import { recallLines } from './recall.js'

const STEPS = 200
const SCALE = 1.3
const DOTS = 24
const RATE = 0.1

const cures: readonly (TrainingOptions & { readonly named: string })[] = [
  { named: 'no clipping', clipping: 'none' },
  { named: 'no clipping, L1 0.01', clipping: 'none', l1: 0.01 },
  { named: 'no clipping, L2 0.1', clipping: 'none', l2: 0.1 },
  { named: 'clipping at norm 1', clipNorm: 1 },
  { named: 'clipping and L1 0.001', clipNorm: 1, l1: 0.001 },
  { named: 'clipping and L2 0.01', clipNorm: 1, l2: 0.01 },
]

export const exploding: Lesson = {
  name: 'exploding',
  question: 'What happens when factors are above 1, and what bounds it?',
  async *run({ engine, seed }) {
    const corpus = recallLines(1000, { least: DOTS / 2, most: DOTS }, seed)
    yield text(
      `An Elman network with ReLU whose W begins at ${SCALE} times the identity: where a unit is active its slope is 1, so each step back multiplies\nthe gradient by ${SCALE}, and ${DOTS + 1} steps by ${figure(SCALE ** (DOTS + 1), 0)}. Gradient descent, rate ${RATE}, ${STEPS} steps.`,
    )
    const rows: string[][] = []
    for (const { named, ...options } of cures) {
      const shape = {
        cell: 'elman',
        nonlinearity: 'relu',
        initialisation: 'identity',
        hiddenSize: 24,
        numLayers: 1,
      } as const
      const model = await LanguageModel.create({ corpus, ...shape, seed, engine })
      const W = model.parameters.find(({ name }) => name === 'recurrent.weight_hh_l0')
      if (W)
        engine.write(
          W.value,
          engine.read(W.value).map(value => SCALE * value),
        )
      const told = { norm: 0, loss: Number.NaN, worst: 0, end: `${STEPS} steps` }
      const training = {
        algorithm: 'sentence',
        optimizer: 'sgd',
        learningRate: RATE,
        steps: STEPS,
        reportEvery: 1,
        ...options,
        seed,
      } as const
      try {
        for await (const { gradientNorm, loss } of train(model, { train: corpus }, training)) {
          told.norm = Math.max(told.norm, gradientNorm)
          told.worst = Math.max(told.worst, loss)
          told.loss = loss
        }
      } catch (error) {
        if (!(error instanceof NumericError)) throw error
        told.end = `NaN at step ${/step (\d+)/.exec(error.message)?.[1]}`
      }
      const norm = W ? largestSingularValue(matrixOperator(engine.read(W.value), 24, 24)) : Number.NaN
      rows.push([named, figure(told.norm, 1), figure(told.worst, 2), figure(told.loss), figure(norm, 2), told.end])
      model.close()
    }
    yield table(['', 'largest gradient norm', 'worst loss', 'last loss', '‖W‖ at the end', 'ended'], ...rows)
    yield text(
      'Clipping keeps the gradient’s direction and bounds the step, so that a cliff does not throw the weights away: the cure. L1 and L2 pull the weights\ntowards 0 and with them the factors, but slowly: alone they come too late here; what they do to ‖W‖ beside clipping, the last rows show.\nFlags: --clipping norm --clip-norm 1 (the default clips at 5); --l1 0.001; --l2 0.01.',
    )
  },
}
