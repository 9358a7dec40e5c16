/* What the doctor is to know of a classifier. */
import { ItemCorpus, type LabelledText } from '../../data/corpora/items.js'
import { sampled, sampledCorpus } from '../../data/corpora/sampled.js'
import { countLabels } from '../../doctor/counting.js'
import { fix } from '../../doctor/fix.js'
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
  segmentLengthOf,
  TRIAL_BATCH,
  trainingOf,
} from '../../doctor/probe.js'
import { ConfigurationError } from '../../errors.js'
import { evaluateClassifier } from '../../evaluation/classification.js'
import { classifierBatches, type LabelledBatch, tokensOf } from '../../models/classifier/batches.js'
import { Classifier } from '../../models/classifier/classifier.js'
import { vectorSizeOf } from '../../models/classifier/options.js'
import { labelsOf } from '../../models/shared/labels.js'
import { labelShares } from './labelShares.js'
import type { ClassificationData } from './training.js'

/** Texts of the gradient check, which are also to be learned by heart. */
const FEW = 4

export function classifierProbe(
  model: Classifier,
  data: ClassificationData,
  options: ProbeOptions = {},
): Probe<LabelledBatch> {
  const training = trainingOf(options)
  const { configuration, tokenizer, labels } = model
  const { bidirectional, pooling, maxLength } = configuration
  const known = knownTexts(model, data.train)
  const tokens = known.items.map(({ text }) => tokensOf(tokenizer, text, maxLength))
  const segmentLength = segmentLengthOf(tokens.map(({ length }) => length))
  const batchOf = (items: readonly LabelledText[], most: number) => {
    const reading = { ...configuration, maxLength: Math.min(maxLength ?? Infinity, most) }
    const corpus = new ItemCorpus(items, known.name)
    return classifierBatches(tokenizer, corpus, reading, { batchSize: items.length }).batch(0, 0)
  }
  const classes = classesOf(model, data, known, tokens)
  const long = sampled(
    known.items.filter((_, i) => tokens[i].length >= segmentLength),
    FOLLOWED_SEQUENCES,
  )
  return probeOf<LabelledBatch, ItemCorpus<LabelledText>>(options, {
    task: 'classifier',
    ...{ model, configuration, segmentLength, classes },
    details: [...(bidirectional ? ['both directions'] : []), `pooling ${pooling}`],
    data: { train: known, validation: data.validation && knownTexts(model, data.validation) },
    batches: classifierBatches(tokenizer, known, configuration, {
      batchSize: Math.min(training.batchSize, TRIAL_BATCH),
      seed: training.seed,
    }),
    copy: engine => Classifier.load(model.toBytes(), { engine }),
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
      ? {
          ends: {
            ...{ batch: batchOf(long, segmentLength), steps: segmentLength, sequences: long.length },
            ...{ bothEnds: true, lastStateAlone: true },
          },
        }
      : { noEnds: `Its pooling, ${pooling}, is one step from every state.` }),
    shorterWays: [fix('pooling', 'max', 'every state is one step from the loss; or mean, or attention')],
    observed(corpus) {
      const batch = batchOf(sampled(corpus.items, OBSERVED_ITEMS), LONGEST_SEGMENT)
      const { timeSteps: time, batchSize, lengths } = batch
      return { batch, time, batchSize, lengths }
    },
    lossOn: async corpus => (await evaluateClassifier(model, sampledCorpus(corpus, EVALUATED_ITEMS))).loss,
    baselinesOn: corpus => [
      labelShares(model, sampledCorpus(corpus, EVALUATED_ITEMS), { classes, texts: known.items.length }),
    ],
    output: {
      rows: labels.length,
      parameters: labels.length * (1 + (configuration.classifierHidden ?? vectorSizeOf(configuration))),
      ...{ seen: [...classes.counts.values()], limitable: false },
    },
    sentences:
      maxLength === undefined
        ? undefined
        : { lengths: known.items.map(({ text }) => tokensOf(tokenizer, text).length), most: maxLength, longer: 'cut' },
  })
}

function classesOf(
  model: Classifier,
  { train, validation }: ClassificationData,
  known: ItemCorpus<LabelledText>,
  tokens: readonly Int32Array[],
): Classes {
  const { labels, configuration } = model
  const numbered = () => known.items.map(({ label }, i) => ({ tokens: tokens[i], label: labels.indexOf(label.trim()) }))
  return {
    called: 'label',
    counts: countsOf(model, known),
    contradicting: contradictionsIn(train),
    unknown: unknownLabels(model, train, validation),
    countings: configuration.multiLabel ? undefined : countLabels(numbered(), labels.length),
  }
}

/** Those whose labels the model has. @throws ConfigurationError where there are none */
function knownTexts({ labels, configuration }: Classifier, { items, name }: ItemCorpus<LabelledText>) {
  const all = new Set(labels)
  const known = items.filter(({ label }) => labelsOf(label, configuration).every(known => all.has(known)))
  if (known.length === 0)
    throw new ConfigurationError(
      `${name}: no text has a label of the model’s, ${labels.slice(0, 20).join(', ')}; give the data that it was trained on`,
    )
  return new ItemCorpus(known, name)
}

function unknownLabels(
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
