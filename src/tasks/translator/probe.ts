/* A translator before the doctor. What is said of hidden units and of gradients through time is said of its encoder. */

import { ItemCorpus, type TextPair } from '../../data/corpora/items.js'
import { activityOf } from '../../doctor/activity.js'
import { lengthsApart } from '../../doctor/pairChecks.js'
import type { Baseline, Probe, ProbeOptions } from '../../doctor/probe.js'
import { sampled, sampledCorpus } from '../../doctor/sampled.js'
import { unigram } from '../../doctor/unigram.js'
import type { Engine } from '../../engine/engine.js'
import { translationLoss } from '../../evaluation/translation.js'
import {
  type EncodedPair,
  encodedPair,
  type PairBatch,
  pairBatch,
  pairBatches,
} from '../../models/translator/batches.js'
import { Translator } from '../../models/translator/translator.js'
import { resolved, trainingSchema } from '../../training/options.js'
import type { TranslationData } from './training.js'

const TRIAL_BATCH = 32
const LOOKED_AT = 500
const WATCHED = 32
const SEQUENCES = 8
/** Of lengths, to see whether lines belong together. */
const MEASURED = 20_000
/** For the gradient check and to be learned by heart: pairs, and tokens of each side. */
const FEW = 2
const FEW_STEPS = 16
const LONGEST_STRETCH = 200

export function translatorProbe(
  model: Translator,
  { train, validation }: TranslationData,
  { training: asked = {}, trained = true, history }: ProbeOptions = {},
): Probe<PairBatch> {
  const training = resolved(trainingSchema.parse(asked))
  const { configuration, tokenizers } = model
  const { cell, numLayers, hiddenSize, attention, maxLength, nonlinearity, bidirectional } = configuration
  const encoded = train.items.map(item => encodedPair(tokenizers, item))
  const short = encoded.filter(({ source, target }) => source.length <= maxLength + 1 && target.length <= maxLength + 2)
  const lengths = Int32Array.from(short, ({ source }) => source.length).sort()
  const stretch = Math.min(LONGEST_STRETCH, lengths[Math.floor(lengths.length / 2)] ?? 1)
  const seen = new Float64Array(tokenizers.target.size)
  for (const { target } of short) for (const token of target.subarray(1)) seen[token]++
  const lossOf = (corpus: ItemCorpus<TextPair>) => translationLoss(model, sampledCorpus(corpus, LOOKED_AT))
  return {
    name: `${cell}, ${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}, ${attention === 'none' ? 'no attention' : `attention ${attention}`}`,
    kind: 'translator',
    ...{ model, trained, training, configuration, history, stretch },
    batches: pairBatches(tokenizers, train, {
      ...{ batchSize: Math.min(training.batchSize, TRIAL_BATCH), seed: training.seed, maxLength },
    }),
    copy: (engine: Engine) => Translator.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const copy = await Translator.load(model.toBytes(), { engine })
      copy.initialise(training.seed)
      return copy
    },
    few: pairBatch(fewOf(short)),
    ...(attention === 'none'
      ? { ends: endsOf(short, stretch, bidirectional) }
      : { noEnds: 'Its attention is one step from every state of the source.' }),
    shorterWays: [{ line: 'attention: luong-general', why: 'every state of the source is one step from the loss' }],
    async activity() {
      const { items } = validation ?? train
      const batch = pairBatch(sampled(items, WATCHED).map(item => cut(encodedPair(tokenizers, item), LONGEST_STRETCH)))
      const { batchSize, sourceLengths, sources } = batch
      const shape = { time: sources.length / batchSize, batchSize, lengths: sourceLengths }
      return (await activityOf(model, batch, shape, nonlinearity)).map(layer => ({
        ...layer,
        name: `the encoder’s ${layer.name}`,
      }))
    },
    losses: async () => ({ training: await lossOf(train), validation: validation && (await lossOf(validation)) }),
    baselines: async () => (validation ? baselinesOf(model, sampledCorpus(validation, LOOKED_AT), seen) : []),
    output: {
      rows: tokenizers.target.size,
      parameters: tokenizers.target.size * (1 + hiddenSize),
      ...{ seen, limitable: tokenizers.target.unit === 'word' },
    },
    targets: () => [pairBatch(sampled(short, TRIAL_BATCH))],
    pairs: {
      count: train.items.length,
      equal: shareOf(train.items, ({ source, target }) => source === target),
      commonest: commonestOf(train.items),
      apart: lengthsApart(train.items.slice(0, MEASURED)),
    },
    sentences: {
      lengths: encoded.map(({ source, target }) => Math.max(source.length - 1, target.length - 2)),
      ...{ most: maxLength, longer: 'left out' },
    },
  }
}

const shareOf = <T>(items: readonly T[], holds: (item: T) => boolean) => items.filter(holds).length / items.length

function commonestOf(items: readonly TextPair[]): number {
  const counts = new Map<string, number>()
  for (const { target } of items) counts.set(target, (counts.get(target) ?? 0) + 1)
  return [...counts.values()].reduce((most, count) => Math.max(most, count), 0) / items.length
}

/** How often each word comes; and the model itself, reading another pair's source: who does no better does not read. */
async function baselinesOf(
  model: Translator,
  { items, name }: ItemCorpus<TextPair>,
  seen: Float64Array,
): Promise<Baseline[]> {
  const { tokenizers } = model
  const tokens = items.flatMap(item => [...encodedPair(tokenizers, item).target.subarray(1)])
  const half = Math.ceil(items.length / 2)
  const other = items.map(({ target }, i) => ({ source: items[(i + half) % items.length].source, target }))
  return [
    unigram(seen, tokens),
    {
      name: 'itself with the source of another pair',
      loss: await translationLoss(model, new ItemCorpus(other, name)),
      means: 'It writes without reading the source',
      fixes: [
        { line: 'target: ANOTHER', why: 'the translations of these very sources, line by line, if it has others' },
        { line: 'attention: luong-general', why: 'what the source says comes straight to each word written' },
      ],
    },
  ]
}

const cut = ({ source, target }: EncodedPair, most: number): EncodedPair => ({
  source: source.slice(0, most),
  target: target.slice(0, most + 1),
})

/** Pairs whose sources begin otherwise where that can be, so that what they ask can be learned by heart. */
function fewOf(pairs: readonly EncodedPair[]): EncodedPair[] {
  const [first] = pairs
  const other = pairs.find(({ source }) => source[0] !== first.source[0])
  return [first, ...(other ? [other] : [])].slice(0, FEW).map(pair => cut(pair, FEW_STEPS))
}

/** Sources that are long enough, cut to one length, each with the first word of its target. */
function endsOf(
  pairs: readonly EncodedPair[],
  steps: number,
  bothEnds: boolean,
): NonNullable<Probe<PairBatch>['ends']> {
  const long = sampled(
    pairs.filter(({ source }) => source.length >= steps),
    SEQUENCES,
  )
  const first = long.map(({ source, target }) => ({ source: source.slice(0, steps), target: target.slice(0, 2) }))
  return { batch: pairBatch(first), steps, sequences: first.length, bothEnds }
}
