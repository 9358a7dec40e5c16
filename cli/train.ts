/* recurra train lm FILE: trains a language model on a text. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { Random, site } from '../src/engine/random.js'
import { FileFormatError, nearest } from '../src/errors.js'
import { languageModelSchema, trainingSchema } from '../src/index.js'
import { languageModelContradictions } from '../src/models/languageModelOptions.js'
import { readTextFile } from '../src/node/files.js'
import { RunFolder, readCorpus, splitCorpus } from '../src/node/index.js'
import { readWordVectors } from '../src/node/wordVectorFile.js'
import { HuggingFaceTokenizer } from '../src/text/huggingFaceTokenizer.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { picked, readConfiguration } from './configurationFile.js'
import { evaluationLine, evaluationRecord } from './eval.js'
import { addFlags, givenFlags, readFlags, UsageError } from './flags.js'
import { write } from './output.js'
import { resultLine, sha256, trainInFolder, type VectorFile } from './trainingSession.js'
import { trainNGramCommand } from './trainNGram.js'

const PARENT = 'runs'

const runSchema = z.strictObject({
  config: z.string().optional().describe('a configuration in YAML; flags go before it'),
  tokenizer: z.string().optional().describe('a Hugging Face tokenizer.json, instead of a unit'),
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/lm-N, the first that is free)`),
})

/** On the command line and in a file, the embedding may also be a file of vectors. */
const lmSchema = z.strictObject({
  ...languageModelSchema.shape,
  embedding: z
    .string()
    .default('learned')
    .describe('learned, one-hot, or a file of word vectors (word2vec, GloVe, fastText)'),
})

/** What a configuration file may hold: a run's own config.yaml is one. */
const fileSchema = z.strictObject({
  data: z.string().optional().describe('the text'),
  ...lmSchema.shape,
  ...trainingSchema.shape,
})

const schema = z.strictObject({
  ...runSchema.shape,
  ...lmSchema.shape,
  ...trainingSchema.shape,
  ...engineSchema.shape,
  ...jsonSchema.shape,
  ...commonSchema.shape,
})

export function trainCommand(): Command {
  return new Command('train').description('trains a model').addCommand(trainLmCommand()).addCommand(trainNGramCommand())
}

function trainLmCommand(): Command {
  const command = new Command('lm')
    .description('trains a language model on a text')
    .argument('[FILE]', 'the text in UTF-8; - is standard input (default: data in the configuration)')
  return addFlags(command, schema, { negatable: ['tieWeights', 'foldCase', 'freezeEmbedding'] }).action(
    async (path: string | undefined) => {
      const { config } = givenFlags(command)
      const file = typeof config === 'string' ? await readConfiguration(config, fileSchema) : undefined
      const flags = readFlags(command, schema, { file, contradictions: languageModelContradictions })
      const data = path ?? (file?.values as { data?: string } | undefined)?.data
      if (data === undefined)
        throw new UsageError('train lm: FILE is missing; give a text to train on, or - for standard input')
      if (flags.out !== undefined) await RunFolder.checkFree(flags.out)
      const vectors = vectorsOf(flags.embedding, flags.seed)
      const whole = await readCorpus(data)
      const training = picked(trainingSchema, flags)
      const { run, result, model, test } = await trainInFolder({
        corpus: splitCorpus(whole, { seed: training.seed }),
        data: { name: data, sha256: sha256(whole) },
        model: { ...picked(languageModelSchema, flags), embedding: vectors ? 'learned' : embeddingOf(flags.embedding) },
        vectors,
        tokenizer: flags.tokenizer === undefined ? undefined : await tokenizerOf(flags.tokenizer),
        training,
        engine: engineOptionsOf(flags),
        makeFolder: () => (flags.out === undefined ? RunFolder.createNext(PARENT, 'lm') : RunFolder.create(flags.out)),
      })
      try {
        if (flags.json)
          await write(
            `${JSON.stringify({
              run: run.path,
              backend: model.engine.description,
              parameters: model.parameterCount,
              ...result,
              test: test && evaluationRecord(test),
            })}\n`,
          )
        else {
          process.stderr.write(`${resultLine(result)}\n`)
          await write(`${run.path}: ${test ? `test ${evaluationLine(test, model.tokenizer.unit)}` : 'stopped'}\n`)
        }
      } finally {
        model.close()
        model.engine.close()
      }
    },
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

const embeddings = languageModelSchema.shape.embedding.unwrap().options
const embeddingOf = (name: string) => embeddings.find(each => each === name) ?? 'learned'

/** Word vectors from a file, where that is what the embedding names; words that it lacks are drawn. */
function vectorsOf(embedding: string, seed: number): VectorFile | undefined {
  if (embeddings.some(each => each === embedding)) return undefined
  if (!existsSync(embedding)) {
    const near = nearest(embedding, embeddings)
    throw new UsageError(
      `train lm: --embedding must be ${embeddings.join(', ')} or a file of word vectors; got ${embedding}${near ? `; did you mean ${near}?` : ', which does not exist'}`,
    )
  }
  const random = new Random(seed, 1, site.initialisation)
  return { path: embedding, read: words => readWordVectors(embedding, { words, missing: () => random.normal() }) }
}
