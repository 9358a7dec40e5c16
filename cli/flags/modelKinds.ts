/* Kinds of model that several commands take. */
import { z } from 'zod'
import { type LanguageModel, languageModelTask, type NGram } from '../../src/index.js'
import { evaluationLine, evaluationRecord } from '../../src/tasks/languageModel/report.js'
import { loadNGram, NGRAM_MODEL } from './modelFile.js'
import type { ModelKind } from './models.js'

/** Counted, not trained: it has no run, and is measured as a language model is. */
export const ngramKind: ModelKind<NGram> = {
  name: NGRAM_MODEL,
  needsEngine: false,
  evaluation: z.strictObject({}),
  dataForm: z.strictObject({}),
  faults: () => [],
  async load(path) {
    const model = await loadNGram(path)
    return {
      model,
      async evaluate(file = '-', _, reader) {
        const corpus = await reader.text(file)
        const evaluation = model.perplexity(corpus)
        return {
          lines: `${corpus.name}: ${evaluationLine(evaluation, model.tokenizer.unit)}\n`,
          record: evaluationRecord(evaluation),
        }
      },
    }
  },
}

/** Models that predict the next token. */
export type OpenPredictor = LanguageModel | NGram
export const predictors: readonly ModelKind<OpenPredictor>[] = [languageModelTask, ngramKind]
