/* A regressor in training: sequences of numbers as batches, validation by squared and absolute error, and the same few
 * sequences answered each time. */

import type { ItemCorpus, NumberSequence } from '../../data/corpora/items.js'
import { evaluateRegressor } from '../../evaluation/regression.js'
import { type NumberBatch, numberBatches } from '../../models/regressor/batches.js'
import type { Regressor } from '../../models/regressor/regressor.js'
import { firstNonFinite } from '../../training/nonFinite.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'
import type { CorpusData } from '../corpusData.js'

/** Sequences to train on, and to look at. */
export type RegressionData = CorpusData<NumberSequence>

/** Of a sequence's end, as an example shows it. */
const STEPS_SHOWN = 4

export const regressorMetrics = { loss: 'min', meanSquaredError: 'min', meanAbsoluteError: 'min' } as const

export function regressorTraining(
  model: Regressor,
  { train, validation }: RegressionData,
  configuration: TrainingConfiguration,
): TrainingTask<NumberBatch> {
  return {
    batches: numberBatches(train, model.scales, configuration),
    metrics: regressorMetrics,
    isText: false,
    numbersOf: ({ inputs, targets }) => ({ inputs, targets }),
    nonFiniteItem: part => nonFiniteSequence(part === 'train' ? train : validation),
    validate:
      validation &&
      (async () => {
        const { loss, meanSquaredError, meanAbsoluteError } = await evaluateRegressor(model, validation)
        return { loss, meanSquaredError, meanAbsoluteError }
      }),
    samples: validation && (count => answered(model, validation.items.slice(0, count))),
  }
}

/** The first sequence that holds a NaN or an infinity, and where. */
function nonFiniteSequence(corpus: ItemCorpus<NumberSequence> | undefined): string | undefined {
  for (const [i, { inputs, features, targets }] of (corpus?.items ?? []).entries()) {
    const input = firstNonFinite(inputs)
    const target = firstNonFinite(targets)
    if (input < 0 && target < 0) continue
    const what =
      input >= 0
        ? `${inputs[input]} in input ${input % features} of step ${Math.floor(input / features)}`
        : `${targets[target]} in target ${target}`
    return `sequence ${i} of ${corpus?.name} has ${what}`
  }
  return undefined
}

async function answered(model: Regressor, items: readonly NumberSequence[]): Promise<Sample[]> {
  const answers = await model.predict(items)
  return items.map(({ inputs, features, targets }, i) => {
    const tail = inputs.subarray(-STEPS_SHOWN * features)
    const steps = Array.from({ length: tail.length / features }, (_, t) =>
      shown(tail.subarray(t * features, (t + 1) * features)),
    )
    return { input: `… ${steps.join(' ')}`, target: shown(targets), output: shown(answers[i]) }
  })
}

const shown = (numbers: Float64Array) => {
  const each = Array.from(numbers, number => Number(number.toPrecision(4)))
  return each.length === 1 ? String(each[0]) : `(${each.join(', ')})`
}
