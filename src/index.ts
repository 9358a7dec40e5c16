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
export { type Bleu, type BleuOptions, bleu, type References } from './evaluation/bleu.js'
export type { Bootstrap, BootstrapOptions } from './evaluation/bootstrap.js'
export { type Chrf, type ChrfOptions, chrf } from './evaluation/chrf.js'
export { type ClassificationEvaluation, evaluateClassifier } from './evaluation/classification.js'
export { type Judged, type LabelScore, type LabelScores, labelScores } from './evaluation/labelScores.js'
export { type Evaluation, type EvaluationOptions, evaluate, evaluateSentences } from './evaluation/perplexity.js'
export { evaluateRegressor, type RegressionEvaluation } from './evaluation/regression.js'
export { type SpanScores, spanScores } from './evaluation/spans.js'
export { evaluateTagger, type TaggingEvaluation } from './evaluation/tagging.js'
export {
  evaluateTranslator,
  type LengthClass,
  type TranslationEvaluation,
  type TranslationEvaluationOptions,
} from './evaluation/translation.js'
export { type BeamOptions, type BeamRows, beamSearch, type Hypothesis } from './generation/beamSearch.js'
export type { Continuation, ContinueOptions } from './generation/continuations.js'
export type { GeneratedToken, GenerateOptions } from './generation/generate.js'
export type { NextToken, Predictor, Reading, ReadOptions } from './generation/predictor.js'
export { scoreTokens, type TokenScore } from './generation/scoring.js'
export { type Classification, Classifier, type ClassifierCreation } from './models/classifier.js'
export { type ClassifierConfiguration, type ClassifierOptions, classifierSchema } from './models/classifierOptions.js'
export { LanguageModel, type LanguageModelCreation } from './models/languageModel.js'
export {
  type LanguageModelConfiguration,
  type LanguageModelOptions,
  languageModelParameterCount,
  languageModelSchema,
} from './models/languageModelOptions.js'
export type { ModelEngineOptions } from './models/modelEngine.js'
export { Regressor, type RegressorCreation } from './models/regressor.js'
export { type RegressorConfiguration, type RegressorOptions, regressorSchema } from './models/regressorOptions.js'
export { Tagger, type TaggerCreation } from './models/tagger.js'
export { type TaggerConfiguration, type TaggerOptions, taggerSchema } from './models/taggerOptions.js'
export type { BatchLoss, BatchSource, LossPass, Trainable } from './models/trainable.js'
export type { Alignment, TranslateOptions, Translation } from './models/translation.js'
export { Translator, type TranslatorCreation } from './models/translator.js'
export { type TranslatorConfiguration, type TranslatorOptions, translatorSchema } from './models/translatorOptions.js'
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
export { type Series, type WindowOptions, windowsOf } from './text/series.js'
export { type Tokenizer, tokenizerFromJSON } from './text/tokenizer.js'
export { WordTokenizer } from './text/wordTokenizer.js'
export type { ClassificationData } from './training/classifierTask.js'
export type { TrainingEvent, TrainingResult, TrainingRun } from './training/events.js'
export type { LanguageData } from './training/languageModelTask.js'
export { type TrainingConfiguration, type TrainingOptions, trainingSchema } from './training/options.js'
export type { RegressionData } from './training/regressorTask.js'
export type { TaggingData } from './training/taggerTask.js'
export type { BatchData, Metrics, Sample } from './training/task.js'
export { train } from './training/trainer.js'
export type { TranslationData } from './training/translatorTask.js'
