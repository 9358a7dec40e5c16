/* The public face. */
export type { Cell, CellState, CellStep } from './cells/cell.js'
export * as operations from './cells/operations.js'
export {
  type AgreementComparison,
  agreementByDistance,
} from './compare/agreement.js'
export { type ComparedModel, compareModels } from './compare/compare.js'
export type { CompareOptions, CompareProgress } from './compare/rivals.js'
export {
  type Contradiction,
  contradiction,
  contradictionsIn,
  dashed,
  faultsIn,
  parseConfiguration,
  picked,
} from './configuration.js'
export { splitText, TextCorpus, type TextSource, type TextSplits } from './data/corpora/corpus.js'
export {
  ItemCorpus,
  type ItemSplitOptions,
  type ItemSplits,
  type LabelledText,
  linesOfText,
  type NumberSequence,
  splitItems,
  type TaggedSentence,
  type TextPair,
} from './data/corpora/items.js'
export { type Overlap, overlapWithTraining } from './data/corpora/overlap.js'
export { type Series, type WindowOptions, windowsOf } from './data/corpora/series.js'
export {
  type Covariate,
  SeriesCorpus,
  type SeriesSplitOptions,
  type SeriesSplits,
  splitSeries,
  type TimeSeries,
} from './data/corpora/timeSeries.js'
export { type GeneratedCorpusName, generatedCorpora, generatedCorpus } from './data/generated/generatedCorpora.js'
export { BytePairTokenizer } from './data/tokenizers/bytePairTokenizer.js'
export { ByteTokenizer } from './data/tokenizers/byteTokenizer.js'
export { CharacterTokenizer } from './data/tokenizers/characterTokenizer.js'
export { fitTokenizer, type TokenizerOptions } from './data/tokenizers/fitTokenizer.js'
export { HuggingFaceTokenizer } from './data/tokenizers/huggingFaceTokenizer.js'
export { type Tokenizer, tokenizerFromJSON } from './data/tokenizers/tokenizer.js'
export { WordTokenizer } from './data/tokenizers/wordTokenizer.js'
export { type DoctorOptions, examinations, examine, reportOf, TRIAL_STEPS } from './doctor/doctor.js'
export type { Check, DoctorReport, Examination, Fix } from './doctor/examination.js'
export type { Probe, ProbeOptions } from './doctor/probe.js'
export type { Backend, BackendName } from './engine/backend.js'
export { Engine } from './engine/engine.js'
export { defaultEngine, type EngineOptions, openEngine } from './engine/open.js'
export {
  BackendError,
  ConfigurationError,
  FileFormatError,
  NumericError,
  nearest,
  RecurraError,
  ShapeError,
} from './errors.js'
export { type Bleu, type BleuOptions, bleu, type References } from './evaluation/bleu.js'
export type { Bootstrap, BootstrapOptions } from './evaluation/bootstrap.js'
export { type Chrf, type ChrfOptions, chrf } from './evaluation/chrf.js'
export { type ClassificationEvaluation, evaluateClassifier } from './evaluation/classification.js'
export {
  evaluateForecaster,
  type ForecastEvaluation,
  type ForecastEvaluationOptions,
  type ForecastMeasures,
} from './evaluation/forecast.js'
export { type Judged, type LabelScore, type LabelScores, labelScores } from './evaluation/labelScores.js'
export { type EvaluationOptions, evaluate, evaluateSentences } from './evaluation/perplexity.js'
export { evaluateRegressor, type RegressionEvaluation } from './evaluation/regression.js'
export { type SpanScores, spanScores } from './evaluation/spans.js'
export { evaluateTagger, type TaggingEvaluation } from './evaluation/tagging.js'
export {
  evaluateTranslator,
  type LengthClass,
  type TranslationEvaluation,
  type TranslationEvaluationOptions,
} from './evaluation/translation.js'
export { readSafetensors } from './formats/safetensors.js'
export { type BeamOptions, type BeamRows, beamSearch, type Hypothesis } from './generation/beamSearch.js'
export type { Continuation, ContinueOptions } from './generation/continuations.js'
export type { Evaluation } from './generation/evaluation.js'
export type { GeneratedToken, GenerateOptions } from './generation/generate.js'
export type { NextToken, Predictor, Reading, ReadOptions } from './generation/predictor.js'
export { scoreTokens, type TokenScore } from './generation/scoring.js'
export type { LessonPart } from './lessons/lesson.js'
export { lessons } from './lessons/lessons.js'
export { type Classification, Classifier, type ClassifierCreation } from './models/classifier/classifier.js'
export { type ClassifierConfiguration, type ClassifierOptions, classifierSchema } from './models/classifier/options.js'
export { Forecaster, type ForecasterCreation } from './models/forecaster/forecaster.js'
export type { Forecast, ForecastOptions, SeriesForecast } from './models/forecaster/forecasting.js'
export { type ForecasterConfiguration, type ForecasterOptions, forecasterSchema } from './models/forecaster/options.js'
export { LanguageModel, type LanguageModelCreation } from './models/languageModel/languageModel.js'
export {
  type LanguageModelConfiguration,
  type LanguageModelOptions,
  languageModelParameterCount,
  languageModelSchema,
} from './models/languageModel/options.js'
export { type RegressorConfiguration, type RegressorOptions, regressorSchema } from './models/regressor/options.js'
export { Regressor, type RegressorCreation } from './models/regressor/regressor.js'
export type { ModelEngineOptions } from './models/shared/modelEngine.js'
export type { BatchLoss, BatchSource, LossPass, Trainable } from './models/shared/trainable.js'
export { type TaggerConfiguration, type TaggerOptions, taggerSchema } from './models/tagger/options.js'
export { Tagger, type TaggerCreation } from './models/tagger/tagger.js'
export { type TranslatorConfiguration, type TranslatorOptions, translatorSchema } from './models/translator/options.js'
export type { Alignment, TranslateOptions, Translation } from './models/translator/translation.js'
export { Translator, type TranslatorCreation } from './models/translator/translator.js'
export { type ListedNGram, type ListOptions, listNGrams } from './ngram/list.js'
export { NGram, type NGramEstimate, type NGramTokenScore } from './ngram/ngram.js'
export { type NGramConfiguration, type NGramOptions, ngramContradictions, ngramSchema } from './ngram/ngramOptions.js'
export { tasks } from './tasks/all.js'
export { classifierProbe } from './tasks/classifier/probe.js'
export { classifierTask, labelledSchema } from './tasks/classifier/task.js'
export type { ClassificationData } from './tasks/classifier/training.js'
export type { DataReader } from './tasks/dataReader.js'
export { defineTask } from './tasks/defineTask.js'
export { forecasterProbe } from './tasks/forecaster/probe.js'
export { forecasterTask, forecastInput, seriesSchema } from './tasks/forecaster/task.js'
export type { ForecastData } from './tasks/forecaster/training.js'
export { type LanguageProbeOptions, languageProbe } from './tasks/languageModel/probe.js'
export { languageModelTask } from './tasks/languageModel/task.js'
export type { LanguageData } from './tasks/languageModel/training.js'
export { regressorProbe } from './tasks/regressor/probe.js'
export { regressorTask } from './tasks/regressor/task.js'
export type { RegressionData } from './tasks/regressor/training.js'
export { taggerProbe } from './tasks/tagger/probe.js'
export { taggerTask } from './tasks/tagger/task.js'
export type { TaggingData } from './tasks/tagger/training.js'
export type {
  DataSource,
  LoadedData,
  LoadedModel,
  ModelWithData,
  Report,
  Task,
  TaskDefinition,
  TaskModel,
  TestReport,
} from './tasks/task.js'
export { train } from './tasks/train.js'
export { searchSchema } from './tasks/translator/measures.js'
export { translatorProbe } from './tasks/translator/probe.js'
export { translatorTask } from './tasks/translator/task.js'
export type { TranslationData } from './tasks/translator/training.js'
export { checkpointStep } from './training/checkpoint.js'
export type { TrainingEvent, TrainingResult, TrainingRun } from './training/events.js'
export { type TrainingConfiguration, type TrainingOptions, trainingSchema } from './training/options.js'
export type { BatchData, Metrics, Sample } from './training/trainingTask.js'
