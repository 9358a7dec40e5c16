/* The public face. */
export type { Backend, BackendName } from './engine/backend.js'
export { Engine } from './engine/engine.js'
export { defaultEngine, type EngineOptions, openEngine } from './engine/open.js'
export { BackendError, ConfigurationError, FileFormatError, NumericError, RecurraError, ShapeError } from './errors.js'
export { type Evaluation, type EvaluationOptions, evaluate } from './evaluation/perplexity.js'
export type { GenerateOptions } from './generation/generate.js'
export type { NextToken, Predictor, Reading } from './generation/predictor.js'
export { LanguageModel, type LanguageModelCreation, type ModelEngineOptions } from './models/languageModel.js'
export {
  type LanguageModelConfiguration,
  type LanguageModelOptions,
  languageModelParameterCount,
  languageModelSchema,
} from './models/languageModelOptions.js'
export { splitText, TextCorpus, type TextSplits } from './text/corpus.js'
export type { Tokenizer } from './text/tokenizer.js'
export { type TrainingConfiguration, type TrainingOptions, trainingSchema } from './training/options.js'
export { type TrainingEvent, type TrainingResult, type TrainingRun, train } from './training/trainer.js'
