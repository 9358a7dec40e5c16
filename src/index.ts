/* The public face. */
export type { Cell, CellState, CellStep } from './cells/cell.js'
export * as operations from './cells/operations.js'
export {
  type AgreementComparison,
  agreementByDistance,
} from './compare/agreement.js'
export { type ComparedModel, compareModels } from './compare/compare.js'
export type { CompareOptions } from './compare/rivals.js'
export type { Backend, BackendName } from './engine/backend.js'
export { Engine } from './engine/engine.js'
export { defaultEngine, type EngineOptions, openEngine } from './engine/open.js'
export { BackendError, ConfigurationError, FileFormatError, NumericError, RecurraError, ShapeError } from './errors.js'
export { type Evaluation, type EvaluationOptions, evaluate } from './evaluation/perplexity.js'
export type { GenerateOptions } from './generation/generate.js'
export type { NextToken, Predictor, Reading } from './generation/predictor.js'
export { scoreTokens, type TokenScore } from './generation/scoring.js'
export { LanguageModel, type LanguageModelCreation, type ModelEngineOptions } from './models/languageModel.js'
export {
  type LanguageModelConfiguration,
  type LanguageModelOptions,
  languageModelParameterCount,
  languageModelSchema,
} from './models/languageModelOptions.js'
export { type ListedNGram, type ListOptions, listNGrams } from './ngram/list.js'
export { NGram, type NGramEstimate, type NGramEvaluation, type NGramTokenScore } from './ngram/ngram.js'
export { type NGramConfiguration, type NGramOptions, ngramSchema } from './ngram/ngramOptions.js'
export { BytePairTokenizer } from './text/bytePairTokenizer.js'
export { ByteTokenizer } from './text/byteTokenizer.js'
export { CharacterTokenizer } from './text/characterTokenizer.js'
export { splitText, TextCorpus, type TextSource, type TextSplits } from './text/corpus.js'
export { fitTokenizer, type TokenizerOptions } from './text/fitTokenizer.js'
export { type GeneratedCorpusName, generatedCorpora, generatedCorpus } from './text/generated/generatedCorpora.js'
export { HuggingFaceTokenizer } from './text/huggingFaceTokenizer.js'
export * from './text/items.js'
export { type Tokenizer, tokenizerFromJSON } from './text/tokenizer.js'
export { WordTokenizer } from './text/wordTokenizer.js'
export { type TrainingConfiguration, type TrainingOptions, trainingSchema } from './training/options.js'
export { type TrainingEvent, type TrainingResult, type TrainingRun, train } from './training/trainer.js'
