/* recurra train classify FILE: trains a classifier on labelled texts. */
import { Command } from 'commander'
import { z } from 'zod'
import { evaluateBags, labelledBags } from '../../src/baselines/bagOfWords.js'
import { fitLogisticRegression } from '../../src/baselines/logisticRegression.js'
import { fitNaiveBayes } from '../../src/baselines/naiveBayes.js'
import {
  Classifier,
  classifierSchema,
  evaluateClassifier,
  type ItemSplits,
  type LabelledText,
  openEngine,
  train,
  trainingSchema,
} from '../../src/index.js'
import { classifierContradictions } from '../../src/models/classifier/options.js'
import { labelCounts } from '../../src/models/shared/labels.js'
import { recurrentNegatable } from '../../src/models/shared/recurrentOptions.js'
import { readingNegatable } from '../../src/models/shared/textOptions.js'
import { readLabelled } from '../../src/node/index.js'
import { classifierMetrics } from '../../src/tasks/classifier/training.js'
import { contextContradictions, trainingContradictions } from '../../src/training/contradictions.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { tellMissingData } from '../flags/dataSource.js'
import { checkEmbedding, embeddingOf, embeddingSchema, vectorFileOf } from '../flags/embeddingFlag.js'
import { addFlags, asUsage, UsageError } from '../flags/flags.js'
import { builtInFor, builtInOf, itemSource, partsSchemaOf, unitFor } from '../flags/givenData.js'
import { labelledSchema } from '../flags/labelledColumns.js'
import { classificationLine } from '../output/classification.js'
import { decimals, whole } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainInput } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, type TrainingTask } from './trainingTask.js'

/** What a classifier has no use for: it reads whole texts, and is not fed its own output. */
const { algorithm, lossAverage, timeSteps, ...rest } = trainingSchema.shape
const { teacherForcing, teacherForcingSchedule, teacherForcingSteps, teacherForcingLeast, ...usable } = rest
const classifyTraining = z.strictObject(usable)

const partsSchema = partsSchemaOf(0.1)

/** Rows of bits are characters. */
const modelSchema = z.strictObject({
  ...classifierSchema.shape,
  unit: classifierSchema.shape.unit.describe('what a token is (of parity a character)'),
})

const shape = {
  ...labelledSchema.shape,
  ...partsSchema.shape,
  ...modelSchema.shape,
  ...embeddingSchema.shape,
  ...classifyTraining.shape,
}

const fileSchema = z.strictObject({ data: z.string().optional().describe('the texts'), ...shape })

type ClassifyValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/classify-N, the first that is free)`),
  baselines: z
    .boolean()
    .default(false)
    .describe('also tells how naive Bayes and logistic regression on bags of words do on the test data'),
  ...shape,
  ...runSchema.shape,
})

export const classifyTask: TrainingTask<Classifier, ItemSplits<LabelledText>, ClassifyValues> = {
  task: 'classifier',
  verb: 'classify',
  fileSchema,
  contradictions: [
    ...classifierContradictions,
    ...trainingContradictions,
    ...contextContradictions({
      validation: true,
      metrics: Object.keys(classifierMetrics),
      feedsItself: false,
      readsText: false,
      crossEntropy: true,
    }),
  ].filter(({ keys }) => keys.every(key => key in fileSchema.shape)),
  counted: () => 'texts',
  async read(values) {
    const { data: path = '-', seed, removeDuplicates: removed } = values
    const builtIn = builtInOf('classify', path)
    const data = builtIn
      ? builtIn.generate({ seed })
      : await readLabelled(path, { ...picked(labelledSchema, values), seed, ...picked(partsSchema, values) })
    return itemSource(data, { name: path, called: 'texts', removed })
  },
  load: (path, engine) => Classifier.load(path, { engine }),
  train,
  line: ({ configuration, parameterCount, tokenizer, labels }) => {
    const { cell, numLayers, hiddenSize, bidirectional } = configuration
    const layers = `${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}`
    const classes = labels.length > 8 ? `${labels.length} classes` : `classes ${labels.join(', ')}`
    return `model: ${cell}, ${layers}${bidirectional ? ' in both directions' : ''}, ${whole(parameterCount)} parameters, ${whole(tokenizer.size)} symbols, ${classes}`
  },
  async test(model, { test }, _, signal) {
    const record = await evaluateClassifier(model, test, { signal })
    return { loss: record.loss, line: classificationLine(record), record }
  },
}

export function trainClassifyCommand(): Command {
  const command = new Command('classify')
    .description('trains a classifier: a text in, its class out')
    .argument(
      '[FILE]',
      `a table (CSV, TSV) or JSON lines, a folder whose files are the classes (a text a line) or whose folders are (a text a file), or ${builtInFor('classify')}; - is standard input (default: data in the configuration)`,
    )
  const negatable = [
    'removeDuplicates',
    'multiLabel',
    'bagOfWords',
    'nesterov',
    'keepBest',
    ...readingNegatable,
    ...recurrentNegatable,
  ]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { contradictions } = classifyTask
    const input = { schema, fileSchema, contradictions, wanted: `texts to train on, or ${builtInFor('classify')}` }
    const { flags, data, given } = await readTrainInput(command, path, input)
    await checkOut(flags.out)
    const builtIn = builtInOf('classify', data)
    const unit = unitFor(builtIn, flags.unit, given)
    const { validationFile, testFile, embedding } = flags
    const files = [...(builtIn ? [] : [data]), validationFile, testFile, vectorFileOf(embedding)]
    await tellMissingData(flags.config, files)
    const values: ClassifyValues = { ...picked(fileSchema, flags), data, unit }
    checkEmbedding(embedding, 'classify')
    const source = await classifyTask.read(values)
    // What the data lack is no wrong usage.
    labelCounts(source.data.train, values)
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(classifyTask.counted(values))
    progress.note(backendLine(engine))
    const { seed } = flags
    const model = await asUsage(() =>
      Classifier.create({
        corpus: source.data.train,
        ...picked(classifierSchema, { ...flags, unit }),
        ...embeddingOf(embedding, { seed, progress }),
        ...{ seed, engine },
      }),
    )
    if (flags.baselines) for (const line of baselineLines(source.data, flags)) progress.note(line)
    const outcome = await trainInFolder(classifyTask, {
      ...{ values, source, model, progress, flags },
      training: trainingSchema.parse(picked(classifyTraining, flags)),
      makeFolder: newFolder('classify', flags.out),
    })
    await tellOutcome(outcome, flags)
  })
}

/** What counting words reaches on the same parts. */
function baselineLines(
  { train, test }: ItemSplits<LabelledText>,
  { multiLabel, wordBoundaries, foldCase }: ClassifyValues,
): string[] {
  if (multiLabel)
    throw new UsageError('train classify: --baselines are for one label a text; leave it or --multi-label out')
  const bags = labelledBags(train, { wordBoundaries, foldCase })
  const models = { 'naive Bayes': fitNaiveBayes(bags), 'logistic regression': fitLogisticRegression(bags) }
  return Object.entries(models).map(([name, model]) => {
    const { accuracy, macro } = evaluateBags(model, bags, test)
    return `${name} on bags of words: test accuracy ${decimals(accuracy, 4)}, macro F1 ${decimals(macro.f1, 4)}`
  })
}
