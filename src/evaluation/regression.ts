/* Errors of a regressor's predictions. */
import type { ItemCorpus, NumberSequence } from '../data/corpora/items.js'
import { regressionCost } from '../layers/regressionLoss.js'
import { checkExtents } from '../models/regressor/batches.js'
import type { Regressor } from '../models/regressor/regressor.js'

export interface RegressionEvaluation {
  /** The training loss: the mean cost in the model's scale. */
  readonly loss: number
  /** In the scale of the data, as the next two. */
  readonly meanSquaredError: number
  /** √ meanSquaredError */
  readonly rootMeanSquaredError: number
  readonly meanAbsoluteError: number
  readonly sequences: number
}

/**
 * Errors on every sequence.
 * @throws ConfigurationError when a sequence has other numbers of features or targets than the model
 */
export async function evaluateRegressor(
  model: Regressor,
  corpus: ItemCorpus<NumberSequence>,
): Promise<RegressionEvaluation> {
  checkExtents(corpus, model.scales)
  const { items } = corpus
  const answers = await model.predict(items)
  const { deviations } = model.scales.targets
  const sums = { loss: 0, squares: 0, absolute: 0 }
  let count = 0
  items.forEach(({ targets }, i) => {
    targets.forEach((target, k) => {
      const error = answers[i][k] - target
      sums.loss += regressionCost(error / deviations[k], model.configuration)
      sums.squares += error ** 2
      sums.absolute += Math.abs(error)
      count++
    })
  })
  const meanSquaredError = sums.squares / count
  return {
    loss: sums.loss / count,
    meanSquaredError,
    rootMeanSquaredError: Math.sqrt(meanSquaredError),
    meanAbsoluteError: sums.absolute / count,
    sequences: items.length,
  }
}
