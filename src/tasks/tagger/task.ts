/* Tagging: a sentence in, a tag for each of its words out. */
import { z } from 'zod'
import { picked } from '../../configuration.js'
import type { TaggedSentence } from '../../data/corpora/items.js'
import { copy } from '../../data/generated/copy.js'
import { TAG_COLUMNS } from '../../data/readers/tagLines.js'
import { whole } from '../../drawing/figures.js'
import { evaluateTagger } from '../../evaluation/tagging.js'
import { cellOf } from '../../models/shared/recurrentOptions.js'
import { taggerContradictions, taggerSchema } from '../../models/tagger/options.js'
import { Tagger } from '../../models/tagger/tagger.js'
import { trainingSchema } from '../../training/options.js'
import { isCorpusData } from '../corpusData.js'
import type { DataReader } from '../dataReader.js'
import { defineTask } from '../defineTask.js'
import { embeddingFaults, embeddingSchema, vectorFileOf, vectorsOf } from '../embedding.js'
import { scoreTable, taggingLine } from '../labelTables.js'
import { layersLine } from '../modelLine.js'
import { builtInOf, filesOf, itemSource, namesOf, partsOf, partsSchemaOf } from '../parts.js'
import type { Report } from '../task.js'
import { taggerProbe } from './probe.js'
import { taggerMetrics, taggerTraining } from './training.js'

const BUILT_IN = [copy] as const

/** How tagged sentences stand in a file, or are made. */
const taggedSchema = z.strictObject({
  tagColumn: z
    .enum(Object.keys(TAG_COLUMNS) as [keyof typeof TAG_COLUMNS])
    .default('upos')
    .describe('which column of CoNLL-U is the tag'),
  format: z
    .enum(['conllu', 'columns'])
    .optional()
    .describe('CoNLL-U, or a word first and its tag last in a line (default: as the name says: .conllu, .conllu.gz)'),
  delay: z.int().min(1).max(65536).optional().describe('steps that copy’s symbols are to be kept (default: 30)'),
})

/** A tagger reads whole sentences, and is not fed its own output. */
const training = trainingSchema.omit({
  ...{ algorithm: true, lossAverage: true, timeSteps: true },
  ...{ teacherForcing: true, teacherForcingSchedule: true, teacherForcingSteps: true, teacherForcingLeast: true },
})

const partsSchema = partsSchemaOf(0.1)

const schema = z.strictObject({
  data: z.string().optional().describe('the sentences'),
  ...taggedSchema.shape,
  ...partsSchema.shape,
  ...taggerSchema.shape,
  embedding: embeddingSchema.shape.embedding.describe(
    'learned, or a file of word vectors to begin from (word2vec, GloVe, fastText)',
  ),
  ...training.shape,
})

const evaluation = z.strictObject({
  ...taggedSchema.shape,
  seed: z.int().min(0).default(1).describe('of a built-in corpus, whose test part is measured on'),
})

export const taggerTask = defineTask({
  name: 'tagger',
  verb: 'tag',
  summary: 'trains a tagger: a sentence in, a tag for each word out',
  dataArgument: `CoNLL-U, or a word and its tag a line with an empty line after each sentence, or ${namesOf(BUILT_IN)}; - is standard input`,
  wantedData: `tagged sentences to train on, or ${namesOf(BUILT_IN)}`,
  dataDescription: 'a corpus of tagged sentences, { words, tags }',
  isModel: (model): model is Tagger => model instanceof Tagger,
  isData: data => isCorpusData<TaggedSentence>(data, 'words', 'tags'),
  ...{ schema, training, dataForm: taggedSchema, evaluation, flags: z.strictObject({}) },
  contradictions: taggerContradictions,
  metrics: taggerMetrics,
  ...{ feedsItself: false, readsText: false, crossEntropy: true },

  faults: ({ data, delay, embedding }, reader, nameOf) => [
    ...(delay !== undefined && data !== undefined && !builtInOf(BUILT_IN, data, reader)
      ? [`${nameOf('delay')} is for ${namesOf(BUILT_IN)}; got ${data}; leave it out`]
      : []),
    ...embeddingFaults(embedding, reader, nameOf, ['learned']),
  ],
  files: ({ data, validationFile, testFile, embedding }, reader) =>
    filesOf(BUILT_IN, data, reader, [validationFile, testFile, vectorFileOf(embedding)]),
  async read(values, reader) {
    const { data: path = '-', tagColumn, format, delay, seed, removeDuplicates: removed } = values
    const builtIn = builtInOf(BUILT_IN, path, reader)
    const data = builtIn
      ? builtIn.generate({ seed, delay })
      : await reader.taggedParts(path, { tagColumn, format, ...partsOf(values) })
    return itemSource(data, { name: path, called: 'sentences', removed })
  },

  create: ({ values, data, engine, reader, note }) => {
    const { seed, embedding } = values
    const { embeddingSize, ...options } = picked(taggerSchema, values)
    const vectors = embedding === 'learned' ? undefined : vectorsOf(embedding, { seed, reader, note })
    const size = vectors ? {} : { embeddingSize }
    return Tagger.create({ corpus: data.train, ...options, ...size, ...{ vectors, seed, engine } })
  },
  load: (from, options) => Tagger.load(from, options),
  throughputUnit: () => 'words',
  trainingTask: taggerTraining,
  async test(model, { test }) {
    const record = await evaluateTagger(model, test)
    return { loss: record.loss, lines: taggingLine(record), record }
  },
  evaluate,
  line: ({ configuration, parameterCount, vocabularies, tags }) =>
    [
      layersLine(configuration),
      ...(configuration.characterHiddenSize > 0 ? [`characters ${configuration.characterHiddenSize} in both`] : []),
      ...(configuration.crf ? ['CRF'] : []),
      `${whole(parameterCount)} parameters`,
      `${whole(vocabularies.words.size)} words`,
      `${whole(tags.length)} tags`,
    ].join(', '),
  gateNames: ({ configuration }) => cellOf(configuration, []).gates,
  probe: taggerProbe,
})

async function evaluate(
  model: Tagger,
  path: string | undefined = '-',
  { tagColumn, format, delay, seed }: z.output<typeof evaluation>,
  reader: DataReader,
): Promise<Report> {
  const builtIn = builtInOf(BUILT_IN, path, reader)
  const corpus = builtIn ? builtIn.generate({ seed, delay }).test : await reader.tagged(path, { tagColumn, format })
  const record = await evaluateTagger(model, corpus)
  const { perLabel, macro, micro, spans } = record
  const lines = [`${corpus.name}: ${taggingLine(record)}\n`, scoreTable(perLabel, { macro, micro })]
  if (spans) lines.push(scoreTable(spans.perType, { 'spans, macro': spans.macro, 'spans, micro': spans.micro }))
  return { lines: lines.join('\n'), record }
}
