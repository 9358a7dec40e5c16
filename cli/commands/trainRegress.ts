/* recurra train regress FILE: trains a regressor on numeric columns over time, or on sequences of numbers. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  evaluateRegressor,
  type ItemSplits,
  type NumberSequence,
  openEngine,
  Regressor,
  regressorSchema,
  train,
  trainingSchema,
} from '../../src/index.js'
import { recurrentNegatable } from '../../src/models/shared/recurrentOptions.js'
import { contextContradictions, trainingContradictions } from '../../src/training/contradictions.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { tellMissingData } from '../flags/dataSource.js'
import { addFlags, asUsage, UsageError } from '../flags/flags.js'
import { builtInFor, builtInOf } from '../flags/givenData.js'
import { numbersOf, numbersSchema, regressionLine } from '../flags/numbers.js'
import { whole } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainInput } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, sha256, type TrainingTask } from './trainingTask.js'

/** What a regressor has no use for: it reads no text, and is not fed its own output. */
const { algorithm, lossAverage, timeSteps, labelSmoothing, ...rest } = trainingSchema.shape
const { teacherForcing, teacherForcingSchedule, teacherForcingSteps, teacherForcingLeast, ...usable } = rest
const regressTraining = z.strictObject(usable)

const fileSchema = z.strictObject({
  data: z.string().optional().describe('the numbers'),
  ...numbersSchema.shape,
  ...regressorSchema.shape,
  ...regressTraining.shape,
})

type RegressValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/regress-N, the first that is free)`),
  ...numbersSchema.shape,
  ...regressorSchema.shape,
  ...regressTraining.shape,
  ...runSchema.shape,
})

const METRICS = ['loss', 'meanSquaredError', 'meanAbsoluteError']

export const regressTask: TrainingTask<Regressor, ItemSplits<NumberSequence>, RegressValues> = {
  task: 'regressor',
  verb: 'regress',
  fileSchema,
  contradictions: [
    ...trainingContradictions,
    ...contextContradictions({
      validation: true,
      metrics: METRICS,
      feedsItself: false,
      readsText: false,
      crossEntropy: false,
    }),
  ].filter(({ keys }) => keys.every(key => key in fileSchema.shape)),
  counted: () => 'sequences',
  async read(values) {
    const { data: path = '', seed } = values
    const data = await numbersOf(path, { seed, ...picked(numbersSchema, values) })
    const parts = [data.train, data.validation, data.test]
    const [a, b, c] = parts.map(({ items }) => whole(items.length))
    const line = `numbers: ${path}: ${a} sequences to train on, ${b} for validation, ${c} for the test`
    return { data, name: path, sha256: hashOf(parts.flatMap(({ items }) => items)), line }
  },
  load: (path, engine) => Regressor.load(path, { engine }),
  train,
  line: ({ configuration, parameterCount }) => {
    const { cell, numLayers, hiddenSize, inputMeans, targetMeans } = configuration
    const layers = numLayers === 1 ? '1 layer' : `${numLayers} layers`
    return `model: ${cell}, ${layers} of ${hiddenSize}, ${whole(parameterCount)} parameters; reads ${inputMeans.length} numbers a step, gives ${targetMeans.length}`
  },
  async test(model, { test }) {
    const record = await evaluateRegressor(model, test)
    return { loss: record.loss, line: regressionLine(record), record }
  },
}

/** Of the numbers themselves, however they were written. */
function hashOf(items: readonly NumberSequence[]): string {
  const all = new Float64Array(items.reduce((sum, each) => sum + each.inputs.length + each.targets.length, 0))
  let at = 0
  for (const { inputs, targets } of items)
    for (const numbers of [inputs, targets]) {
      all.set(numbers, at)
      at += numbers.length
    }
  return sha256([[new Uint8Array(all.buffer)]])
}

export function trainRegressCommand(): Command {
  const command = new Command('regress')
    .description('trains a regressor: sequences of numbers in, numbers out')
    .argument(
      '[FILE]',
      `a table (CSV, TSV) or JSON lines over time, JSON lines of inputs and targets, or ${builtInFor('regress')} (default: data in the configuration)`,
    )
  const negatable = ['standardize', 'nesterov', 'keepBest', ...recurrentNegatable]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { contradictions } = regressTask
    const input = { schema, fileSchema, contradictions, wanted: `numbers to train on, or ${builtInFor('regress')}` }
    const { flags, data } = await readTrainInput(command, path, input)
    if (data === '-') throw new UsageError('train regress: FILE must be a file; got standard input')
    await checkOut(flags.out)
    if (!builtInOf('regress', data)) await tellMissingData(flags.config, [data])
    const values: RegressValues = { ...picked(fileSchema, flags), data }
    const source = await regressTask.read(values)
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(regressTask.counted(values))
    progress.note(backendLine(engine))
    const { seed } = flags
    const model = await asUsage(() =>
      Regressor.create({ corpus: source.data.train, ...picked(regressorSchema, flags), seed, engine }),
    )
    const outcome = await trainInFolder(regressTask, {
      ...{ values, source, model, progress, flags },
      training: trainingSchema.parse(picked(regressTraining, flags)),
      makeFolder: newFolder('regress', flags.out),
    })
    await tellOutcome(outcome, flags)
  })
}
