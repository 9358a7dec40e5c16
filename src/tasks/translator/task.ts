/* Translation: pairs of texts, one of which becomes the other. */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import type { TextPair } from '../../data/corpora/items.js'
import { dates } from '../../data/generated/dates.js'
import { englishFrench } from '../../data/generated/englishFrench.js'
import { whole } from '../../drawing/figures.js'
import { evaluateTranslator } from '../../evaluation/translation.js'
import { cellOf } from '../../models/shared/recurrentOptions.js'
import { translatorContradictions, translatorSchema } from '../../models/translator/options.js'
import { Translator } from '../../models/translator/translator.js'
import { trainingSchema } from '../../training/options.js'
import { isCorpusData } from '../corpusData.js'
import type { DataReader, PairPath } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { layerCount } from '../modelLine.js'
import { builtInOf, filesOf, impliedUnit, itemSource, namesOf, partsOf, partsSchemaOf, shownPath } from '../parts.js'
import type { NameOf, Report } from '../task.js'
import { measuresOf, measuresSchema, searchSchema, translationLines, translationRecord } from './measures.js'
import { translatorProbe } from './probe.js'
import { translatorMetrics, translatorTraining } from './training.js'

const BUILT_IN = [englishFrench, dates] as const

/** Two parallel files, in the place of one of pairs. */
const parallelSchema = z.strictObject({
  sourceFile: z.string().optional().describe('a file of source sentences, one a line, instead of FILE'),
  targetFile: z.string().optional().describe('a file of their translations, line by line'),
})

type ParallelFiles = z.output<typeof parallelSchema>

/** A translator's batches are pairs. */
const training = trainingSchema.omit({ algorithm: true, lossAverage: true, timeSteps: true })

const partsSchema = partsSchemaOf(0.05)

const schema = z.strictObject({
  data: z.string().optional().describe('the pairs'),
  ...parallelSchema.shape,
  ...partsSchema.shape,
  ...translatorSchema.shape,
  unit: translatorSchema.shape.unit.describe('what a token is, on both sides (of dates a character)'),
  ...training.shape,
  ...searchSchema.shape,
  ...measuresSchema.shape,
})

const evaluation = z.strictObject({
  ...parallelSchema.shape,
  ...searchSchema.shape,
  ...measuresSchema.shape,
  translations: z.boolean().default(false).describe('also writes each translation beside its reference, by tabs'),
  seed: z.int().min(0).default(1).describe('of a built-in corpus, whose test part is measured on'),
})

export const translatorTask = defineTask({
  name: 'translator',
  verb: 'translate',
  summary: 'trains a translator: pairs of texts, one becomes the other',
  dataArgument: `pairs in UTF-8, source and target set apart by a tab, or ${namesOf(BUILT_IN)}; - is standard input`,
  wantedData: `pairs set apart by a tab, source and target files, or ${namesOf(BUILT_IN)}`,
  otherDataKeys: ['sourceFile', 'targetFile'],
  dataDescription: 'a corpus of pairs, { source, target }',
  isModel: (model): model is Translator => model instanceof Translator,
  isData: data => isCorpusData<TextPair>(data, 'source', 'target'),
  // Which files hold the pairs is as free as FILE is.
  ...{ schema, training, dataForm: z.strictObject({}), evaluation, flags: z.strictObject({}) },
  contradictions: translatorContradictions,
  metrics: translatorMetrics,
  ...{ feedsItself: true, readsText: false, crossEntropy: true },

  implied: (data, reader) => impliedUnit(BUILT_IN, data, reader),
  dataFaults: (values, nameOf) => pairFaults(values, nameOf),
  files: ({ data, sourceFile, targetFile, validationFile, testFile }, reader) =>
    filesOf(BUILT_IN, data, reader, [sourceFile, targetFile, validationFile, testFile]),
  async read(values, reader) {
    const { data: file, seed, maxLength, removeDuplicates: removed } = values
    const builtIn = builtInOf(BUILT_IN, file, reader)
    const path = pairPathOf(file, values)
    const data = builtIn ? builtIn.generate({ seed }) : await reader.pairParts(path, partsOf(values))
    const name = typeof path === 'string' ? path : path.join(', ')
    return itemSource(data, { name, called: 'pairs', removed, limit: `up to ${whole(maxLength)} tokens` })
  },

  create: ({ values, data, engine }) =>
    Translator.create({ corpus: data.train, ...picked(translatorSchema, values), seed: values.seed, engine }),
  load: (from, options) => Translator.load(from, options),
  throughputUnit: () => 'tokens',
  trainingTask: translatorTraining,
  async test(model, { test }, values, signal) {
    const { beamSize, lengthPenalty } = values
    const evaluation = await evaluateTranslator(model, test, { beamSize, lengthPenalty, signal, ...measuresOf(values) })
    return {
      loss: evaluation.loss,
      lines: translationLines(evaluation).join('\n'),
      record: translationRecord(evaluation),
    }
  },
  evaluate,
  line: ({ configuration, parameterCount, tokenizers }) => {
    const { cell, hiddenSize, numLayers, encoderLayers = numLayers, encoderHiddenSize = hiddenSize } = configuration
    const { bidirectional, attention, inputFeeding } = configuration
    const encoder = `encoder ${layerCount(encoderLayers)} of ${encoderHiddenSize}${bidirectional ? ' in both directions' : ''}`
    const attends =
      attention === 'none' ? 'no attention' : `attention ${attention}${inputFeeding ? ' with input feeding' : ''}`
    return `model: ${cell}, ${encoder}, decoder ${layerCount(numLayers)} of ${hiddenSize}, ${attends}, ${whole(parameterCount)} parameters, ${whole(tokenizers.source.size)} and ${whole(tokenizers.target.size)} symbols`
  },
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  probe: translatorProbe,
})

/** What is wrong where two parallel files, or one of pairs, are to be given. */
function pairFaults(
  { data, sourceFile: source, targetFile: target }: Partial<ParallelFiles> & { readonly data?: string | undefined },
  nameOf: NameOf,
): string[] {
  const [sourceName, targetName] = [nameOf('sourceFile'), nameOf('targetFile')]
  if ((source === undefined) !== (target === undefined))
    return [
      `${sourceName} and ${targetName} belong together; ${source === undefined ? sourceName : targetName} is missing`,
    ]
  if (source !== undefined && data !== undefined)
    return [`give FILE, or ${sourceName} and ${targetName}; got ${data} and ${source}, ${target}`]
  if (source !== undefined || data !== undefined) return []
  return [`FILE is missing; give pairs set apart by a tab, ${sourceName} and ${targetName}, or ${namesOf(BUILT_IN)}`]
}

const pairPathOf = (
  data: string | undefined,
  { sourceFile: source, targetFile: target }: Partial<ParallelFiles>,
): PairPath => (source !== undefined && target !== undefined ? [source, target] : (data ?? '-'))

async function evaluate(
  model: Translator,
  file: string | undefined,
  values: z.output<typeof evaluation>,
  reader: DataReader,
): Promise<Report> {
  const builtIn = builtInOf(BUILT_IN, file, reader)
  const path = pairPathOf(file, values)
  const corpus = builtIn ? builtIn.generate({ seed: values.seed }).test : await reader.pairs(path)
  const name = typeof path === 'string' ? shownPath(path) : path.join(', ')
  const { beamSize, lengthPenalty, translations: shown } = values
  const record = await evaluateTranslator(model, corpus, { beamSize, lengthPenalty, ...measuresOf(values) })
  const rows = shown
    ? corpus.items.map(({ source, target }, i) => `${source}\t${target}\t${record.translations[i]}\n`)
    : []
  return {
    lines: `${rows.join('')}${name}: ${translationLines(record).join('\n')}\n`,
    record: { ...translationRecord(record), ...(shown && { translations: record.translations }) },
  }
}
