/* What the doctor is to know of a regressor. */
import type { ItemCorpus, NumberSequence } from '../../data/corpora/items.js'
import { sampled, sampledCorpus } from '../../data/corpora/sampled.js'
import {
  EVALUATED_ITEMS,
  FOLLOWED_SEQUENCES,
  OBSERVED_ITEMS,
  type Probe,
  type ProbeOptions,
  probeOf,
  segmentLengthOf,
  TRIAL_BATCH,
  trainingOf,
} from '../../doctor/probe.js'
import { evaluateRegressor } from '../../evaluation/regression.js'
import { regressionCost } from '../../layers/regressionLoss.js'
import { type NumberBatch, numberBatch, numberBatches } from '../../models/regressor/batches.js'
import { Regressor } from '../../models/regressor/regressor.js'
import type { RegressionData } from './training.js'

/** Sequences of the gradient check, which are also to be learned by heart. */
const FEW = 4

export function regressorProbe(
  model: Regressor,
  { train, validation }: RegressionData,
  options: ProbeOptions = {},
): Probe<NumberBatch> {
  const training = trainingOf(options)
  const { configuration, scales } = model
  const { items } = train
  const features = scales.inputs.means.length
  const outputs = scales.targets.means.length
  const stepsOf = ({ inputs }: NumberSequence) => inputs.length / features
  const segmentLength = segmentLengthOf(items.map(stepsOf))
  const alike = sampled(
    items.filter(item => stepsOf(item) === segmentLength),
    FOLLOWED_SEQUENCES,
  )
  return probeOf<NumberBatch, ItemCorpus<NumberSequence>>(options, {
    task: 'regressor',
    ...{ model, configuration, data: { train, validation }, segmentLength },
    batches: numberBatches(train, scales, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: engine => Regressor.load(model.toBytes(), { engine }),
    fresh(engine) {
      const { inputMeans, inputDeviations, targetMeans, targetDeviations, cell, ...shape } = configuration
      return Regressor.create({ corpus: train, ...shape, cell: cell as 'lstm', seed: training.seed, engine })
    },
    few: numberBatch(items.slice(0, FEW), scales),
    ...(alike.length > 0
      ? { ends: { batch: numberBatch(alike, scales), steps: segmentLength, sequences: alike.length } }
      : { noEnds: 'Too few of its sequences are of one length.' }),
    observed(corpus) {
      const batch = numberBatch(sampled(corpus.items, OBSERVED_ITEMS), scales)
      const { timeSteps: time, batchSize, lengths } = batch
      return { batch, time, batchSize, lengths }
    },
    lossOn: async corpus => (await evaluateRegressor(model, sampledCorpus(corpus, EVALUATED_ITEMS))).loss,
    baselinesOn: corpus => [
      { name: 'always predicting the mean', loss: meanLoss(model, train, sampledCorpus(corpus, EVALUATED_ITEMS)) },
    ],
    numbers: { values: Float64Array.from(items.flatMap(({ targets }) => Array.from(targets))), outputs },
  })
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
  const costOf = ({ targets }: NumberSequence) =>
    targets.reduce((sum, y, k) => sum + regressionCost((y - means[k]) / deviations[k], configuration), 0) /
    targets.length
  return items.reduce((sum, item) => sum + costOf(item), 0) / items.length
}
