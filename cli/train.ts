/* recurra train lm FILE: trains a language model on a text. */
import { Command } from 'commander'
import { parse } from 'yaml'
import { z } from 'zod'
import { languageModelSchema, RecurraError, trainingSchema } from '../src/index.js'
import { readTextFile } from '../src/node/files.js'
import { RunFolder, readCorpus, splitCorpus } from '../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from './commonFlags.js'
import { evaluationLine, evaluationRecord } from './eval.js'
import { addFlags, type ConfigurationFile, givenFlags, readFlags, UsageError } from './flags.js'
import { write } from './output.js'
import { resultLine, sha256, trainInFolder } from './trainingSession.js'

const PARENT = 'runs'

const runSchema = z.strictObject({
  config: z.string().optional().describe('a configuration in YAML; flags go before it'),
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/lm-N, the first that is free)`),
})

/** What a configuration file may hold: a run's own config.yaml is one. */
const fileSchema = z.strictObject({
  data: z.string().optional().describe('the text'),
  ...languageModelSchema.shape,
  ...trainingSchema.shape,
})

const schema = z.strictObject({
  ...runSchema.shape,
  ...languageModelSchema.shape,
  ...trainingSchema.shape,
  ...engineSchema.shape,
  ...jsonSchema.shape,
  ...commonSchema.shape,
})

export function trainCommand(): Command {
  return new Command('train').description('trains a model').addCommand(trainLmCommand())
}

function trainLmCommand(): Command {
  const command = new Command('lm')
    .description('trains a language model on a text')
    .argument('[FILE]', 'the text in UTF-8; - is standard input (default: data in the configuration)')
  return addFlags(command, schema, { negatable: ['tieWeights'] }).action(async (path: string | undefined) => {
    const { config } = givenFlags(command)
    const file = typeof config === 'string' ? await readConfiguration(config) : undefined
    const flags = readFlags(command, schema, file)
    const data = path ?? (file?.values as { data?: string } | undefined)?.data
    if (data === undefined)
      throw new UsageError('train lm: FILE is missing; give a text to train on, or - for standard input')
    if (flags.out !== undefined) await RunFolder.checkFree(flags.out)
    const whole = await readCorpus(data)
    const training = picked(trainingSchema, flags)
    const { run, result, model, test } = await trainInFolder({
      corpus: splitCorpus(whole, { seed: training.seed }),
      data: { name: data, sha256: sha256(whole.text) },
      model: picked(languageModelSchema, flags),
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
        await write(`${run.path}: ${test ? `test ${evaluationLine(test)}` : 'stopped'}\n`)
      }
    } finally {
      model.close()
      model.engine.close()
    }
  })
}

/** The keys of one schema out of those of all. */
function picked<S extends z.ZodObject>({ shape }: S, values: Record<string, unknown>): z.output<S> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key in shape)) as z.output<S>
}

async function readConfiguration(path: string): Promise<ConfigurationFile> {
  const text = await readTextFile(path).catch(error => {
    throw error instanceof RecurraError ? new UsageError(error.message, { cause: error }) : error
  })
  try {
    return { path, schema: fileSchema, values: parse(text) ?? {} }
  } catch (error) {
    const first = (error as Error).message.split('\n')[0].replace(/:$/, '')
    throw new UsageError(`${path}: a configuration must be YAML; ${first}; mend that line`, { cause: error })
  }
}
