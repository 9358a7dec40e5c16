/* The public face of looking inside: `recurra/inspection`. Plain data, and pictures of them. */

export * from './colouredPage.js'
export * from './colouredText.js'
export * from './intervention.js'
export * from './neurons.js'
export * from './saliency.js'
export * from './svg.js'
export * from './textView.js'
export type { FeatureFinding, UnitScore } from './thresholds.js'
export * from './units.js'
