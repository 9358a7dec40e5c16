/* The public face of looking inside: `recurra/inspection`. Plain data, and pictures of them. */
export { architectures } from './architectures.js'
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
export { type Observation, observe } from './observing.js'
export { type InspectedSequence, textSequence } from './sequence.js'
export { largestSingularValue, matrixOperator, type Operator, spectralRadius } from './spectra.js'
export { type ModelSummary, type SummaryRow, summaryOf } from './summary.js'
export * from './svg.js'
export { type WatchedLayer, watchedGradients } from './watchedGradients.js'
