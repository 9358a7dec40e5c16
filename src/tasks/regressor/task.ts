/* Regression: a sequence of numbers in, numbers out. */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import { ItemCorpus, type ItemSplits, type NumberSequence } from '../../data/corpora/items.js'
import { adding } from '../../data/generated/adding.js'
import { whole } from '../../drawing/figures.js'
import { evaluateRegressor, type RegressionEvaluation } from '../../evaluation/regression.js'
import { regressorSchema } from '../../models/regressor/options.js'
import { Regressor } from '../../models/regressor/regressor.js'
import { cellOf, recurrentContradictions } from '../../models/shared/recurrentOptions.js'
import { trainingSchema } from '../../training/options.js'
import { isCorpusData } from '../corpusData.js'
import type { DataReader } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { layersLine } from '../modelLine.js'
import { builtInOf, filesOf, namesOf } from '../parts.js'
import type { Report } from '../task.js'
import { regressorProbe } from './probe.js'
import { regressorMetrics, regressorTraining } from './training.js'

const BUILT_IN = [adding] as const

const columns = () => z.array(z.string()).optional()

/** What of a file's numbers is read, and what is predicted. */
const numbersSchema = z.strictObject({
  inputColumn: columns().describe('a column that is read; give it once for each (default: all that hold numbers)'),
  targetColumn: columns().describe('a column that is predicted; give it once for each (default: the last)'),
  window: z.int().min(1).max(65536).default(32).describe('steps of a time series that are read'),
  ahead: z.int().min(1).max(65536).default(1).describe('steps from there to what is predicted'),
  length: z.int().min(2).max(65536).optional().describe('steps of each sequence of adding (default: 100)'),
})

/** A regressor reads no text, and is not fed its own output. */
const training = trainingSchema.omit({
  ...{ algorithm: true, lossAverage: true, timeSteps: true, labelSmoothing: true },
  ...{ teacherForcing: true, teacherForcingSchedule: true, teacherForcingSteps: true, teacherForcingLeast: true },
})

const schema = z.strictObject({
  data: z.string().optional().describe('the numbers'),
  ...numbersSchema.shape,
  ...regressorSchema.shape,
  ...training.shape,
})

const evaluation = z.strictObject({
  ...numbersSchema.shape,
  seed: z.int().min(0).default(1).describe('of a built-in corpus, whose test part is measured on'),
})

export const regressorTask = defineTask({
  name: 'regressor',
  verb: 'regress',
  summary: 'trains a regressor: sequences of numbers in, numbers out',
  dataArgument: `a table (CSV, TSV) or JSON lines over time, JSON lines of inputs and targets, or ${namesOf(BUILT_IN)}`,
  wantedData: `numbers to train on, or ${namesOf(BUILT_IN)}`,
  standardInput: false,
  dataDescription: 'a corpus of number sequences, { inputs, features, targets }',
  isModel: (model): model is Regressor => model instanceof Regressor,
  isData: data => isCorpusData<NumberSequence>(data, 'inputs', 'targets'),
  ...{ schema, training, dataForm: numbersSchema, evaluation, flags: z.strictObject({}) },
  contradictions: recurrentContradictions,
  metrics: regressorMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: false },

  faults: ({ data, length }, reader, nameOf) =>
    length !== undefined && data !== undefined && !builtInOf(BUILT_IN, data, reader)
      ? [`${nameOf('length')} is for ${namesOf(BUILT_IN)}; got ${data}; leave it out`]
      : [],
  files: ({ data }, reader) => filesOf(BUILT_IN, data, reader),
  async read(values, reader) {
    const { data: path = '', seed } = values
    const data = await numbersOf(path, { seed, ...picked(numbersSchema, values) }, reader)
    const parts = [data.train, data.validation, data.test]
    const [a, b, c] = parts.map(({ items }) => whole(items.length))
    return {
      ...{ data, name: path },
      line: `numbers: ${path}: ${a} sequences to train on, ${b} for validation, ${c} for the test`,
      content: () => [bytesOf(parts.flatMap(({ items }) => items))],
    }
  },

  create: ({ values, data, engine }) =>
    Regressor.create({ corpus: data.train, ...picked(regressorSchema, values), seed: values.seed, engine }),
  load: (from, options) => Regressor.load(from, options),
  throughputUnit: () => 'sequences',
  trainingTask: regressorTraining,
  async test(model, { test }) {
    const record = await evaluateRegressor(model, test)
    return { loss: record.loss, lines: regressionLine(record), record }
  },
  evaluate,
  line: ({ configuration, parameterCount }) =>
    `${layersLine(configuration)}, ${whole(parameterCount)} parameters; reads ${configuration.inputMeans.length} numbers a step, gives ${configuration.targetMeans.length}`,
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  probe: regressorProbe,
})

async function numbersOf(
  path: string,
  { length, ...options }: z.output<typeof evaluation>,
  reader: DataReader,
): Promise<ItemSplits<NumberSequence>> {
  const builtIn = builtInOf(BUILT_IN, path, reader)
  return builtIn ? builtIn.generate({ seed: options.seed, length }) : reader.numbers(path, options)
}

/** The numbers themselves, however they were written. */
function bytesOf(items: readonly NumberSequence[]): Uint8Array {
  const all = new Float64Array(items.reduce((sum, { inputs, targets }) => sum + inputs.length + targets.length, 0))
  let at = 0
  for (const { inputs, targets } of items)
    for (const numbers of [inputs, targets]) {
      all.set(numbers, at)
      at += numbers.length
    }
  return new Uint8Array(all.buffer)
}

async function evaluate(
  model: Regressor,
  path: string | undefined = '-',
  values: z.output<typeof evaluation>,
  reader: DataReader,
): Promise<Report> {
  const { train, validation, test } = await numbersOf(path, values, reader)
  const corpus = builtInOf(BUILT_IN, path, reader)
    ? test
    : new ItemCorpus(
        [train, validation, test].flatMap(({ items }) => items),
        path,
      )
  const record = await evaluateRegressor(model, corpus)
  return { lines: `${corpus.name}: ${regressionLine(record)}\n`, record }
}

const regressionLine = ({
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsoluteError,
  sequences,
}: RegressionEvaluation): string =>
  `mean squared error ${meanSquaredError.toPrecision(4)}, its root ${rootMeanSquaredError.toPrecision(4)}, mean absolute error ${meanAbsoluteError.toPrecision(4)} (${whole(sequences)} sequences)`
