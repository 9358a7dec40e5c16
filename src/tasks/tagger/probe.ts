/* What the doctor is to know of a tagger. */
import { ItemCorpus, type TaggedSentence } from '../../data/corpora/items.js'
import { sampled, sampledCorpus } from '../../data/corpora/sampled.js'
import { countTags } from '../../doctor/counting.js'
import {
  type Classes,
  EVALUATED_ITEMS,
  FEW_STEPS,
  FOLLOWED_SEQUENCES,
  LONGEST_SEGMENT,
  OBSERVED_ITEMS,
  type Probe,
  type ProbeOptions,
  probeOf,
  type SequenceEnds,
  segmentLengthOf,
  TRIAL_BATCH,
  trainingOf,
} from '../../doctor/probe.js'
import { unigram } from '../../doctor/unigram.js'
import { ConfigurationError } from '../../errors.js'
import { evaluateTagger } from '../../evaluation/tagging.js'
import { type TaggedBatch, taggerBatches, wordNumber } from '../../models/tagger/batches.js'
import { Tagger } from '../../models/tagger/tagger.js'
import type { TaggingData } from './training.js'

export function taggerProbe(
  model: Tagger,
  { train, validation }: TaggingData,
  options: ProbeOptions = {},
): Probe<TaggedBatch> {
  const training = trainingOf(options)
  const { configuration, vocabularies, tags } = model
  const { hiddenSize, bidirectional, crf, projSize = hiddenSize } = configuration
  const known = knownSentences(model, train)
  const segmentLength = segmentLengthOf(known.items.map(({ words }) => words.length))
  const batchOf = (items: readonly TaggedSentence[]) =>
    taggerBatches(vocabularies, tags, new ItemCorpus(items, train.name), { batchSize: items.length }).batch(0, 0)
  const seen = new Float64Array(tags.length)
  for (const item of known.items) for (const tag of tagNumbers(model, item)) seen[tag]++
  return probeOf<TaggedBatch, ItemCorpus<TaggedSentence>>(options, {
    task: 'tagger',
    ...{ model, configuration, segmentLength },
    details: [...(bidirectional ? ['both directions'] : []), ...(crf ? ['CRF'] : [])],
    data: { train: known, validation: validation && knownSentences(model, validation) },
    batches: taggerBatches(vocabularies, tags, known, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: engine => Tagger.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const copy = await Tagger.load(model.toBytes(), { engine })
      copy.initialise(training.seed)
      return copy
    },
    few: batchOf(fewOf(model, known).map(item => cut(item, FEW_STEPS))),
    ...(crf
      ? { noEnds: 'Its CRF judges all tags of a sentence together: no loss stands at a single word.' }
      : { ends: endsOf(batchOf, known, segmentLength) }),
    observed(corpus) {
      const batch = batchOf(sampled(corpus.items, OBSERVED_ITEMS).map(item => cut(item, LONGEST_SEGMENT)))
      const { timeSteps: time, batchSize, lengths } = batch
      return { batch, time, batchSize, lengths }
    },
    lossOn: async corpus => (await evaluateTagger(model, sampledCorpus(corpus, EVALUATED_ITEMS))).loss,
    baselinesOn: ({ items }) => {
      const numbers = sampled(items, EVALUATED_ITEMS).flatMap(item => [...tagNumbers(model, item)])
      return [unigram(seen, numbers, 'giving each tag its share of the training words')]
    },
    output: {
      rows: tags.length,
      parameters: tags.length * (1 + projSize * (bidirectional ? 2 : 1)),
      ...{ seen, limitable: false },
    },
    classes: classesOf(model, { train, validation }, known, seen),
  })
}

function classesOf(
  model: Tagger,
  { train, validation }: TaggingData,
  known: ItemCorpus<TaggedSentence>,
  seen: Float64Array,
): Classes {
  const { tags, vocabularies } = model
  const all = [...train.items, ...(validation?.items ?? [])]
  return {
    called: 'tag',
    counts: new Map(tags.map((tag, i) => [tag, seen[i]])),
    unknown: [...new Set(all.flatMap(item => item.tags))].filter(tag => !tags.includes(tag)),
    countings: countTags(
      known.items.map(item => ({
        words: item.words.map(word => (vocabularies.words.foldCase ? word.toLowerCase() : word)),
        tags: tagNumbers(model, item),
      })),
      tags.length,
    ),
  }
}

/** −1 of a tag that the model has not. */
const tagNumbers = ({ tags: known }: Tagger, { tags }: TaggedSentence) =>
  Int32Array.from(tags, tag => known.indexOf(tag))

/** Two sentences that begin with different words, and have more than one tag where that can be. */
function fewOf({ vocabularies }: Tagger, { items }: ItemCorpus<TaggedSentence>): TaggedSentence[] {
  const first = items.find(item => new Set(cut(item, FEW_STEPS).tags).size > 1) ?? items[0]
  const number = ({ words: [word] }: TaggedSentence) => wordNumber(vocabularies.words, word)
  const other = items.find(item => number(item) !== number(first))
  return [first, ...(other ? [other] : [])]
}

const cut = ({ words, tags }: TaggedSentence, most: number): TaggedSentence => ({
  words: words.slice(0, most),
  tags: tags.slice(0, most),
})

/** Those whose tags the model has. @throws ConfigurationError where there are none */
function knownSentences({ tags }: Tagger, { items, name }: ItemCorpus<TaggedSentence>) {
  const all = new Set(tags)
  const known = items.filter(item => item.tags.every(tag => all.has(tag)))
  if (known.length === 0)
    throw new ConfigurationError(
      `${name}: no sentence has tags of the model’s alone, ${tags.slice(0, 20).join(', ')}; give the data that it was trained on`,
    )
  return new ItemCorpus(known, name)
}

/** Sentences that are long enough, cut to one length, with a loss at the last word. */
function endsOf(
  batchOf: (items: readonly TaggedSentence[]) => TaggedBatch,
  { items }: ItemCorpus<TaggedSentence>,
  steps: number,
): SequenceEnds<TaggedBatch> {
  const long = sampled(
    items.filter(({ words }) => words.length >= steps),
    FOLLOWED_SEQUENCES,
  )
  const batch = batchOf(long.map(item => cut(item, steps)))
  const last = (steps - 1) * batch.batchSize
  return {
    ...{ steps, sequences: batch.batchSize, local: true },
    batch: { ...batch, targets: batch.targets.map((tag, i) => (i < last ? -1 : tag)) },
  }
}
