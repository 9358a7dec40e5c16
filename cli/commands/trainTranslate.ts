/* recurra train translate FILE: trains a translator on pairs, on two parallel files, or on a built-in corpus. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  evaluateTranslator,
  type ItemSplits,
  openEngine,
  type TextPair,
  Translator,
  train,
  trainingSchema,
  translatorSchema,
} from '../../src/index.js'
import { translatorContradictions, translatorNegatable } from '../../src/models/translator/options.js'
import { readPairs } from '../../src/node/index.js'
import { translatorMetrics } from '../../src/tasks/translator/training.js'
import { contextContradictions, trainingContradictions } from '../../src/training/contradictions.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { tellMissingData } from '../flags/dataSource.js'
import { addFlags, asUsage } from '../flags/flags.js'
import { builtInFor, builtInOf, itemSource, partsSchemaOf, unitFor } from '../flags/givenData.js'
import {
  bleuSchema,
  measuresOf,
  pairPathOf,
  parallelSchema,
  searchSchema,
  translationLines,
  translationRecord,
} from '../flags/pairFlags.js'
import { whole } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainFlags } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, type TrainingTask } from './trainingTask.js'

const partsSchema = partsSchemaOf(0.05)

/** Dates are letters and digits. */
const modelSchema = z.strictObject({
  ...translatorSchema.shape,
  unit: translatorSchema.shape.unit.describe('what a token is, on both sides (of dates a character)'),
})

/** What a translator has no use for: its batches are pairs. */
const { algorithm, lossAverage, timeSteps, ...usable } = trainingSchema.shape
const translateTraining = z.strictObject(usable)

const fileSchema = z.strictObject({
  data: z.string().optional().describe('the pairs'),
  ...parallelSchema.shape,
  ...partsSchema.shape,
  ...modelSchema.shape,
  ...translateTraining.shape,
  ...searchSchema.shape,
  ...bleuSchema.shape,
})

type TranslateValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/translate-N, the first that is free)`),
  ...parallelSchema.shape,
  ...partsSchema.shape,
  ...modelSchema.shape,
  ...translateTraining.shape,
  ...searchSchema.shape,
  ...bleuSchema.shape,
  ...runSchema.shape,
})

export const translateTask: TrainingTask<Translator, ItemSplits<TextPair>, TranslateValues> = {
  task: 'translator',
  verb: 'translate',
  fileSchema,
  contradictions: [
    ...translatorContradictions,
    ...trainingContradictions,
    ...contextContradictions({
      ...{
        validation: true,
        metrics: Object.keys(translatorMetrics),
        feedsItself: true,
        readsText: true,
        crossEntropy: true,
      },
    }),
  ].filter(({ keys }) => keys.every(key => key in fileSchema.shape)),
  counted: () => 'tokens',
  async read(values) {
    const { data, seed, maxLength, removeDuplicates: removed } = values
    const path = pairPathOf('train translate', values)
    const builtIn = builtInOf('translate', data)
    const read = builtIn ? builtIn.generate({ seed }) : await readPairs(path, { seed, ...picked(partsSchema, values) })
    const name = typeof path === 'string' ? path : path.join(', ')
    return itemSource(read, { name, called: 'pairs', removed, limit: `up to ${whole(maxLength)} tokens` })
  },
  load: (path, engine) => Translator.load(path, { engine }),
  train,
  line: ({ configuration, parameterCount, tokenizers }) => {
    const { cell, hiddenSize, numLayers, encoderLayers = numLayers, encoderHiddenSize = hiddenSize } = configuration
    const { bidirectional, attention, inputFeeding } = configuration
    const layers = (count: number) => (count === 1 ? '1 layer' : `${count} layers`)
    const encoder = `encoder ${layers(encoderLayers)} of ${encoderHiddenSize}${bidirectional ? ' in both directions' : ''}`
    const looks =
      attention === 'none' ? 'no attention' : `attention ${attention}${inputFeeding ? ' with input feeding' : ''}`
    return `model: ${cell}, ${encoder}, decoder ${layers(numLayers)} of ${hiddenSize}, ${looks}, ${whole(parameterCount)} parameters, ${whole(tokenizers.source.size)} and ${whole(tokenizers.target.size)} symbols`
  },
  async test(model, { test }, values, signal) {
    const { beamSize, lengthPenalty } = values
    const evaluation = await evaluateTranslator(model, test, { beamSize, lengthPenalty, signal, ...measuresOf(values) })
    return {
      loss: evaluation.loss,
      line: translationLines(evaluation).join('\n'),
      record: translationRecord(evaluation),
    }
  },
}

export function trainTranslateCommand(): Command {
  const command = new Command('translate')
    .description('trains a translator: pairs of texts, one becomes the other')
    .argument(
      '[FILE]',
      `pairs in UTF-8, source and target set apart by a tab, or ${builtInFor('translate')}; - is standard input (default: data in the configuration)`,
    )
  const negatable = ['removeDuplicates', 'lowercase', 'nesterov', 'keepBest', ...translatorNegatable]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { contradictions } = translateTask
    const { flags, data, given } = await readTrainFlags(command, path, { schema, fileSchema, contradictions })
    await checkOut(flags.out)
    const builtIn = builtInOf('translate', data)
    const unit = unitFor(builtIn, flags.unit, given)
    const values: TranslateValues = { ...picked(fileSchema, flags), data, unit }
    const { sourceFile: from, targetFile: to, validationFile, testFile } = values
    if (!builtIn) await tellMissingData(flags.config, [data, from, to, validationFile, testFile])
    const source = await translateTask.read(values)
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(translateTask.counted(values))
    progress.note(backendLine(engine))
    const model = await asUsage(() =>
      Translator.create({
        ...{ corpus: source.data.train, ...picked(translatorSchema, { ...flags, unit }), seed: flags.seed, engine },
      }),
    )
    const outcome = await trainInFolder(translateTask, {
      ...{ values, source, model, progress, flags },
      training: trainingSchema.parse(picked(translateTraining, flags)),
      makeFolder: newFolder('translate', flags.out),
    })
    await tellOutcome(outcome, flags)
  })
}
