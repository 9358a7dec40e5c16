/* A classifier before the doctor. */

import { ItemCorpus, type LabelledText } from '../../data/corpora/items.js'
import { activityOf } from '../../doctor/activity.js'
import { countLabels } from '../../doctor/counting.js'
import type { Classes, Probe, ProbeOptions } from '../../doctor/probe.js'
import { sampled, sampledCorpus } from '../../doctor/sampled.js'
import type { Engine } from '../../engine/engine.js'
import { ConfigurationError } from '../../errors.js'
import { evaluateClassifier } from '../../evaluation/classification.js'
import { classifierBatches, type LabelledBatch, tokensOf } from '../../models/classifier/batches.js'
import { Classifier } from '../../models/classifier/classifier.js'
import { vectorSizeOf } from '../../models/classifier/options.js'
import { labelsOf } from '../../models/shared/labels.js'
import { resolved, trainingSchema } from '../../training/options.js'
import { labelShares } from './labelShares.js'
import type { ClassificationData } from './training.js'

const TRIAL_BATCH = 32
const LOOKED_AT = 2000
const WATCHED = 32
const SEQUENCES = 8
/** For the gradient check and to be learned by heart: texts, and tokens of each. */
const FEW = 4
const FEW_STEPS = 16
/** Gradients are followed back no further. */
const LONGEST_STRETCH = 200

export function classifierProbe(
  model: Classifier,
  { train, validation }: ClassificationData,
  { training: asked = {}, trained = true, history }: ProbeOptions = {},
): Probe<LabelledBatch> {
  const training = resolved(trainingSchema.parse(asked))
  const { configuration, tokenizer, labels } = model
  const { cell, numLayers, hiddenSize, bidirectional, pooling, maxLength, nonlinearity, multiLabel } = configuration
  const known = knownTexts(model, train)
  const watched = validation && knownTexts(model, validation)
  const tokens = known.items.map(({ text }) => tokensOf(tokenizer, text, maxLength))
  const lengths = Int32Array.from(tokens, ({ length }) => length).sort()
  const stretch = Math.min(LONGEST_STRETCH, lengths[Math.floor(lengths.length / 2)] ?? 1)
  const batchOf = (items: readonly LabelledText[], most: number) => {
    const reading = { ...configuration, maxLength: Math.min(maxLength ?? Infinity, most) }
    return classifierBatches(tokenizer, new ItemCorpus(items, train.name), reading, { batchSize: items.length }).batch(
      0,
      0,
    )
  }
  const long = sampled(
    known.items.filter((_, i) => tokens[i].length >= stretch),
    SEQUENCES,
  )
  const lossOf = async (corpus: ItemCorpus<LabelledText>) =>
    (await evaluateClassifier(model, sampledCorpus(corpus, LOOKED_AT))).loss
  const counts = countsOf(model, known)
  const classes: Classes = {
    ...{
      called: 'label',
      counts,
      contradicting: contradictionsIn(train),
      strange: strangeLabels(model, train, validation),
    },
    counted: multiLabel
      ? undefined
      : countLabels(
          known.items.map(({ label }, i) => ({ tokens: tokens[i], label: labels.indexOf(label.trim()) })),
          labels.length,
        ),
  }
  return {
    name: `${cell}, ${numLayers === 1 ? '1 layer' : `${numLayers} layers`} of ${hiddenSize}${bidirectional ? ' in both directions' : ''}, pooling ${pooling}`,
    kind: 'classifier',
    ...{ model, trained, training, configuration, history, stretch, classes },
    batches: classifierBatches(tokenizer, known, configuration, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: (engine: Engine) => Classifier.load(model.toBytes(), { engine }),
    async fresh(engine) {
      const copy = await Classifier.load(model.toBytes(), { engine })
      copy.initialise(training.seed, known)
      return copy
    },
    few: batchOf(
      fewOf(known, FEW, text => tokensOf(tokenizer, text, FEW_STEPS).join()),
      FEW_STEPS,
    ),
    ...(pooling === 'last'
      ? { ends: { batch: batchOf(long, stretch), steps: stretch, sequences: long.length, bothEnds: true } }
      : { noEnds: `Its pooling, ${pooling}, is one step from every state.` }),
    shorterWays: [{ line: 'pooling: max', why: 'every state is one step from the loss; or mean, or attention' }],
    async activity() {
      const batch = batchOf(sampled((watched ?? known).items, WATCHED), LONGEST_STRETCH)
      const { timeSteps: time, batchSize, lengths } = batch
      return activityOf(model, batch, { time, batchSize, lengths }, nonlinearity)
    },
    losses: async () => ({ training: await lossOf(known), validation: watched && (await lossOf(watched)) }),
    baselines: async () =>
      watched ? [labelShares(model, sampledCorpus(watched, LOOKED_AT), { classes, texts: known.items.length })] : [],
    output: {
      rows: labels.length,
      parameters: labels.length * (1 + (configuration.classifierHidden ?? vectorSizeOf(configuration))),
      ...{ seen: [...counts.values()], limitable: false },
    },
    sentences:
      maxLength === undefined
        ? undefined
        : { lengths: known.items.map(({ text }) => tokensOf(tokenizer, text).length), most: maxLength, longer: 'cut' },
  }
}

/** Those whose labels the model has. @throws ConfigurationError where there are none */
function knownTexts({ labels, configuration }: Classifier, { items, name }: ItemCorpus<LabelledText>) {
  const all = new Set(labels)
  const known = items.filter(({ label }) => labelsOf(label, configuration).every(each => all.has(each)))
  if (known.length === 0)
    throw new ConfigurationError(
      `${name}: no text has a label of the model’s, ${labels.slice(0, 20).join(', ')}; give the data that it was trained on`,
    )
  return new ItemCorpus(known, name)
}

function strangeLabels(
  { labels, configuration }: Classifier,
  train: ItemCorpus<LabelledText>,
  validation: ItemCorpus<LabelledText> | undefined,
): string[] {
  const items = [...train.items, ...(validation?.items ?? [])]
  const all = new Set(items.flatMap(({ label }) => labelsOf(label, configuration)))
  return [...all].filter(label => !labels.includes(label))
}

function countsOf({ labels, configuration }: Classifier, { items }: ItemCorpus<LabelledText>): Map<string, number> {
  const counts = new Map(labels.map(label => [label, 0]))
  for (const { label } of items)
    for (const each of labelsOf(label, configuration)) counts.set(each, (counts.get(each) ?? 0) + 1)
  return counts
}

/** Of the texts, those that stand there with another label too. */
function contradictionsIn({ items }: ItemCorpus<LabelledText>): number {
  const labels = new Map<string, Set<string>>()
  for (const { text, label } of items) labels.set(text.trim(), (labels.get(text.trim()) ?? new Set()).add(label.trim()))
  const torn = items.filter(({ text }) => (labels.get(text.trim())?.size ?? 0) > 1)
  return torn.length / Math.max(1, items.length)
}

/** Texts of different labels in turn, no two of which are read alike. */
function fewOf({ items }: ItemCorpus<LabelledText>, most: number, read: (text: string) => string): LabelledText[] {
  const byLabel = new Map<string, LabelledText[]>()
  for (const item of items) byLabel.set(item.label, [...(byLabel.get(item.label) ?? []), item].slice(0, 100))
  const chosen: LabelledText[] = []
  const seen = new Set<string>()
  const left = [...byLabel.values()]
  while (chosen.length < most && left.some(({ length }) => length > 0))
    for (const queue of left) {
      const item = queue.shift()
      if (!item || seen.has(read(item.text)) || chosen.length >= most) continue
      seen.add(read(item.text))
      chosen.push(item)
    }
  return chosen
}
