/* The public face of looking inside: `recurra/inspection`. Plain data, and pictures of them. */

export { architectures } from '../drawing/architectures.js'
export * from '../drawing/svg.js'
export * from './attention.js'
export { attentionPicture } from './attentionPicture.js'
export * from './colouredPage.js'
export * from './colouredText.js'
export { type FactorOptions, factorsOfText, factorsThroughTime, type LayerFactors } from './factors.js'
export { type DecaySeries, decayPicture, matrixPicture } from './gradientPictures.js'
export {
  type Decay,
  decayOf,
  type GradientOptions,
  type GradientsThroughTime,
  gradientsOfText,
  gradientsThroughTime,
  type LayerGradients,
  type StateGradients,
} from './gradients.js'
export * from './intervention.js'
export { type DecidingToken, type LabelSaliency, type LabelSaliencyOptions, saliencyOfLabel } from './labelSaliency.js'
export * from './neurons.js'
export { type Observation, observe } from './observing.js'
export {
  type PredictionSaliency,
  type PredictionSaliencyOptions,
  SALIENCY_TOKENS,
  type Saliency,
  type SalientLoss,
  type SalientToken,
  saliencyOf,
  saliencyOfPrediction,
} from './saliency.js'
export { type InspectedSequence, textSequence } from './sequence.js'
export { largestSingularValue, matrixOperator, type Operator, spectralRadius } from './spectra.js'
export { type ModelSummary, type SummaryRow, summaryOf } from './summary.js'
export * from './textView.js'
export type { FeatureFinding, UnitScore } from './thresholds.js'
export * from './units.js'
export { type WatchedLayer, watchedGradients } from './watchedGradients.js'
