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
} from '../src/index.js'
import { translatorContradictions, translatorNegatable } from '../src/models/translatorOptions.js'
import { RunFolder } from '../src/node/index.js'
import { readPairParts } from '../src/node/pairFiles.js'
import { circumstantial, trainingContradictions } from '../src/training/contradictions.js'
import { translatorMetrics } from '../src/training/translatorTask.js'
import { engineOptionsOf } from './commonFlags.js'
import { picked, readConfiguration } from './configurationFile.js'
import { tellMissingData } from './dataSource.js'
import { addFlags, asUsage, givenFlags, readFlags, UsageError } from './flags.js'
import { whole } from './output.js'
import {
  bleuSchema,
  builtInOf,
  builtInPairs,
  generatedPairs,
  measuresOf,
  pairPathOf,
  parallelSchema,
  searchSchema,
  translationLines,
  translationRecord,
} from './pairFlags.js'
import { TrainingProgress } from './progress.js'
import { configSchema, PARENT } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, sha256, type TrainingTask } from './trainingTask.js'

const share = (part: string) =>
  z.number().positive().lt(1).default(0.05).describe(`share of the sources that is drawn for ${part}`)

/** Where pairs come from, and which are held out. */
const dataSchema = z.strictObject({
  ...parallelSchema.shape,
  validation: share('validation'),
  test: share('the test'),
  validationFile: z.string().optional().describe('pairs to validate on (default: drawn from the data)'),
  testFile: z.string().optional().describe('pairs to test on (default: drawn from the data)'),
  removeDuplicates: z.boolean().default(false).describe('pairs that repeat an earlier one are removed first'),
})

/** What a token is depends on the data: `unitOf`. */
const modelSchema = z.strictObject({
  ...translatorSchema.shape,
  unit: translatorSchema.shape.unit
    .unwrap()
    .optional()
    .describe('what a token is, on both sides (default: word; of dates character)'),
})

/** What a translator has no use for: its batches are pairs. */
const { algorithm, lossAverage, timeSteps, ...usable } = trainingSchema.shape
const translateTraining = z.strictObject(usable)

const fileSchema = z.strictObject({
  data: z.string().optional().describe('the pairs'),
  ...dataSchema.shape,
  ...modelSchema.shape,
  ...translateTraining.shape,
  ...searchSchema.shape,
  ...bleuSchema.shape,
})

type TranslateValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/translate-N, the first that is free)`),
  ...dataSchema.shape,
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
    ...circumstantial({
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
    const { data, seed, maxLength } = values
    const builtIn = builtInOf(data)
    const path = pairPathOf('train translate', values)
    const read = builtIn ? { ...generatedPairs(builtIn, seed), leftOut: 0 } : await readPairParts(path, values)
    const { train, validation, test, duplicates, leftOut } = read
    const name = typeof path === 'string' ? path : path.join(', ')
    const [a, b, c] = [train, validation, test].map(({ items }) => whole(items.length))
    const repeated =
      duplicates > 0
        ? `; ${whole(duplicates)} repeated an earlier one${values.removeDuplicates ? ' and were removed' : ''}`
        : ''
    const known = leftOut > 0 ? `; ${whole(leftOut)} were left out whose source is in a held-out file` : ''
    const line = `pairs: ${name}: ${a} to train on (up to ${whole(maxLength)} tokens), ${b} for validation, ${c} for the test${repeated}${known}`
    return { data: read, name, sha256: hashOf([train, validation, test].flatMap(({ items }) => items)), line }
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

/** Dates are cut into letters and digits; what else there is into words, unless the configuration says. */
export const unitOf = ({ unit, data }: Partial<Pick<TranslateValues, 'unit' | 'data'>>) =>
  unit ?? (builtInOf(data) === 'dates' ? 'character' : 'word')

/** Of the pairs themselves, however they were written. */
const hashOf = (items: readonly TextPair[]): string =>
  sha256([items.map(({ source, target }) => `${source}\t${target}\n`)])

export function trainTranslateCommand(): Command {
  const command = new Command('translate')
    .description('trains a translator: pairs of texts, one becomes the other')
    .argument(
      '[FILE]',
      `pairs in UTF-8, source and target set apart by a tab, or ${builtInPairs.join(' or ')} (default: data in the configuration)`,
    )
  const negatable = ['removeDuplicates', 'lowercase', 'nesterov', 'keepBest', ...translatorNegatable]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { config } = givenFlags(command)
    const file = typeof config === 'string' ? await readConfiguration(config, fileSchema) : undefined
    const flags = readFlags(command, schema, { file, contradictions: translateTask.contradictions })
    const data = path ?? (file?.values as { data?: string } | undefined)?.data
    if (data === '-') throw new UsageError('train translate: FILE must be a file; got standard input')
    if (flags.out !== undefined) await RunFolder.checkFree(flags.out)
    const unit = unitOf({ ...flags, data })
    const values: TranslateValues = { ...picked(fileSchema, flags), data, unit }
    const { source: from, target: to, validationFile, testFile } = values
    if (!builtInOf(data)) await tellMissingData(config, [data, from, to, validationFile, testFile])
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
      makeFolder: options =>
        flags.out === undefined
          ? RunFolder.createNext(PARENT, 'translate', options)
          : RunFolder.create(flags.out, options),
    })
    await tellOutcome(outcome, flags)
  })
}
