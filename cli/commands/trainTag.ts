/* recurra train tag FILE: trains a tagger on tagged sentences. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  evaluateTagger,
  type ItemSplits,
  openEngine,
  type TaggedSentence,
  Tagger,
  taggerSchema,
  train,
  trainingSchema,
} from '../../src/index.js'
import { recurrentNegatable } from '../../src/models/shared/recurrentOptions.js'
import { readingNegatable } from '../../src/models/shared/textOptions.js'
import { taggerContradictions } from '../../src/models/tagger/options.js'
import { readTagged } from '../../src/node/index.js'
import { taggerMetrics } from '../../src/tasks/tagger/training.js'
import { contextContradictions, trainingContradictions } from '../../src/training/contradictions.js'
import { engineOptionsOf } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { tellMissingData } from '../flags/dataSource.js'
import { checkEmbedding, vectorFileOf, vectorsOf } from '../flags/embeddingFlag.js'
import { addFlags, asUsage } from '../flags/flags.js'
import { builtInFor, builtInOf, itemSource, partsSchemaOf } from '../flags/givenData.js'
import { copyOf, taggedSchema } from '../flags/taggedColumns.js'
import { taggingLine } from '../output/classification.js'
import { whole } from '../output/output.js'
import { TrainingProgress } from '../output/progress.js'
import { checkOut, configSchema, newFolder, PARENT, readTrainInput } from './trainInput.js'
import { backendLine, tellOutcome, trainInFolder } from './trainingSession.js'
import { runSchema, type TrainingTask } from './trainingTask.js'

/** What a tagger has no use for: it reads whole sentences, and is not fed its own output. */
const { algorithm, lossAverage, timeSteps, ...rest } = trainingSchema.shape
const { teacherForcing, teacherForcingSchedule, teacherForcingSteps, teacherForcingLeast, ...usable } = rest
const tagTraining = z.strictObject(usable)

const partsSchema = partsSchemaOf(0.1)

const shape = {
  ...taggedSchema.shape,
  ...partsSchema.shape,
  ...taggerSchema.shape,
  embedding: z
    .string()
    .default('learned')
    .describe('learned, or a file of word vectors to begin from (word2vec, GloVe, fastText)'),
  ...tagTraining.shape,
}

const fileSchema = z.strictObject({ data: z.string().optional().describe('the sentences'), ...shape })

type TagValues = z.output<typeof fileSchema>

const schema = z.strictObject({
  ...configSchema.shape,
  out: z.string().optional().describe(`the run’s folder (default: ${PARENT}/tag-N, the first that is free)`),
  ...shape,
  ...runSchema.shape,
})

export const tagTask: TrainingTask<Tagger, ItemSplits<TaggedSentence>, TagValues> = {
  task: 'tagger',
  verb: 'tag',
  fileSchema,
  contradictions: [
    ...taggerContradictions,
    ...trainingContradictions,
    ...contextContradictions({
      validation: true,
      metrics: Object.keys(taggerMetrics),
      feedsItself: false,
      readsText: false,
      crossEntropy: true,
    }),
  ].filter(({ keys }) => keys.every(key => key in fileSchema.shape)),
  counted: () => 'words',
  async read(values) {
    const { data: path = '-', tagColumn, format, seed, removeDuplicates: removed } = values
    const data =
      copyOf(path, values) ?? (await readTagged(path, { tagColumn, format, seed, ...picked(partsSchema, values) }))
    return itemSource(data, { name: path, called: 'sentences', removed })
  },
  load: (path, engine) => Tagger.load(path, { engine }),
  train,
  line: ({ configuration, parameterCount, vocabularies, tags }) => {
    const { cell, numLayers, hiddenSize, bidirectional, characterHiddenSize, crf } = configuration
    const layers = `${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}`
    const parts = [
      `model: ${cell}, ${layers}${bidirectional ? ' in both directions' : ''}`,
      ...(characterHiddenSize > 0 ? [`characters ${characterHiddenSize} in both`] : []),
      ...(crf ? ['CRF'] : []),
      `${whole(parameterCount)} parameters`,
      `${whole(vocabularies.words.size)} words`,
      `${whole(tags.length)} tags`,
    ]
    return parts.join(', ')
  },
  async test(model, { test }) {
    const record = await evaluateTagger(model, test)
    return { loss: record.loss, line: taggingLine(record), record }
  },
}

export function trainTagCommand(): Command {
  const command = new Command('tag')
    .description('trains a tagger: a sentence in, a tag for each word out')
    .argument(
      '[FILE]',
      `CoNLL-U, or a word and its tag a line with an empty line after each sentence, or ${builtInFor('tag')}; - is standard input (default: data in the configuration)`,
    )
  const negatable = ['removeDuplicates', 'crf', 'nesterov', 'keepBest', ...readingNegatable, ...recurrentNegatable]
  return addFlags(command, schema, { negatable }).action(async (path: string | undefined) => {
    const { contradictions } = tagTask
    const input = {
      schema,
      fileSchema,
      contradictions,
      wanted: `tagged sentences to train on, or ${builtInFor('tag')}`,
    }
    const { flags, data } = await readTrainInput(command, path, input)
    await checkOut(flags.out)
    const { seed, embedding, validationFile, testFile } = flags
    const files = [...(builtInOf('tag', data) ? [] : [data]), validationFile, testFile, vectorFileOf(embedding)]
    await tellMissingData(flags.config, files)
    checkEmbedding(embedding, 'tag', ['learned'])
    const values: TagValues = { ...picked(fileSchema, flags), data }
    const source = await tagTask.read(values)
    const engine = await openEngine(engineOptionsOf(flags))
    const progress = new TrainingProgress(tagTask.counted(values))
    progress.note(backendLine(engine))
    const { embeddingSize, ...options } = picked(taggerSchema, flags)
    const vectors = embedding === 'learned' ? undefined : vectorsOf(embedding, { seed, progress })
    const size = vectors ? {} : { embeddingSize }
    const model = await asUsage(() =>
      Tagger.create({ corpus: source.data.train, ...options, ...size, ...{ vectors, seed, engine } }),
    )
    const outcome = await trainInFolder(tagTask, {
      ...{ values, source, model, progress, flags },
      training: trainingSchema.parse(picked(tagTraining, flags)),
      makeFolder: newFolder('tag', flags.out),
    })
    await tellOutcome(outcome, flags)
  })
}
