/* A regressor before the doctor. */

import type { ItemCorpus, NumberSequence } from '../../data/corpora/items.js'
import { activityOf } from '../../doctor/activity.js'
import type { Probe, ProbeOptions } from '../../doctor/probe.js'
import { sampled, sampledCorpus } from '../../doctor/sampled.js'
import { evaluateRegressor } from '../../evaluation/regression.js'
import { regressionCost } from '../../layers/regressionLoss.js'
import { type NumberBatch, numberBatch, numberBatches } from '../../models/regressor/batches.js'
import { Regressor } from '../../models/regressor/regressor.js'
import { resolved, trainingSchema } from '../../training/options.js'
import type { RegressionData } from './training.js'

const TRIAL_BATCH = 32
const LOOKED_AT = 2000
const WATCHED = 32
const SEQUENCES = 8
const FEW = 4

export function regressorProbe(
  model: Regressor,
  { train, validation }: RegressionData,
  { training: asked = {}, trained = true, history }: ProbeOptions = {},
): Probe<NumberBatch> {
  const training = resolved(trainingSchema.parse(asked))
  const { configuration, scales } = model
  const { cell, numLayers, hiddenSize } = configuration
  const { items } = train
  const features = scales.inputs.means.length
  const outputs = scales.targets.means.length
  const stepsOf = ({ inputs }: NumberSequence) => inputs.length / features
  const byLength = items.toSorted((a, b) => stepsOf(a) - stepsOf(b))
  const steps = stepsOf(byLength[Math.floor(byLength.length / 2)])
  const alike = sampled(
    items.filter(item => stepsOf(item) === steps),
    SEQUENCES,
  )
  const lossOf = async (corpus: ItemCorpus<NumberSequence>) =>
    (await evaluateRegressor(model, sampledCorpus(corpus, LOOKED_AT))).loss
  return {
    name: `${cell}, ${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}`,
    kind: 'regressor',
    ...{ model, trained, training, configuration, history },
    batches: numberBatches(train, scales, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    stretch: steps,
    copy: where => Regressor.load(model.toBytes(), { engine: where }),
    fresh(where) {
      const { inputMeans, inputDeviations, targetMeans, targetDeviations, ...options } = configuration
      return Regressor.create({ corpus: train, ...options, cell: cell as 'lstm', seed: training.seed, engine: where })
    },
    few: numberBatch(items.slice(0, FEW), scales),
    ends: { batch: numberBatch(alike, scales), steps, sequences: alike.length },
    async activity() {
      const batch = numberBatch(sampled((validation ?? train).items, WATCHED), scales)
      const { timeSteps: time, batchSize, lengths } = batch
      return activityOf(model, batch, { time, batchSize, lengths }, configuration.nonlinearity)
    },
    losses: async () => ({ training: await lossOf(train), validation: validation && (await lossOf(validation)) }),
    baselines: async () =>
      validation
        ? [{ name: 'always saying the mean', loss: meanLoss(model, train, sampledCorpus(validation, LOOKED_AT)) }]
        : [],
    numbers: { values: Float64Array.from(items.flatMap(({ targets }) => Array.from(targets))), outputs },
  }
}

/** The regressor's own loss of the training targets' mean, in its scale. */
function meanLoss(
  { scales, configuration }: Regressor,
  train: ItemCorpus<NumberSequence>,
  { items }: ItemCorpus<NumberSequence>,
): number {
  const { deviations } = scales.targets
  const means = deviations.map(
    (_, k) => train.items.reduce((sum, { targets }) => sum + targets[k], 0) / train.items.length,
  )
  const total = items.reduce(
    (sum, { targets }) =>
      sum +
      targets.reduce((s, y, k) => s + regressionCost((y - means[k]) / deviations[k], configuration), 0) /
        targets.length,
    0,
  )
  return total / items.length
}
