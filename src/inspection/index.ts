/* The public face of looking inside: `recurra/inspection`. Plain data, and pictures of them. */

export { architectures } from '../drawing/architectures.js'
export { type AttentionMatrix, attentionPicture } from '../drawing/attentionPicture.js'
export { colouredPage } from '../drawing/colouredPage.js'
export { type ColouredToken, type ColouredTokens, colouredText, type Shown } from '../drawing/colouredText.js'
export { type CurveOptions, type CurveSeries, curve } from '../drawing/curve.js'
export { type DecayFigures, type DecayPicture, type DecaySeries, decayPicture } from '../drawing/decayPicture.js'
export { clock, decimals, table, visible, whole } from '../drawing/figures.js'
export { type GradientMatrix, matrixPicture } from '../drawing/matrixPicture.js'
export {
  type AttentionOptions,
  alignmentOfLabel,
  attentionOfLabel,
  attentionOfTranslation,
  type LabelAttention,
  type TranslationAttention,
} from './attention.js'
export {
  type FactorOptions,
  factorsOfText,
  factorsThroughTime,
  type LayerFactors,
  type Slopes,
  type WeightSpectrum,
} from './factors.js'
export {
  type Decay,
  decayOf,
  type GradientOptions,
  type GradientsThroughTime,
  gradientsOfText,
  gradientsThroughTime,
  type LayerGradients,
  matrixOf,
  type StateGradients,
} from './gradients.js'
export {
  ablated,
  compareInterventions,
  type Intervention,
  type InterventionComparison,
  pinned,
  scaled,
  withInterventions,
} from './intervention.js'
export { type DecidingToken, type LabelSaliency, type LabelSaliencyOptions, saliencyOfLabel } from './labelSaliency.js'
export { findLabelNeurons, findNeurons, type NeuronOptions, type NeuronReport } from './neurons.js'
export { type Observation, type ObservationOptions, observe } from './observing.js'
export {
  type PredictionSaliency,
  type PredictionSaliencyOptions,
  type Saliency,
  type SalientLoss,
  type SalientToken,
  saliencyOf,
  saliencyOfPrediction,
} from './saliency.js'
export { type InspectedSequence, textSequence } from './sequence.js'
export { largestSingularValue, matrixOperator, type Operator, spectralRadius } from './spectra.js'
export { type ModelSummary, type SummaryRow, summaryOf } from './summary.js'
export { type TextView, type TextViewOptions, type TokenView, viewText } from './textView.js'
export type { FeatureFinding, UnitScore } from './thresholds.js'
export { type Stateful, type Unit, unitName, unitOf, unitsOf } from './units.js'
export { type WatchedLayer, watchedGradients } from './watchedGradients.js'
