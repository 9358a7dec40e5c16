/* Language modelling: how likely is each next token of a text, or of a sentence? */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import { HuggingFaceTokenizer } from '../../data/tokenizers/huggingFaceTokenizer.js'
import { whole } from '../../drawing/figures.js'
import { evaluate } from '../../evaluation/perplexity.js'
import { watchedGradients } from '../../inspection/watchedGradients.js'
import { LanguageModel } from '../../models/languageModel/languageModel.js'
import { languageModelContradictions, languageModelSchema } from '../../models/languageModel/options.js'
import { cellOf } from '../../models/shared/recurrentOptions.js'
import { trainingSchema } from '../../training/options.js'
import type { DataReader } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { embeddingFaults, embeddingOf, embeddingSchema, vectorFileOf } from '../embedding.js'
import { layersLine } from '../modelLine.js'
import { filesOf, impliedUnit, namesOf } from '../parts.js'
import { languageProbe } from './probe.js'
import { evaluationLine, evaluationRecord } from './report.js'
import { BUILT_IN, readTextParts, textPartsSchema } from './textParts.js'
import { isLanguageData, languageModelMetrics, languageModelTraining } from './training.js'

const schema = z.strictObject({
  data: z.string().optional().describe('the text'),
  ...textPartsSchema.shape,
  ...languageModelSchema.shape,
  ...embeddingSchema.shape,
  unit: languageModelSchema.shape.unit.describe('what a token is (of agreement a word)'),
  ...trainingSchema.shape,
})

const flags = z.strictObject({
  tokenizer: z.string().optional().describe('a Hugging Face tokenizer.json, instead of a unit'),
})

export const languageModelTask = defineTask({
  name: 'language model',
  verb: 'lm',
  summary: 'trains a language model on a text',
  dataArgument: `the text in UTF-8, or ${namesOf(BUILT_IN)}; - is standard input`,
  wantedData: 'a text to train on',
  dataDescription: 'a TextCorpus or a corpus of sentences',
  isModel: (model): model is LanguageModel => model instanceof LanguageModel,
  isData: isLanguageData,
  ...{ schema, training: trainingSchema, dataForm: z.strictObject({}), evaluation: z.strictObject({}), flags },
  contradictions: languageModelContradictions,
  metrics: languageModelMetrics,
  ...{ feedsItself: true, readsText: true, crossEntropy: true },

  implied: (data, reader) => impliedUnit(BUILT_IN, data, reader),
  faults: ({ embedding }, reader, nameOf) => embeddingFaults(embedding, reader, nameOf),
  files: ({ data, validationFile, testFile, embedding }, reader) =>
    filesOf(BUILT_IN, data, reader, [validationFile, testFile, vectorFileOf(embedding)]),
  read: readTextParts,

  async create({ values, flags, data, engine, reader, note }) {
    const { seed, embedding } = values
    const tokenizer = reader && flags.tokenizer !== undefined ? await tokenizerOf(flags.tokenizer, reader) : undefined
    return LanguageModel.create({
      ...{ corpus: data.train, ...picked(languageModelSchema, values) },
      ...embeddingOf(embedding, { seed, reader, note }),
      ...{ tokenizer, seed, engine },
    })
  },
  load: (from, options) => LanguageModel.load(from, options),
  throughputUnit: ({ unit }) => (unit === 'character' ? 'characters' : 'tokens'),
  trainingTask: languageModelTraining,
  gradients: (model, { validation }) => watchedGradients(model, validation.text),
  async test(model, { test }, _, signal) {
    const evaluation = await evaluate(model, test, { signal })
    return {
      loss: evaluation.loss,
      lines: evaluationLine(evaluation, model.tokenizer.unit),
      record: evaluationRecord(evaluation),
    }
  },
  async evaluate(model, path = '-', _, reader) {
    const corpus = await reader.text(path)
    const evaluation = await evaluate(model, corpus)
    return {
      lines: `${corpus.name}: ${evaluationLine(evaluation, model.tokenizer.unit)}\n`,
      record: evaluationRecord(evaluation),
    }
  },
  line: ({ configuration, parameterCount, tokenizer }) =>
    `${layersLine(configuration)}, ${whole(parameterCount)} parameters, ${whole(tokenizer.size)} symbols`,
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  remarks: ({ configuration }) =>
    configuration.tieWeights ? ['V is E: the output layer shares its weights with the embedding'] : [],
  probe: languageProbe,
})

/** tokenizer.json, and tokenizer_config.json where it stands beside. */
async function tokenizerOf(path: string, reader: DataReader): Promise<HuggingFaceTokenizer> {
  const beside = path.replace(/[^/\\]*$/, 'tokenizer_config.json')
  return HuggingFaceTokenizer.load(
    await reader.json(path),
    reader.exists(beside) ? await reader.json(beside) : {},
    path,
  )
}
