/* What the doctor is to know of a translator. What is said of hidden units and of gradients through time is said of its encoder. */
import { ItemCorpus, type TextPair } from '../../data/corpora/items.js'
import { sampled, sampledCorpus } from '../../data/corpora/sampled.js'
import { fix } from '../../doctor/fix.js'
import { lengthsApart } from '../../doctor/pairChecks.js'
import {
  type Baseline,
  EVALUATED_ITEMS,
  FEW_STEPS,
  FOLLOWED_SEQUENCES,
  LONGEST_SEGMENT,
  OBSERVED_ITEMS,
  type Pairs,
  type Probe,
  type ProbeOptions,
  probeOf,
  type SequenceEnds,
  segmentLengthOf,
  TRIAL_BATCH,
  trainingOf,
} from '../../doctor/probe.js'
import { unigram } from '../../doctor/unigram.js'
import { translationLoss } from '../../evaluation/translation.js'
import {
  type EncodedPair,
  encodedPair,
  type PairBatch,
  pairBatch,
  pairBatches,
} from '../../models/translator/batches.js'
import { Translator } from '../../models/translator/translator.js'
import type { TranslationData } from './training.js'

/** Pairs whose lengths are compared, to see whether lines belong together. */
const MEASURED = 20_000

export function translatorProbe(
  model: Translator,
  { train, validation }: TranslationData,
  options: ProbeOptions = {},
): Probe<PairBatch> {
  const training = trainingOf(options)
  const { configuration, tokenizers } = model
  const { hiddenSize, attention, maxLength, bidirectional } = configuration
  const encoded = train.items.map(item => encodedPair(tokenizers, item))
  const short = encoded.filter(({ source, target }) => source.length <= maxLength + 1 && target.length <= maxLength + 2)
  const segmentLength = segmentLengthOf(short.map(({ source }) => source.length))
  const seen = new Float64Array(tokenizers.target.size)
  for (const { target } of short) for (const token of target.subarray(1)) seen[token]++
  return probeOf<PairBatch, ItemCorpus<TextPair>>(options, {
    task: 'translator',
    ...{ model, configuration, data: { train, validation }, segmentLength },
    details: [attention === 'none' ? 'no attention' : `attention ${attention}`],
    part: 'the encoder',
    batches: pairBatches(tokenizers, train, {
      ...{ batchSize: Math.min(training.batchSize, TRIAL_BATCH), seed: training.seed, maxLength },
    }),
    copy: engine => Translator.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const copy = await Translator.load(model.toBytes(), { engine })
      copy.initialise(training.seed)
      return copy
    },
    few: pairBatch(fewOf(short)),
    ...(attention === 'none'
      ? { ends: endsOf(short, segmentLength, bidirectional) }
      : { noEnds: 'Its attention is one step from every state of the source.' }),
    shorterWays: [fix('attention', 'luong-general', 'every state of the source is one step from the loss')],
    observed({ items }) {
      const some = sampled(items, OBSERVED_ITEMS).map(item => cut(encodedPair(tokenizers, item), LONGEST_SEGMENT))
      const batch = pairBatch(some)
      const { batchSize, sourceLengths: lengths, sources } = batch
      return { batch, time: sources.length / batchSize, batchSize, lengths }
    },
    lossOn: corpus => translationLoss(model, sampledCorpus(corpus, EVALUATED_ITEMS)),
    baselinesOn: corpus => baselinesOf(model, sampledCorpus(corpus, EVALUATED_ITEMS), seen),
    output: {
      rows: tokenizers.target.size,
      parameters: tokenizers.target.size * (1 + hiddenSize),
      ...{ seen, limitable: tokenizers.target.unit === 'word' },
    },
    targets: () => [pairBatch(sampled(short, TRIAL_BATCH))],
    pairs: pairsOf(train.items),
    sentences: {
      lengths: encoded.map(({ source, target }) => Math.max(source.length - 1, target.length - 2)),
      ...{ most: maxLength, longer: 'left out' },
    },
  })
}

const pairsOf = (items: readonly TextPair[]): Pairs => ({
  count: items.length,
  equal: shareOf(items, ({ source, target }) => source === target),
  commonest: commonestOf(items),
  apart: lengthsApart(items.slice(0, MEASURED)),
})

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
        fix('targetColumn', undefined, 'the translations of these very sources, line by line, if it has others'),
        fix('attention', 'luong-general', 'what the source says comes straight to each word written'),
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
  return [first, ...(other ? [other] : [])].map(pair => cut(pair, FEW_STEPS))
}

/** Sources that are long enough, cut to one length, each with the first word of its target. */
function endsOf(pairs: readonly EncodedPair[], steps: number, bothEnds: boolean): SequenceEnds<PairBatch> {
  const long = sampled(
    pairs.filter(({ source }) => source.length >= steps),
    FOLLOWED_SEQUENCES,
  )
  const first = long.map(({ source, target }) => ({ source: source.slice(0, steps), target: target.slice(0, 2) }))
  return { batch: pairBatch(first), steps, sequences: first.length, bothEnds, lastStateAlone: true }
}
