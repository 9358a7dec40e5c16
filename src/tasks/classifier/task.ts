/* Classification: a text in, its class out, or its classes. */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import type { LabelledText } from '../../data/corpora/items.js'
import { parity } from '../../data/generated/parity.js'
import { reviews } from '../../data/generated/reviews.js'
import { whole } from '../../drawing/figures.js'
import { evaluateClassifier } from '../../evaluation/classification.js'
import { Classifier } from '../../models/classifier/classifier.js'
import { classifierContradictions, classifierSchema } from '../../models/classifier/options.js'
import { labelCounts } from '../../models/shared/labels.js'
import { cellOf } from '../../models/shared/recurrentOptions.js'
import { trainingSchema } from '../../training/options.js'
import { isCorpusData } from '../corpusData.js'
import type { DataReader } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { embeddingFaults, embeddingOf, embeddingSchema, vectorFileOf } from '../embedding.js'
import { classificationLine, confusionTable, scoreTable } from '../labelTables.js'
import { layersLine } from '../modelLine.js'
import { builtInOf, filesOf, impliedUnit, itemSource, namesOf, partsOf, partsSchemaOf } from '../parts.js'
import type { Report } from '../task.js'
import { baselineContradiction, baselineLines, baselinesSchema } from './baselines.js'
import { classifierProbe } from './probe.js'
import { classifierMetrics, classifierTraining } from './training.js'

const BUILT_IN = [reviews, parity] as const

/** How labelled texts stand in a file. */
export const labelledSchema = z.strictObject({
  textColumn: z.string().default('text').describe('the column that holds the text'),
  labelColumn: z.string().default('label').describe('the column that holds the class'),
  columns: z
    .array(z.string())
    .optional()
    .describe('names of the columns, where the first line does not hold them; give it once for each'),
  delimiter: z.string().length(1).optional().describe('what separates columns (default: seen in the first line)'),
})

/** A classifier reads whole texts, and is not fed its own output. */
const training = trainingSchema.omit({
  ...{ algorithm: true, lossAverage: true, timeSteps: true },
  ...{ teacherForcing: true, teacherForcingSchedule: true, teacherForcingSteps: true, teacherForcingLeast: true },
})

const partsSchema = partsSchemaOf(0.1)

const schema = z.strictObject({
  data: z.string().optional().describe('the texts'),
  ...labelledSchema.shape,
  ...partsSchema.shape,
  ...classifierSchema.shape,
  unit: classifierSchema.shape.unit.describe('what a token is (of parity a character)'),
  ...embeddingSchema.shape,
  ...training.shape,
})

const evaluation = z.strictObject({
  ...labelledSchema.shape,
  seed: z.int().min(0).default(1).describe('of a built-in corpus, whose test part is measured on'),
})

export const classifierTask = defineTask({
  name: 'classifier',
  verb: 'classify',
  summary: 'trains a classifier: a text in, its class out',
  dataArgument: `a table (CSV, TSV) or JSON lines, a folder whose files are the classes (a text a line) or whose folders are (a text a file), or ${namesOf(BUILT_IN)}; - is standard input`,
  wantedData: `texts to train on, or ${namesOf(BUILT_IN)}`,
  dataDescription: 'a corpus of labelled texts, { text, label }',
  isModel: (model): model is Classifier => model instanceof Classifier,
  isData: data => isCorpusData<LabelledText>(data, 'text', 'label'),
  ...{ schema, training, dataForm: labelledSchema, evaluation, flags: baselinesSchema },
  contradictions: [...classifierContradictions, baselineContradiction],
  metrics: classifierMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: true },

  implied: (data, reader) => impliedUnit(BUILT_IN, data, reader),
  faults: ({ embedding }, reader, nameOf) => embeddingFaults(embedding, reader, nameOf),
  files: ({ data, validationFile, testFile, embedding }, reader) =>
    filesOf(BUILT_IN, data, reader, [validationFile, testFile, vectorFileOf(embedding)]),
  async read(values, reader) {
    const { data: path = '-', seed, removeDuplicates: removed } = values
    const builtIn = builtInOf(BUILT_IN, path, reader)
    const data = builtIn
      ? builtIn.generate({ seed })
      : await reader.labelledParts(path, { ...picked(labelledSchema, values), ...partsOf(values) })
    // Faults of the data are found before a model is made.
    labelCounts(data.train, values)
    return itemSource(data, { name: path, called: 'texts', removed })
  },

  create: ({ values, data, engine, reader, note }) => {
    const { seed, embedding } = values
    return Classifier.create({
      ...{ corpus: data.train, ...picked(classifierSchema, values) },
      ...embeddingOf(embedding, { seed, reader, note }),
      ...{ seed, engine },
    })
  },
  load: (from, options) => Classifier.load(from, options),
  throughputUnit: () => 'texts',
  trainingTask: classifierTraining,
  baselines: baselineLines,
  async test(model, { test }, _, signal) {
    const record = await evaluateClassifier(model, test, { signal })
    return { loss: record.loss, lines: classificationLine(record), record }
  },
  evaluate,
  line: ({ configuration, parameterCount, tokenizer, labels }) => {
    const classes = labels.length > 8 ? `${labels.length} classes` : `classes ${labels.join(', ')}`
    return `${layersLine(configuration)}, ${whole(parameterCount)} parameters, ${whole(tokenizer.size)} symbols, ${classes}`
  },
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  probe: classifierProbe,
})

async function evaluate(
  model: Classifier,
  path: string | undefined = '-',
  values: z.output<typeof evaluation>,
  reader: DataReader,
): Promise<Report> {
  const { seed, ...form } = values
  const builtIn = builtInOf(BUILT_IN, path, reader)
  const corpus = builtIn ? builtIn.generate({ seed }).test : await reader.labelled(path, form)
  const record = await evaluateClassifier(model, corpus)
  const { perLabel, macro, micro, confusion, labels } = record
  const lines = [`${corpus.name}: ${classificationLine(record)}\n`, scoreTable(perLabel, { macro, micro })]
  if (confusion) lines.push(confusionTable(labels, confusion))
  return { lines: lines.join('\n'), record }
}
