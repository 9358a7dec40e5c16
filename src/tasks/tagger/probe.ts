/* A tagger before the doctor. */

import { ItemCorpus, type TaggedSentence } from '../../data/corpora/items.js'
import { activityOf } from '../../doctor/activity.js'
import { countTags } from '../../doctor/counting.js'
import type { Probe, ProbeOptions } from '../../doctor/probe.js'
import { sampled, sampledCorpus } from '../../doctor/sampled.js'
import { unigram } from '../../doctor/unigram.js'
import type { Engine } from '../../engine/engine.js'
import { ConfigurationError } from '../../errors.js'
import { evaluateTagger } from '../../evaluation/tagging.js'
import { type TaggedBatch, taggerBatches, wordNumber } from '../../models/tagger/batches.js'
import { Tagger } from '../../models/tagger/tagger.js'
import { resolved, trainingSchema } from '../../training/options.js'
import type { TaggingData } from './training.js'

const TRIAL_BATCH = 32
const LOOKED_AT = 1000
const WATCHED = 32
const SEQUENCES = 8
/** For the gradient check and to be learned by heart: sentences, and words of each. */
const FEW = 2
const FEW_STEPS = 16
const LONGEST_STRETCH = 200

export function taggerProbe(
  model: Tagger,
  { train, validation }: TaggingData,
  { training: asked = {}, trained = true, history }: ProbeOptions = {},
): Probe<TaggedBatch> {
  const training = resolved(trainingSchema.parse(asked))
  const { configuration, vocabularies, tags } = model
  const { cell, numLayers, hiddenSize, bidirectional, crf, nonlinearity, projSize = hiddenSize } = configuration
  const known = knownSentences(model, train)
  const watched = validation && knownSentences(model, validation)
  const lengths = Int32Array.from(known.items, ({ words }) => words.length).sort()
  const stretch = Math.min(LONGEST_STRETCH, lengths[Math.floor(lengths.length / 2)] ?? 1)
  const batchOf = (items: readonly TaggedSentence[]) =>
    taggerBatches(vocabularies, tags, new ItemCorpus(items, train.name), { batchSize: items.length }).batch(0, 0)
  const lossOf = async (corpus: ItemCorpus<TaggedSentence>) =>
    (await evaluateTagger(model, sampledCorpus(corpus, LOOKED_AT))).loss
  const numbers = new Map(tags.map((tag, i) => [tag, i]))
  const numbersOf = ({ tags: of }: TaggedSentence) => Int32Array.from(of, tag => numbers.get(tag) ?? -1)
  const seen = new Float64Array(tags.length)
  for (const item of known.items) for (const tag of numbersOf(item)) seen[tag]++
  const everything = [...train.items, ...(validation?.items ?? [])]
  return {
    name: `${cell}, ${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}${bidirectional ? ' in both directions' : ''}${crf ? ', CRF' : ''}`,
    kind: 'tagger',
    ...{ model, trained, training, configuration, history, stretch },
    batches: taggerBatches(vocabularies, tags, known, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: (engine: Engine) => Tagger.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const copy = await Tagger.load(model.toBytes(), { engine })
      copy.initialise(training.seed)
      return copy
    },
    few: batchOf(fewOf(known).map(item => cut(item, FEW_STEPS))),
    ...(crf
      ? { noEnds: 'Its CRF judges all tags of a sentence together: no loss stands at a single word.' }
      : { ends: endsOf(batchOf, known, stretch) }),
    async activity() {
      const batch = batchOf(sampled((watched ?? known).items, WATCHED).map(item => cut(item, LONGEST_STRETCH)))
      const { timeSteps: time, batchSize, lengths: steps } = batch
      return activityOf(model, batch, { time, batchSize, lengths: steps }, nonlinearity)
    },
    losses: async () => ({ training: await lossOf(known), validation: watched && (await lossOf(watched)) }),
    baselines: async () =>
      watched
        ? [
            unigram(
              seen,
              sampled(watched.items, LOOKED_AT).flatMap(item => [...numbersOf(item)]),
              'giving each tag its share of the training words',
            ),
          ]
        : [],
    output: {
      rows: tags.length,
      parameters: tags.length * (1 + projSize * (bidirectional ? 2 : 1)),
      ...{ seen, limitable: false },
    },
    classes: {
      called: 'tag',
      counts: new Map(tags.map((tag, i) => [tag, seen[i]])),
      strange: [...new Set(everything.flatMap(item => item.tags))].filter(tag => !numbers.has(tag)),
      counted: countTags(
        known.items.map(item => ({
          words: item.words.map(word => (vocabularies.words.foldCase ? word.toLowerCase() : word)),
          tags: numbersOf(item),
        })),
        tags.length,
      ),
    },
  }

  /** Two sentences that begin otherwise, and have more than one tag where that can be. */
  function fewOf({ items }: ItemCorpus<TaggedSentence>): TaggedSentence[] {
    const first = items.find(item => new Set(cut(item, FEW_STEPS).tags).size > 1) ?? items[0]
    const number = ({ words: [word] }: TaggedSentence) => wordNumber(vocabularies.words, word)
    const other = items.find(item => number(item) !== number(first))
    return [first, ...(other ? [other] : [])].slice(0, FEW)
  }
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
): NonNullable<Probe<TaggedBatch>['ends']> {
  const long = sampled(
    items.filter(({ words }) => words.length >= steps),
    SEQUENCES,
  )
  const batch = batchOf(long.map(item => cut(item, steps)))
  const last = (steps - 1) * batch.batchSize
  return {
    ...{ steps, sequences: batch.batchSize, local: true },
    batch: { ...batch, targets: batch.targets.map((tag, i) => (i < last ? -1 : tag)) },
  }
}
