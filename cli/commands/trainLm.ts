/* recurra train lm FILE: trains a language model on a text, or on its lines as sentences. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { HuggingFaceTokenizer } from '../../src/data/tokenizers/huggingFaceTokenizer.js'
import { FileFormatError } from '../../src/errors.js'
import {
  type Engine,
  evaluate,
  evaluateSentences,
  LanguageModel,
  languageModelSchema,
  openEngine,
  type TextSplits,
  train,
  trainingSchema,
} from '../../src/index.js'
import { watchedGradients } from '../../src/inspection/index.js'
import { languageModelContradictions } from '../../src/models/languageModel/options.js'
import { recurrentNegatable } from '../../src/models/shared/recurrentOptions.js'
import { readTextFile } from '../../src/node/files.js'
import { contextContradictions, trainingContradictions } from '../../src/training/contradictions.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { tellMissingData } from '../flags/dataSource.js'
import { checkEmbedding, embeddingOf, embeddingSchema } from '../flags/embeddingFlag.js'
import { addFlags, asUsage } from '../flags/flags.js'
import { builtInFor, builtInOf, unitFor } from '../flags/givenData.js'
import { readTextParts, textPartsSchema } from '../flags/givenText.js'
import { whole } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { evaluationLine, evaluationRecord } from './eval.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainInput } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, type TrainingTask } from './trainingTask.js'

const lmSchema = z.strictObject({
  ...languageModelSchema.shape,
  ...embeddingSchema.shape,
  unit: languageModelSchema.shape.unit.describe('what a token is (of agreement a word)'),
})

/** What a configuration file may hold: a run's own config.yaml is one. */
const fileSchema = z.strictObject({
  data: z.string().optional().describe('the text'),
  ...textPartsSchema.shape,
  ...lmSchema.shape,
  ...trainingSchema.shape,
})

type LmValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  tokenizer: z.string().optional().describe('a Hugging Face tokenizer.json, instead of a unit'),
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/lm-N, the first that is free)`),
  ...textPartsSchema.shape,
  ...lmSchema.shape,
  ...trainingSchema.shape,
  ...runSchema.shape,
})

export const lmTask: TrainingTask<LanguageModel, TextSplits, LmValues> = {
  task: 'language model',
  verb: 'lm',
  fileSchema,
  contradictions: [
    ...languageModelContradictions,
    ...trainingContradictions,
    ...contextContradictions({
      validation: true,
      metrics: ['loss', 'perplexity'],
      feedsItself: true,
      readsText: true,
      crossEntropy: true,
    }),
  ],
  counted: ({ unit }) => (unit === 'character' ? 'characters' : 'tokens'),
  read: readTextParts,
  load: (path, engine) => LanguageModel.load(path, { engine }),
  train,
  gradients: (model, { validation }) => watchedGradients(model, validation.text),
  line: ({ configuration, parameterCount, tokenizer }) => {
    const { cell, numLayers, hiddenSize } = configuration
    const layers = numLayers === 1 ? '1 layer' : `${numLayers} layers`
    return `model: ${cell}, ${layers} of ${hiddenSize}, ${whole(parameterCount)} parameters, ${whole(tokenizer.size)} symbols`
  },
  async test(model, { test }, { algorithm }, signal) {
    const evaluation = await (algorithm === 'sentence' ? evaluateSentences : evaluate)(model, test, { signal })
    return {
      loss: evaluation.loss,
      line: evaluationLine(evaluation, model.tokenizer.unit),
      record: evaluationRecord(evaluation),
    }
  },
}

export function trainLmCommand(): Command {
  const command = new Command('lm')
    .description('trains a language model on a text')
    .argument(
      '[FILE]',
      `the text in UTF-8, or ${builtInFor('lm')}; - is standard input (default: data in the configuration)`,
    )
  const negatable = ['tieWeights', 'foldCase', 'freezeEmbedding', 'nesterov', 'keepBest', ...recurrentNegatable]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { contradictions } = lmTask
    const input = { schema, fileSchema, contradictions, wanted: 'a text to train on' }
    const { flags, data, given } = await readTrainInput(command, path, input)
    await checkOut(flags.out)
    checkEmbedding(flags.embedding, 'lm')
    const builtIn = builtInOf('lm', data)
    const unit = unitFor(builtIn, flags.unit, given)
    const values: LmValues = { ...picked(fileSchema, flags), data, unit }
    const { validationFile, testFile } = values
    if (!builtIn) await tellMissingData(flags.config, [data, validationFile, testFile])
    const source = await lmTask.read(values)
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(lmTask.counted(values))
    progress.note(backendLine(engine))
    const model = await createModel({ ...flags, unit }, source.data, engine, progress)
    const outcome = await trainInFolder(lmTask, {
      ...{ values, source, model, progress },
      training: picked(trainingSchema, flags),
      flags,
      makeFolder: newFolder('lm', flags.out),
    })
    await tellOutcome(outcome, flags)
  })
}

async function createModel(
  flags: z.output<typeof schema>,
  { train }: TextSplits,
  engine: Engine,
  progress: TrainingProgress,
): Promise<LanguageModel> {
  const { embedding, seed } = flags
  const tokenizer = flags.tokenizer === undefined ? undefined : await tokenizerOf(flags.tokenizer)
  return asUsage(() =>
    LanguageModel.create({
      corpus: train,
      ...picked(languageModelSchema, flags),
      ...embeddingOf(embedding, { seed, progress }),
      ...{ tokenizer, seed, engine },
    }),
  )
}

/** tokenizer.json, and tokenizer_config.json where it stands beside. */
async function tokenizerOf(path: string): Promise<HuggingFaceTokenizer> {
  const json = async (file: string) => {
    try {
      return JSON.parse(await readTextFile(file))
    } catch (error) {
      throw error instanceof SyntaxError ? new FileFormatError(`${file}: it must be JSON; ${error.message}`) : error
    }
  }
  const beside = join(dirname(path), 'tokenizer_config.json')
  return HuggingFaceTokenizer.load(await json(path), existsSync(beside) ? await json(beside) : {}, path)
}
